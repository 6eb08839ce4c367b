"""A folder of TOML cards and CSV lists → Form. A broken definition is refused with a FormError
that names file, key, what stands there and what may stand there.

`read` takes the cards alone: cheap, for commands that only need titles. `accepted` also reads the
code lists and has every kind and rule family accept the cards that name it; `load` adds the digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from converter.files.toml_access import TomlTable, load_toml
from converter.forms import amendments, cards, form_files, installed, texts
from converter.forms.code_lists import code_lists
from converter.forms.installed import FormInUse
from converter.forms.package_profile import package_profile
from converter.model.errors import FormError, UsageError, quoted
from converter.model.forms import Amendment, Form, Rule, Sheet

DEFAULT_FORM = "jiceng"
LIMITS = ("rows", "live_duplicates", "name_length", "text_length")
LIMITS_NEEDED = LIMITS[:2]  # the others only by kinds that a form may not have
DIGITS = 16  # of a digest that packages and workbooks name
_KEPT = 8  # definitions in memory: a process works with one, or a few


def templates_dir() -> Path:
    """Where forms live: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    inside = package / "_templates"
    return inside if inside.is_dir() else package.parent / "templates"


def form_dir(form: str | None = None) -> Path:
    """A form's folder, from a path or a name: what is installed under it, else what stands below
    `templates/`. Raises UsageError, FormError."""
    return in_use(form).folder


def in_use(form: str | None = None) -> FormInUse:
    """The same, and why it is this folder."""
    if form and Path(form).is_dir():
        return installed.amended(Path(form))
    name = form or DEFAULT_FORM
    return installed.in_use(name, templates_dir() / name)


def title_of(form: str) -> str:
    """What the form of an id is called, as a stranger's workbook names it; '' for one that is
    neither installed nor the program's own."""
    if not installed.is_name(form):
        return ""
    try:
        folder = installed.in_use(form, templates_dir() / form).folder
        return load_toml(folder / "form.toml").table("form").text("title")
    except (FormError, UsageError, OSError):
        return ""


@lru_cache(maxsize=_KEPT)
def digest(folder: Path, *, amended: bool = True) -> str:
    """What tells two definitions apart: SHA-256 over the cards and code lists of a form, and over
    what was amended unless `amended` is false."""
    files = form_files.card_files(folder)
    files.pop(form_files.CHANGES, None)
    if not amended:
        files.pop(amendments.FILE, None)
    # As a checkout on Windows has them, so that both say the same.
    return form_files.digest((name, data.replace(b"\r\n", b"\n")) for name, data in files.items())


@lru_cache(maxsize=_KEPT)
def read(folder: Path) -> Form:
    """Read the cards of a form, without code lists. Raises FormError."""
    form = read_unchecked(folder)
    for check in path_checks(form, folder):
        check()
    return form


def read_unchecked(folder: Path) -> Form:
    """The same, whether or not the fields that rules name exist. Raises FormError."""
    if not folder.is_dir():
        known = sorted(path.parent.name for path in templates_dir().glob("*/form.toml"))
        raise FormError(
            folder, "--form", "form_no_folder", found=quoted(folder.name), choices=known
        )
    file = load_toml(folder / "form.toml")
    file.only(("form", "levels", "limits", "template", "contacts", "package", "statistics"))
    head = file.table("form")
    head.only(("id", "version", "title", "period", "news", "sheets"))
    sheets = cards.sheets(head)
    rules = cards.rules(folder / "rules.toml")
    return Form(
        id=head.text("id"),
        version=head.text("version"),
        title=head.text("title"),
        sheets=sheets,
        codes={},
        rules=rules,
        package=package_profile(file, {sheet.key: sheet for sheet in sheets}),
        levels=file.levels(),
        prose={
            "period": head.optional_text("period"),
            "news": head.optional_text("news"),
            "template": texts.template(file, [sheet.title for sheet in sheets]),
            "contacts": texts.contacts(file),
            "statistics": file.table("statistics", required=False).values,
        },
        limits=_limits(file.table("limits", required=False)),
        amendments=_amendments(folder / amendments.FILE),
    )


def _amendments(path: Path) -> Mapping[str, Amendment]:
    return amendments.read(path).by_target if path.is_file() else {}


@lru_cache(maxsize=_KEPT)
def with_codes(folder: Path) -> Form:
    """The cards and the code lists, not yet accepted by the kinds and rules."""
    return replace(read(folder), codes=code_lists(folder / "codes"))


@lru_cache(maxsize=_KEPT)
def accepted(folder: Path) -> Form:
    """Read a form whole, the roster beside it included, and have every kind and rule family
    accept its cards. Raises FormError."""
    from converter.forms import accepting, roster

    form = with_codes(folder)
    accepting.accept(form, folder)
    if (folder / roster.FILE).exists():
        roster.definition(form, folder)
    return form


@lru_cache(maxsize=_KEPT)
def load(folder: Path) -> Form:
    """The same with its digests: what packages are made and read by. Raises FormError."""
    form = accepted(folder)
    cards = digest(folder, amended=False)[:DIGITS]
    whole = digest(folder)[:DIGITS] if form.amendments else cards
    form = replace(form, digest=whole, cards_digest=cards)
    if not (folder / form_files.CHANGES).is_file():
        return form
    from converter.forms import earlier

    return replace(form, earlier=earlier.read(folder, cards))


def _limits(own: TomlTable) -> Mapping[str, int]:
    own.only(LIMITS)
    named = [key for key in LIMITS if key in own.values or key in LIMITS_NEEDED]
    return {key: own.number(key, least=1) for key in named}


def path_checks(form: Form, folder: Path) -> Iterator[Callable[[], None]]:
    """Every field path that a rule or derivation names must exist; each check raises FormError."""
    for rule in form.rules:
        yield partial(_check_rule, rule, form, folder / "rules.toml")
    for sheet in form.sheets:
        yield partial(_check_sources, sheet, folder / f"{sheet.key}.toml")


def _check_rule(rule: Rule, form: Form, file: Path) -> None:
    paths = [field.path for sheet in form.sheets for field in sheet]
    for path in rule.at:
        if path not in paths:
            key, found = f"{rule.code}.at", quoted(path)
            raise FormError(file, key, "form_no_field", found=found, choices=paths)


def _check_sources(sheet: Sheet, file: Path) -> None:
    keys = [field.key for field in sheet]
    for field in sheet:
        if field.derive and field.derive.source not in keys:
            key, found = f"{field.key}.derive.source", quoted(field.derive.source)
            raise FormError(file, key, "form_no_field", found=found, choices=keys)
