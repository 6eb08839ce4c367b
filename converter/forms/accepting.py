"""What kinds, derivations and rule families say of the cards that name them, and whether the
levels and texts of a form fit the catalogue of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from converter import kinds, rules
from converter.forms import amendments
from converter.forms.cards import FIELD_KEYS, RULE_KEYS
from converter.messages import catalogue
from converter.model.errors import FormError, quoted
from converter.model.forms import Field, Form, Rule, Sheet
from converter.model.issues import Level
from converter.rules import derivations
from converter.statistics import card_checks

_PROSE = ("title", "brief", "sentence", "fix")


def accept(form: Form, folder: Path) -> None:
    """Raises FormError for the first card that cannot be used."""
    for sheet in form.sheets:
        accept_fields(sheet, form, folder / f"{sheet.key}.toml")
    for rule in form.rules:
        accept_rule(rule, form, folder / "rules.toml")
    accept_statistics(form, folder)
    accept_levels(form, folder)
    accept_amendments(form, folder / amendments.FILE)


def accept_statistics(form: Form, folder: Path) -> None:
    """Raises FormError."""
    for check in statistics_checks(form, folder):
        check()


def statistics_checks(form: Form, folder: Path) -> Iterator[Callable[[], None]]:
    """A check for each part of the form's statistics. They raise FormError."""

    def placed(check: Callable[[], object]) -> None:
        try:
            check()
        except FormError as error:
            raise error.within(folder / "form.toml") from error

    for check in card_checks.checks(form):
        yield partial(placed, check)


def accept_fields(sheet: Sheet, form: Form, file: Path, keys: Sequence[str] = ()) -> None:
    """Have kinds and derivations accept the cards of a sheet, which may have these keys besides
    those of every card. Raises FormError."""
    for field in sheet:
        accept_field(field, form, file, keys)


def accept_field(field: Field, form: Form, file: Path, further_keys: Iterable[str] = ()) -> None:
    """Raises FormError."""
    keys = (*FIELD_KEYS, *further_keys)
    kind = kinds.KINDS.get(field.kind)
    if kind is None:
        place, found = f"{field.key}.kind", quoted(field.kind)
        raise FormError(file, place, "form_unknown_kind", found=found, choices=kinds.KINDS)
    known = (*kind.options(), *keys)
    _options(field.options, known, file, field.key, "form_unknown_option", kind=field.kind)
    _placed(file, field.key, lambda: kind.accept(field, form))
    if field.derive:
        _placed(file, f"{field.key}.derive", lambda: derivations.accept(field, form))


def accept_rule(rule: Rule, form: Form, file: Path) -> None:
    """Raises FormError."""
    family = rules.FAMILIES.get(rule.family)
    if family is None:
        place, found = f"{rule.code}.family", quoted(rule.family)
        raise FormError(file, place, "form_unknown_family", found=found, choices=rules.FAMILIES)
    known = (*family.options(), *RULE_KEYS)
    _options(rule.options, known, file, rule.code, "form_unknown_family_option", family=rule.family)
    _placed(file, rule.code, lambda: family.accept(rule, form))
    for key in _PROSE:
        try:
            catalogue.fill(getattr(rule, key), {})
        except (ValueError, IndexError, AttributeError) as error:
            found = quoted(getattr(rule, key))
            raise FormError(file, f"{rule.code}.{key}", "form_braces", found=found) from error


def _options(
    options: Iterable[str],
    known: Iterable[str],
    file: Path,
    card: str,
    message_key: str,
    **params: str,
) -> None:
    for key in sorted(set(options) - set(known)):
        place = f"{card}.{key}"
        raise FormError(file, place, message_key, found=quoted(key), choices=known, **params)


def _placed(file: Path, card: str, accept: Callable[[], None]) -> None:
    """Name the file and the card of what a kind or family finds wrong."""
    try:
        accept()
    except FormError as error:
        raise error.within(file, card) from error


def accept_amendments(form: Form, file: Path) -> None:
    """What is amended is a rule, or a check of cells (of a field). Raises FormError."""
    known = amendable(form)
    paths = [field.path for sheet in form.sheets for field in sheet]
    for number, one in enumerate(form.amendments.values(), 1):
        place, of_cells = f"rule[{number}]", one.code[:1] == "K"
        if one.code not in known:
            found = quoted(one.code)
            raise FormError(file, f"{place}.code", "form_no_check", found=found, choices=known)
        if one.field and (one.field not in paths or not of_cells):
            found, key = quoted(one.field), "form_no_field" if of_cells else "form_amended_whole"
            raise FormError(file, f"{place}.field", key, found=found, choices=paths * of_cells)
        accept_level(one.code, one.level, form, file, f"{place}.level")


def amendable(form: Form) -> list[str]:
    """The codes that amendments may name: checks of what was typed."""
    return [code for code in catalogue.codes(form) if code[:1] in "KX"]


def accept_level(code: str, level: Level | None, form: Form, file: Path, place: str) -> None:
    """Refuse to make an error milder where no record holds what was typed. Raises FormError."""
    why = catalogue.entry(code, form).always_error
    if why and level is not Level.ERROR:
        raise FormError(file, place, f"always_error_{why}", found=quoted(code))


def accept_levels(form: Form, folder: Path) -> None:
    """Levels are set for checks that exist and may have them. Raises FormError."""
    known = catalogue.codes(form)
    places = [("form.toml", "levels", form.levels)]
    places += [
        (f"{sheet.key}.toml", f"{field.key}.levels", field.levels)
        for sheet in form.sheets
        for field in sheet
    ]
    for file, context, levels in places:
        for code, level in levels.items():
            place = f"{context}.{code}"
            if code not in known:
                found = quoted(code)
                raise FormError(folder / file, place, "form_no_check", found=found, choices=known)
            accept_level(code, level, form, folder / file, place)
