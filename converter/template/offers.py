"""What a sheet offers whoever fills it in: dropdowns, a line beside the cell, where to begin."""

from __future__ import annotations

from typing import Any

from openpyxl.worksheet.datavalidation import DataValidation


def offer(sheet: Any, area: str, entries: str, text: str) -> None:
    """A dropdown of `entries` (the expression of a range; '' = none) and a line of text that shows
    while the cell is chosen. Nothing is refused: a code may be typed, too, and 核对 says more than
    an error box could."""
    validation = DataValidation(
        "list" if entries else None,
        formula1=entries or None,
        allow_blank=True,
        showErrorMessage=False,
        showInputMessage=bool(text),
        prompt=text or None,
        sqref=area,
    )
    sheet.add_data_validation(validation)


def put_cursor(sheet: Any, cell: str) -> None:
    """Where the cursor stands when the sheet is opened, in every part of a frozen window."""
    view = sheet.sheet_view
    for selection in view.selection:
        selection.activeCell = selection.sqref = cell
