"""A worksheet's XML before a parser may have it: one form of writing, a bounded extent, and
the facts that the parser keeps to itself (errors, formulas, hidden rows, merged areas).

Works on bytes with regular expressions, most of which start with a literal: a sheet of 120 MB
takes some 0.5 s. What is written differently (prefixed elements, single quotes, cells without
address, comments) is first brought into that form by `normalizer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np

from converter.model.issues import column_letters, column_number
from converter.workbook.grid import Box
from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx import normalizer
from converter.workbook.xlsx.parts import elements, is_true, remembered

# Cells of the smallest rectangle that holds all values: the parser asks for memory by it,
# 24 to 32 bytes a cell. A million rows of twenty columns, or 500,000 rows of a template with
# all its helper columns.
LARGEST_AREA = 24_000_000
# Half of that may be as good as empty: a stray cell far below, which a message can name.
LARGEST_EMPTY, DENSE = 12_000_000, 50
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
# A template's helper columns are hidden and stand to the right of this one; no form is as wide.
LAST_OPEN_COLUMN = 26
# A merged area or hidden column beyond this many is no clerk's work; the rest is not looked at.
MOST_MERGES = 100_000

_ATTRIBUTES = rb'(?: (?!r=)[\w:.-]+="[^"<>&]*")* ?/?>'
_STANDARD_CELL = re.compile(rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"' + _ATTRIBUTES)
_NONSTANDARD_ROW = re.compile(rb'<row(?! r="[1-9][0-9]{0,6}"' + _ATTRIBUTES + rb")")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_ROW = re.compile(rb'<row r="([0-9]+)"([^>]*)>')
_HIDDEN = re.compile(rb'\shidden="(?:1|true|on)"')
_VALUED = re.compile(rb'<c r="([A-Z]+)([0-9]+)"(?:[^>]*[^/])?>(?!</c>)')
_FORMULA = re.compile(rb"<f(?:[^>]*/>|[^>]*>[^<]*</f>)")
_ERROR = re.compile(
    rb'<c r="([A-Z]+)([0-9]+)"[^>]*[^/]>\s*(?:' + _FORMULA.pattern + rb")?\s*<v[^>]*>([^<]*)</v>"
)
_VALUE = re.compile(rb"<v[^>]*>([^<]*)</v>")
# On the whole sheet, as PHPExcel writes it: spaces at the ends of every text count.
PRESERVING = b'xml:space="preserve"'
_SAMPLE = 200_000  # bytes at either end, from which the width is estimated


@dataclass(frozen=True)
class SheetXml:
    """One worksheet. Rows and columns count from 1."""

    data: bytes
    start: int  # the rows that hold values: data[start:end]
    end: int
    all_rows: memoryview  # uncomputed formulas stand below them, too
    merges: tuple[Box, ...] = ()
    hidden_columns: frozenset[int] = frozenset()
    errors: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def rows(self) -> memoryview:
        return memoryview(self.data)[self.start : self.end]

    @cached_property
    def hidden_rows(self) -> frozenset[int]:
        if self.data.find(b' hidden="', self.start, self.end) < 0:
            return frozenset()
        found = _ROW.finditer(self.data, self.start, self.end)
        return frozenset(int(row[1]) for row in found if _HIDDEN.search(row[2]))

    @cached_property
    def has_formulas(self) -> bool:
        return _FORMULA.search(self.all_rows) is not None

    def formulas(self, columns: Iterable[int]) -> dict[int, dict[int, bool]]:
        """Column → row → whether a program has computed it, for all cells with a formula.

        A computed empty text is a value: it has the type 'str'.
        """
        letters = [column_letters(column) for column in columns]
        found: dict[int, dict[int, bool]] = {column_number(letter): {} for letter in letters}
        if not self.has_formulas or not letters:
            return found
        cell = re.compile(
            rb'<c r="(%b)([0-9]+)"([^>]*)>\s*%b\s*(</c>|<v ?/>|<v></v>)?'
            % ("|".join(letters).encode(), _FORMULA.pattern)
        )
        numbers = {letter.encode(): found[column_number(letter)] for letter in letters}
        for letter, row, attributes, ending in cell.findall(self.all_rows):
            numbers[letter][int(row)] = not ending or (
                ending != b"</c>" and b't="str"' in attributes
            )
        return found

    def styled(
        self, columns: Iterable[int], styles: Iterable[int]
    ) -> Iterator[tuple[tuple[int, int], int]]:
        """((row, column), style) of the cells in these columns that have one of these styles."""
        cell = re.compile(
            rb'<c r="(%b)([0-9]+)"[^>]* s="(%b)"'
            % ("|".join(map(column_letters, columns)).encode(), "|".join(map(str, styles)).encode())
        )
        for letters, row, style in cell.findall(self.rows):
            yield (int(row), column_number(letters.decode())), int(style)

    def number(self, row: int, column: int) -> float | None:
        """The number that a cell stores, where there is one."""
        address = f'<c r="{column_letters(column)}{row}"'.encode()
        start, end = self._row_at.get(row, (0, 0))
        cell = self.data.find(address, start, end)
        found = _VALUE.search(self.data, cell, end) if cell >= 0 else None
        try:
            return float(found[1]) if found else None
        except ValueError:
            return None

    @cached_property
    def _row_at(self) -> dict[int, tuple[int, int]]:
        starts = [(int(m[1]), m.end()) for m in _ROW.finditer(self.data, self.start, self.end)]
        ends = [start for _, start in starts[1:]] + [self.end]
        return {row: (at, end) for (row, at), end in zip(starts, ends, strict=True)}


def read_sheet(data: bytes, name: str) -> SheetXml:
    """A worksheet part, in the one form of writing. Raises UnreadableFile, naming the sheet."""
    found = _read(data, name) or _read(normalizer.normalized(data, name), name, normalized=True)
    if found is None:
        raise UnreadableFile("F315", sheet=name)
    return found


def _read(data: bytes, name: str, *, normalized: bool = False) -> SheetXml | None:
    """None where the sheet must be normalized first. Raises UnreadableFile."""
    start, end = _sheet_data(data, name)
    head, tail = data[:start], data[end:]
    keeping = PRESERVING in head and data.find(b"<is>", start, end) >= 0
    if not normalized and (keeping or normalizer.is_nonstandard(data, start, end)):
        return None
    hidden = hidden_columns(head)
    rows = _without_helpers(data, start, end, first_helper(head, hidden))
    extent = _extent(*rows)
    if extent is None:
        return None
    _bound(extent, rows[0].count(b"<c ", *rows[1:]), name)
    data, start, end = rows
    all_rows = memoryview(data)[start:end]
    data, start, end, errors = _errors_as_text(data, start, _last_value(data, start, end))
    return SheetXml(data, start, end, all_rows, merged_areas(tail), hidden, errors)


def first_helper(head: bytes, hidden: frozenset[int]) -> int:
    """The column from which on a template has nothing but hidden helper cells; 0 = none, or a
    sheet does not say where it ends."""
    first = min((column for column in hidden if column > LAST_OPEN_COLUMN), default=0)
    box = next((_box(found.get("ref", "")) for found in elements(head, "dimension")), None)
    if not first or box is None or not hidden.issuperset(range(first, box[3] + 1)):
        return 0
    return first


def _sheet_data(data: bytes, name: str) -> tuple[int, int]:
    """Where the rows stand: between <sheetData> and its end tag."""
    opening = re.search(rb"<(?:[^\s<>/!?]+:)?sheetData(?:\s[^>]*?)?(/?)>", data)
    if not opening:
        raise UnreadableFile("F315", sheet=name)
    if opening[1]:
        return opening.end(), opening.end()
    end = data.rfind(b"sheetData")
    end = data.rfind(b"</", 0, end)
    if end < opening.end():
        raise UnreadableFile("F315", sheet=name)
    return opening.end(), end


# --- extent ------------------------------------------------------------------------------


def _last_value(data: bytes, start: int, end: int) -> int:
    """The end of the last row that holds a value: a million formatted blank rows below it
    cost nothing."""
    last = start
    for mark in (b"</v>", b"</is>", b":v>", b":is>"):
        last = max(last, data.rfind(mark, last, end))
    if last == start:
        return start
    close = data.find(b"</row>", last, end)
    return close + len(b"</row>") if close >= 0 else end


@dataclass(frozen=True, slots=True)
class _Extent:
    """How far values reach, and a cell that reaches so far."""

    height: int
    lowest: tuple[int, int]
    width: int
    rightmost: tuple[int, int]


def _extent(data: bytes, start: int, end: int) -> _Extent | None:
    """How far values reach, or None where the sheet is not written in the standard form.

    The width is taken from samples and the height from the last row; then every cell is compared
    with them, whatever order the file has them in, and those beyond are looked at.
    """
    if _NONSTANDARD_ROW.search(data, start, end):
        return None
    end = _last_value(data, start, end)
    marker = data.rfind(b'<row r="', start, end)
    row = _ROW.match(data, marker) if marker >= 0 else None
    last = _VALUED.search(data, marker, end) if row else None
    lowest = (int(row[1]) if row else 1, column_number(last[1].decode()) if last else 1)
    rightmost = (1, 1)
    for a, b in ((start, min(start + _SAMPLE, end)), (max(end - _SAMPLE, start), end)):
        for letters, digits in _VALUED.findall(data, a, b):
            rightmost = max(rightmost, (column_number(letters.decode()), int(digits)))
    inside = rb'<c(?=[\s/>])(?! r="(?:%b)(?:%b)"(?: [a-qs-z][\w:.-]*="[^"<>&]*")* ?/?>)' % (
        _up_to(column_letters(rightmost[0]), "A", "Z").encode(),
        _up_to(str(lowest[0]), "0", "9").encode(),
    )
    for found in re.compile(inside).finditer(data, start, end):
        plain = _STANDARD_CELL.match(data, found.start())
        if not plain:
            return None
        if _VALUED.match(data, found.start()):
            place = int(plain[2]), column_number(plain[1].decode())
            lowest, rightmost = max(lowest, place), max(rightmost, place[::-1])
    return _Extent(lowest[0], lowest, rightmost[0], rightmost[::-1])


def _up_to(text: str, low: str, high: str) -> str:
    """A regular expression for all that count up to a number, digit by digit.

    >>> _up_to("45", "0", "9")
    '[0-9]{1,1}|[0-3][0-9]{1}|4[0-4]|45'
    """
    found = [f"[{low}-{high}]{{1,{len(text) - 1}}}"] if len(text) > 1 else []
    for position, character in enumerate(text):
        rest = len(text) - position - 1
        if character > low:
            tail = f"[{low}-{high}]{{{rest}}}" if rest else ""
            found.append(f"{text[:position]}[{low}-{chr(ord(character) - 1)}]{tail}")
    return "|".join((*found, text))


def _bound(extent: _Extent, cells: int, name: str) -> None:
    """Refuse a sheet whose values lie so far apart that the parser would need too much memory."""
    if extent.height > LAST_ROW or extent.width > LAST_COLUMN:
        raise UnreadableFile("F315", sheet=name)  # no program has such a cell
    area = extent.height * extent.width
    if area > LARGEST_AREA or area > max(LARGEST_EMPTY, cells * DENSE):
        at = extent.rightmost if extent.width > LAST_COLUMN // 16 else extent.lowest
        cell = f"{column_letters(at[1])}{at[0]}"
        raise UnreadableFile("F311", sheet=name, row=at[0], column=at[1], cell=cell)


def _without_helpers(data: bytes, start: int, end: int, helpers: int) -> tuple[bytes, int, int]:
    """The rows up to a column: hidden helper cells are half of a template's weight."""
    if not helpers:
        return data, start, end
    before = _up_to(column_letters(helpers - 1), "A", "Z").encode()
    first = re.compile(rb'<c r="(?!(?:%b)[0-9])' % before)
    pieces, whole, done = [], memoryview(data), start
    found = first.search(data, start, end)
    while found:
        pieces.append(whole[done : found.start()])
        close = data.find(b"</row>", found.start(), end)
        done = close if close >= 0 else end
        found = first.search(data, done, end)
    kept = b"".join((*pieces, whole[done:end]))
    return kept, 0, len(kept)


# --- facts -------------------------------------------------------------------------------


def _errors_as_text(
    data: bytes, start: int, end: int
) -> tuple[bytes, int, int, dict[tuple[int, int], str]]:
    """Error cells by address. The parser gives nothing for those it knows and fails on those
    it does not know (#SPILL!), so each is rewritten to a text cell."""
    errors: dict[tuple[int, int], str] = {}
    pieces: list[bytes | memoryview] = []
    whole, done = memoryview(data), start
    mark = b' t="e"'
    at = data.find(mark, start, end)
    while at >= 0:
        tag = data.rfind(b"<", start, at)
        if data.startswith(b'<c r="', tag):  # else it stands in a text
            cell = _ERROR.match(data, tag)
            if cell and cell[3]:
                address = int(cell[2]), column_number(cell[1].decode())
                errors[address] = cell[3].decode("utf-8", "replace")
            pieces += [whole[done:at], b' t="str"' if cell else b""]
            done = at + len(mark)
        at = data.find(mark, at + len(mark), end)
    if not pieces:
        return data, start, end, errors
    patched = b"".join((*pieces, whole[done:end]))
    return patched, 0, len(patched), errors


def merged_areas(tail: bytes) -> tuple[Box, ...]:
    found = []
    for attributes in elements(tail, "mergeCell"):
        box = _box(attributes.get("ref", ""))
        if box:
            found.append(box)
        if len(found) == MOST_MERGES:
            break
    return tuple(found)


def _box(reference: str) -> Box | None:
    first, _, last = reference.replace("$", "").partition(":")
    a, b = _ADDRESS.fullmatch(first), _ADDRESS.fullmatch(last)
    if not a or not b:
        return None
    columns = sorted((column_number(a[1].upper()), column_number(b[1].upper())))
    rows = sorted((int(a[2]), int(b[2])))
    return rows[0], columns[0], rows[1], columns[1]


def hidden_columns(head: bytes) -> frozenset[int]:
    """By what stands before the rows."""
    return _hidden_columns(head[max(head.find(b"cols"), 0) :])


@remembered
def _hidden_columns(columns: bytes) -> frozenset[int]:
    hidden = bytearray(LAST_COLUMN + 1)
    for attributes in islice(elements(columns, "col"), LAST_COLUMN):
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if is_true(attributes.get("hidden", "")) and first.isdecimal() and last.isdecimal():
            a, b = int(first[:6]), min(int(last[:6]), LAST_COLUMN) + 1
            hidden[a:b] = b"\1" * (b - a)
    return frozenset(np.flatnonzero(np.frombuffer(hidden, dtype=np.uint8)).tolist())
