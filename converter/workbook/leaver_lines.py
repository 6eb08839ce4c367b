"""Words that somebody has left: a line inside a list about whoever stands below (以下为离职人员,
二、退休职工), or a remark beside a person (已离职, 2025.3 调出, 否 under 是否在职).

A line is one by all of its text, or because it points down and names leaving: 一车间, 女职工 and
在职人员 are none, nor is a note about people who are not on the list. A remark names leaving first,
a date at most before it: 退休返聘 and 由二厂调出后入会 are none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from converter.messages import catalogue
from converter.text import characters
from converter.text.headings import normalized

LONGEST = 40  # characters
_AROUND = "-—–_=*※★☆●■◆◇·•~【】[]〔〕<>《》()「」:,.。;、"
_NUMBERED = re.compile("[(]?(?:[一二三四五六七八九十]{1,3}|[0-9]{1,2})[)、.:]").match


class LeaverLine(NamedTuple):
    """A line, and how many people stand below it."""

    row: int
    column: int
    text: str
    people: int


def is_leaver_line(text: str) -> bool:
    """
    >>> [is_leaver_line(t) for t in ("以下人员已调出", "二、退休职工（3人）", "在职人员", "一车间")]
    [True, True, False, False]
    """
    line = characters.squeeze(text)
    if not line or len(line) > LONGEST:
        return False
    if below := _any_of("list_below").search(line):
        left = _any_of("list_gone_words", "list_gone_below")
        about = line[below.end() :]
        others = _any_of("list_staying", "list_not_counted")
        return bool(left.search(about)) and not others.search(left.sub("", about))
    number = _NUMBERED(line)
    return bool(_heading().fullmatch(line[number.end() if number else 0 :].strip(_AROUND)))


def says_left(remark: str, heading: str = "") -> bool:
    """Whether a remark beside a person, in the column of a heading, says that he or she has left.

    >>> [says_left(t) for t in ("已离职", "2025.3 调出到二厂", "退休返聘", "还没有退休")]
    [True, True, False, False]
    >>> says_left("否", "是否在职"), says_left("否", "是否党员")
    (True, False)
    """
    return len(remark) <= LONGEST and _says_left(remark, heading)


@lru_cache(maxsize=1 << 12)
def _says_left(remark: str, heading: str) -> bool:
    text = characters.squeeze(remark)
    if text in _words("list_no"):
        return _asks_whether_member(heading)
    found = _remark().match(text.strip(_AROUND))
    return found is not None and not _any_of("list_back").search(found[1])


@lru_cache(maxsize=1 << 8)
def _asks_whether_member(heading: str) -> bool:
    """Whether a heading asks whether somebody is still there: 是否在职."""
    text = normalized(heading)
    asks = text.startswith(tuple(_words("list_whether")))
    return asks and text.endswith(tuple(_words("list_still_there")))


def ends_leavers(line: str, text: str) -> bool:
    """Whether another text ends the people below a line: 在职人员, or 三、… after 二、…"""
    texts = [characters.squeeze(one) for one in (line, text)]
    return all(map(_NUMBERED, texts)) or bool(_any_of("list_staying").search(texts[1]))


def find(texts: Iterable[tuple[int, int, str]], rows: Sequence[int]) -> Iterator[LeaverLine]:
    """The lines with people below them; `texts` (row, column, text) stand outside of the records'
    `rows`. A line reaches to the next one, or to what ends it."""
    line: tuple[int, int, str] | None = None
    for row, column, text in [*sorted(texts), (rows[-1] + 1, 0, "")]:
        starts = is_leaver_line(text)
        if line and row > line[0] and (starts or not text or ends_leavers(line[2], text)):
            people = bisect_left(rows, row) - bisect_left(rows, line[0])
            if people:
                yield LeaverLine(*line, people)
            line = None
        if starts and line is None:
            line = row, column, characters.strip(text)


@cache
def _heading() -> re.Pattern[str]:
    before, gone, after = map(_pattern, ("list_gone_before", "list_gone_words", "list_gone_after"))
    counted, counter = _pattern("list_gone_counted"), _pattern("list_gone_counter")
    count = f"(?:[(]?(?:{counted})*[0-9]+(?:{counter})[)]?)?"
    # A digit at a time: [0-9]+ here would try all ways to cut a long number.
    return re.compile(f"(?:{before}|[0-9])*(?:{gone})(?:{gone}|{after})*{count}")


@cache
def _remark() -> re.Pattern[str]:
    """Of a remark that names leaving first, the rest behind that."""
    before, gone = map(_pattern, ("list_gone_before", "list_gone_words"))
    return re.compile(f"(?:{before}|[-0-9./])*(?:{gone})(.*)")


@cache
def _any_of(*keys: str) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern, keys)))


def _pattern(key: str) -> str:
    return "|".join(map(re.escape, _words(key)))


@cache
def _words(key: str) -> Sequence[str]:
    return catalogue.message(key).split()
