"""Delimited text (CSV, TSV) as a workbook of one sheet; every cell is a text.

UTF-8, UTF-16 and GB 18030 (which takes in GBK), with or without a byte order mark; separated by
commas, tabs, semicolons or bars, whichever divides the first lines best.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from pathlib import Path

from converter.text import file_names
from converter.workbook.grid import CellComments, CellFormats, CellPlace, Grid, GridFacts
from converter.workbook.parsed_grid import ParsedGrid
from converter.workbook.unreadable import UnreadableFile

LARGEST = 64 << 20  # bytes
LINES_LOOKED_AT = 20
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SEPARATORS = ",\t;，|"


class DelimitedWorkbook:
    """A text file, read whole."""

    properties: dict[str, str] = {}  # noqa: RUF012 (never changed)
    outside = 0

    def __init__(self, path: Path) -> None:
        """Raises UnreadableFile, OSError."""
        if path.stat().st_size > LARGEST:
            raise UnreadableFile("F006", limit=LARGEST >> 20)
        text = decoded(path.read_bytes())
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
        try:
            self._rows = [[_plain(cell) for cell in row] for row in reader]
        except csv.Error as error:
            raise UnreadableFile("F312") from error
        self.names = [(file_names.stem(path), False)]

    def grid(self, index: int) -> Grid:
        width = max(map(len, self._rows), default=0)
        rows: list[Sequence[object]] = [[*row, *[""] * (width - len(row))] for row in self._rows]
        facts = GridFacts(self.names[index][0], False, 1, 1, width)
        return ParsedGrid(facts, lambda count: rows[:count], lambda: rows)

    def comments(self, index: int) -> CellComments:
        return {}

    def number_formats(self, index: int, columns: Sequence[int]) -> CellFormats:
        """Not known of this format."""
        return {}

    def struck(self, index: int, columns: Sequence[int]) -> Collection[CellPlace]:
        """Text has none."""
        return ()

    def contents(self, index: int) -> None:
        """Not known of this format."""

    def finish(self) -> None:
        pass


def decoded(data: bytes) -> str:
    """The text of a file in any of the encodings that spreadsheets write."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data:  # UTF-16 without a mark: separators and digits have a zero byte on one side
        even = data[::2].count(0)
        return data.decode("utf-16-be" if even > data[1::2].count(0) else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def separator(text: str) -> str:
    lines = [line for line in text.splitlines()[:LINES_LOOKED_AT] if line.strip()]
    return max(_SEPARATORS, key=lambda one: sum(one in line for line in lines) or -1)


def _plain(cell: str) -> str:
    """A cell that was written so that a spreadsheet takes it for text: ="0123"."""
    text = cell.strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') else cell
