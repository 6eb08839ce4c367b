"""Corrections of single cells: what somebody types into a page in place of what a cell holds."""

from __future__ import annotations

from dataclasses import dataclass

from converter.model.forms import Form

LONGEST = 1_000  # characters of a cell that can be edited


@dataclass(frozen=True, slots=True)
class CellEdit:
    """What is typed into a cell from now on. `row` is the row in the sheet (0 on a record sheet,
    where the field tells it); a `reason` goes into 情况说明 beside the field, or, without a field,
    beside the row."""

    sheet: str  # its key
    row: int
    field: str
    text: str
    reason: bool = False

    @property
    def cell(self) -> tuple[str, int, str, bool]:
        """Which cell it is about."""
        return self.sheet, self.row, self.field, self.reason


def removal(form: Form, sheet: str, row: int) -> tuple[CellEdit, ...]:
    """The edits that leave nothing of a row."""
    cells = [CellEdit(sheet, row, field.key, "") for field in form.sheet(sheet)]
    return (*cells, CellEdit(sheet, row, "", "", reason=True))
