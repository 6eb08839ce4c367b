"""The names of the fields of a correction form, and the edits that such a form sends.

>>> edit = CellEdit("member", 13, "id_number", "")
>>> name_of(edit), name_of(CellEdit("member", 13, "", "", reason=True))
('cell:member:13:id_number', 'reason:member:13:')
"""

from __future__ import annotations

from collections.abc import Iterable

from converter.model.corrections import LONGEST, CellEdit, removal
from converter.model.forms import Form

CELL, REASON, REMOVE = "cell", "reason", "remove"
# Bytes and fields of a form that sends every cell, and bytes of a field: nine a character.
LARGEST, FIELDS, FIELD = 512 * 1024, 2_000, 9 * LONGEST + 100
FRAGMENT = "x-fragment"  # header of a request of our script, which wants the form alone
LEAVE = "leave"  # what the form is to do: only keep what was typed, the page is gone
LONGEST_ROW = 7  # digits of the number of a sheet's last row


def name_of(edit: CellEdit) -> str:
    """The name of the field for the cell of an edit."""
    kind = REASON if edit.reason else CELL
    return f"{kind}:{edit.sheet}:{edit.row}:{edit.field}"


def edits_of(sent: Iterable[tuple[str, str]], form: Form) -> list[CellEdit]:
    """The edits among the fields that came. Raises ValueError for one that no page has."""
    found: list[CellEdit] = []
    for name, text in sent:
        kind, _, rest = name.partition(":")
        if kind == REMOVE:
            sheet, row, _ = _parts(f"{text}:", form)
            found += removal(form, sheet, row)
        elif kind in (CELL, REASON):
            sheet, row, field = _parts(rest, form)
            text = text.replace("\r", "").replace("\n", "")[:LONGEST]
            found.append(CellEdit(sheet, row, field, text, kind == REASON))
    return found


def _parts(text: str, form: Form) -> tuple[str, int, str]:
    sheet, row, field = text.split(":")
    if not (row.isascii() and row.isdecimal() and len(row) <= LONGEST_ROW):
        raise ValueError(text)
    if sheet not in {one.key for one in form.sheets}:
        raise ValueError(text)
    return sheet, int(row), field
