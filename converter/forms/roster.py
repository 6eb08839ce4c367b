"""The roster's definition: `roster.toml` beside the form's cards → a form of one table.

Its fields are cards like any others. `identity` names the entry of the identity file that a
column fills; `contact = true` marks the columns that say how to reach the unit.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from converter.forms import loading, toml_access
from converter.model.errors import FormError
from converter.model.forms import Form

FILE = "roster.toml"
CONTACT = "contact"
# Without these no identity file can be made; what else a card may name.
NEEDED = ("unit_code", "unit_name", "superior_name")
KNOWN = (*NEEDED, "superior_code")


def definition(form: Form, folder: Path) -> Form:
    """The roster's form, with the code lists, limits and levels of the form whose units it
    lists. Raises FormError.
    """
    path = folder / FILE
    sheet = loading.read_sheet(path, roles=())
    toml_access.unique(((f.identity, f.key) for f in sheet if f.identity), path, "identity")
    for field in sheet:
        if field.identity and field.identity not in KNOWN:
            raise FormError(path, f"{field.key}.identity", f"must be one of {', '.join(KNOWN)}")
        toml_access.typed(field.options, CONTACT, bool, path, field.key)
    for name in NEEDED:
        if name not in {field.identity for field in sheet if field.required}:
            raise FormError(path, "field", f'no required field has identity = "{name}"')
    roster = replace(form, id=f"{form.id}-roster", title=sheet.title, sheets=(sheet,), rules=())
    # To the kinds `contact` means nothing: only a roster has it.
    plain = (
        replace(f, options={k: v for k, v in f.options.items() if k != CONTACT}) for f in sheet
    )
    loading.accept_fields(replace(sheet, fields=tuple(plain)), roster, folder)
    return roster
