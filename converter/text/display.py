"""Texts from outside made safe and fitting for a line that a person reads.

Control characters, direction marks and spaces without ink are shown by their number, so that
a file name cannot move the cursor or turn the line round, and a stray blank can be seen. A
Chinese character takes two columns of a terminal.

>>> visible("a\\x1b[31m\\u202eb")
'a<U+001B>[31m<U+202E>b'
>>> one_line("示甲\\n示乙")
'示甲 示乙'
>>> argument("填 报.xlsx"), argument("填\\u200b报 (2).xlsx")
('"填 报.xlsx"', '填?报??2?.xlsx')
>>> columns("工会a")
5
>>> cut("中华全国总工会", 9)
'中华全国…'
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

# Compiled when it is first asked for: a range of so many characters takes a millisecond.
_SUSPECT = r"[^\u0021-\u007e\u3001-\u9fff\uff01-\uff5e\u3000 ]"
_MEANS_SOMETHING = re.compile(r"[\s&^()%!;,=`'|<>$*?\[\]{}~#@\"]")  # to cmd, PowerShell or sh
_IN_QUOTES = re.compile(r'[$`\\"!]')
_INKLESS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def visible(text: str) -> str:
    """Show by number what would be invisible or would act on the terminal."""
    return re.sub(_SUSPECT, _shown, text)


def one_line(text: str) -> str:
    """A text whose line breaks are blanks: what a cell holds, within a sentence."""
    return re.sub(r"[\r\n]+", " ", text) if "\n" in text or "\r" in text else text


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    if unicodedata.category(character) in _INKLESS:
        return f"<U+{ord(character):04X}>"
    return character


def argument(name: str) -> str:
    """A file's name as it is typed in a command. What nobody can see or type is `?`, which shells
    (and the program, on Windows) take for any character."""
    shown = re.sub(_SUSPECT, lambda match: "?" if _shown(match) != match[0] else match[0], name)
    if shown != name:
        return _MEANS_SOMETHING.sub("?", shown)  # in quotes a ? would be nothing but itself
    if not _MEANS_SOMETHING.search(shown):
        return shown
    # Single quotes, which only POSIX knows, where something is looked at in double ones.
    if os.name == "posix" and _IN_QUOTES.search(shown):
        import shlex

        return shlex.quote(shown)
    return f'"{shown}"'


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text, shortened to a number of columns; 0 leaves it whole."""
    if not width or columns(text) <= width:
        return text
    room, kept = width - 1, []
    for character in text:
        room -= _columns(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def wrapped(indent: str, parts: Sequence[str], width: int) -> list[str]:
    """Parts in lines of at most so many columns, two spaces between them; a part that fills more
    than a line is broken, and its lines are indented by as much again.

    >>> wrapped(" ", ["单位一", "接收", "2026"], 14)
    [' 单位一  接收', ' 2026']
    >>> wrapped(" ", ["abcdefgh"], 6)
    [' abcde', '  fgh']
    """
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}  {part}" if lines else indent + part
        if columns(joined) <= width:
            lines[len(lines) - 1 :] = [joined]
            continue
        rest = indent + part
        while columns(rest) > width:
            at = _fitting(rest, width)
            lines.append(rest[:at])
            rest = indent * 2 + rest[at:].lstrip(" ")
        lines.append(rest)
    return lines


def _fitting(text: str, width: int) -> int:
    """How many characters of a text fit into so many columns."""
    used = 0
    for number, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return number
    return len(text)
