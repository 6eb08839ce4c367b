"""Hiding ID numbers in whatever leaves the clerk's own desk.

Anything that looks like an ID number (15 or more digits or X in a row, blanks between them
ignored) keeps its first six and last two characters: the region says where it came from, the
end helps to find the card, the birth date and the sequence are gone. Eight stars stand for the
rest whatever its length. Letters that are typed in place of digits count as digits.

>>> text("证号 11010119000101001X 重复")
'证号 110101********1X 重复'
>>> text("电话 0311-85551234")
'电话 0311-85551234'
"""

from __future__ import annotations

import re

from converter.formulas.expressions import BLANKS

STARS = "*" * 8
HEAD, TAIL = 6, 2
_LIKE_DIGIT = "0-9０-９XxＸｘOoIl"
_RUN = re.compile(rf"[{_LIKE_DIGIT}](?:[{re.escape(BLANKS)}]*[{_LIKE_DIGIT}]){{14,}}")
_BLANKS = {ord(blank): None for blank in BLANKS}


def text(words: str) -> str:
    """Mask every ID-like run inside a text."""
    return _RUN.sub(lambda run: whole(run[0]), words)


def whole(value: str) -> str:
    """Mask a text that is known to be an ID number, however badly it was typed.

    Eight characters or fewer identify nobody and stay, so that the fault can be seen.
    """
    value = value.translate(_BLANKS)
    return value if len(value) <= HEAD + TAIL else value[:HEAD] + STARS + value[-TAIL:]
