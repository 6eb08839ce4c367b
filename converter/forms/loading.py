"""TOML cards and CSV lists → Form. A broken definition is refused with file, key and reason.

`read` takes the cards alone: cheap, for whoever only needs titles. `load` also reads the
code lists and lets every kind and rule family accept the cards that name it.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from converter.forms import package_profile, toml_access
from converter.model.errors import FormError
from converter.model.forms import (
    Code,
    CodeList,
    Derivation,
    Field,
    Form,
    Rule,
    Sheet,
    SheetShape,
)

DEFAULT_FORM = "jiceng"
NO_SHEETS = ("form", "rules", "roster")  # cards of their own
HEADINGS = {
    SheetShape.RECORD: ("item", "answer", "check", "note", "explanation", "jump"),
    SheetShape.TABLE: ("number", "check", "explanation", "jump"),
}
FIELD_KEYS = {
    "key", "title", "kind", "section", "required", "aliases", "note",
    "levels", "derive", "identity", "width", "near", "doubtful",
}  # fmt: skip
RULE_KEYS = {
    "code", "family", "level", "at", "explainable", "title", "brief", "sentence", "fix",
}  # fmt: skip


def templates_dir() -> Path:
    """Where forms live: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    inside = package / "_templates"
    return inside if inside.is_dir() else package.parent / "templates"


def form_dir(form: str | None = None) -> Path:
    """A form's folder, from a path or a name below `templates/`."""
    if form and Path(form).is_dir():
        return Path(form)
    return templates_dir() / (form or DEFAULT_FORM)


@cache
def digest(folder: Path) -> str:
    """What tells two definitions apart: SHA-256 over the cards and code lists of a form."""
    whole = hashlib.sha256()
    for path in (*sorted(folder.glob("*.toml")), *sorted((folder / "codes").glob("*.csv"))):
        data = path.read_bytes().replace(b"\r\n", b"\n")  # as a checkout on Windows has them
        whole.update(f"{path.relative_to(folder).as_posix()} {len(data)}\n".encode() + data)
    return whole.hexdigest()


@cache
def read(folder: Path) -> Form:
    """Read the cards of a form, without code lists. Raises FormError."""
    top = toml_access.load_toml(folder / "form.toml")
    where = folder / "form.toml"
    head = toml_access.table(top, "form", where)
    sheets = _sheets(head, folder)
    rules = _rules(folder / "rules.toml")
    form = Form(
        id=toml_access.text(head, "id", where, "form"),
        version=toml_access.text(head, "version", where, "form"),
        title=toml_access.text(head, "title", where, "form"),
        sheets=sheets,
        codes={},
        rules=rules,
        package=package_profile.read(top, where, sheets),
        levels=toml_access.levels(top.get("levels", {}), where, "levels"),
        prose={
            "period": str(head.get("period", "")),
            "template": top.get("template", {}),
            "contacts": top.get("contacts", {}),
            "statistics": top.get("statistics", {}),
        },
        limits=toml_access.limits(top.get("limits", {}), where),
    )
    _check_paths(form, folder)
    return form


@cache
def with_codes(folder: Path) -> Form:
    """The cards and the code lists, not yet accepted by the kinds and rules."""
    return replace(read(folder), codes=_code_lists(folder / "codes"))


@cache
def load(folder: Path) -> Form:
    """Read a form whole and have every kind and rule family accept its cards.

    Raises FormError. Imports pandas (the kinds' and rules' other face).
    """
    from converter import rules

    form = with_codes(folder)
    for sheet in form.sheets:
        accept_fields(sheet, form, folder)
    for rule in form.rules:
        where = folder / "rules.toml"
        family = rules.FAMILIES.get(rule.family)
        if family is None:
            known = ", ".join(sorted(rules.FAMILIES))
            raise FormError(
                where, f"{rule.code}.family", f"no family {rule.family!r}; known: {known}"
            )
        unknown = set(rule.options) - set(family.options())
        if unknown:
            key = sorted(unknown)[0]
            raise FormError(where, f"{rule.code}.{key}", f"{rule.family} has no such option")
        _refuse(where, rule.code, partial(family.accept, rule, form))
    _check_catalogue(form, folder)
    return form


def accept_fields(sheet: Sheet, form: Form, folder: Path) -> None:
    """Have kinds and derivations accept the cards of a sheet. Raises FormError."""
    from converter import kinds
    from converter.rules import derivations

    where = folder / f"{sheet.key}.toml"
    for field in sheet:
        kind = kinds.KINDS.get(field.kind)
        if kind is None:
            known = ", ".join(sorted(kinds.KINDS))
            raise FormError(where, f"{field.key}.kind", f"no kind {field.kind!r}; known: {known}")
        unknown = set(field.options) - set(kind.options())
        if unknown:
            key = sorted(unknown)[0]
            raise FormError(where, f"{field.key}.{key}", f"{field.kind} has no such option")
        _refuse(where, field.key, partial(kind.accept, field, form))
        if field.derive:
            _refuse(where, f"{field.key}.derive", partial(derivations.accept, field, form))


def _check_catalogue(form: Form, folder: Path) -> None:
    """Levels are set for codes that exist, and a rule's own prose can be filled in."""
    from converter.messages import catalogue

    known = catalogue.catalogue(form)
    places = [("form.toml", "levels", form.levels)]
    places += [
        (f"{sheet.key}.toml", f"{field.key}.levels", field.levels)
        for sheet in form.sheets
        for field in sheet
    ]
    for file, context, levels in places:
        for code in levels:
            if code not in known:
                raise FormError(folder / file, f"{context}.{code}", "no check has this code")
    for rule in form.rules:
        for key in ("title", "brief", "sentence", "fix"):
            try:
                catalogue.fill(getattr(rule, key), {})
            except (ValueError, IndexError, AttributeError) as error:
                raise FormError(folder / "rules.toml", f"{rule.code}.{key}", str(error)) from error


def _refuse(where: Path, key: str, accept: Callable[[], None]) -> None:
    """Turn a card's ValueError ('option: reason') into a FormError with its key."""
    try:
        accept()
    except ValueError as error:
        option, _, reason = str(error).partition(": ")
        if reason:
            raise FormError(where, f"{key}.{option}", reason) from error
        raise FormError(where, key, option) from error


# --- reading -----------------------------------------------------------------------------


def _sheets(head: Mapping[str, Any], folder: Path) -> tuple[Sheet, ...]:
    """The sheets that a form names, each from a card of its own."""
    where = folder / "form.toml"
    keys = toml_access.texts(head, "sheets", where, "form")
    toml_access.unique(((key, "form.sheets") for key in keys), where, "sheet")
    for key in keys:
        if not _is_key(key) or key in NO_SHEETS:
            raise FormError(where, "form.sheets", f"{key!r} can be no sheet")
    sheets = tuple(read_sheet(folder / f"{key}.toml") for key in keys)
    records = [sheet.key for sheet in sheets if sheet.is_record]
    if len(records) != 1 or len(sheets) < 2:
        raise FormError(
            where, "form.sheets", "must name one sheet of the shape record and at least one table"
        )
    names = ((name, sheet.key) for sheet in sheets for name in (sheet.title, *sheet.aliases))
    toml_access.unique(names, where, "sheet title or alias")
    return sheets


def read_sheet(path: Path, roles: Sequence[str] | None = None) -> Sheet:
    """Read the card of one sheet, which bears its key as a name. `roles`: headings that must be
    there beside those of fields; by default those of the sheet's shape. Raises FormError."""
    key = path.stem
    data = toml_access.load_toml(path)
    head = toml_access.table(data, "sheet", path)
    shape = _shape(head, path)
    roles = HEADINGS[shape] if roles is None else roles
    headings = toml_access.table(data, "headings", path) if roles else {}
    for role in roles:
        toml_access.text(headings, role, path, "headings")
    fields = tuple(_field(card, path, key) for card in toml_access.cards(data, "field", path))
    toml_access.unique(((f.key, f.key) for f in fields), path, "key")
    titles = ((t, f.key) for f in fields for t in (f.title, *f.aliases))
    toml_access.unique(titles, path, "title or alias")
    toml_access.unique(((t, r) for r, t in headings.items()), path, "heading")
    counted = {}
    if shape is SheetShape.TABLE:
        counted = {
            "rows_name": toml_access.text(head, "rows", path, "sheet"),
            "counter": toml_access.text(head, "counter", path, "sheet"),
        }
    return Sheet(
        key=key,
        shape=shape,
        title=toml_access.text(head, "title", path, "sheet"),
        fields=fields,
        headings=dict(headings),
        aliases=toml_access.texts(head, "aliases", path, "sheet"),
        remarks=toml_access.texts(head, "remarks", path, "sheet"),
        **counted,
    )


def _shape(head: Mapping[str, Any], path: Path) -> SheetShape:
    text = toml_access.text(head, "shape", path, "sheet")
    if text not in list(SheetShape):
        raise FormError(path, "sheet.shape", f"must be record or table, is {text!r}")
    return SheetShape(text)


def _is_key(key: str) -> bool:
    return key.isidentifier() and key.isascii() and key == key.lower()


def _field(card: dict[str, Any], where: Path, sheet: str) -> Field:
    key = toml_access.text(card, "key", where, "field")
    if not _is_key(key):
        raise FormError(where, key, "a key is lower-case ASCII letters, digits and _")
    derive = card.get("derive")
    if derive is not None:
        if not isinstance(derive, dict):
            raise FormError(where, f"{key}.derive", "must be a table with by and source")
        rest = {k: v for k, v in derive.items() if k not in ("by", "source")}
        derive = Derivation(
            toml_access.text(derive, "by", where, f"{key}.derive"),
            toml_access.text(derive, "source", where, f"{key}.derive"),
            rest,
        )
    return Field(
        key=key,
        title=toml_access.text(card, "title", where, key),
        kind=toml_access.text(card, "kind", where, key),
        sheet=sheet,
        section=toml_access.typed(card, "section", str, where, key),
        required=toml_access.typed(card, "required", bool, where, key),
        aliases=toml_access.texts(card, "aliases", where, key),
        note=toml_access.typed(card, "note", str, where, key),
        options={k: v for k, v in card.items() if k not in FIELD_KEYS},
        levels=toml_access.levels(card.get("levels", {}), where, f"{key}.levels"),
        derive=derive,
        identity=toml_access.typed(card, "identity", str, where, key),
        near=toml_access.texts(card, "near", where, key),
        doubtful=toml_access.texts(card, "doubtful", where, key),
        width=toml_access.typed(card, "width", int, where, key),
    )


def _rules(path: Path) -> tuple[Rule, ...]:
    rules = []
    for card in toml_access.cards(toml_access.load_toml(path), "rule", path):
        code = toml_access.text(card, "code", path, "rule")
        if len(code) != 4 or code[0] != "X" or not code[1:].isdigit():
            raise FormError(path, code, "a rule's code is X and three digits")
        at = card.get("at")
        at = [at] if isinstance(at, str) else at
        if not isinstance(at, list) or not at or not all(isinstance(a, str) for a in at):
            raise FormError(path, f"{code}.at", "must be a field path or a list of them")
        rules.append(
            Rule(
                code=code,
                family=toml_access.text(card, "family", path, code),
                level=toml_access.level(card.get("level"), path, f"{code}.level"),
                at=tuple(at),
                options={k: v for k, v in card.items() if k not in RULE_KEYS},
                explainable=toml_access.typed(card, "explainable", bool, path, code),
                **{
                    k: toml_access.typed(card, k, str, path, code)
                    for k in ("title", "brief", "sentence", "fix")
                },
            )
        )
    toml_access.unique(((r.code, r.code) for r in rules), path, "code")
    return tuple(rules)


def _check_paths(form: Form, folder: Path) -> None:
    """Every field path that a rule or derivation names must exist."""
    paths = {field.path for sheet in form.sheets for field in sheet}
    for rule in form.rules:
        for path in rule.at:
            if path not in paths:
                raise FormError(folder / "rules.toml", f"{rule.code}.at", f"no field {path!r}")
    for sheet in form.sheets:
        keys = {field.key for field in sheet}
        for field in sheet:
            if field.derive and field.derive.source not in keys:
                raise FormError(
                    folder / f"{sheet.key}.toml",
                    f"{field.key}.derive.source",
                    f"no field {field.derive.source!r}",
                )


def _code_lists(folder: Path) -> dict[str, CodeList]:
    return {path.stem: _code_list(path) for path in sorted(folder.glob("*.csv"))}


def _code_list(path: Path) -> CodeList:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            columns, *rows = csv.reader(file)
    except UnicodeDecodeError as error:
        raise FormError(path, "file", "must be UTF-8") from error
    except ValueError:
        columns, rows = [], []
    if not rows:
        raise FormError(path, "file", "holds no codes")
    for column in ("code", "label"):
        if column not in columns:
            raise FormError(path, "line 1", f"the column {column!r} is missing")
    code, label = columns.index("code"), columns.index("label")
    further = {name: at for at, name in enumerate(columns) if name not in Code._fields}
    parts = [columns.index(n) if n in columns else -1 for n in ("aliases", "parent", "group")]
    entries, seen = [], set()
    for number, row in enumerate(rows, 2):
        if len(row) != len(columns):
            raise FormError(path, f"line {number}", f"must have {len(columns)} columns")
        if not row[code].strip() or not row[label].strip():
            raise FormError(path, f"line {number}", "code and label are required")
        if row[code] in seen:
            raise FormError(path, f"line {number}", f"code {row[code]!r} stands twice")
        seen.add(row[code])
        aliases, parent, group = (row[at] if at >= 0 else "" for at in parts)
        entries.append(
            Code(
                row[code].strip(),
                row[label].strip(),
                tuple(a.strip() for a in aliases.split("|")) if aliases else (),
                parent,
                group,
                {name: row[at] for name, at in further.items()} if further else {},
            )
        )
    return CodeList(path.stem, tuple(entries))
