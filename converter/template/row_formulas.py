"""The formulas of a table's rows, each under a name of its sheet: a cell holds the name alone.

A name's addresses are relative to the cell that asks for it. In the file they are written as seen
from A1 (ECMA-376 18.2.5), so what looks at `$B5` from row 5 stands there as `$B1` with its sheet,
and as a range of one cell:

    cells AB5, AB6 …   =rowAB
    rowAB              IF('会员基本信息表'!$AA1:$AA1="",…)

LibreOffice copies a shared formula for every row that names its number, and compares the copies
again: nine tenths of the time that opening twenty thousand rows took. Cells of the same short text
it groups as it reads them. Each cell of a group then watches every single address of its formula,
but a range is watched once for the whole group: that halves the time and the memory that opening
takes. Inserted, deleted and sorted rows leave names unharmed.
"""

from __future__ import annotations

import re
from typing import Any

from openpyxl.workbook.defined_name import DefinedName

from converter.template.cell_text import put_formula
from converter.template.layout import quoted

PREFIX, LINE_PREFIX = "row", "line"  # of the record sheet's lines
_ADDRESS = re.compile(r"(\$?[A-Z]{1,3})(\$?)([0-9]+)")
# Texts and addresses of other sheets, which stay as they are; then addresses and ranges of its own.
_ONE = _ADDRESS.pattern.replace("(", "(?:")
_RANGES = re.compile(
    r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'!'
    rf"{_ONE}(?::{_ONE})?"
    rf"|(?<![\w.!])(?P<own>{_ONE}(?::{_ONE})?)(?![\w.(!])"
)


def put_named(cell: Any, expression: str, *, many: bool = True) -> None:
    """Give a cell its formula under the name of its column; `expression` is as it would stand in
    the cell. `many`: many rows ask for it."""
    name = PREFIX + cell.column_letter
    text = from_first_row(expression, quoted(cell.parent.title), cell.row, many=many)
    cell.parent.defined_names[name] = DefinedName(name, attr_text=text)
    put_formula(cell, name)


def name_alike(sheet: Any, column: int, rows: list[int]) -> None:
    """Give one name to the formulas of a column that differ only in the row that they look at,
    their own. Shared formulas would do, but LibreOffice, as long as it believes stored values, does
    not tell those below the first one that what they look at has changed."""
    alike: dict[str, list[int]] = {}
    for row in rows:
        text = sheet.cell(row, column).value
        if isinstance(text, str) and text.startswith("="):
            alike.setdefault(_own_row(row).sub(r"$\1#", text), []).append(row)
    for top, *others in alike.values():
        if others:
            cell = sheet.cell(top, column)
            name = f"{LINE_PREFIX}{cell.coordinate}"
            relative = _own_row(top).sub(rf"$\g<1>{top}", cell.value)[1:]
            text = from_first_row(relative, quoted(sheet.title), top, many=False)
            sheet.defined_names[name] = DefinedName(name, attr_text=text)
            for row in (top, *others):
                put_formula(sheet.cell(row, column), name)


def _own_row(row: int) -> re.Pattern[str]:
    """Finds absolute addresses of this sheet in a row."""
    return re.compile(rf"(?<![!A-Za-z0-9_])\$([A-Z]{{1,3}})\${row}(?![0-9])")


def named(name: str, expression: str, sheet: Any, row: int) -> DefinedName:
    """A name for an expression that is written as it would stand in a row of a sheet."""
    return DefinedName(name, attr_text=from_first_row(expression, quoted(sheet.title), row))


def from_first_row(expression: str, sheet: str, row: int, *, many: bool = True) -> str:
    """A formula of a row as it stands in a name: as seen from the first row, with the sheet;
    addresses as ranges where `many` rows ask for it.

    >>> from_first_row('IF($B5="",SUM($C$4:$C$9),MAX(\\'x\\'!$A$1,list_sex))', "'m'!", 5)
    'IF(\\'m\\'!$B1:$B1="",SUM(\\'m\\'!$C$4:$C$9),MAX(\\'x\\'!$A$1,list_sex))'
    """

    def address(found: re.Match[str]) -> str:
        column, absolute, number = found.groups()
        if absolute:
            return found[0]
        assert int(number) == row, f"{found[0]} is another row's"
        return f"{column}1"

    def own(found: re.Match[str]) -> str:
        if not found["own"]:
            return found[0]
        area = _ADDRESS.sub(address, found["own"])
        stays = not many or ":" in area or "$" in area[1:]
        return sheet + (area if stays else f"{area}:{area}")

    return _RANGES.sub(own, expression)
