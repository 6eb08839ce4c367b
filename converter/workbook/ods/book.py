"""OpenDocument spreadsheets: parts that passed the pre-flight → grids.

The archive is vetted as that of an Excel workbook is, with the same limits. A cell names its own
type; a number format matters where it shows another number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO
from zipfile import ZipInfo

from converter.model.cell_types import WIDEST
from converter.model.issues import column_letters
from converter.workbook.grid import CellComments, CellFormats, CellPlace, Grid, GridFacts
from converter.workbook.ods.content import OdsTable, read_content, rows_of
from converter.workbook.parsed_grid import ParsedGrid, Row
from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx import archive
from converter.workbook.xlsx.parts import named_elements, text_of
from converter.workbook.xlsx.sheet_xml import DENSE, LARGEST_AREA, LARGEST_EMPTY

CONTENT, STYLES = "content.xml", "styles.xml"
META, MANIFEST = "meta.xml", "meta-inf/manifest.xml"
MOST_ERRORS = 100_000  # cells; further ones are texts
_TEXT = re.compile(rb"([^<]*)<")


class OdsWorkbook:
    """An OpenDocument workbook. Its sheets are read together: they are one part."""

    def __init__(self, file: BinaryIO, members: Sequence[ZipInfo]) -> None:
        """`file` stays open until `finish`. Raises UnreadableFile."""
        self._parts = archive.Parts(file, members)
        if b"encryption-data" in self._parts.get(MANIFEST, b""):
            raise UnreadableFile("F201")
        if CONTENT not in self._parts:
            raise UnreadableFile("F314")
        styles = self._parts.stream(STYLES) if STYLES in self._parts else ()
        self._tables, self._outside = read_content(self._parts.stream(CONTENT), styles)
        if not self._tables:
            raise UnreadableFile("F314")

    @property
    def names(self) -> list[tuple[str, bool]]:
        """(name, hidden) of the sheets, in order."""
        return [(table.name, table.hidden) for table in self._tables]

    @property
    def properties(self) -> dict[str, str]:
        data = self._parts.get(META, b"")
        found = {}
        for end, attributes in named_elements(data, "user-defined"):
            text = _TEXT.match(data, end)
            if text and attributes.get("name"):
                found[attributes["name"]] = text_of(text[1])
        return found

    @property
    def outside(self) -> int:
        return self._outside

    def comments(self, index: int) -> CellComments:
        """Not read from this format."""
        return {}

    def number_formats(self, index: int, columns: Sequence[int]) -> CellFormats:
        """Of the numbers in these columns, where they show another one."""
        wanted = set(columns)
        return {
            (row, column): code
            for run in self._tables[index].runs
            for column, code in run.formats.items()
            if column in wanted
            for row in range(run.first, run.last + 1)
        }

    def struck(self, index: int, columns: Sequence[int]) -> Collection[CellPlace]:
        """Not read from this format."""
        return ()

    def contents(self, index: int) -> None:
        """Not known of this format."""

    def finish(self) -> None:
        """Vet the parts that have not been read. Raises UnreadableFile."""
        self._parts.finish()

    def grid(self, index: int) -> Grid:
        """Raises UnreadableFile where values lie too far apart."""
        return _grid(self._tables[index])


def _grid(table: OdsTable) -> ParsedGrid:
    filled = [run for run in table.runs if run.cells]
    if not filled:
        top, bottom, left, right = 1, 0, 1, 0
    else:
        top, bottom = filled[0].first, filled[-1].last
        left, right = min(min(r.cells) for r in filled), max(max(r.cells) for r in filled)
    _bound(table, bottom, right)
    columns = range(left, min(right, WIDEST) + 1)

    def all_rows() -> Iterator[Row]:
        return rows_of(table, columns, top, bottom)

    facts = GridFacts(
        name=table.name,
        hidden=table.hidden,
        top=top,
        left=left,
        width=right - left + 1,
        merges=tuple(table.merges),
        hidden_rows=frozenset(
            row for first, last in table.hidden_runs for row in range(first, min(last, bottom) + 1)
        ),
        hidden_columns=frozenset(table.hidden_columns),
    )
    return ParsedGrid(
        facts,
        read_first=lambda count: list(islice(all_rows(), count)),
        all_rows=all_rows,
        errors=dict(islice(_errors(table), MOST_ERRORS)),
        find_formulas=lambda wanted: _formulas(table, wanted),
    )


def _bound(table: OdsTable, height: int, width: int) -> None:
    """Refuse a sheet whose values lie so far apart that its rows would fill the memory."""
    area = height * width
    cells = sum(len(run.cells) * run.count for run in table.runs)
    if area > LARGEST_AREA or area > max(LARGEST_EMPTY, cells * DENSE):
        last = table.runs[-1]
        row, column = last.first, max(last.cells, default=1)
        cell = f"{column_letters(column)}{row}"
        raise UnreadableFile("F311", sheet=table.name, row=row, column=column, cell=cell)


def _errors(table: OdsTable) -> Iterator[tuple[tuple[int, int], str]]:
    for run in table.runs:
        if run.errors:
            for row in range(run.first, run.last + 1):
                yield from (((row, column), text) for column, text in run.errors.items())


def _formulas(table: OdsTable, columns: Iterable[int]) -> dict[int, dict[int, bool]]:
    found: dict[int, dict[int, bool]] = {column: {} for column in columns}
    for run in table.runs:
        for column, computed in run.formulas.items():
            if column in found:
                found[column].update(dict.fromkeys(range(run.first, run.last + 1), computed))
    return found
