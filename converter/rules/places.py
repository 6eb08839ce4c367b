"""Numbers with a fraction: both faces compare them to the last place that cards allow, so that
0.1 + 0.2 is 0.3. Whole numbers are compared as they are."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from converter.kinds import KINDS
from converter.kinds.decimal import plain
from converter.model.arrays import np
from converter.model.forms import Form

if TYPE_CHECKING:
    import numpy.typing as npt


def places_of(form: Form, *paths: str) -> int:
    """The most digits after the point that any of these fields may have."""
    fields = map(form.field, paths)
    return max((KINDS[field.kind].decimal_places(field) for field in fields), default=0)


def compared(compare: Callable[[Any, Any], Any], left: Any, right: Any, places: int) -> Any:
    """`compare(left, right)` of numbers with so many places."""
    return compare(np.round(left - right, places), 0) if places else compare(left, right)


def excel_compared(left: str, sign: str, right: str, places: int) -> str:
    """Expression of the same."""
    return f"ROUND({left}-{right},{places}){sign}0" if places else f"{left}{sign}{right}"


def scaled(numbers: npt.NDArray[np.float64], places: int) -> npt.NDArray[np.float64]:
    """In units of the last place, which add up exactly."""
    return np.rint(numbers * 10**places) if places else numbers


def shown(number: float, places: int) -> str | int:
    """A number as messages name it."""
    return plain(Decimal(f"{number:.{places}f}")) if places else int(number)
