"""Rows of a worksheet as Excel, WPS, LibreOffice and their libraries write them → cells, with
whole-array operations over the bytes: several times faster than a parser that makes an object
a cell.

Strict on purpose. Everything is accounted for: which tag may follow which, every attribute of
a cell that holds a value, no text between tags. At the first thing that is out of the ordinary
`Unusual` is raised, and the sheet goes the careful way (`sheetxml`, then the parser).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from converter.workbook.xlsx.fast.strings import NeedsFullParser, plain_text
from converter.workbook.xlsx.parts import XML_WHITESPACE

Ints = npt.NDArray[np.int64]
Which = npt.NDArray[np.bool_]
Lengths = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]  # eight bytes each, the first one lowest

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

# Tags by the two bytes behind '<'. A tag that closes itself has the number of its pair + SELF.
_SELF = 16
_ROW, _CELL, _FORMULA, _VALUE, _INLINE, _TEXT = 1, 2, 3, 4, 5, 6
_END = 8
_TAGS = {
    b"ro": _ROW, b"c ": _CELL, b"is": _INLINE,
    b"f>": _FORMULA, b"f ": _FORMULA, b"f/": _FORMULA,
    b"v>": _VALUE, b"v ": _VALUE, b"v/": _VALUE,
    b"t>": _TEXT, b"t ": _TEXT, b"t/": _TEXT,
    b"/r": _END + _ROW, b"/c": _END + _CELL, b"/i": _END + _INLINE,
    b"/f": _END + _FORMULA, b"/v": _END + _VALUE, b"/t": _END + _TEXT,
}  # fmt: skip
_LENGTHS = {b"</row": _ROW, b"</c": _CELL, b"</is": _INLINE, b"</f": _FORMULA, b"</v": _VALUE,
            b"</t": _TEXT}  # fmt: skip
_FOLLOWS = {
    _ROW: (_CELL, _CELL + _SELF, _END + _ROW),
    _ROW + _SELF: (_ROW, _ROW + _SELF),
    _END + _ROW: (_ROW, _ROW + _SELF),
    _CELL: (_FORMULA, _FORMULA + _SELF, _VALUE, _VALUE + _SELF, _INLINE, _END + _CELL),
    _CELL + _SELF: (_CELL, _CELL + _SELF, _END + _ROW),
    _END + _CELL: (_CELL, _CELL + _SELF, _END + _ROW),
    _FORMULA: (_END + _FORMULA,),
    _FORMULA + _SELF: (_VALUE, _VALUE + _SELF, _END + _CELL),
    _END + _FORMULA: (_VALUE, _VALUE + _SELF, _END + _CELL),
    _VALUE: (_END + _VALUE,),
    _VALUE + _SELF: (_END + _CELL,),
    _END + _VALUE: (_END + _CELL,),
    _INLINE: (_TEXT, _TEXT + _SELF),
    _TEXT: (_END + _TEXT,),
    _TEXT + _SELF: (_END + _INLINE,),
    _END + _TEXT: (_END + _INLINE,),
    _END + _INLINE: (_END + _CELL,),
}


def _table() -> tuple[npt.NDArray[np.uint8], Which, Ints]:
    kinds = np.zeros(65_536, dtype=np.uint8)
    for (first, second), kind in _TAGS.items():
        kinds[first | second << 8] = kind
    pairs = np.zeros((32, 32), dtype=bool)
    for kind, following in _FOLLOWS.items():
        pairs[kind, list(following)] = True
    lengths = np.zeros(32, dtype=np.int64)
    for text, kind in _LENGTHS.items():
        lengths[_END + kind] = len(text)
    return kinds, pairs.reshape(-1), lengths


_KINDS, _PAIRS, _CLOSING = _table()
_HOLDS_TEXT = np.isin(np.arange(32), [_FORMULA, _VALUE, _TEXT])


_U = np.uint64


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def _each(byte: int) -> np.uint64:
    return np.uint64(0x0101010101010101 * byte)


_ROW_START, _CELL_START, _STYLE_START = _word(b'<row r="'), _word(b'<c r="'), _word(b' s="')
_SIX, _FOUR = _word(b"\xff" * 6), _word(b"\xff" * 4)
_QUOTES, _ZEROS, _ONES, _TOPS = _each(0x22), _each(0x30), _each(0x01), _each(0x80)
_OVER_NINE = _each(0x80 - 10)
# For numbers of 0 to 8 digits: how far to shift them to the word's end, zeros to lead them.
_SHIFTS = np.array([0, *(64 - 8 * n for n in range(1, 9))], dtype=np.uint64)
_LEADING = np.array([int(_ZEROS) >> 8 * n for n in range(9)], dtype=np.uint64)
# Pairs of digits → the upper half of a sum of products: 1,000,000 × and 100 ×, 10,000 × and 1 ×.
_PAIRS_OF = _U(0x000000FF000000FF)
_FIRST_HALF, _SECOND_HALF = _U(1_000_000 << 32 | 100), _U(10_000 << 32 | 1)

# How a cell says its type, by the end of its start tag.
NUMBER, SHARED, STRING, INLINE, BOOL, ERROR = range(6)
_SAYS: tuple[tuple[bytes, int], ...] = (
    (b' t="s"', SHARED), (b' t="str"', STRING), (b' t="n"', NUMBER),
    (b' t="inlineStr"', INLINE), (b' t="b"', BOOL), (b' t="e"', ERROR),
)  # fmt: skip
# … as words: by how much to shift the last one, what is left of it, the word before (None = none
# needed), how many bytes all of it takes.
_TYPES = tuple(
    (_U(max(64 - 8 * len(text), 0)), _word(text[-8:]), _word(text[:8]) if len(text) > 8 else None,
     len(text), kind)
    for text, kind in _SAYS
)  # fmt: skip
_TEXTUAL = np.isin(np.arange(6), [STRING, INLINE])
_DECIMAL = re.compile(rb"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_HIDDEN_ROW = re.compile(rb'<row r="([0-9]+)"[^>]*\shidden="(?:1|true|on)"')


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses of cells. Rows and columns count from 1."""

    row: npt.NDArray[np.int32]
    column: npt.NDArray[np.int16]

    def at(self, which: Which | Ints) -> Places:
        return Places(self.row[which], self.column[which])

    @staticmethod
    def joined(places: Sequence[Places]) -> Places:
        row = np.concatenate([p.row for p in places] or [np.empty(0, np.int32)])
        column = np.concatenate([p.column for p in places] or [np.empty(0, np.int16)])
        return Places(row, column)


@dataclass(frozen=True, slots=True)
class Block:
    """The cells of some rows that hold a value, by how the file stores it."""

    shared: Places
    strings: npt.NDArray[np.int32]  # numbers of shared strings
    numeric: Places
    numbers: npt.NDArray[np.float64]
    dates: Which  # shown as a date
    textual: Places
    texts: list[str]
    booleans: Places
    truths: list[bool]
    faulty: Places
    errors: list[str]
    formulas: Places
    computed: Which
    hidden: frozenset[int]
    last: int  # row << 14 | column of the last value


def scan(rows: bytes, date_styles: Which, after: int) -> Block:
    """Whole rows and no more; `after`: `Block.last` of those before, 0 = none. Raises Unusual."""
    return _Scan(rows, date_styles, after).block()


class _Scan:
    def __init__(self, rows: bytes, date_styles: Which, after: int) -> None:
        self.rows, self.date_styles, self.after = rows, date_styles, after
        signs = np.frombuffer(rows + bytes(16), dtype=np.uint8)
        # Eight bytes from every position on, without a copy.
        self.words: Words = np.ndarray(len(signs) - 7, "<u8", signs, strides=(1,))
        self.start: Ints = np.flatnonzero(signs == ord("<"))
        self.end: Ints = np.flatnonzero(signs == ord(">"))
        self.signs = signs

    def block(self) -> Block:
        kinds = self._tags()
        # Cells with something inside, in order; `cell` tells of which of them a tag is part.
        cells = np.flatnonzero(kinds == _CELL)
        types, styles, places = self._cells(cells)
        # What holds a value ends with '>' of its own tag and '<' of the next.
        holder = np.flatnonzero((kinds == _VALUE) | (kinds == _TEXT))
        cell = np.searchsorted(cells, holder) - 1
        first, length = self.end[holder] + 1, self.start[holder + 1] - self.end[holder] - 1
        inline = kinds[holder] == _TEXT
        if _any((types[cell] == INLINE) != inline):
            raise NeedsFullParser
        formulas, computed = self._formulas(kinds, cells, places, cell[length > 0], types)
        trimmed = inline & (self.end[holder] == self.start[holder] + 2)  # else it says so
        said = length > 0
        if not said.all():
            first, length, cell, trimmed = first[said], length[said], cell[said], trimmed[said]
        types, styles, places = types[cell], styles[cell], places.at(cell)
        last = self._ascending(places)
        shared, number, textual = types == SHARED, types == NUMBER, _TEXTUAL[types]
        truth, error = types == BOOL, types == ERROR
        digits, sound = _digits(self.words[first], np.minimum(length, 8))
        sound &= length <= 8
        if not sound[shared].all():
            raise NeedsFullParser
        return Block(
            shared=places.at(shared),
            strings=digits[shared].astype(np.int32),
            numeric=places.at(number),
            numbers=self._numbers(
                digits[number].astype(np.float64), sound[number], first[number], length[number]
            ),
            dates=self._are_dates(styles[number]),
            textual=places.at(textual),
            texts=[
                text.strip(XML_WHITESPACE) if trim else text
                for text, trim in zip(
                    self._texts(first[textual], length[textual]),
                    trimmed[textual].tolist(),
                    strict=True,
                )
            ],
            booleans=places.at(truth),
            truths=self._truths(first[truth], length[truth]),
            faulty=places.at(error),
            errors=self._texts(first[error], length[error]),
            formulas=formulas,
            computed=computed,
            hidden=self._hidden(),
            last=last,
        )

    # --- tags ----------------------------------------------------------------------------

    def _tags(self) -> npt.NDArray[np.uint8]:
        """The kind of every tag, in an order that rows may have."""
        start, end = self.start, self.end
        if len(start) != len(end) or not len(start):
            raise NeedsFullParser
        # Between tags there is text, of which every part is one's own.
        gaps = start[1:] - end[:-1]
        if _any(end < start) or _any(gaps < 1):
            raise NeedsFullParser
        words = self.words[start]
        kinds: npt.NDArray[np.uint8] = _KINDS[(words >> _U(8)) & _U(0xFFFF)]
        closes = kinds >= _END
        if not kinds.all() or _any(closes & (end - start != _CLOSING[kinds])):
            raise NeedsFullParser
        if _any(words[kinds == _ROW] != _ROW_START):
            raise NeedsFullParser
        kinds[(self.signs[end - 1] == ord("/")) & ~closes] += _SELF
        follows = _PAIRS[kinds[:-1].astype(np.int64) * 32 + kinds[1:]]
        whole = kinds[0] in (_ROW, _ROW + _SELF) and kinds[-1] in (_END + _ROW, _ROW + _SELF)
        if not follows.all() or not whole or start[0] or end[-1] != len(self.rows) - 1:
            raise NeedsFullParser
        if _any((gaps != 1) & ~_HOLDS_TEXT[kinds[:-1]]):
            raise NeedsFullParser
        return kinds

    def _cells(self, cell: Ints) -> tuple[npt.NDArray[np.int8], Ints, Places]:
        """Types, styles (0 = none given) and addresses of cells by the numbers of their tags."""
        start, end = self.start[cell], self.end[cell]
        after, places = self._addresses(start)
        before = [self.words[end - 8], self.words[np.maximum(end - 14, 0)]]
        types = np.zeros(len(cell), dtype=np.int8)
        said = np.zeros(len(cell), dtype=np.int64)
        for shift, last, rest, length, kind in _TYPES:
            found = before[0] >> shift == last
            if rest is not None:
                found &= before[1] == rest
            types[found], said[found] = kind, length
        style = self.words[after]
        styled = (style & _FOUR) == _STYLE_START
        digits, lengths = _until_quote(style >> _U(32))
        if _any(styled & (lengths == 0)):
            raise NeedsFullParser
        styles = np.where(styled, digits, 0)
        if _any(after + np.where(styled, lengths + 5, 0) + said != end):
            raise NeedsFullParser
        return types, styles, places

    def _addresses(self, start: Ints) -> tuple[Ints, Places]:
        """Where the attributes behind the address begin, and the address."""
        if _any((self.words[start] & _SIX) != _CELL_START):
            raise NeedsFullParser
        word = self.words[start + 6]
        column, second = _letter(word, 0), _letter(word, 1)
        if not column.all():
            raise NeedsFullParser
        letters = np.ones(len(column), dtype=np.int64)
        if _any(second):
            third = _letter(word, 2)
            two = second > 0
            three = two & (third > 0)
            column = np.where(two, column * 26 + second, column)
            column = np.where(three, column * 26 + third, column)
            letters += two
            letters += three
        row, digits = _until_quote(self.words[start + 6 + letters])
        if not digits.all() or _any((row < 1) | (row > LAST_ROW) | (column > LAST_COLUMN)):
            raise NeedsFullParser
        after = start + 6 + letters + digits + 1
        return after, Places(row.astype(np.int32), column.astype(np.int16))

    def _formulas(
        self,
        kinds: npt.NDArray[np.uint8],
        cells: Ints,
        places: Places,
        filled: Ints,
        types: npt.NDArray[np.int8],
    ) -> tuple[Places, Which]:
        """Cells with a formula, and whether a program has computed it: a computed empty text
        is a value, it has the type 'str'."""
        inside = kinds[cells + 1]
        has = (inside == _FORMULA) | (inside == _FORMULA + _SELF)
        if not _any(has):
            return places.at(has), np.empty(0, dtype=bool)
        behind = kinds[cells + np.where(inside == _FORMULA, 3, 2)]
        computed = (types == STRING) & ((behind == _VALUE) | (behind == _VALUE + _SELF))
        computed[filled] = True
        return places.at(has), computed[has]

    def _ascending(self, places: Places) -> int:
        """Excel writes row by row, left to right, each cell once; what does not is unusual."""
        keys = places.row.astype(np.int64) << 14 | (places.column - np.int16(1))
        if not len(keys):
            return self.after
        if keys[0] <= self.after or _any(keys[1:] <= keys[:-1]):
            raise NeedsFullParser
        return int(keys[-1])

    def _hidden(self) -> frozenset[int]:
        if b' hidden="' not in self.rows:
            return frozenset()
        return frozenset(int(row) for row in _HIDDEN_ROW.findall(self.rows))

    # --- values --------------------------------------------------------------------------

    def _numbers(
        self, numbers: npt.NDArray[np.float64], known: Which, first: Ints, length: Ints
    ) -> npt.NDArray[np.float64]:
        """With those that are not known yet: fractions, signs, long ones."""
        for at in np.flatnonzero(~known).tolist():
            text = self.rows[first[at] : first[at] + length[at]]
            if not _DECIMAL.fullmatch(text):
                raise NeedsFullParser
            numbers[at] = float(text)
        return numbers

    def _are_dates(self, styles: Ints) -> Which:
        known = len(self.date_styles)
        if not known:
            return np.zeros(len(styles), dtype=bool)
        return self.date_styles[np.minimum(styles, known - 1)] & (styles < known)

    def _truths(self, first: Ints, length: Ints) -> list[bool]:
        found = self._texts(first, length)
        if not {"0", "1"}.issuperset(found):
            raise NeedsFullParser
        return [text == "1" for text in found]

    def _texts(self, first: Ints, length: Ints) -> list[str]:
        known: dict[bytes, str] = {}
        texts = []
        for begin, end in zip(first.tolist(), (first + length).tolist(), strict=True):
            raw = self.rows[begin:end]
            text = known.get(raw)
            if text is None:
                text = known[raw] = plain_text(raw)
            texts.append(text)
        return texts


def _any(found: Which | Ints) -> bool:
    """`found.any()` without its overhead: most sheets are small."""
    return bool(np.count_nonzero(found))


def _letter(words: Words, position: int) -> Ints:
    """1-26 for a capital letter at a byte of each word, else 0."""
    sign = ((words >> _U(8 * position)) & _U(0xFF)).astype(np.int64) - 64
    return np.where((sign >= 1) & (sign <= 26), sign, 0)


def _until_quote(words: Words) -> tuple[Ints, Lengths]:
    """The number in front of the first quote of each word, and how many digits it has; 0
    digits where there is no such number, which may then be anything."""
    other = words ^ _QUOTES
    marks = (other - _ONES) & ~other & _TOPS  # the lowest mark is right
    bits: Lengths = np.bitwise_count((marks & (~marks + _U(1))) - _U(1))
    length: Lengths = bits >> np.uint8(3)  # 8 = no quote
    values, sound = _digits(words, length)
    length[~sound | (length == 8)] = 0
    return values, length


def _digits(words: Words, length: Lengths | Ints) -> tuple[Ints, Which]:
    """Decimal digits in the first `length` bytes of each word (0-8) as a number, and whether
    all of them are digits: else the number may be anything. Eight at once, as in 'SIMD within
    a register'."""
    # Led by zeros, each digit as its value; no sum of one runs over into the next.
    x = ((words << _SHIFTS[length]) | _LEADING[length]) ^ _ZEROS
    sound = (((x + _OVER_NINE) | x) & _TOPS) == 0
    sound &= length > 0
    x = x * _U(10) + (x >> _U(8))  # pairs
    x = (x & _PAIRS_OF) * _FIRST_HALF + ((x >> _U(16)) & _PAIRS_OF) * _SECOND_HALF
    return (x >> _U(32)).view(np.int64), sound
