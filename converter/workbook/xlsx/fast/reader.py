"""Read a worksheet as a stream of rows: never whole in memory, no object made for a cell.

Whatever `tokenizer` and `strings` do not know is left to the full parser, by NeedsFullParser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from converter.model.cell_types import WIDEST, CellType
from converter.model.issues import column_letters
from converter.text import cell_values, characters
from converter.workbook.grid import NO_FORMULAS, FormulaCells, GridColumn, GridFacts, Texts
from converter.workbook.xlsx import sheet_xml
from converter.workbook.xlsx.fast.strings import NeedsFullParser, SharedStrings
from converter.workbook.xlsx.fast.tokenizer import LAST_ROW, Block, Places, tokenize

CHUNK = 1 << 20  # bytes of rows that are taken at once: they fit a core's cache
CACHED_ROWS = 5_000  # columns of sheets up to this many rows are made once and kept
_LONGEST_HEAD = 8 << 20
_START, _END, _ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
_EMPTY = (b"<sheetData/>", b"<sheetData />")

_COLUMNS = np.arange(WIDEST + 2)

S = TypeVar("S", bound=np.generic)
Which = npt.NDArray[np.bool_]
Known = npt.NDArray[Any]


def read(
    stream: Iterator[bytes],
    name: str,
    hidden: bool,
    strings: SharedStrings,
    date_styles: Sequence[bool],  # by cell style
    date1904: bool,
) -> FastGrid:
    """Raises NeedsFullParser, and UnreadableFile where the part is damaged."""
    by_style = np.array(date_styles, dtype=bool)
    pieces = _vetted(stream)
    head, rest = _head(pieces)
    columns = sheet_xml.hidden_columns(head)
    helpers = sheet_xml.first_helper(head, columns)
    keeping = sheet_xml.PRESERVING in head
    blocks: list[Block] = []
    tail: list[bytes] = []
    for rows in _rows(rest, pieces, tail, helpers):
        if keeping and b"<is>" in rows:
            raise NeedsFullParser
        blocks.append(tokenize(rows, by_style, blocks[-1].last if blocks else 0))
        if (blocks[-1].strings >= len(strings)).any():
            raise NeedsFullParser
    hidden_rows = frozenset().union(*(block.hidden for block in blocks))
    values = _Values(blocks, strings, date1904, helpers)
    top, left, bottom, right = values.extent()
    if bottom * right > sheet_xml.LARGEST_AREA:
        raise NeedsFullParser
    merges = sheet_xml.merged_areas(b"".join(tail))
    facts = GridFacts(name, hidden, top, left, right - left + 1, merges, hidden_rows, columns)
    return FastGrid(facts, values, bottom)


# --- the stream --------------------------------------------------------------------------


def _vetted(stream: Iterable[bytes]) -> Iterator[bytes]:
    """No comment, document type or CDATA, not even across the border of two pieces."""
    last = b""
    for piece in stream:
        # One character is found ten times faster than two.
        at = piece.find(b"!")
        while at >= 0:
            if (piece[at - 1 : at] or last[-1:]) == b"<":
                raise NeedsFullParser
            at = piece.find(b"!", at + 1)
        last = piece
        yield piece


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    """What stands before the rows, and what was read beyond that."""
    head = b""
    for piece in pieces:
        head += piece
        for mark in (_START, *_EMPTY):
            if (at := head.find(mark)) >= 0:
                return head[:at], head[at + len(mark) :] if mark == _START else _END
        if len(head) > _LONGEST_HEAD:
            raise NeedsFullParser
    raise NeedsFullParser


def _rows(rest: bytes, pieces: Iterator[bytes], tail: list[bytes], helpers: int) -> Iterator[bytes]:
    """Whole rows, some at a time. What follows the last row is appended to `tail`."""
    waiting, size = [rest], len(rest)
    ended = False
    while not ended:
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= CHUNK:
                break
        else:
            ended = True
        data = b"".join(waiting)
        cut = data.rfind(_ROW_END) + len(_ROW_END)
        if cut < len(_ROW_END):
            cut = 0
        # Searched after the last whole row only: nothing else can close all rows.
        close = data.find(_END, cut)
        if close >= 0:
            tail += [data[close + len(_END) :], *pieces]
            if any(b"sheetData" in part for part in tail):
                raise NeedsFullParser
            cut, ended = close, True
        elif ended:
            raise NeedsFullParser
        waiting, size = [data[cut:]], len(data) - cut
        if cut:
            yield _without_helpers(data, cut, helpers)


def _without_helpers(data: bytes, stop: int, helpers: int) -> bytes:
    """The rows up to `stop`. Hidden helper cells, from a column to the end of the row, are most
    of a template's weight."""
    if not helpers:
        return data[:stop]
    first = f'<c r="{column_letters(helpers)}'.encode()
    pieces, done, start = [], 0, 0
    find = data.find
    for end in _row_ends(data, stop):
        at = find(first, start, end)
        if at >= 0:
            pieces.append(data[done:at])
            done = end
        start = end
    if find(first, start, stop) >= 0:
        raise NeedsFullParser
    return b"".join((*pieces, data[done:stop]))


def _row_ends(data: bytes, stop: int) -> list[int]:
    """Where every </row> begins. Its rarest character is searched first: that leaves few places
    where the others are compared."""
    codes = np.frombuffer(data, dtype=np.uint8, count=stop)
    at = np.flatnonzero(codes[:-1] == _ROW_END[4]) - 4
    at = at[at >= 0]
    for offset in (1, 2, 3, 5, 0):
        at = at[codes[at + offset] == _ROW_END[offset]]
    found: list[int] = at.tolist()
    return found


# --- values ------------------------------------------------------------------------------


class _Cells:
    """Cells column by column, each from top to bottom, and what is known of them, an array
    each."""

    def __init__(
        self,
        places: list[Places],
        helpers: int,
        *known: Known,
        keep: Callable[[Known], Which] | None = None,
    ) -> None:
        """Takes the places away from the list. Cells from column `helpers` on are left out (a
        row may lack the first of these), and those that `keep` does not want."""
        joined = Places.joined(places)
        places.clear()
        if not len(joined.row):
            self.row, self.known, self._starts = joined.row, known, [0] * len(_COLUMNS)
            self.left = self.right = 0
            return
        order = np.argsort(joined.column, kind="stable")
        columns = joined.column[order]
        if helpers:
            columns = columns[: np.searchsorted(columns, helpers)]
            order = order[: len(columns)]
        if keep:
            kept = keep(known[0][order])
            order, columns = order[kept], columns[kept]
        self.row = joined.row[order]
        self.left, self.right = (int(columns[0]), int(columns[-1])) if len(columns) else (0, 0)
        self.known = tuple(array[order] for array in known)
        self._starts = np.searchsorted(columns, _COLUMNS).tolist()

    def within(self, column: int, first: int, last: int) -> tuple[slice, npt.NDArray[np.int32]]:
        """Where in `known` a part of a column stands, and how far below its first row each."""
        start, stop = self._starts[column], self._starts[column + 1]
        rows = self.row[start:stop]
        if start == stop or (rows[0] >= first and rows[-1] <= last):
            return slice(start, stop), rows - np.int32(first)
        above, below = np.searchsorted(rows, (first, last + 1)).tolist()
        return slice(start + above, start + below), rows[above:below] - np.int32(first)

    def __len__(self) -> int:
        return len(self.row)


class _Values:
    """All cells of a sheet that hold a value, by how the file stores them."""

    def __init__(
        self, blocks: list[Block], strings: SharedStrings, date1904: bool, helpers: int
    ) -> None:
        """Takes the blocks away from the list."""
        self._strings, self._1904 = strings.texts, date1904
        # Each part of the blocks is let go as soon as it is joined: twice is too much.
        parts = {name: [getattr(block, name) for block in blocks] for name in Block.__slots__}
        blocks.clear()

        def texts(name: str) -> Texts:
            return _objects([text for texts in parts.pop(name) for text in texts])

        def not_blank(texts: Texts) -> Which:
            return np.array([not characters.is_blank(text) for text in texts], dtype=bool)

        indices = _joined(parts.pop("strings"), np.int32)
        self.shared = _Cells(parts.pop("shared"), helpers, indices, keep=strings.filled.__getitem__)
        numbers = _joined(parts.pop("numbers"), np.float64), _joined(parts.pop("dates"), np.bool_)
        self.numeric = _Cells(parts.pop("numeric"), helpers, *numbers)
        self.textual = _Cells(parts.pop("textual"), helpers, texts("texts"), keep=not_blank)
        truths = [np.array(found, dtype=bool) for found in parts.pop("truths")]
        self.booleans = _Cells(parts.pop("booleans"), helpers, _joined(truths, np.bool_))
        self.faulty = _Cells(parts.pop("faulty"), helpers, texts("errors"))
        computed = _joined(parts.pop("computed"), np.bool_)
        self.formulas = _Cells(parts.pop("formulas"), helpers, computed)

    def extent(self) -> tuple[int, int, int, int]:
        """First row and column, last row and column of the values; (1, 1, 0, 0) of none."""
        parts = (self.shared, self.numeric, self.textual, self.booleans, self.faulty)
        found = [cells for cells in parts if len(cells)]
        if not found:
            return 1, 1, 0, 0
        return (
            min(int(c.row.min()) for c in found),
            min(c.left for c in found),
            max(int(c.row.max()) for c in found),
            max(c.right for c in found),
        )

    def column(self, column: int, first: int, last: int) -> GridColumn:
        texts = np.full(max(last - first + 1, 0), "", dtype=object)
        types = np.zeros(len(texts), dtype=np.int8)
        for cells, read in (
            (self.shared, self._shared_texts),
            (self.textual, self._own_texts),
            (self.booleans, self._truths),
            (self.faulty, self._errors),
            (self.numeric, self._numbers),
        ):
            if len(cells):
                which, at = cells.within(column, first, last)
                if len(at):
                    texts[at], types[at] = read(which)
        return GridColumn(texts, types)

    def texts(self, column: int, first: int) -> dict[int, str]:
        """Row → text, of cells that hold one."""
        found: dict[int, str] = {}
        for cells, read in (
            (self.shared, self._shared_texts),
            (self.textual, self._own_texts),
        ):
            which, at = cells.within(column, first, LAST_ROW)
            found |= zip((at + first).tolist(), read(which)[0].tolist(), strict=True)
        return found

    def _shared_texts(self, which: slice) -> tuple[Texts, CellType]:
        return self._strings[self.shared.known[0][which]], CellType.TEXT

    def _own_texts(self, which: slice) -> tuple[Texts, CellType]:
        texts = self.textual.known[0][which].tolist()
        return _objects([text[: cell_values.LONGEST] for text in texts]), CellType.TEXT

    def _truths(self, which: slice) -> tuple[Texts, CellType]:
        truths = self.booleans.known[0][which].tolist()
        return _objects(["TRUE" if truth else "FALSE" for truth in truths]), CellType.BOOL

    def _errors(self, which: slice) -> tuple[Texts, CellType]:
        return self.faulty.known[0][which], CellType.ERROR

    def _numbers(self, which: slice) -> tuple[Texts, npt.NDArray[np.int8]]:
        numbers, dates = (known[which] for known in self.numeric.known)
        if dates.all():
            return self._read(numbers, cell_values.serial_texts)
        if not dates.any():
            return self._read(numbers, cell_values.number_values)
        texts, types = np.empty(len(numbers), dtype=object), np.empty(len(numbers), dtype=np.int8)
        for chosen, read in (
            (dates, cell_values.serial_texts),
            (~dates, cell_values.number_values),
        ):
            texts[chosen], types[chosen] = self._read(numbers[chosen], read)
        return texts, types

    def _read(
        self, numbers: npt.NDArray[np.float64], read: Callable[..., list[cell_values.Value]]
    ) -> tuple[Texts, npt.NDArray[np.int8]]:
        values, at = np.unique(numbers, return_inverse=True)
        found = read(values, date1904=self._1904)
        texts = _objects([text for text, _ in found])
        return texts[at], np.array([kind for _, kind in found], dtype=np.int8)[at]


def _joined(arrays: Sequence[npt.NDArray[S]], kind: type[S]) -> npt.NDArray[S]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)


def _objects(texts: Sequence[str]) -> Texts:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found


@dataclass(frozen=True, slots=True)
class FastGrid:
    """A `grid.Grid`."""

    facts: GridFacts
    values: _Values
    bottom: int  # the last row with a value
    _known: dict[int, GridColumn] = field(default_factory=dict)

    def head(self, count: int) -> list[list[str]]:
        first = self.facts.top
        last = min(first + count - 1, self.bottom)
        columns = self.read(self.facts.columns, first, last).values()
        return [list(row) for row in zip(*(c.texts.tolist() for c in columns), strict=True)]

    def read(self, columns: Sequence[int], first: int, last: int = 0) -> dict[int, GridColumn]:
        bottom = min(last, self.bottom) if last else self.bottom
        inside = (column for column in columns if column in self.facts.columns)
        if self.bottom > CACHED_ROWS or bottom < self.bottom:
            return {column: self.values.column(column, first, bottom) for column in inside}
        # Columns of a short sheet are made once, however often they are read.
        return {column: self._whole(column).cut(first - 1, bottom) for column in inside}

    def _whole(self, column: int) -> GridColumn:
        known = self._known.get(column)
        if known is None:
            known = self._known[column] = self.values.column(column, 1, self.bottom)
        return known

    def texts(self, columns: Sequence[int], first: int) -> dict[int, dict[int, str]]:
        return {column: self.values.texts(column, first) for column in columns}

    def formulas(self, columns: Sequence[int]) -> dict[int, FormulaCells] | None:
        found, cells = dict.fromkeys(columns, NO_FORMULAS), self.values.formulas
        for column in columns if len(cells) else ():
            which, _ = cells.within(column, 1, LAST_ROW)
            found[column] = FormulaCells(cells.row[which], cells.known[0][which])
        return found
