"""Turn the XML bytes of worksheet rows into cells with whole-array operations.

Strict on purpose. Every byte is accounted for: which tag may follow which, every attribute of a
cell that holds a value, no text between tags. At the first thing that is not written as Excel,
WPS, LibreOffice and their libraries write it, `NeedsFullParser` is raised and the sheet is read
by the full parser instead (see docs/fast-reader.md).

The comments follow these 46 bytes through every step; the numbers count bytes from 0:

    <row r="7"><c r="B7" s="3"><v>42</v></c></row>
    0          11               27 30 32   36  40
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from converter.workbook.xlsx.fast.eight_bytes import (
    Ints,
    Which,
    Words,
    decimals,
    letter_at,
    number_before_quote,
    word,
)
from converter.workbook.xlsx.fast.strings import NeedsFullParser, plain_text, plain_texts
from converter.workbook.xlsx.parts import XML_WHITESPACE

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
FEW_TEXTS = 5_000  # that are read at once; of more, repeated ones are kept once

# Tags are told apart by the two bytes after '<': 'ro', 'c ', 'v>', '/v', '/c' and '/r' in the
# example. A tag that closes itself (<v/>) has the number of its start tag + _SELF.
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


_ROW_START, _CELL_START, _STYLE_START = word(b'<row r="'), word(b'<c r="'), word(b' s="')
_SIX, _FOUR = word(b"\xff" * 6), word(b"\xff" * 4)
# The type of a cell stands at the end of its start tag: <c r="B7" s="3" t="s">.
NUMBER, SHARED, STRING, INLINE, BOOL, ERROR = range(6)
_TYPE_ATTRIBUTES: tuple[tuple[bytes, int], ...] = (
    (b' t="s"', SHARED), (b' t="str"', STRING), (b' t="n"', NUMBER),
    (b' t="inlineStr"', INLINE), (b' t="b"', BOOL), (b' t="e"', ERROR),
)  # fmt: skip
# The same as words: how far to shift the last eight bytes, what must be left of them, the eight
# bytes from its start where it is longer, its length. ' t="s"' is 6 bytes long: of the eight bytes
# before '>', the first two are shifted out and the rest is compared in one operation.
_TYPES = tuple(
    (
        np.uint64(max(64 - 8 * len(text), 0)),
        word(text[-8:]),
        word(text[:8]) if len(text) > 8 else None,
        len(text),
        kind,
    )
    for text, kind in _TYPE_ATTRIBUTES
)
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


def tokenize(rows: bytes, date_styles: Which, after: int) -> Block:
    """The cells of whole rows. `after` is `Block.last` of the rows before these, 0 for the first.

    Raises NeedsFullParser.
    """
    return _Tokenizer(rows, date_styles, after).block()


class _Tokenizer:
    def __init__(self, rows: bytes, date_styles: Which, after: int) -> None:
        self.rows, self.date_styles, self.after = rows, date_styles, after
        self.bytes = np.frombuffer(rows + bytes(16), dtype=np.uint8)
        # words[n] is bytes n to n + 7 as one number: a view with a stride of one byte, no copy.
        self.words: Words = np.ndarray(len(self.bytes) - 7, "<u8", self.bytes, strides=(1,))
        # In the example start is 0 11 27 32 36 40 and end is 10 26 29 35 39 45: pairs, in order.
        self.start: Ints = np.flatnonzero(self.bytes == ord("<"))
        self.end: Ints = np.flatnonzero(self.bytes == ord(">"))

    def block(self) -> Block:
        kinds = self._tags()  # row, cell, value, /value, /cell, /row
        # The numbers of the tags that open a cell with something inside: 1. A searchsorted then
        # tells to which cell a value belongs: the last one that opens before it.
        cells = np.flatnonzero(kinds == _CELL)
        types, styles, places = self._cells(cells)
        # The value's tag is number 2; its text starts after its own '>' (byte 29) and ends before
        # the '<' of the next tag (byte 32): first 30, length 2.
        holder = np.flatnonzero((kinds == _VALUE) | (kinds == _TEXT))
        cell = np.searchsorted(cells, holder) - 1
        first, length = self.end[holder] + 1, self.start[holder + 1] - self.end[holder] - 1
        inline = kinds[holder] == _TEXT
        if _any((types[cell] == INLINE) != inline):
            raise NeedsFullParser
        formulas, computed = self._formulas(kinds, cells, places, cell[length > 0], types)
        trimmed = inline & (self.end[holder] == self.start[holder] + 2)  # no xml:space attribute
        filled = length > 0
        if not filled.all():
            first, length = first[filled], length[filled]
            cell, trimmed = cell[filled], trimmed[filled]
        types, styles, places = types[cell], styles[cell], places.at(cell)
        last = self._ascending(places)
        shared, number, textual = types == SHARED, types == NUMBER, _TEXTUAL[types]
        truth, error = types == BOOL, types == ERROR
        # words[30] begins with '42</v></'; of it the first `length` bytes are read: 42.
        digits, sound = decimals(self.words[first], np.minimum(length, 8))
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
        """The kind of every tag. Their order is one that rows may have."""
        start, end = self.start, self.end
        if len(start) != len(end) or not len(start):
            raise NeedsFullParser
        # gaps counts from a '>' to the next '<': 1 means that nothing stands between two tags. In
        # the example 1 1 3 1 1: only after <v> there is a text, of two bytes.
        gaps = start[1:] - end[:-1]
        if _any(end < start) or _any(gaps < 1):
            raise NeedsFullParser
        words = self.words[start]  # '<row r="', '<c r="B7', '<v>42</v', '</v></c>', …
        # The second and third byte are the index: 'ro' → _ROW, 'c ' → _CELL, 'v>' → _VALUE.
        kinds: npt.NDArray[np.uint8] = _KINDS[(words >> np.uint64(8)) & np.uint64(0xFFFF)]
        closes = kinds >= _END
        # An unknown tag has the kind 0. '</v>' is three bytes from '<' to '>', and never longer.
        if not kinds.all() or _any(closes & (end - start != _CLOSING[kinds])):
            raise NeedsFullParser
        if _any(words[kinds == _ROW] != _ROW_START):
            raise NeedsFullParser
        kinds[(self.bytes[end - 1] == ord("/")) & ~closes] += _SELF
        # Each kind with the next one is an index into the table of the orders that are allowed.
        follows = _PAIRS[kinds[:-1].astype(np.int64) * 32 + kinds[1:]]
        whole = kinds[0] in (_ROW, _ROW + _SELF) and kinds[-1] in (_END + _ROW, _ROW + _SELF)
        if not follows.all() or not whole or start[0] or end[-1] != len(self.rows) - 1:
            raise NeedsFullParser
        if _any((gaps != 1) & ~_HOLDS_TEXT[kinds[:-1]]):
            raise NeedsFullParser
        return kinds

    def _cells(self, cell: Ints) -> tuple[npt.NDArray[np.int8], Ints, Places]:
        """Types, styles (0: none is given) and addresses of cells, by the numbers of their tags."""
        start, end = self.start[cell], self.end[cell]  # 11 and 26
        after, places = self._addresses(start)  # 20: after 'B7"'
        # The eight bytes before '>', '7" s="3"', and those that begin six bytes earlier: the type
        # ' t="inlineStr"' has fourteen.
        before = [self.words[end - 8], self.words[np.maximum(end - 14, 0)]]
        types = np.zeros(len(cell), dtype=np.int8)
        type_length = np.zeros(len(cell), dtype=np.int64)
        for shift, last, rest, length, kind in _TYPES:
            found = before[0] >> shift == last
            if rest is not None:
                found &= before[1] == rest
            types[found], type_length[found] = kind, length
        style = self.words[after]  # ' s="3"><'
        styled = (style & _FOUR) == _STYLE_START
        digits, lengths = number_before_quote(style >> np.uint64(32))
        if _any(styled & (lengths == 0)):
            raise NeedsFullParser
        styles = np.where(styled, digits, 0)
        # ' s="3"' has 5 bytes beside its digits. Address, style and type must fill the whole tag:
        # 20 + 6 + 0 = 26. Any other attribute leaves bytes over.
        if _any(after + np.where(styled, lengths + 5, 0) + type_length != end):
            raise NeedsFullParser
        return types, styles, places

    def _addresses(self, start: Ints) -> tuple[Ints, Places]:
        """Where the attributes after the address begin, and the address."""
        if _any((self.words[start] & _SIX) != _CELL_START):
            raise NeedsFullParser
        word = self.words[start + 6]  # from the byte after '<c r="': 'B7" s="3'
        column, second = letter_at(word, 0), letter_at(word, 1)  # 2 and, as '7' is no letter, 0
        if not column.all():
            raise NeedsFullParser
        letters = np.ones(len(column), dtype=np.int64)
        if _any(second):
            third = letter_at(word, 2)
            two = second > 0
            three = two & (third > 0)
            column = np.where(two, column * 26 + second, column)
            column = np.where(three, column * 26 + third, column)
            letters += two
            letters += three
        # '7" s="3"' → 7, of one digit
        row, digits = number_before_quote(self.words[start + 6 + letters])
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
        """Cells with a formula, and whether a program has computed it. A computed empty text counts
        as a value: <c r="B7" t="str"><f>…</f><v></v></c>."""
        inside = kinds[cells + 1]
        has = (inside == _FORMULA) | (inside == _FORMULA + _SELF)
        if not _any(has):
            return places.at(has), np.empty(0, dtype=bool)
        # <f>A1</f><v>: the tag after the formula is the third, after <f/> the second.
        following = kinds[cells + np.where(inside == _FORMULA, 3, 2)]
        computed = (types == STRING) & ((following == _VALUE) | (following == _VALUE + _SELF))
        computed[filled] = True
        return places.at(has), computed[has]

    def _ascending(self, places: Places) -> int:
        """The last cell. Rows stand below each other, cells from left to right, each once."""
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
        """`numbers` completed by those that are no plain digits: fractions, minus, long ones."""
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
        places = zip(first.tolist(), (first + length).tolist(), strict=True)
        if len(first) <= FEW_TEXTS:
            return plain_texts([self.rows[begin:end] for begin, end in places])
        known: dict[bytes, str] = {}  # columns of choices repeat a few texts a million times
        texts = []
        for begin, end in places:
            raw = self.rows[begin:end]
            text = known.get(raw)
            if text is None:
                text = known[raw] = plain_text(raw)
            texts.append(text)
        return texts


def _any(found: Which | Ints) -> bool:
    """`found.any()` without its overhead: most sheets are small."""
    return bool(np.count_nonzero(found))
