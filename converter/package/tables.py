r"""The tables of a package: columns of text ⇄ CSV as RFC 4180 has it (CRLF, quotes doubled).

Lossless: every text comes back as it was, line breaks, quotes and spaces included.

>>> encode(("a", "b"), [["1", '2"寸'], ["", "x,y"]], "utf-8").decode()
'a,b\r\n1,\r\n"2""寸","x,y"\r\n'
>>> decode('a,b\r\n1,\r\n"2""寸","x,y"\r\n'.encode(), "utf-8")
CsvTable(header=['a', 'b'], columns=[['1', '2"寸'], ['', 'x,y']])
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from converter.files.csv_tables import csv_text


class MalformedCsv(Exception):
    """A table that cannot be read; `code` and `params` tell a person why."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code, self.params = code, params
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class CsvTable:
    header: list[str]
    columns: list[list[str]]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def encode(header: Sequence[str], columns: Sequence[Sequence[str]], encoding: str) -> bytes:
    """Columns of equal length → a table's bytes. Raises ValueError for text that the encoding
    cannot hold and for columns of different lengths."""
    return csv_text(header, zip(*columns, strict=True)).encode(encoding)


def decode(data: bytes, encoding: str) -> CsvTable:
    """A table's bytes → its columns. Raises MalformedCsv."""
    try:
        text = data.decode(encoding)
    except ValueError as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise MalformedCsv("P117", row=line, encoding=encoding.upper()) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        rows = list(reader)
    except csv.Error as error:
        raise MalformedCsv("P118", row=reader.line_num) from error
    width = len(header)
    wrong = [number for number, row in enumerate(rows, 2) if len(row) != width]
    if wrong:
        found = len(rows[wrong[0] - 2])
        raise MalformedCsv("P121", row=wrong[0], found=found, expected=width, count=len(wrong))
    columns = [list(column) for column in zip(*rows, strict=True)]
    return CsvTable(header, columns or [[] for _ in header])
