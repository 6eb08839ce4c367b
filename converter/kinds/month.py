"""A month of the year (1 to 12).

Read and noted (K905): text such as `3`, `０３`, `3月`, `3月份`, `三月`, `十二月`.
Faults: K306 a day · K331 no month · K304 before `min` · K305 after `max`.

Options: `min` (default 1), `max` (default 12).

>>> [MONTHS.read(text) for text in ("３ 月份", "十二月", "二十月", "13", "上月")]
['3', '12', '二十月', '13', '上月']
"""

from __future__ import annotations

from typing import ClassVar

from converter.kinds.base import ValueType
from converter.kinds.options import WholeNumber
from converter.kinds.year import Numbered, Year

_WORDS = (
    ("月份", "月"), ("十一", "11"), ("十二", "12"), ("十", "10"), ("一", "1"),
    ("二", "2"), ("三", "3"), ("四", "4"), ("五", "5"), ("六", "6"), ("七", "7"),
    ("八", "8"), ("九", "9"),
)  # fmt: skip
MONTHS = Numbered(1, 12, _WORDS, "月", (1, 2))


class Month(Year):
    """A month of the year."""

    name = "month"
    value_type = ValueType.ORDINAL
    example = "3"
    numbered: ClassVar = MONTHS
    fault: ClassVar = "K331"
    min = WholeNumber(default=1)
    max = WholeNumber(default=12)
