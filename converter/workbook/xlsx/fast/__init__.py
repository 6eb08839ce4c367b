"""Worksheets as Excel, WPS, LibreOffice and their libraries usually write them, read as a stream
of whole-array operations: two to four times faster than a parser that makes an object a cell.

`FastReader.read` is the only door: a grid, or None for whatever is not written that way. The caller
then reads the sheet with the full parser (`xlsx.book`), and both come to the same cells.
docs/fast-reader.md explains how it works.
"""

from __future__ import annotations

from converter.workbook.grid import Grid
from converter.workbook.xlsx import parts
from converter.workbook.xlsx.archive import Parts
from converter.workbook.xlsx.fast import reader
from converter.workbook.xlsx.fast.strings import NeedsFullParser, SharedStrings

__all__ = ["FastReader"]


class FastReader:
    """The fast way into one workbook. Its shared strings are read once, for all sheets."""

    def __init__(self, members: Parts, book: parts.BookParts) -> None:
        self._members, self._book = members, book
        self._strings: SharedStrings | None = None
        self._is_plain = True  # until the shared strings turn out to need the full parser

    def read(self, sheet: parts.SheetPart) -> Grid | None:
        """None: the sheet needs the full parser. Raises UnreadableFile where it is damaged."""
        if not self._is_plain:
            return None
        try:
            strings = self._shared_strings()
        except NeedsFullParser:
            self._is_plain = False
            return None
        try:
            return reader.read(
                self._members.stream(sheet.part),
                sheet.name,
                sheet.hidden,
                strings,
                self._book.date_styles,
                self._book.date1904,
            )
        except NeedsFullParser:
            return None

    def _shared_strings(self) -> SharedStrings:
        """Raises NeedsFullParser, UnreadableFile."""
        if self._strings is None:
            part = self._book.strings
            self._strings = SharedStrings(self._members.stream(part) if part else ())
            if part:
                parts.check_count(self._strings.claimed, self._strings.size)
        return self._strings
