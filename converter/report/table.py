"""Plain tables → terminal text or CSV (`page` makes pages of them, `spreadsheet` workbooks).

A table is (title, header, rows); the header may be empty. Texts come as they are shown.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from converter.statistics.figure import Cell
from converter.text.display import columns, visible, wrapped

WRITTEN_AT_ONCE = 1 << 16  # characters of a long table
GAP = 2  # columns between two columns of a terminal table


class Table(NamedTuple):
    """One table, every cell a text as it is shown (or a number, for a workbook)."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def text(tables: Sequence[Table], width: int = 0) -> str:
    """Aligned columns, numbers to the right. A table wider than the terminal (`width`, 0 =
    unknown) is written a cell a line instead, each after its heading."""
    return "\n\n".join(_block(table, width) for table in tables) + "\n"


def _block(table: Table, width: int) -> str:
    rows = [[visible(shown(cell)) for cell in row] for row in (table.header, *table.rows) if row]
    wide = max((len(row) for row in rows), default=0)
    widths = [max(columns(row[n]) for row in rows if n < len(row)) for n in range(wide)]
    if width and wide > 2 and sum(widths) + GAP * wide > width:
        return "\n".join(
            [table.title, *_stacked(table, width)] if table.title else _stacked(table, width)
        )
    body = table.rows[0] if table.rows else ()
    right = {n for n, cell in enumerate(body) if not isinstance(cell, str)}
    lines = [table.title] if table.title else []
    for row in rows:
        cells = [_pad(cell, widths[n], n in right) for n, cell in enumerate(row)]
        lines.append("  " + (" " * GAP).join(cells).rstrip())
    return "\n".join(lines)


def _stacked(table: Table, width: int) -> list[str]:
    lines = []
    for row in table.rows:
        first, *others = (visible(shown(cell)) for cell in row)
        lines += wrapped("  ", [first], width)
        for heading, cell in zip(table.header[1:], others, strict=False):
            if cell:
                lines += wrapped("    ", [f"{visible(heading)}：{cell}"], width)
    return lines


def shown(cell: Cell) -> str:
    """A cell as people read it: rates with one decimal, sums with the places that they have."""
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def decimal_places(cell: Cell) -> int:
    """The digits after the point of a sum."""
    return len(f"{cell:f}".partition(".")[2]) if isinstance(cell, Decimal) else 0


def number_format(cell: int | float | Decimal, whole: str) -> str:
    """The format of a number in a workbook, made of that of whole numbers."""
    places = 1 if isinstance(cell, float) else decimal_places(cell)
    return re.sub("0(?=;|$)", f"0.{'0' * places}", whole) if places else whole


def _pad(cell: str, width: int, right: bool) -> str:
    blank = " " * (width - columns(cell))
    return blank + cell if right else cell + blank


def write_csv(tables: Sequence[Table]) -> bytes:
    """All tables below each other, for a spreadsheet program."""

    def rows() -> Iterator[Sequence[Cell]]:
        for number, table in enumerate(tables):
            if number:
                yield []
            if table.title:
                yield [table.title]
            yield from (row for row in (table.header, *table.rows) if row)

    return b"".join(csv_rows(rows()))


def csv_rows(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A line a row (UTF-8 with a BOM, as Excel needs it); texts that a spreadsheet would run are
    kept as text."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    yield codecs.BOM_UTF8
    for row in rows:
        writer.writerow([_tame(cell) for cell in row])
        if stream.tell() >= WRITTEN_AT_ONCE:
            yield stream.getvalue().encode()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue().encode()


def _tame(cell: Cell) -> str:
    """A text that a spreadsheet would take for a formula gets the apostrophe that marks text."""
    is_formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if is_formula else shown(cell)
