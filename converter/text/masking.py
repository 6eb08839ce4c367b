"""Hiding ID numbers in whatever leaves the clerk's own desk.

Anything that looks like an ID number (15 or more digits or X in a row, whitespace between them
ignored) is masked. A number of 18 characters keeps its first six and last two: the region says
where it came from, the end helps to find the card, the birth date and the sequence are gone. Of
any other number at most a third is shown, and never more than that. Eight stars stand for the
rest whatever its length. Letters that are typed in place of digits count as digits.

>>> text("证号 11010119000101001X 重复")
'证号 110101********1X 重复'
>>> text("电话 0311-85551234")
'电话 0311-85551234'
>>> whole("130102199")
'130********'
>>> whole("待补"), whole("N/A")
('待补', 'N/A')
>>> year_only("1990-01-02")
'1990'
"""

from __future__ import annotations

import re

from converter.text import characters

STARS = "*" * 8
LENGTH = 18  # of an ID number
HEAD, TAIL = 6, 2  # characters that stay of one
SHORTEST = 8  # characters of a number that was typed in words
SHARE = 3  # of any other number at most one character in so many stays
_LIKE_DIGIT = "0-9０-９XxＸｘOoIl"
_RUN = re.compile(rf"[{_LIKE_DIGIT}](?:[{re.escape(characters.BLANKS)}]*[{_LIKE_DIGIT}]){{14,}}")
_DAY = re.compile(r"(?<![0-9])([0-9]{4})-[0-9]{2}-[0-9]{2}(?![0-9])")


def text(message: str) -> str:
    """Mask every ID-like run inside a text."""
    return _RUN.sub(lambda run: whole(run[0]), message)


def whole(value: str) -> str:
    """Mask a text that is known to be an ID number, however badly it was typed."""
    value = characters.without_whitespace(value)
    if len(value) < SHORTEST and not any(map(str.isdigit, value)):
        return value  # 无, N/A: there is nothing to hide
    if len(value) == LENGTH:
        return value[:HEAD] + STARS + value[-TAIL:]
    shown = min(len(value) // SHARE, HEAD + TAIL)
    tail = shown * TAIL // (HEAD + TAIL)
    return value[: shown - tail] + STARS + value[len(value) - tail :]


def year_only(message: str) -> str:
    """Leave nothing but the year of every ISO date. Beside the ends of an ID number the whole day
    would give the number away."""
    return _DAY.sub(r"\1", message)
