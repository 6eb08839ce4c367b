"""OOXML workbooks: parts that passed the pre-flight → grids.

Most sheets are read by the fast reader. For everything else there is calamine, and it never sees
the file: it gets a small zip in memory with the vetted rows of one sheet, the shared strings, and
styles that say nothing but 'date' or 'no date'. So it cannot be led to other bytes than those
that were vetted, and what it knows less well than we do (the Asian date formats, Strict files,
the 1904 system of an extension list, unknown error names) does not reach it.
"""

from __future__ import annotations

import re
import struct
import zlib
from bisect import bisect_right
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, BinaryIO
from zipfile import ZipInfo

import python_calamine

from converter.workbook.grid import CellComments, CellFormats, CellPlace, Grid, GridFacts
from converter.workbook.parsed_grid import ParsedGrid, Row
from converter.workbook.type_detection import members as members_of
from converter.workbook.unreadable import UnreadableFile, unreadable_on_error
from converter.workbook.xlsx import archive, parts
from converter.workbook.xlsx.cell_comments import read_comments
from converter.workbook.xlsx.fast import FastReader
from converter.workbook.xlsx.sheet_xml import SheetXml, read_sheet

_RELATION = '<Relationship Id="{id}" Type="/relationships/{kind}" Target="{target}"/>'
_SHEET = "worksheets/sheet.xml"
_PACKAGE_RELATIONS = "<Relationships>{}</Relationships>".format(
    _RELATION.format(id="a", kind="officeDocument", target="xl/workbook.xml")
).encode()
_RELATIONS = "<Relationships>{}</Relationships>".format(
    _RELATION.format(id="a", kind="worksheet", target=_SHEET)
).encode()
_WORKBOOK = (
    '<workbook><workbookPr date1904="{}"/><sheets><sheet name="a" id="a"/></sheets></workbook>'
)
_SHEET_START, _SHEET_END = b"<worksheet><sheetData>", b"</sheetData></worksheet>"
LARGEST_READ = 1 << 20
_DATE, _PLAIN = '<xf numFmtId="14"/>', '<xf numFmtId="0"/>'


class XlsxWorkbook:
    """An OOXML workbook. Sheets are read on demand."""

    def __init__(self, file: BinaryIO, members: Sequence[ZipInfo] | None = None) -> None:
        """`file` stays open while sheets are read; `members` is its directory, if
        it has been read. Raises UnreadableFile."""
        self._parts = archive.Parts(file, members_of(file) if members is None else members)
        self._book = parts.read_book(self._parts)
        self._fast = FastReader(self._parts, self._book)

    @property
    def names(self) -> list[tuple[str, bool]]:
        """(name, hidden) of the worksheets, in order."""
        return [(sheet.name, sheet.hidden) for sheet in self._book.sheets]

    @property
    def properties(self) -> dict[str, str]:
        return parts.properties(self._parts)

    @property
    def outside(self) -> int:
        return parts.outside(self._parts)

    def grid(self, index: int) -> Grid:
        """Read one sheet. Raises UnreadableFile."""
        sheet = self._book.sheets[index]
        if sheet.part not in self._parts:
            raise UnreadableFile("F315", sheet=sheet.name)
        return self._fast.read(sheet) or self._parsed(sheet)

    def contents(self, index: int) -> Hashable | None:
        """What alone decides the texts of a small sheet: its part, unless texts are shared, and
        which styles are dates."""
        part = None if self._book.strings else self._parts.small(self._book.sheets[index].part)
        return part and (part, self._book.date_styles, self._book.date1904)

    def comments(self, index: int) -> CellComments:
        """The comments on a sheet's cells."""
        return read_comments(self._parts, self._book.sheets[index].part)

    def number_formats(self, index: int, columns: Sequence[int]) -> CellFormats:
        """The formats of cells in these columns that may show another number."""
        sheet, odd = self._book.sheets[index], self._book.odd_formats
        if not odd or not columns:
            return {}
        found = read_sheet(self._parts[sheet.part], sheet.name).styled(columns, odd)
        return {place: odd[style] for place, style in found}

    def struck(self, index: int, columns: Sequence[int]) -> Collection[CellPlace]:
        """The cells in these columns whose letters have a line through them."""
        sheet, styles = self._book.sheets[index], self._book.struck_styles
        if not styles or not columns:
            return ()
        found = read_sheet(self._parts[sheet.part], sheet.name).styled(columns, styles)
        return {place for place, _ in found}

    def finish(self) -> None:
        """Vet the parts that have not been read. Raises UnreadableFile."""
        self._parts.finish()

    def _parsed(self, sheet: parts.SheetPart) -> Grid:
        xml = read_sheet(self._parts[sheet.part], sheet.name)
        with unreadable_on_error("F315", sheet=sheet.name):
            book = python_calamine.load_workbook(self._package(xml))
            table = book.get_sheet_by_index(0)
        return _grid(table, xml, sheet, self._book.date1904)

    def _package(self, xml: SheetXml) -> _Segments:
        styles = "".join(_DATE if date else _PLAIN for date in self._book.date_styles)
        members: list[tuple[str, tuple[bytes | memoryview, ...]]] = [
            ("_rels/.rels", (_PACKAGE_RELATIONS,)),
            ("xl/workbook.xml", (_WORKBOOK.format(int(self._book.date1904)).encode(),)),
            ("xl/_rels/workbook.xml.rels", (_RELATIONS,)),
            ("xl/styles.xml", (f"<styleSheet><cellXfs>{styles}</cellXfs></styleSheet>".encode(),)),
            (f"xl/{_SHEET}", (_SHEET_START, _with_rare_characters(xml.rows), _SHEET_END)),
        ]
        if self._book.strings:
            strings = self._parts[self._book.strings]
            parts.check_count(strings, len(strings))
            members.append(("xl/sharedStrings.xml", (_with_rare_characters(strings),)))
        return _Segments(_stored(members))


def _grid(table: Any, xml: SheetXml, sheet: parts.SheetPart, date1904: bool) -> ParsedGrid:
    start, end = table.start or (0, 0), table.end or (0, -1)

    def first_rows(count: int) -> Sequence[Row]:
        return table.to_python(skip_empty_area=True, nrows=count) if table.start else []

    def all_rows() -> Iterable[Row]:
        # The iteration begins with the blank rows above.
        return islice(table.iter_rows(), start[0], None) if table.start else ()

    facts = GridFacts(
        name=sheet.name,
        hidden=sheet.hidden,
        top=start[0] + 1,
        left=start[1] + 1,
        width=end[1] - start[1] + 1,
        merges=xml.merges,
        hidden_rows=xml.hidden_rows,
        hidden_columns=xml.hidden_columns,
    )
    return ParsedGrid(
        facts,
        read_first=first_rows,
        all_rows=all_rows,
        date1904=date1904,
        errors=xml.errors,
        find_formulas=xml.formulas,
        stored=xml.number,
    )


# A character beyond the basic plane that a program escaped as its two halves: _xD852__xDE4A_ is
# 𤩊. A half alone is none.
_HALVES = re.compile(
    rb"(?i:_x(d[89ab][0-9a-f]{2})_(?:_x(d[c-f][0-9a-f]{2})_)?|_x(d[c-f][0-9a-f]{2})_)"
)


def _with_rare_characters(xml: bytes | memoryview) -> bytes | memoryview:
    if not _HALVES.search(xml):
        return xml
    return _HALVES.sub(_whole, bytes(xml))


def _whole(halves: re.Match[bytes]) -> bytes:
    high, low = (int(half, 16) if half else 0 for half in halves.group(1, 2))
    if not (high and low):
        return "\ufffd".encode()
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()


# --- a zip in memory ---------------------------------------------------------------------


def _stored(
    members: Iterable[tuple[str, tuple[bytes | memoryview, ...]]],
) -> Iterator[bytes | memoryview]:
    """The pieces of a zip whose members are not compressed (APPNOTE 4.3)."""
    directory, offset, count = b"", 0, 0
    for name, pieces in members:
        crc, size = 0, 0
        for piece in pieces:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
        common = struct.pack("<5H3L2H", 20, 0, 0, 0, 33, crc, size, size, len(name), 0)
        local = b"PK\x03\x04" + common + name.encode()
        central = struct.pack("<4sH", b"PK\x01\x02", 20) + common
        central += struct.pack("<3H2L", 0, 0, 0, 0, offset) + name.encode()
        directory += central
        offset, count = offset + len(local) + size, count + 1
        yield local
        yield from pieces
    yield directory
    yield struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), offset, 0)


class _Segments:
    """Pieces of bytes read as one file. Short reads: a reader that asks for all at once would
    hold every byte three times."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._pieces = [memoryview(piece) for piece in pieces]
        self._starts = [0, *accumulate(len(piece) for piece in self._pieces)]
        self._at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._starts[-1])[whence]
        if base + offset < 0:
            raise OSError("seek before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        if self._at >= self._starts[-1]:
            return b""
        index = bisect_right(self._starts, self._at) - 1
        inside = self._at - self._starts[index]
        most = LARGEST_READ if size is None or size < 0 else min(size, LARGEST_READ)
        found = bytes(self._pieces[index][inside : inside + most])
        self._at += len(found)
        return found
