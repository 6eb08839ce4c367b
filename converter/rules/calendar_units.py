"""Days, months of years and years beside the day of the check, each counted in its own unit.

>>> [unit.shown(unit.number(date(2026, 3, 7))) for unit in (DAY, MONTH, YEAR)]
['2026-03-07', '2026-03', '2026']
>>> MONTH.excel("TODAY()"), YEAR.excel("TODAY()", years_ago=5)
('YEAR(TODAY())&"-"&RIGHT("0"&MONTH(TODAY()),2)', 'YEAR(TODAY())-5')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.kinds.year_month import months
from converter.model.arrays import np
from converter.model.forms import Field

if TYPE_CHECKING:
    import numpy.typing as npt

    from converter.rules.base import ValidatedColumn


@dataclass(frozen=True)
class CalendarUnit:
    """How answers of a kind lie in time: as whole numbers, texts and expressions."""

    number: Callable[[date], int]  # of the unit in which a day lies
    shown: Callable[[int], str]
    a_year: int  # how many there are in a year; 0 where years differ
    day: str  # expression of the unit in which {0} lies, {1} years ago
    is_one: str  # expression: whether the canonical value {0} is one

    def excel(self, day: str, years_ago: int = 0) -> str:
        """Expression of the unit in which a day lies, so many years earlier."""
        if self is DAY and not years_ago:
            return day
        return self.day.format(day, f"-{years_ago}" if years_ago else "")

    def excel_later(self, norm: str, day: str) -> tuple[str, str]:
        """Expressions: whether a cell (or each of a column) holds such a value; whether that lies
        after the unit of a day."""
        return self.is_one.format(norm), f"{norm}>{self.excel(day)}"

    def numbers(self, column: ValidatedColumn) -> npt.NDArray[np.float64]:
        """The answers as numbers, NaN where they are not usable."""
        value = column.value
        if value.dtype.kind == "M":
            found = value.to_numpy(dtype="datetime64[D]")
            sound = column.sound & ~np.isnat(found)
            return np.where(sound, found.astype("int64") + _EPOCH, np.nan)
        return np.where(column.sound, value.to_numpy("float64", na_value=np.nan), np.nan)


_EPOCH = date(1970, 1, 1).toordinal()
DAY = CalendarUnit(
    date.toordinal, lambda n: date.fromordinal(n).isoformat(), 0,
    # Day 0 of the next month is the last of this one: 29 February becomes the 28th.
    "MIN(DATE(YEAR({0}){1},MONTH({0}),DAY({0})),DATE(YEAR({0}){1},MONTH({0})+1,0))",
    "ISNUMBER({0})",
)  # fmt: skip
MONTH = CalendarUnit(
    lambda day: months(day.isoformat()[:7]), lambda n: f"{n // 12}-{n % 12 + 1:02}", 12,
    'YEAR({0}){1}&"-"&RIGHT("0"&MONTH({0}),2)', "(LEN({0})=7)",
)  # fmt: skip
YEAR = CalendarUnit(lambda day: day.year, str, 1, "YEAR({0}){1}", "ISNUMBER({0})")
_UNITS = {ValueType.DATE: DAY, ValueType.MONTH: MONTH, ValueType.YEAR: YEAR}


def unit_of(field: Field) -> CalendarUnit:
    """The unit of a field whose kind is one of `ValueType.CALENDAR`."""
    return _UNITS[KINDS[field.kind].value_type]
