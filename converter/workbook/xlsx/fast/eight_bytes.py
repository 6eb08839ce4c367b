"""Letters and decimal numbers out of arrays of words, each of them eight bytes of a text.

The comments show one word at each step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Which = npt.NDArray[np.bool_]
Lengths = npt.NDArray[np.uint8]
# Eight bytes as one number, the first byte lowest: '<row r="' is 0x22_3D_72_20_77_6F_72_3C.
Words = npt.NDArray[np.uint64]

_U = np.uint64


def word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def _each(byte: int) -> np.uint64:
    return np.uint64(0x0101010101010101 * byte)


_QUOTES, _ZEROS, _ONES, _TOPS = _each(0x22), _each(0x30), _each(0x01), _each(0x80)
_OVER_NINE = _each(0x80 - 10)
# For numbers of 0 to 8 digits: how far to shift them to the end of the word, and the '0's that go
# in front. For two digits: 48 bits, and 0x0000303030303030.
_SHIFTS = np.array([0, *(64 - 8 * n for n in range(1, 9))], dtype=np.uint64)
_LEADING = np.array([int(_ZEROS) >> 8 * n for n in range(9)], dtype=np.uint64)
# Four pairs of digits are put together by two multiplications: see `decimals`.
_PAIRS_OF = _U(0x000000FF000000FF)
_FIRST_HALF, _SECOND_HALF = _U(1_000_000 << 32 | 100), _U(10_000 << 32 | 1)


def letter_at(words: Words, position: int) -> Ints:
    """1-26 for a capital letter at a byte of each word, else 0."""
    number = ((words >> _U(8 * position)) & _U(0xFF)).astype(np.int64) - 64
    return np.where((number >= 1) & (number <= 26), number, 0)


def number_before_quote(words: Words) -> tuple[Ints, Lengths]:
    """The number before the first quote of each word, and how many digits it has: 0 where there is
    none, and the number is then meaningless."""
    # Bytes of '7" s="3"', first to last: 37 22 20 73 3D 22 33 22.
    other = words ^ _QUOTES  # 15 00 02 51 1F 00 11 00: a quote has become 0
    # The top bit of each byte that is 0 (a borrow may set further ones, above the first): 00 80 …
    zeros = (other - _ONES) & ~other & _TOPS
    # The lowest bit that is set, less one, is a one for every bit below it: 15 ones, one byte.
    bits: Lengths = np.bitwise_count((zeros & (~zeros + _U(1))) - _U(1))
    length: Lengths = bits >> np.uint8(3)  # 1; 8 = no quote
    values, sound = decimals(words, length)
    length[~sound | (length == 8)] = 0
    return values, length


def decimals(words: Words, length: Lengths | Ints) -> tuple[Ints, Which]:
    """Decimal digits in the first `length` bytes of each word (0-8) as a number, and whether all of
    them are digits: where not, the number is meaningless. All eight bytes are worked on at once
    (the technique is known as 'SIMD within a register')."""
    # '42</v></', length 2, bytes first to last: 34 32 3C 2F 76 3E 3C 2F.
    # Shifted by six bytes, '0' in front, and '0' taken from each: 00 00 00 00 00 00 04 02.
    x = ((words << _SHIFTS[length]) | _LEADING[length]) ^ _ZEROS
    # A byte above 9 gets its top bit by adding 0x76, or has it already.
    sound = (((x + _OVER_NINE) | x) & _TOPS) == 0
    sound &= length > 0
    # Every second byte, from the first on, becomes ten times itself and the next: 00 .. 00 .. 00 ..
    # 2A, 42. What stands in the other bytes is masked out below.
    x = x * _U(10) + (x >> _U(8))
    # The pairs a b c d stand in the bytes 0, 2, 4 and 6. One multiplication makes a × 1,000,000 +
    # c × 100 in the upper half of the word, one makes b × 10,000 + d: 42 is d.
    x = (x & _PAIRS_OF) * _FIRST_HALF + ((x >> _U(16)) & _PAIRS_OF) * _SECOND_HALF
    return (x >> _U(32)).view(np.int64), sound
