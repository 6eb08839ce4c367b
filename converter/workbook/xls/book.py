"""Workbooks of Excel 2003 and before (BIFF, [MS-XLS]) by xlrd.

xlrd raises nearly anything at damaged files; all of it becomes UnreadableFile. Formulas are
hidden from it, so a formula that was never computed reads as the value that is stored.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import xlrd

from converter.text import number_formats
from converter.text.cell_values import BUILTIN_DATES, Serial, shows_date
from converter.workbook.grid import (
    CellComment,
    CellComments,
    CellFormats,
    CellPlace,
    Grid,
    GridFacts,
)
from converter.workbook.parsed_grid import ParsedGrid
from converter.workbook.unreadable import UnreadableFile, unreadable_on_error
from converter.workbook.xls import biff, properties

# xlrd holds every cell as a Python object. 65,536 full rows of a form fill some 20 MB.
LARGEST_FILE = 48 << 20
# Before Excel 97 texts are in a code page. A file that names none was written by a program that
# never knew any other than the one of its Chinese Windows.
_UNICODE_BIFF, _CHINESE = 80, "gb18030"
_ENCRYPTED = "encrypted"
_MACRO_SHEET = "(type 0x01 = Macro sheet)"


class XlsWorkbook:
    """An .xls workbook."""

    def __init__(self, data: bytes) -> None:
        """Raises UnreadableFile."""
        if len(data) > LARGEST_FILE:
            raise UnreadableFile("F006", limit=LARGEST_FILE >> 20)
        with unreadable_on_error("F316"):
            self._book = _open(data)
        self._properties = properties.properties(data)
        self._dates: dict[int, bool] = {}

    @property
    def names(self) -> list[tuple[str, bool]]:
        """(name, hidden) of the worksheets, in order."""
        return [(sheet.name, bool(sheet.visibility)) for sheet in self._book.sheets()]

    @property
    def properties(self) -> dict[str, str]:
        """The custom document properties, by name."""
        return dict(self._properties)

    def comments(self, index: int) -> CellComments:
        """The comments on a sheet's cells."""
        notes = self._book.sheet_by_index(index).cell_note_map
        return {
            (row + 1, column + 1): CellComment(note.author or "", note.text)
            for (row, column), note in notes.items()
            if (note.text or "").strip()
        }

    def number_formats(self, index: int, columns: Sequence[int]) -> CellFormats:
        """The formats of cells in these columns that may show another number."""
        odd = {
            style: code
            for style in range(len(self._book.xf_list))
            if (code := self._code(style)) and not self._is_date(style)
            if number_formats.is_odd(code)
        }
        return {place: odd[style] for place, style in self._styled(index, columns, odd)}

    def struck(self, index: int, columns: Sequence[int]) -> Collection[CellPlace]:
        """The cells in these columns whose letters have a line through them."""
        fonts = self._book.font_list
        styles = {
            number
            for number, style in enumerate(self._book.xf_list)
            if style.font_index < len(fonts) and fonts[style.font_index].struck_out
        }
        return {place for place, _ in self._styled(index, columns, styles)}

    def _styled(
        self, index: int, columns: Sequence[int], styles: Collection[int]
    ) -> Iterator[tuple[CellPlace, int]]:
        """The cells in some columns that have one of some styles, with that."""
        sheet = self._book.sheet_by_index(index)
        for row in range(sheet.nrows if styles else 0):
            for column in columns:
                if column <= sheet.row_len(row):
                    style = sheet.cell_xf_index(row, column - 1)
                    if style in styles:
                        yield (row + 1, column), style

    def contents(self, index: int) -> None:
        """Not known of this format."""

    def finish(self) -> None:
        """The whole file has been read already."""

    @property
    def outside(self) -> int:
        """Not known of the old format, whose parser follows no link either."""
        return 0

    def grid(self, index: int) -> Grid:
        """Raises UnreadableFile."""
        sheet = self._book.sheet_by_index(index)
        with unreadable_on_error("F315", sheet=sheet.name):
            return self._grid(sheet)

    def _grid(self, sheet: Any) -> ParsedGrid:
        errors: dict[tuple[int, int], str] = {}
        rows: list[list[object]] = []
        for number in range(sheet.nrows):
            rows.append([])
            for column in range(sheet.row_len(number)):
                cell = sheet.cell(number, column)
                if cell.ctype == xlrd.XL_CELL_ERROR:
                    text = xlrd.error_text_from_code.get(cell.value, "#ERR!")
                    errors[number + 1, column + 1] = text
                rows[-1].append(self._value(cell))
        lowest_error = max((row for row, _ in errors), default=0)
        while len(rows) > lowest_error and not any(value != "" for value in rows[-1]):
            rows.pop()
        width = max(map(len, rows), default=0)
        whole = [(*row, *[""] * (width - len(row))) for row in rows]
        facts = GridFacts(
            name=sheet.name,
            hidden=bool(sheet.visibility),
            top=1,
            left=1,
            width=width,
            # xlrd counts from 0 and names the row and column after the last.
            merges=tuple((a + 1, c + 1, b, d) for a, b, c, d in sheet.merged_cells),
            hidden_rows=frozenset(r + 1 for r, info in sheet.rowinfo_map.items() if info.hidden),
            hidden_columns=frozenset(c + 1 for c, info in sheet.colinfo_map.items() if info.hidden),
        )
        return ParsedGrid(
            facts,
            read_first=lambda count: whole[:count],
            all_rows=lambda: whole,
            date1904=bool(self._book.datemode),
            errors=errors,
        )

    def _value(self, cell: Any) -> object:
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return cell.value
        if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            return Serial(cell.value) if self._is_date(cell.xf_index) else float(cell.value)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        return ""

    def _is_date(self, style: int) -> bool:
        """Some export programs write neither styles nor formats: then a number is a number."""
        if style not in self._dates:
            code = self._code(style)
            # Asian built-in formats have a number but no text.
            is_builtin = self._format_number(style) in BUILTIN_DATES
            self._dates[style] = is_builtin if code is None else shows_date(code)
        return self._dates[style]

    def _format_number(self, style: int) -> int:
        styles = self._book.xf_list
        return int(styles[style].format_key) if style < len(styles) else 0

    def _code(self, style: int) -> str | None:
        known = self._book.format_map.get(self._format_number(style))
        return str(known.format_str) if known else None


def _open(data: bytes) -> Any:
    try:
        return _read(data)
    except (UnreadableFile, MemoryError):
        raise
    except Exception:
        # Excel minds less than this reader: some export programs write the container's table of
        # sectors or the table of strings wrong.
        try:
            return _read(data, forgiving=True)
        except (UnreadableFile, MemoryError):
            raise
        except Exception:
            return _read(biff.tidied(data))


def _read(data: bytes, *, forgiving: bool = False) -> Any:
    book = _parse(data, forgiving=forgiving)
    if book.biff_version < _UNICODE_BIFF and not book.codepage:
        try:
            return _parse(data, forgiving=forgiving, encoding=_CHINESE)
        except UnicodeDecodeError:
            pass
    return book


def _parse(data: bytes, *, forgiving: bool, encoding: str | None = None) -> Any:
    log = io.StringIO()
    try:
        book = xlrd.open_workbook(
            file_contents=data,
            formatting_info=True,
            ragged_rows=True,
            logfile=log,
            verbosity=1,  # it logs the sheets that it leaves out
            ignore_workbook_corruption=forgiving,
            encoding_override=encoding,
        )
    except xlrd.XLRDError as error:
        if _ENCRYPTED in str(error).lower():
            raise UnreadableFile("F201") from error
        raise
    if _MACRO_SHEET in log.getvalue():
        raise UnreadableFile("F101")
    return book
