"""The cards of a form → sheets, fields and rules. What only kinds and rule families know about
their options is checked later, in `accepting`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from converter.files.toml_access import TomlTable, load_toml
from converter.model.forms import Certainty, Derivation, Field, Rule, Sheet, SheetShape

NO_SHEETS = ("form", "rules", "roster", "amendment")  # cards of their own
HEADINGS = {
    SheetShape.RECORD: ("item", "answer", "check", "note", "explanation", "jump"),
    SheetShape.TABLE: ("number", "check", "explanation", "jump"),
}
FIELD_KEYS = (
    "key", "title", "kind", "section", "required", "aliases", "note",
    "levels", "derive", "identity", "width", "near", "doubtful", "source",
)  # fmt: skip
RULE_KEYS = (
    "code", "family", "level", "at", "explainable", "title", "brief", "sentence", "fix", "source",
    "certainty", "beta",
)  # fmt: skip
# What an identity file can fill in.
IDENTITY = (
    "unit_code", "unit_name", "superior_code", "superior_name", "superior_contact", "period",
)  # fmt: skip
_SHEET_KEYS = ("shape", "title", "aliases", "remarks")
_TABLE_KEYS = ("rows", "counter", "further_remarks", "remark_endings", "other_people")
KEY_PATTERN, RULE_CODE_PATTERN = "[a-z_][a-z0-9_]*", "X[0-9]{3}"
LONGEST_SHEET_NAME = 31  # characters; a limit of the file format
_NOT_IN_SHEET_NAMES = frozenset("[]:*?/\\")


def sheets(head: TomlTable) -> tuple[Sheet, ...]:
    """The sheets that a form names, each from a file of its own. Raises FormError."""
    keys = head.texts("sheets")
    head.unique((key, f"sheets[{number}]") for number, key in enumerate(keys, 1))
    for key in keys:
        if not re.fullmatch(KEY_PATTERN, key) or key in NO_SHEETS:
            raise head.error("sheets", "form_sheet_key", key)
    found = tuple(sheet(head.file.with_name(f"{key}.toml")) for key in keys)
    if sum(sheet.is_record for sheet in found) != 1:
        raise head.error("sheets", "form_sheets", list(keys))
    names = [(name, sheet.key) for sheet in found for name in (sheet.title, *sheet.aliases)]
    head.unique((name, f"sheets.{key}") for name, key in names)
    return found


def sheet(path: Path, roles: Sequence[str] | None = None) -> Sheet:
    """The file of one sheet, which has the sheet's key as its name.

    `roles`: headings other than those of fields, by default those of the sheet's shape. Raises
    FormError.
    """
    file = load_toml(path)
    file.only(("sheet", "field") if roles == () else ("sheet", "headings", "field"))
    head = file.table("sheet")
    shape = _shape(head)
    roles = HEADINGS[shape] if roles is None else roles
    is_table = shape is SheetShape.TABLE
    head.only((*_SHEET_KEYS, *(_TABLE_KEYS if is_table else ())))
    headings = file.table("headings", required=bool(roles))
    headings.only(roles)
    titles = {role: headings.text(role) for role in roles}
    headings.unique((title, role) for role, title in titles.items())
    fields = _by_section([field(card, path.stem) for card in file.cards("field", "key")])
    check_names(file, fields)
    return Sheet(
        key=path.stem,
        shape=shape,
        title=sheet_name(head),
        fields=fields,
        headings=titles,
        rows_name=head.text("rows") if is_table else "",
        counter=head.text("counter") if is_table else "",
        aliases=head.texts("aliases"),
        remarks=head.texts("remarks"),
        further_remarks=head.texts("further_remarks") if is_table else (),
        remark_endings=head.texts("remark_endings") if is_table else (),
        other_people=head.texts("other_people") if is_table else (),
    )


def _by_section(fields: Sequence[Field]) -> tuple[Field, ...]:
    """A field joins its section wherever it is written; one without a section stays with the
    field before it."""
    sections: dict[str, list[Field]] = {}
    section = ""
    for one in fields:
        section = one.section or section
        sections.setdefault(section, []).append(one)
    return tuple(one for found in sections.values() for one in found)


def _shape(head: TomlTable) -> SheetShape:
    shape = head.text("shape")
    if shape not in list(SheetShape):
        raise head.error("shape", "form_shape", shape, SheetShape)
    return SheetShape(shape)


def sheet_name(head: TomlTable, key: str = "title") -> str:
    name = head.text(key)
    if len(name) > LONGEST_SHEET_NAME or _NOT_IN_SHEET_NAMES & set(name):
        raise head.error(key, "form_sheet_name", name)
    return name


def check_names(file: TomlTable, fields: Iterable[Field]) -> None:
    """Refuse fields of one sheet that share a key, a title or an alias."""
    fields = tuple(fields)
    file.unique((f.key, f"field[{number}].key") for number, f in enumerate(fields, 1))
    file.unique((title, f.key) for f in fields for title in (f.title, *f.aliases))


def field(card: TomlTable, sheet: str) -> Field:
    key = field_key(card)
    identity = card.optional_text("identity")
    if identity and identity not in IDENTITY:
        raise card.error("identity", "form_no_identity_entry", identity, IDENTITY)
    return Field(
        key=key,
        title=card.text("title"),
        kind=card.text("kind"),
        sheet=sheet,
        section=card.optional_text("section"),
        required=card.flag("required"),
        aliases=card.texts("aliases"),
        note=card.optional_text("note"),
        options={k: v for k, v in card.values.items() if k not in FIELD_KEYS},
        levels=card.levels(),
        derive=_derivation(card.table("derive")) if "derive" in card.values else None,
        identity=identity,
        width=card.number("width", default=0),
        near=card.texts("near"),
        doubtful=card.texts("doubtful"),
        source=card.optional_text("source"),
    )


def field_key(card: TomlTable) -> str:
    key = card.text("key")
    if not re.fullmatch(KEY_PATTERN, key):
        raise card.error("key", "form_key_name", key)
    return key


def _derivation(card: TomlTable) -> Derivation:
    options = {k: v for k, v in card.values.items() if k not in ("by", "source")}
    return Derivation(card.text("by"), card.text("source"), options)


def rules(path: Path) -> tuple[Rule, ...]:
    """The rules' file. Raises FormError."""
    file = load_toml(path)
    file.only(("rule",))
    found = tuple(rule(card) for card in file.cards("rule", "code"))
    file.unique((one.code, f"rule[{number}].code") for number, one in enumerate(found, 1))
    return found


def rule(card: TomlTable) -> Rule:
    code = card.text("code")
    if not re.fullmatch(RULE_CODE_PATTERN, code):
        raise card.error("code", "form_rule_code", code)
    return Rule(
        code=code,
        family=card.text("family"),
        level=card.level("level"),
        at=_paths(card),
        options={k: v for k, v in card.values.items() if k not in RULE_KEYS},
        explainable=card.flag("explainable"),
        title=card.optional_text("title"),
        brief=card.optional_text("brief"),
        sentence=card.optional_text("sentence"),
        fix=card.optional_text("fix"),
        source=card.optional_text("source"),
        certainty=_certainty(card),
        beta=card.flag("beta"),
    )


def _certainty(card: TomlTable) -> Certainty | None:
    word = card.optional_text("certainty")
    if word and word not in list(Certainty):
        raise card.error("certainty", "form_certainty", word, Certainty)
    if word == Certainty.STATED and not card.optional_text("source"):
        raise card.error("source", "form_no_source")
    return Certainty(word) if word else None


def _paths(card: TomlTable) -> tuple[str, ...]:
    at = card.values.get("at")
    if isinstance(at, str) and at:
        return (at,)
    if "at" not in card.values:
        card.text("at")  # missing
    if not isinstance(at, list) or not at or not all(isinstance(path, str) for path in at):
        raise card.error("at", "form_at", at)
    return tuple(at)
