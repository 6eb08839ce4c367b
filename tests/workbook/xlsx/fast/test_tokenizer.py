"""The example that the tokenizer's comments follow, byte by byte."""

from __future__ import annotations

import numpy as np
import pytest

from converter.model.issues import column_letters
from converter.workbook.xlsx.fast import eight_bytes, tokenizer
from converter.workbook.xlsx.fast.strings import NeedsFullParser

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


TEXTS = ("王示例", "a &amp; b", "&#x738B;", "\u3000空\u3000", "男", "男", "x" * 300)


@pytest.mark.parametrize("few", [0, len(TEXTS)])
def test_texts_are_the_same_read_at_once_or_one_by_one(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizer, "FEW_TEXTS", few)
    assert block_of(*TEXTS).texts == [
        "王示例",
        "a & b",
        "王",
        "\u3000空\u3000",
        "男",
        "男",
        "x" * 300,
    ]


@pytest.mark.parametrize("few", [0, 9])
@pytest.mark.parametrize("text", ["_x000D_", "a\rb", "\x01", "&unknown;", "&amp"])
def test_what_only_a_parser_knows_is_left_to_it(
    text: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizer, "FEW_TEXTS", few)
    with pytest.raises(NeedsFullParser):
        block_of("王示例", text, "男")


def block_of(*texts: str) -> tokenizer.Block:
    """A row of cells with texts of their own."""
    cells = "".join(
        f'<c r="{column_letters(n)}1" t="str"><v>{text}</v></c>' for n, text in enumerate(texts, 1)
    )
    rows = f'<row r="1">{cells}</row>'.encode()
    return tokenizer.tokenize(rows, np.empty(0, dtype=bool), 0)
