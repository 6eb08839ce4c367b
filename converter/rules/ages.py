"""Age in completed years, the arithmetic behind the families age_at and age_today.

Years differ by one less until month and day have come round; who was born on 29 February
completes a year on 1 March where there is no 29th. DATEDIF is unreliable in some programs, so
the Excel face counts with YEAR, MONTH and DAY, exactly like the pandas face.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from converter.model.arrays import np

if TYPE_CHECKING:
    import numpy.typing as npt

DAYS_OF_400_YEARS = 146_097

Days: TypeAlias = "npt.NDArray[np.datetime64]"


def age(born: Days, on: Days) -> npt.NDArray[np.int64]:
    """Completed years from one date to another; neither may be NaT.

    >>> age(np.array(["2004-02-29"], "M8[D]"), np.array(["2020-02-28"], "M8[D]"))
    array([15])
    """
    passed: npt.NDArray[np.int64] = _years(on) - _years(born) - (_month_day(on) < _month_day(born))
    return passed


def ages(born: Days, on: Days) -> npt.NDArray[np.float64]:
    """Completed years; NaN where a date is NaT or the birth comes later."""
    known = on >= born  # False for NaT
    years = np.full(len(born), np.nan)
    years[known] = age(born[known], on[known])
    return years


def excel_age(born: str, on: str) -> str:
    """Expression: completed years between two date serials. Excel knows no year before 1900, so
    both days are counted 400 years later, where the calendar is the same."""
    born, on = f"{born}+{DAYS_OF_400_YEARS}", f"{on}+{DAYS_OF_400_YEARS}"
    later = f"MONTH({on})*100+DAY({on})<MONTH({born})*100+DAY({born})"
    return f"(YEAR({on})-YEAR({born})-IF({later},1,0))"


def _years(day: Days) -> npt.NDArray[np.int64]:
    return day.astype("datetime64[Y]").astype("int64")  # since 1970


def _month_day(day: Days) -> npt.NDArray[np.int64]:
    month = day.astype("datetime64[M]")
    passed: npt.NDArray[np.int64] = (day - month.astype("datetime64[D]")).astype("int64")
    return month.astype("int64") % 12 * 100 + passed
