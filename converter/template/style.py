"""How the workbook looks: one typeface, three greys, one accent, and a colour a verdict.

Colour never stands alone: every verdict is also written out in the 核对 column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils.indexed_list import IndexedList

from converter.model.issues import Level

# From U+2E80 on; said so, the range takes an eighth of the time to compile.
_WIDE = re.compile("[^\x00-\u2e7f]|[“”‘’…—]")

INK, MUTED, FAINT = "1F2A33", "66737D", "98A2AA"
ACCENT, BAND, LINE = "2B5C75", "E9F0F3", "D5DCE1"
ENTRY, DERIVED = "FFFCEB", "F3F5F6"
WRONG, WRONG_TINT = "B3261E", "FBE3E1"
DOUBT, DOUBT_TINT = "8F5B00", "FFE7B8"
FINE = "2C7A4B"


@dataclass(frozen=True)
class CellStyle:
    """A cell's looks. Hashable, so that a workbook makes each only once."""

    size: float = 10.5
    bold: bool = False
    colour: str = INK
    underline: bool = False
    fill: str = ""
    lines: str = ""  # which edges have a line: any of 'tblr'
    line: str = LINE
    horizontal: str = "left"
    vertical: str = "center"
    wrap: bool = False
    indent: int = 0
    number_format: str = "General"
    locked: bool = True


# The grounds of the live checks: a cell must not grow darker when it is corrected.
TINTS = {Level.ERROR: WRONG_TINT, Level.WARNING: DOUBT_TINT}


def varied(look: CellStyle, shown: str = "", level: Level | None = None) -> CellStyle:
    """A look with another number format, or in the colour of what is wrong with its cell."""
    fill = TINTS[level] if level else look.fill
    return replace(look, number_format=shown or look.number_format, fill=fill)


@dataclass
class Painter:
    """Gives cells their looks; each look's style is made once a workbook."""

    font: str
    _made: dict[CellStyle, Any] = field(default_factory=dict)

    def paint(self, cell: Any, look: CellStyle) -> Any:
        made = self._made.get(look)
        if made is None:
            self._style(cell, look)
            self._made[look] = copy(cell._style)
        else:
            cell._style = copy(made)
        return cell

    def numbers(self, scratch: Any, looks: Iterable[CellStyle]) -> dict[CellStyle, int]:
        """The number of each look's style in the file. `scratch` is a sheet to be thrown away:
        openpyxl keeps the very style of the cell that asks for its number."""
        wanted = enumerate(dict.fromkeys(looks), 1)
        return {look: self.paint(scratch.cell(1, n), look).style_id for n, look in wanted}

    def _style(self, cell: Any, look: CellStyle) -> None:
        cell.font = Font(
            name=self.font,
            sz=look.size,
            b=look.bold,
            color=look.colour,
            u="single" if look.underline else None,
            charset=134,  # GB 2312: what Windows picks its fallback by
        )
        if look.fill:
            cell.fill = PatternFill("solid", fgColor=look.fill)
        side = Side(style="thin", color=look.line)
        cell.border = Border(
            top=side if "t" in look.lines else None,
            bottom=side if "b" in look.lines else None,
            left=side if "l" in look.lines else None,
            right=side if "r" in look.lines else None,
        )
        cell.alignment = Alignment(
            horizontal=look.horizontal,
            vertical=look.vertical,
            wrap_text=look.wrap,
            indent=look.indent,
        )
        cell.number_format = look.number_format
        cell.protection = Protection(locked=look.locked)


def measure_columns(book: Any) -> None:
    """Widths count digits of the standard font: here one that every system has, or another of the
    same widths for. In place of Calibri, which many lack, columns came out a quarter wider, and the
    last ones left the screen."""
    standard = Font(name="Arial", sz=10, family=2)
    book._fonts = IndexedList([standard])
    book._named_styles["Normal"].font = standard


def verdict_style(colour: str, tint: str = "") -> DifferentialStyle:
    """What conditional formatting lays over a cell."""
    fill = PatternFill(bgColor=tint) if tint else None
    return DifferentialStyle(font=Font(color=colour), fill=fill)


def text_width(text: str) -> int:
    """Width in characters of the standard font: East Asian ones count twice."""
    return len(text) + len(_WIDE.findall(text))


def text_lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of `width` characters."""
    if 2 * len(text) <= width and "\n" not in text:
        return 1  # most texts; counting their characters takes long
    return sum(max(1, -(-text_width(line) // max(1, int(width)))) for line in text.split("\n"))
