"""Characters that nobody can see: spaces, format characters, fillers. They never decide anything.

The table follows from Unicode's categories (Zs, Zl, Zp, Cf) and its default-ignorable
characters. A few of them are needed where they stand: a joiner between letters of Arabic or
Indic scripts, a variation selector behind a Mongolian letter.

>>> strip("\\u2009张三\\u202c"), without_invisible("1301\\u200b02")
('张三', '130102')
>>> without_invisible("क\\u200dष"), without_invisible("张\\u200d三")
('क\\u200dष', '张三')
>>> removed("张\\u200b三\\u202c", "张三")
2
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import chain

# Fillers that take room.
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"
# First and last of what is invisible. A test compares them with Python's own tables, which would
# take a twentieth of a command's start to search.
_INVISIBLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F),
    (0x890, 0x891), (0x8E2, 0x8E2), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFC), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0001, 0xE0001), (0xE0020, 0xE007F),
    (0xE0100, 0xE01EF),
)  # fmt: skip

# What takes room without ink: it parts words where a script writes them apart.
VISIBLE_BLANKS = (
    " \t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000" + _FILLERS
)
INVISIBLE = "".join(map(chr, chain.from_iterable(range(a, b + 1) for a, b in _INVISIBLE)))
BLANKS = VISIBLE_BLANKS + INVISIBLE

_ALL = frozenset(BLANKS)
_RARE = frozenset(BLANKS) - frozenset(" \t\r\n\u3000")
_TO_NOTHING: dict[int, None] = dict.fromkeys(map(ord, BLANKS))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SQUEEZE: dict[int, int | None] = {**_FULL_WIDTH, **_TO_NOTHING}

_JOINERS = "\u200c\u200d"
# Arabic and Syriac, Indic, Burmese, Khmer, Mongolian, Arabic again.
_JOINED_SCRIPTS = (
    "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc"
)
_MONGOLIAN = "\u1820-\u18aa"
NEEDED = f"{_JOINERS}\u180b\u180c\u180d\u180e\u180f"  # by some scripts
_NEEDED = (
    f"(?<=[{_JOINED_SCRIPTS}])[{_JOINERS}](?=[{_JOINED_SCRIPTS}])"
    f"|(?<=[{_MONGOLIAN}])[\u180b-\u180d\u180f]"
    f"|(?<=[{_MONGOLIAN}])\u180e(?=[{_MONGOLIAN}])"
)
_UNWANTED = re.compile(f"({_NEEDED})|[{INVISIBLE}]")


def strip(text: str) -> str:
    """Remove visible and invisible spaces at both ends."""
    if text and text[0] not in _ALL and text[-1] not in _ALL:
        return text
    return text.strip(BLANKS)


def is_blank(text: str) -> bool:
    """Nothing that anybody could see."""
    return not text or (text[0] in _ALL and not text.strip(BLANKS))


def squeeze(text: str) -> str:
    """Remove every blank and turn full-width characters into half-width ones."""
    return text.translate(_SQUEEZE)


def without_whitespace(text: str) -> str:
    """Remove every blank."""
    return text.translate(_TO_NOTHING)


@lru_cache(4096)  # units' names come again and again
def plain_name(text: str) -> str:
    """What counts in a name: not spaces, not full-width forms.

    >>> plain_name("示例　（集团）工会") == plain_name("示例(集团) 工会")
    True
    """
    return without_whitespace(unicodedata.normalize("NFKC", text))


def half_width(text: str) -> str:
    return text.translate(_FULL_WIDTH)


def without_invisible(text: str) -> str:
    """Remove what takes no room, but for what a script needs where it stands."""
    if text.isascii() or _ALL.isdisjoint(text):
        return text
    return _UNWANTED.sub(_kept, text)


def _kept(match: re.Match[str]) -> str:
    return match[1] or ""


def removed(before: str, after: str) -> int:
    """How many characters were removed that nobody can see, or would take for a plain blank."""
    if _RARE.isdisjoint(before):
        return 0
    return (
        Counter(c for c in before if c in _RARE) - Counter(c for c in after if c in _RARE)
    ).total()


def has_long_number(text: str) -> bool:
    """Whether so many letters and digits stand in it that it may name a person or a telephone.

    >>> [has_long_number(text) for text in ("电话 85551234", "2026年", "abcdefgh")]
    [True, False, False]
    """
    return sum(character.isalnum() and character.isascii() for character in text) >= 8 and any(
        map(str.isdigit, text)
    )
