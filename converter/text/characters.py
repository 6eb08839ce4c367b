"""Characters that nobody can see: blanks, format characters, fillers. They never decide anything.

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
from itertools import chain

# Where characters of the categories below are found; all other planes have none.
_PLACES = (
    range(0x20, 0x3400),  # not the Chinese and Korean characters
    range(0xF900, 0x10000),
    range(0x11000, 0x11100),
    range(0x13400, 0x13500),
    range(0x1BC00, 0x1BD00),
    range(0x1D100, 0x1D200),
    range(0xE0000, 0xE0200),
)
_BLANK, _FORMAT = {"Zs", "Zl", "Zp"}, {"Cf"}
# Fillers that take room, and what Unicode calls ignorable though its category is another one.
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"
_IGNORABLE = (
    "\u034f\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\ufffc"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)


def _of(categories: set[str]) -> str:
    everything = map(chr, chain.from_iterable(_PLACES))
    return "".join(c for c in everything if unicodedata.category(c) in categories)


# What takes room without ink: it parts words where a script writes them apart.
VISIBLE_BLANKS = "".join(dict.fromkeys(" \t\r\n" + _of(_BLANK) + _FILLERS))
INVISIBLE = "".join(dict.fromkeys(_of(_FORMAT) + _IGNORABLE))
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
    """Remove visible and invisible blanks at both ends."""
    if text and text[0] not in _ALL and text[-1] not in _ALL:
        return text
    return text.strip(BLANKS)


def is_blank(text: str) -> bool:
    """Nothing that anybody could see."""
    return not text or (text[0] in _ALL and not text.strip(BLANKS))


def squeeze(text: str) -> str:
    """Remove every blank and turn full-width characters into half-width ones."""
    return text.translate(_SQUEEZE)


def without_blanks(text: str) -> str:
    """Remove every blank."""
    return text.translate(_TO_NOTHING)


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
