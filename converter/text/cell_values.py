"""From what a spreadsheet stores in a cell to its text and CellType. Knows no file format.

A number is shown as a spreadsheet shows it; a number that is formatted as a date becomes ISO
text, by the 1900 or the 1904 date system (ECMA-376 18.17.4). What is formatted as a date but
is none (20100501, a negative number) stays the number that was typed.

>>> number_text(3.60426199001011e17)
'360426199001011000'
>>> number_text(0.1 + 0.2)
'0.3'
>>> serial_text(40299)
('2010-05-01', <CellType.DATE: 3>)
>>> serial_text(38837, date1904=True)
('2010-05-01', <CellType.DATE: 3>)
>>> serial_text(40299.5)
('2010-05-01T12:00:00', <CellType.DATE: 3>)
>>> serial_text(20100501)
('20100501', <CellType.NUMBER: 2>)
>>> shows_date('yyyy"年"m"月"d"日"'), shows_date("#,##0.00_);[Red](#,##0.00)")
(True, False)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING

from converter.model.arrays import np
from converter.model.cell_types import CellType
from converter.text.characters import is_blank

if TYPE_CHECKING:
    import numpy.typing as npt

LONGEST = 32_767  # characters of a cell in every spreadsheet program; more is no spreadsheet

# Formats that programs know by number alone (ECMA-376 18.8.30). 27-36 and 50-58 are those of
# Chinese, Japanese and Korean versions; readers that leave them out turn dates to numbers.
BUILTIN_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))

_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|am/pm|a/p|上午/下午', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\s*\[[<>=]")
_BRACKETS = re.compile(r"\[[^\]]*\]?")
_END = 2_958_465.999_99  # the last second of 9999-12-31
_PHANTOM = 60  # 1900-02-29, which spreadsheets believe in
_DAY_ZERO = date(1899, 12, 30).toordinal()
_1904 = 1462  # days between the two systems

Value = tuple[str, CellType]


class Serial(float):
    """A number that its cell shows as a date."""


def number_text(value: float) -> str:
    """A number as a spreadsheet shows it: 15 significant digits, no exponent for integers."""
    if not isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e21:
        return str(int(value)) if abs(value) < 1e15 else f"{Decimal(f'{value:.15g}'):f}"
    return f"{value:.15g}"


def number_values(values: npt.NDArray[np.float64], *, date1904: bool = False) -> list[Value]:
    """`read_value` of many floats."""
    if (np.abs(values) < 1e15).all():
        whole = values.astype(np.int64)
        if (whole == values).all():
            return [(text, CellType.NUMBER) for text in map(str, whole.tolist())]
    return [_as_number(value, date1904) for value in values.tolist()]


def serial_text(serial: float, *, date1904: bool = False) -> Value:
    """The day and time that a serial number stands for, or the number where it is none."""
    days = serial + _1904 if date1904 else serial
    first = _1904 if date1904 else 1
    if not first <= days < _END or int(days) == _PHANTOM:
        return _as_number(serial, date1904)
    epoch = datetime(1899, 12, 31) if days < _PHANTOM else datetime(1899, 12, 30)
    # To the second: a serial number has no more digits than that.
    return _moment_text(epoch + timedelta(seconds=round(days * 86_400))), CellType.DATE


def serial_texts(
    serials: npt.NDArray[np.float64], *, date1904: bool = False
) -> list[tuple[str, CellType]]:
    """`serial_text` of many."""
    days = serials + (_1904 if date1904 else 0)
    plain = (days > _PHANTOM) & (days < _END) & (days == np.floor(days))
    if date1904:
        plain &= days >= _1904
    return [
        (_day_text(int(day)), CellType.DATE) if whole else serial_text(serial, date1904=date1904)
        for day, whole, serial in zip(days.tolist(), plain.tolist(), serials.tolist(), strict=True)
    ]


@lru_cache(maxsize=1 << 16)  # the days of 180 years: a collection names each of them often
def _day_text(day: int) -> str:
    return date.fromordinal(_DAY_ZERO + day).isoformat()


def shows_date(code: str) -> bool:
    """Whether a number format shows a date (or a time of day), validated by its first section; by
    any of them where the first holds for some numbers only (the template's own format)."""
    bare = _LITERAL.sub("", code)
    if _ELAPSED.search(bare):
        return False  # [h]:mm is a span of time
    sections = bare.split(";") if _CONDITION.match(bare) else [bare.partition(";")[0]]
    plain = [_BRACKETS.sub("", section).lower() for section in sections]
    return any("general" not in text and any(c in text for c in "ymdhs") for text in plain)


def read_value(value: object, *, date1904: bool = False) -> Value:
    """One cell's value as a reader gives it: str, bool, int, float, Serial, date, datetime."""
    return _READERS.get(type(value), _as_text)(value, date1904)


def read_column(values: Sequence[object], *, date1904: bool = False) -> tuple[list[str], list[int]]:
    """Texts and CellTypes of many cells; each distinct value is read once."""
    if set(map(type, values)) <= {str}:
        return _text_column(values)  # type: ignore[arg-type]
    known: dict[tuple[type, object], tuple[str, int]] = {}
    texts, types = [""] * len(values), [0] * len(values)
    for row, value in enumerate(values):
        if value == "":
            continue
        key = (type(value), value)
        found = known.get(key)
        if found is None:
            text, kind = read_value(value, date1904=date1904)
            found = known[key] = (text, int(kind))
        texts[row], types[row] = found
    return texts, types


def _text_column(values: Sequence[str]) -> tuple[list[str], list[int]]:
    types = [1 if not is_blank(value) else 0 for value in values]
    texts = list(values)
    if not all(types):
        texts = [value if kind else "" for value, kind in zip(values, types, strict=True)]
    if max(map(len, texts), default=0) > LONGEST:
        texts = [text[:LONGEST] for text in texts]
    return texts, types


def _moment_text(moment: datetime) -> str:
    if moment.microsecond >= 500_000 and moment.year < date.max.year:
        moment += timedelta(seconds=1)
    at_midnight = not (moment.hour or moment.minute or moment.second)
    return moment.date().isoformat() if at_midnight else moment.isoformat(timespec="seconds")


def _as_text(value: object, date1904: bool) -> Value:
    text = str(value)
    return ("", CellType.BLANK) if is_blank(text) else (text[:LONGEST], CellType.TEXT)


def _as_number(value: object, date1904: bool) -> Value:
    assert isinstance(value, int | float)
    number = float(value)
    return number_text(number), CellType.NUMBER if isfinite(number) else CellType.TEXT


_READERS: dict[type, Callable[..., Value]] = {
    bool: lambda value, _: ("TRUE" if value else "FALSE", CellType.BOOL),
    int: _as_number,
    float: _as_number,
    Serial: lambda value, date1904: serial_text(float(value), date1904=date1904),
    date: lambda value, _: (value.isoformat(), CellType.DATE),
    datetime: lambda value, _: (_moment_text(value), CellType.DATE),
}
