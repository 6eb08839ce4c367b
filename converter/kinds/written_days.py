"""A day as people write it in a text: which days a writing can mean.

Year, month and day stand in the order of China (2010.5.1), or with the year last (13/5/2010);
marks (年, 月, 日), names of months, and numbers that can be no month or no year decide the order.
Numbers may be Chinese (二〇一〇年十月), years those of the Republic (民国99年). Beside the day may
stand a time, a weekday, quotes, and words, which the caller has to know.

Of several meanings all are given. A year of two digits below 50 is of either century.

>>> def days(text): return [str(day) for day in read(text).days]
>>> days("二〇一〇年五月一日"), days("98-5-1"), days("13/5/2010"), days("民国99年5月1日")
(['2010-05-01'], ['1998-05-01'], ['2010-05-13'], ['2010-05-01'])
>>> days("5/1/2010"), days("10.5.1"), days("40299")
(['2010-01-05', '2010-05-01'], ['1910-05-01', '2010-05-01'], ['2010-05-01'])
>>> read("2010年5月1日入会").words, read("2010-02-30").fault, read("2010年5月").month_only
(('入会',), 'K403', True)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from converter.text import characters

FIRST_YEAR, LAST_YEAR = 1800, 2100
EPOCH = date(1899, 12, 30)  # day 0 of a spreadsheet's count, from March 1900 on
_THIS_CENTURY = 50  # years of two digits below it may be of this one
_LAST_SERIAL = (date(2000 + _THIS_CENTURY, 1, 1) - EPOCH).days
_REPUBLIC = 1911  # the year before its first

_ONE_BLANK = str.maketrans(
    {c: " " if c in characters.VISIBLE_BLANKS else "" for c in characters.BLANKS}
)
_QUOTES = " '\"`‘’“”「」()[]【】《》"

# Patterns are compiled when they are first asked for: most days are no texts.
DIGITS = dict(
    zip("〇○◯零一二三四五六七八九壹贰叁肆伍陆柒捌玖两", "00001234567891234567892", strict=True)
)
UNITS = {"十": 10, "拾": 10, "廿": 20, "卅": 30, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE = f"[{''.join((*DIGITS, *UNITS))}]+"
_LETTER_O = f"(?<=[0-9{''.join(DIGITS)}])[Oo]+|[Oo]+(?=[0-9{''.join(DIGITS)}])"
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_NAME = (
    "(?i)(?<![a-z])(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])[.,]?"
)
_WEEK = "|".join(("星期", "周", "礼拜"))
_WEEKDAY = (
    rf"(?i)\(?(?:(?:{_WEEK})[{''.join(DIGITS)}日天]|(?<![a-z])"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sat|sun)(?:day)?(?![a-z])[.,]?)\)?"
)
_ERA = "|".join(("(?:中华)?(民国)", "公元", "公历", "西元"))

_HALF = f"(?:{'|'.join(('上午', '下午', '凌晨', '早上', '晚上', '中午'))}|[AaPp][Mm])"
_TIME = (
    rf"(?:[ T]|(?<![0-9])) ?({_HALF})? ?([0-9]{{1,2}})"
    r"(?::([0-9]{1,2})(?::([0-9]{1,2})(?:\.[0-9]+)?)?|[时点](?:[0-9]{1,2}分?|半)?)"
    rf"(?: ?{_HALF})?(?: ?(Z|(?:UTC|GMT)?[+-]0[08]:?00|UTC|GMT)(?: ?\(.*)?)?$"
)
# Midnight of Beijing, of today's clock and of the one before 1928, as browsers export it.
MOVED_MIDNIGHTS = {
    (16, 0, 0), (15, 59, 17), (15, 54, 17), (23, 59, 17), (23, 54, 17)
}  # fmt: skip

_MARKS = {"年": "y", "月": "m", "日": "d", "号": "d"}
_MARK = f"[{''.join(_MARKS)}]"
_AROUND = rf"([^0-9]*)([0-9](?:.*[0-9])?(?: ?(?:月份|{_MARK}))?)[ .。,、;]*([^0-9]*)"
_SIGN = rf"(?:[-./\\。·—–,、_]|{_MARK})"
_N = "([0-9]{1,4})"
_THREE = rf"{_N}( ?(?:{_SIGN} ?){{1,2}}| ){_N}( ?(?:{_SIGN} ?){{1,2}}| ){_N} ?([日号年]?)"
_TWO = rf"{_N}( ?{_SIGN} ?|(?<=[0-9]{{4}}) | (?=[0-9]{{4}})|月 ?[-./,] ?){_N} ?(月份|[月年]?)"
_EIGHT = r"([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0+)?"
_FUSED = r"([0-9]{4})(?:([0-9]{2})[-./ ]|[-./ ]([0-9]{2}))([0-9]{2})"
_YEAR_MONTH = r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])(?:\.0+)?"
_SIX = "(?!19|20)([0-9]{2})([0-9]{2})([0-9]{2})"  # 200493 may be 2004-9-3
_SERIAL = r"([1-9][0-9]{4})(?:\.[0-9]+)?"
# 2010.1 may have been 2010.10 before a spreadsheet took it for a number.
_AMBIGUOUS = r"[0-9]{4}(?:\.0+| ?年)?|(?:[0-9]{2}|[0-9]{4}) ?[.。·] ?1"
_WITH_DAY, _WITHOUT_DAY = ("ymd", "dmy", "mdy"), ("ym", "my")


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """What a text can mean."""

    days: Sequence[date] = ()  # the earliest first; a month is its first day
    fault: str = "K401"  # where there is none
    month_only: bool = False
    has_time: bool = False
    is_moved: bool = False  # the time is a midnight of Beijing elsewhere: the day after was meant
    words: tuple[str, ...] = ()  # beside the day


@lru_cache(maxsize=1 << 12)
def read(text: str) -> WrittenDay:
    """What a text can mean."""
    plain = characters.half_width(text.translate(_ONE_BLANK))
    plain = _blanks(plain.strip(_QUOTES))
    clock = re.search(_TIME, plain)
    if clock:
        plain = plain[: clock.start()]
    found = _read_day(plain)
    if not clock:
        return found
    is_moved = _is_moved(clock) and bool(found.days)
    days = [day + timedelta(is_moved) for day in found.days]
    return replace(found, days=days, has_time=True, is_moved=is_moved)


def _blanks(text: str) -> str:
    return " ".join(text.split())


def _is_moved(clock: re.Match[str]) -> bool:
    half, hour, minute, second, zone = clock.groups()
    moment = (int(hour), int(minute or 0), int(second or 0))
    return not half and moment in MOVED_MIDNIGHTS and "8" not in (zone or "")


def _read_day(text: str) -> WrittenDay:
    """A text without its time."""
    text = re.sub(_MONTH_NAME, lambda m: f" {MONTHS.index(m[1][:3].lower()) + 1}月 ", text)
    text = re.sub(_WEEKDAY, " ", text)
    era = re.match(_ERA, _blanks(text))
    if era:
        text = _blanks(text)[era.end() :].lstrip(" :")
    digits = (
        re.sub(_LETTER_O, lambda m: "0" * len(m[0]), text)
        .replace("元年", "1年")
        .replace("元月", "1月")
    )
    digits = re.sub(_CHINESE, lambda m: _number(m[0]), digits)
    around = re.fullmatch(_AROUND, _blanks(digits).strip(_QUOTES))
    if not around:
        return WrittenDay()
    words = tuple(filter(None, (around[1].strip(_QUOTES + ":"), around[3].strip(_QUOTES))))
    found = (_of_the_republic if era and era[1] else _read_numbers)(around[2])
    is_holiday = found.month_only and re.search(_CHINESE, text) and "月" not in text  # 2010年十一
    if is_holiday or (words and not found.days):
        return WrittenDay()
    return replace(found, words=words)


def _number(chinese: str) -> str:
    """A number in digits; the text itself where it is none.

    >>> [_number(text) for text in ("二〇一〇", "十", "三十一", "廿五", "二千零一十", "二〇一十")]
    ['2010', '10', '31', '25', '2010', '二〇一十']
    """
    if not any(c in UNITS for c in chinese):
        return "".join(DIGITS[c] for c in chinese)
    total, digit = 0, ""
    for c in chinese:
        if c in UNITS:
            total, digit = total + int(digit or 1) * UNITS[c], ""
        elif digit.strip("0"):
            return chinese
        else:
            digit = DIGITS[c]
    return str(total + int(digit or 0))


def _of_the_republic(text: str) -> WrittenDay:
    year, _, rest = text.partition("年")
    if not rest and (short := re.match("[0-9]+", text)):
        year, rest = short[0], text[short.end() + 1 :]
    if not (year.isdecimal() and len(year) <= 3):
        return WrittenDay()
    return _read_numbers(f"{int(year) + _REPUBLIC}年{rest}")


def _read_numbers(text: str) -> WrittenDay:
    """Numbers, with what stands between them."""
    if re.fullmatch(_AMBIGUOUS, text):
        return WrittenDay(fault="K402")
    if found := re.fullmatch(_EIGHT, text):
        return _reading([found[1], found[2], found[3]], ("", "", ""))
    if found := re.fullmatch(_FUSED, text):
        parts = _reading([found[1], found[2] or found[3], found[4]], ("", "", ""))
        return replace(parts, fault="K401")  # 2010-2011 is no day
    if found := re.fullmatch(_YEAR_MONTH, text):
        return _reading([found[1], found[2]], ("", ""))
    if found := re.fullmatch(_SIX, text):
        return replace(_reading([*found.groups()], ("", "", "")), fault="K401")
    if found := re.fullmatch(_SERIAL, text):
        return _of_serial(found[1])
    if found := re.fullmatch(_THREE, text):
        return _reading([found[1], found[3], found[5]], (found[2], found[4], found[6]))
    if found := re.fullmatch(_TWO, text):
        return _reading([found[1], found[3]], (found[2], found[4]))
    return WrittenDay()


def _of_serial(digits: str) -> WrittenDay:
    """The number behind a date, which a text keeps when its format is lost. Five digits may also
    be a day of 2001 to 2009 without its first 0."""
    days = set(_days([f"200{digits[0]}", digits[1:3], digits[3:]], "ymd"))
    if int(digits) < _LAST_SERIAL:
        days.add(EPOCH + timedelta(int(digits)))
    return WrittenDay(days=sorted(days))


def _reading(numbers: Sequence[str], between: Sequence[str]) -> WrittenDay:
    """All orders that the marks between numbers and their digits allow."""
    marks = ["".join(_MARKS.get(c, "") for c in text) for text in between]
    orders = [
        order
        for order in (_WITH_DAY if len(numbers) == 3 else _WITHOUT_DAY)
        if all(mark in ("", part) for mark, part in zip(marks, order, strict=True))
        and _can_be_year(numbers[order.index("y")], marks[order.index("y")], len(numbers))
        and all(len(n) < 3 for n, part in zip(numbers, order, strict=True) if part != "y")
    ]
    days = sorted({day for order in orders for day in _days(numbers, order)})
    if days or not orders:
        return WrittenDay(days=days, month_only=len(numbers) == 2)
    years = [int(n) for n in numbers if len(n) == 4]
    known = all(FIRST_YEAR <= year <= LAST_YEAR for year in years)
    fault = "K401" if not years else "K403" if known else "K404"
    return WrittenDay(fault=fault, month_only=len(numbers) == 2)


def _can_be_year(digits: str, mark: str, count: int) -> bool:
    """Two digits are a year where a day stands beside it, or where they can be no day."""
    short = count == 3 or mark != "" or int(digits) > 31
    return len(digits) == 4 or (len(digits) == 2 and short)


def _days(numbers: Sequence[str], order: str) -> Iterator[date]:
    """The days of the calendar that numbers in an order mean."""
    parts = dict(zip(order, numbers, strict=True))
    year = parts["y"]
    for full in [int(year)] if len(year) == 4 else _years(int(year)):
        try:
            yield date(full, int(parts["m"]), int(parts.get("d", 1)))
        except ValueError:
            continue


def _years(two_digits: int) -> list[int]:
    early = 1900 + two_digits
    return [early, early + 100] if two_digits < _THIS_CENTURY else [early]
