"""The roster's definition: `roster.toml` beside the form's cards → a form of one sheet.

Its fields are cards like any others. `identity` names the entry of the identity file that a
column fills; `contact = true` marks the column that says how to reach the unit.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from converter.forms import toml_access
from converter.model.errors import FormError
from converter.model.forms import Field, Form, Sheet

FILE = "roster.toml"
CONTACT = "contact"
# Without these no identity file can be made; what else a card may name.
NEEDED = ("unit_code", "unit_name", "superior_name")
KNOWN = (*NEEDED, "superior_code")
_KEYS = {"key", "title", "kind", "required", "aliases", "note", "width", "identity", CONTACT}


class RosterForm(Form):
    """A form that has but one sheet: rows with headings, read and reported like members."""

    __slots__ = ()

    @property
    def sheets(self) -> tuple[Sheet]:  # type: ignore[override]
        return (self.member,)


def definition(form: Form, folder: Path) -> RosterForm:
    """The roster's form, with the limits and levels of the form whose units it lists.

    Raises FormError.
    """
    own = {entry.name: getattr(form, entry.name) for entry in fields(Form)}
    sheet = _sheet(folder / FILE)
    return RosterForm(**own | {"id": f"{form.id}-roster", "title": sheet.title, "member": sheet})


def _sheet(path: Path) -> Sheet:
    data = toml_access.load_toml(path)
    head = toml_access.table(data, "sheet", path)
    found = tuple(_field(card, path) for card in toml_access.cards(data, "field", path))
    toml_access.unique(((f.key, f.key) for f in found), path, "key")
    toml_access.unique(
        ((t, f.key) for f in found for t in (f.title, *f.aliases)), path, "title or alias"
    )
    toml_access.unique(((f.identity, f.key) for f in found if f.identity), path, "identity")
    for name in NEEDED:
        if name not in {field.identity for field in found if field.required}:
            raise FormError(path, "field", f'no required field has identity = "{name}"')
    return Sheet(
        key="member",
        title=toml_access.text(head, "title", path, "sheet"),
        fields=found,
        headings={},
        aliases=toml_access.texts(head, "aliases", path, "sheet"),
    )


def _field(card: dict[str, Any], where: Path) -> Field:
    key = toml_access.text(card, "key", where, "field")
    identity = toml_access.typed(card, "identity", str, where, key)
    if identity and identity not in KNOWN:
        raise FormError(where, f"{key}.identity", f"must be one of {', '.join(KNOWN)}")
    return Field(
        key=key,
        title=toml_access.text(card, "title", where, key),
        kind=toml_access.text(card, "kind", where, key),
        sheet="member",
        required=toml_access.typed(card, "required", bool, where, key),
        aliases=toml_access.texts(card, "aliases", where, key),
        note=toml_access.typed(card, "note", str, where, key),
        options={k: v for k, v in card.items() if k not in _KEYS}
        | {CONTACT: toml_access.typed(card, CONTACT, bool, where, key)},
        identity=identity,
        width=toml_access.typed(card, "width", int, where, key),
    )
