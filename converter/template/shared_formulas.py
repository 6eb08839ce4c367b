"""Formulas that are the same in several rows, written once: SpreadsheetML's shared formulas.

Ten thousand prepared rows repeat formulas of a thousand characters; shared, they are written
in the first row and named by number in the others, as Excel itself does on filling down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula


class SharedFormula(ArrayFormula):  # type: ignore[misc]
    """openpyxl writes whatever attributes an ArrayFormula names: these make it a shared one."""

    t = "shared"

    def __init__(self, number: int, text: str = "=", ref: str = "") -> None:
        super().__init__(ref, text)
        self.number = number

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield "t", "shared"
        if self.ref:
            yield "ref", self.ref
        yield "si", str(self.number)


def share(sheet: Any, column: int, rows: list[int]) -> None:
    """Share the formulas of a column that differ only in the row that they look at, their own."""
    alike: dict[str, list[int]] = {}
    for row in rows:
        text = sheet.cell(row, column).value
        if isinstance(text, str) and text.startswith("="):
            alike.setdefault(_own_row(row).sub(r"$\1#", text), []).append(row)
    letter = get_column_letter(column)
    for top, *others in alike.values():
        if not others:
            continue
        cell = sheet.cell(top, column)
        relative = _own_row(top).sub(rf"$\g<1>{top}", cell.value)
        cell.value = first(sheet, relative[1:], f"{letter}{top}:{letter}{others[-1]}")
        for row in others:
            sheet.cell(row, column).value = SharedFormula(cell.value.number, "")


def first(sheet: Any, expression: str, ref: str) -> SharedFormula:
    """The formula for the first row of a range; the rows below name its number."""
    number = getattr(sheet, "shared_formulas", 0)
    sheet.shared_formulas = number + 1
    return SharedFormula(number, f"={expression}", ref)


def _own_row(row: int) -> re.Pattern[str]:
    """Finds absolute addresses of this sheet in a row."""
    return re.compile(rf"(?<![!A-Za-z0-9_])\$([A-Z]{{1,3}})\${row}(?![0-9])")
