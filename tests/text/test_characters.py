from __future__ import annotations

import sys
import unicodedata

from converter.text import characters

EVERY = [chr(code) for code in range(sys.maxunicode + 1)]
# What Unicode calls ignorable though its category is another one.
IGNORABLE = {
    *"\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f\ufffc",
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}
FILLERS = set("\u115f\u1160\u3164\uffa0\u2800")


def of_category(*categories: str) -> set[str]:
    return {c for c in EVERY if unicodedata.category(c) in categories}


def test_blanks_are_those_of_unicode() -> None:
    wanted = of_category("Zs", "Zl", "Zp") | FILLERS | set(" \t\r\n")
    assert set(characters.VISIBLE_BLANKS) == wanted


def test_invisible_characters_are_those_of_unicode() -> None:
    """A newer Unicode than that of this Python may have named some of them."""
    wanted = of_category("Cf") | IGNORABLE
    assert wanted <= set(characters.INVISIBLE)
    assert set(characters.INVISIBLE) - wanted <= of_category("Cn")
