"""The roster's definition: `roster.toml` beside the form's cards → a form of one sheet.

Its fields are cards like any others. `identity` names the entry of the identity file that a
column fills; `contact = true` marks the column that says how to reach the unit.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from converter.forms import cards
from converter.forms.toml_access import TomlTable, load_toml
from converter.model.forms import Field, Form, Sheet

FILE = "roster.toml"
CONTACT = "contact"
# Without these no identity file can be made; what else a card may name.
NEEDED = ("unit_code", "unit_name", "superior_name")
KNOWN = (*NEEDED, "superior_code")
KEYS = ("key", "title", "kind", "required", "aliases", "note", "width", "identity", CONTACT)


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
    file = load_toml(path)
    file.only(("sheet", "field"))
    head = file.table("sheet")
    head.only(("title", "aliases"))
    found = tuple(_field(card) for card in file.cards("field", "key"))
    cards.check_names(file, found)
    file.unique((f.identity, f"{f.key}.identity") for f in found if f.identity)
    for name in NEEDED:
        if name not in {field.identity for field in found if field.required}:
            raise file.error("field", "form_no_identity", name=name)
    return Sheet(
        key="member",
        title=cards.sheet_name(head),
        fields=found,
        headings={},
        aliases=head.texts("aliases"),
    )


def _field(card: TomlTable) -> Field:
    identity = card.optional_text("identity")
    if identity and identity not in KNOWN:
        raise card.error("identity", "form_no_identity_entry", identity, KNOWN)
    return Field(
        key=cards.field_key(card),
        title=card.text("title"),
        kind=card.text("kind"),
        sheet="member",
        required=card.flag("required"),
        aliases=card.texts("aliases"),
        note=card.optional_text("note"),
        options={k: v for k, v in card.values.items() if k not in KEYS}
        | {CONTACT: card.flag(CONTACT)},
        identity=identity,
        width=card.number("width", default=0),
    )
