"""The example that the tokenizer's comments follow, byte by byte."""

from __future__ import annotations

import numpy as np

from converter.workbook.xlsx.fast import eight_bytes, tokenizer

EXAMPLE = b'<row r="7"><c r="B7" s="3"><v>42</v></c></row>'


def test_the_example_of_the_comments() -> None:
    assert EXAMPLE.decode() in str(tokenizer.__doc__)
    tokens = tokenizer._Tokenizer(EXAMPLE, np.array([False] * 3 + [True]), 0)
    assert tokens.start.tolist() == [0, 11, 27, 32, 36, 40]
    assert tokens.end.tolist() == [10, 26, 29, 35, 39, 45]
    block = tokens.block()
    assert (block.numeric.row.tolist(), block.numeric.column.tolist()) == ([7], [2])
    assert (block.numbers.tolist(), block.dates.tolist()) == ([42.0], [True])


def eight_bytes_of(*texts: bytes) -> eight_bytes.Words:
    return np.array([eight_bytes.word(text) for text in texts], dtype=np.uint64)


def test_numbers_before_a_quote() -> None:
    numbers, lengths = eight_bytes.number_before_quote(
        eight_bytes_of(b'7" s="3"', b'1234567"', b"12345678", b'" s="3">', b'7x" s="3')
    )
    assert numbers[:2].tolist() == [7, 1234567]
    assert lengths.tolist() == [1, 7, 0, 0, 0]


def test_decimals_of_every_length() -> None:
    texts = [b"42</v></", b"87654321", b"4/</v></", b"4:</v></"]
    numbers, sound = eight_bytes.decimals(eight_bytes_of(*texts), np.array([2, 8, 2, 2]))
    assert numbers[:2].tolist() == [42, 87654321]
    assert sound.tolist() == [True, True, False, False]
