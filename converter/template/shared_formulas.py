"""Formulas that are the same in several rows, written once: SpreadsheetML's shared formulas.

Ten thousand prepared rows repeat formulas of a thousand characters; shared, they are written
in the first row and named by number in the others, as Excel itself does on filling down.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


def first(sheet: Any, expression: str, ref: str) -> SharedFormula:
    """The formula for the first row of a range; the rows below name its number."""
    number = getattr(sheet, "shared_formulas", 0)
    sheet.shared_formulas = number + 1
    return SharedFormula(number, f"={expression}", ref)
