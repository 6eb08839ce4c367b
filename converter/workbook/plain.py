"""The usual worksheet, read as a stream: never whole in memory, no object made for a cell.

What `scan` and `strings` find unusual is left to the careful way; see `xlsx`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from converter import cells
from converter.model import CellType, column_letters
from converter.workbook import sheetxml
from converter.workbook.grid import NO_FORMULAS, Column, Facts, Formulas, Texts
from converter.workbook.scan import Block, Places, scan
from converter.workbook.strings import Strings, Unusual

CHUNK = 1 << 20  # bytes of rows that are taken at once: they fit a core's cache
_LONGEST_HEAD = 8 << 20
_START, _END, _ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
_EMPTY = (b"<sheetData/>", b"<sheetData />")

S = TypeVar("S", bound=np.generic)
Which = npt.NDArray[np.bool_]


def read(
    stream: Iterator[bytes],
    name: str,
    hidden: bool,
    strings: Strings,
    date_styles: npt.NDArray[np.bool_],
    date1904: bool,
) -> PlainGrid:
    """Raises Unusual, and Refused where the part is damaged."""
    pieces = _vetted(stream)
    head, rest = _head(pieces)
    columns = sheetxml.hidden_columns(head)
    helpers = sheetxml.first_helper(head, columns)
    trims = sheetxml.PRESERVING not in head
    blocks: list[Block] = []
    tail: list[bytes] = []
    for rows in _rows(rest, pieces, tail, helpers):
        blocks.append(scan(rows, date_styles, blocks[-1].last if blocks else 0, trims))
        if (blocks[-1].strings >= len(strings)).any():
            raise Unusual
    hidden_rows = frozenset().union(*(block.hidden for block in blocks))
    values = _Values(blocks, strings, date1904, helpers)
    top, left, bottom, right = values.extent()
    if bottom * right > sheetxml.LARGEST_AREA:
        raise Unusual
    merges = sheetxml.merged_areas(b"".join(tail))
    facts = Facts(name, hidden, top, left, right - left + 1, merges, hidden_rows, columns)
    return PlainGrid(facts, values, bottom)


# --- the stream --------------------------------------------------------------------------


def _vetted(stream: Iterable[bytes]) -> Iterator[bytes]:
    """No comment, document type or CDATA, not even across the border of two pieces."""
    last = b""
    for piece in stream:
        # One sign is found ten times faster than two.
        at = piece.find(b"!")
        while at >= 0:
            if (piece[at - 1 : at] or last[-1:]) == b"<":
                raise Unusual
            at = piece.find(b"!", at + 1)
        last = piece
        yield piece


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    """What stands before the rows, and what was read beyond."""
    head = b""
    for piece in pieces:
        head += piece
        for mark in (_START, *_EMPTY):
            if (at := head.find(mark)) >= 0:
                return head[:at], head[at + len(mark) :] if mark == _START else _END
        if len(head) > _LONGEST_HEAD:
            raise Unusual
    raise Unusual


def _rows(rest: bytes, pieces: Iterator[bytes], tail: list[bytes], helpers: int) -> Iterator[bytes]:
    """Whole rows, some at a time. What stands behind them goes to `tail`."""
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
        close = data.find(_END)
        if close >= 0:
            tail += [data[close + len(_END) :], *pieces]
            if any(b"sheetData" in part for part in tail):
                raise Unusual
            data, ended = data[:close], True
            cut = len(data)
        elif ended:
            raise Unusual
        else:
            # The end tag of the rows may be cut in two.
            cut = data.rfind(_ROW_END) + len(_ROW_END)
            if cut < len(_ROW_END):
                cut = 0
        waiting, size = [data[cut:]], len(data) - cut
        if cut:
            yield _without_helpers(data[:cut], helpers)


def _without_helpers(rows: bytes, helpers: int) -> bytes:
    """Hidden helper cells, from a column to the end of the row, are most of a template's
    weight."""
    if not helpers:
        return rows
    first = f'<c r="{column_letters(helpers)}'.encode()
    pieces, done, at = [], 0, rows.find(first)
    while at >= 0:
        pieces.append(rows[done:at])
        done = rows.find(_ROW_END, at)
        if done < 0:
            raise Unusual
        at = rows.find(first, done)
    return b"".join((*pieces, rows[done:])) if pieces else rows


# --- values ------------------------------------------------------------------------------


class _Values:
    """All cells of a sheet that hold a value, by how the file stores them."""

    def __init__(self, blocks: list[Block], strings: Strings, date1904: bool, helpers: int) -> None:
        """Takes the blocks away from the list."""
        self._strings, self._1904 = strings, date1904
        # Each part of the blocks is let go as soon as it is joined: twice is too much.
        parts = {name: [getattr(block, name) for block in blocks] for name in Block.__slots__}
        blocks.clear()
        kept = _Kept(helpers)
        places, which = kept.of(parts.pop("shared"))
        indices = _joined(parts.pop("strings"), np.int32)[which]
        filled = strings.filled[indices]
        self.shared, self.indices = places.at(filled), indices[filled]
        self.numeric, which = kept.of(parts.pop("numeric"))
        self.numbers = _joined(parts.pop("numbers"), np.float64)[which]
        self.dates = _joined(parts.pop("dates"), np.bool_)[which]
        self.textual, which = kept.of(parts.pop("textual"))
        self.texts = _objects([text for texts in parts.pop("texts") for text in texts])[which]
        filled = np.array([not cells.is_blank(text) for text in self.texts], dtype=bool)
        self.textual, self.texts = self.textual.at(filled), self.texts[filled]
        self.booleans, which = kept.of(parts.pop("booleans"))
        self.truths = _joined([np.array(t, bool) for t in parts.pop("truths")], np.bool_)[which]
        self.faulty, which = kept.of(parts.pop("faulty"))
        self.errors = _objects([text for texts in parts.pop("errors") for text in texts])[which]
        self.formulas, which = kept.of(parts.pop("formulas"))
        self.computed = _joined(parts.pop("computed"), np.bool_)[which]

    def extent(self) -> tuple[int, int, int, int]:
        """First row and column, last row and column of the values; (1, 1, 0, 0) of none."""
        held = (self.shared, self.numeric, self.textual, self.booleans, self.faulty)
        found = [places for places in held if len(places.row)]
        if not found:
            return 1, 1, 0, 0
        return (
            min(int(p.row.min()) for p in found),
            min(int(p.column.min()) for p in found),
            max(int(p.row.max()) for p in found),
            max(int(p.column.max()) for p in found),
        )

    def column(self, column: int, first: int, last: int) -> Column:
        texts = np.full(max(last - first + 1, 0), "", dtype=object)
        types = np.zeros(len(texts), dtype=np.int8)

        def put(places: Places, found: Callable[[Which], Texts], kind: CellType) -> None:
            which, at = _within(places, column, first, last)
            if len(at):
                texts[at], types[at] = found(which), kind

        put(self.shared, lambda w: self._strings.texts[self.indices[w]], CellType.TEXT)
        put(self.textual, self._cut, CellType.TEXT)
        put(self.booleans, lambda w: _objects(np.where(self.truths[w], "TRUE", "FALSE").tolist()),
            CellType.BOOL)  # fmt: skip
        put(self.faulty, lambda w: self.errors[w], CellType.ERROR)
        which, at = _within(self.numeric, column, first, last)
        if len(at):
            texts[at], types[at] = self._read_numbers(self.numbers[which], self.dates[which])
        return Column(texts, types)

    def said(self, column: int, first: int) -> dict[int, str]:
        """Row → text, of cells that hold a text."""
        found: dict[int, str] = {}
        for places, texts in (
            (self.shared, lambda w: self._strings.texts[self.indices[w]]),
            (self.textual, self._cut),
        ):
            which, at = _within(places, column, first, 1 << 30)
            found |= zip((at + first).tolist(), texts(which).tolist(), strict=True)
        return found

    def _cut(self, which: Which) -> Texts:
        return _objects([text[: cells.LONGEST] for text in self.texts[which].tolist()])

    def _read_numbers(
        self, numbers: npt.NDArray[np.float64], dates: Which
    ) -> tuple[Texts, npt.NDArray[np.int8]]:
        texts = np.empty(len(numbers), dtype=object)
        types = np.full(len(numbers), int(CellType.NUMBER), dtype=np.int8)
        for is_date in (False, True):
            here = dates == is_date
            if not here.any():
                continue
            values, which = np.unique(numbers[here], return_inverse=True)
            if is_date:
                read = cells.serial_texts(values, date1904=self._1904)
            else:
                read = [cells.read_value(v) for v in values.tolist()]
            texts[here] = _objects([text for text, _ in read])[which]
            types[here] = np.array([int(kind) for _, kind in read], dtype=np.int8)[which]
        return texts, types


class _Kept:
    """Cells left of the helper columns: a row may lack the first of these."""

    def __init__(self, helpers: int) -> None:
        self._helpers = helpers

    def of(self, places: list[Places]) -> tuple[Places, Which]:
        joined = Places.joined(places)
        places.clear()
        if not self._helpers:
            return joined, np.ones(len(joined.row), dtype=bool)
        which = joined.column < self._helpers
        return joined.at(which), which


def _within(places: Places, column: int, first: int, last: int) -> tuple[Which, Texts]:
    """Which places stand in a part of a column, and how far below its first row."""
    if not len(places.row):
        return np.empty(0, dtype=bool), np.empty(0, dtype=np.int64)
    which = (places.column == column) & (places.row >= first) & (places.row <= last)
    return which, places.row[which].astype(np.int64) - first


def _joined(arrays: Sequence[npt.NDArray[S]], kind: type[S]) -> npt.NDArray[S]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)


def _objects(texts: Sequence[str]) -> Texts:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found


@dataclass(frozen=True, slots=True)
class PlainGrid:
    """A `grid.Grid`."""

    facts: Facts
    values: _Values
    bottom: int  # the last row with a value

    def head(self, count: int) -> list[list[str]]:
        first = self.facts.top
        last = min(first + count - 1, self.bottom)
        columns = self.read(self.facts.columns, first, last).values()
        return [list(row) for row in zip(*(c.texts.tolist() for c in columns), strict=True)]

    def read(self, columns: Sequence[int], first: int, last: int = 0) -> dict[int, Column]:
        bottom = min(last, self.bottom) if last else self.bottom
        inside = (column for column in columns if column in self.facts.columns)
        return {column: self.values.column(column, first, bottom) for column in inside}

    def said(self, columns: Sequence[int], first: int) -> dict[int, dict[int, str]]:
        return {column: self.values.said(column, first) for column in columns}

    def formulas(self, columns: Sequence[int]) -> dict[int, Formulas] | None:
        found = dict.fromkeys(columns, NO_FORMULAS)
        if len(self.values.computed):
            for column in columns:
                which = self.values.formulas.column == column
                rows = self.values.formulas.row[which]
                found[column] = Formulas(rows, self.values.computed[which])
        return found
