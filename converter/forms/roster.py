"""The roster's definition: `roster.toml` beside the form's cards → a form of one table.

Its fields are cards like any others. `identity` names the entry of the identity file that a
column fills; `contact = true` marks the columns that say how to reach the unit, `former = true`
the one that holds the name it had before.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from converter.files.toml_access import TomlTable
from converter.forms import accepting, cards
from converter.model.forms import Form

FILE = "roster.toml"
CONTACT, FORMER = "contact", "former"
FLAGS = (CONTACT, FORMER)
# Without these no identity file can be made: names are typed, a code may be made.
TYPED = ("unit_name", "superior_name")
NEEDED = ("unit_code", *TYPED)
KNOWN = (*NEEDED, "superior_code", "superior_contact")  # what else a card may name


def definition(form: Form, folder: Path) -> Form:
    """The roster's form, with the code lists, limits and levels of the form whose units it
    lists. Raises FormError.
    """
    path = folder / FILE
    sheet = cards.sheet(path, roles=("number",))
    file = TomlTable({}, path)
    file.unique((f.identity, f"{f.key}.identity") for f in sheet if f.identity)
    for field in sheet:
        card = TomlTable({"identity": field.identity, **field.options}, path, field.key)
        if field.identity and field.identity not in KNOWN:
            raise card.error("identity", "form_no_identity_entry", field.identity, KNOWN)
        for flag in FLAGS:
            card.flag(flag)
    for name in NEEDED:
        if not any(f.identity == name and (f.required or name not in TYPED) for f in sheet):
            raise file.error("field", "form_no_identity", name=name)
    roster = replace(form, id=f"{form.id}-roster", title=sheet.title, sheets=(sheet,), rules=())
    # To the kinds these flags mean nothing: only a roster has them.
    plain = (
        replace(f, options={k: v for k, v in f.options.items() if k not in FLAGS}) for f in sheet
    )
    accepting.accept_fields(replace(sheet, fields=tuple(plain)), roster, path, FLAGS)
    return roster
