"""A number of people or units: a whole number, not negative.

Accepts numeric cells and text such as `120`, `１２０`, `1,200`, `120人` (noted as K905).
Options: `min` (default 0), `max` (default 9,999,999: a slip of the keyboard, not a union).

>>> read("１,200人")
'1200'
>>> read("十二")
'十二'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from converter import excel
from converter.kinds.base import Cells, Check, Condition, Mask, Normal, map_unique, squeeze
from converter.model import CellType, Field, Form

NAME = "count"
OPTIONS = ("min", "max")
NUMBER_FORMAT = "0"
LARGEST = 9_999_999

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")
_UNITS = ("人", "名", "个", "家", "位")


def read(text: str) -> str:
    """The number in a text, or the text itself where there is none to be read."""
    squeezed = squeeze(text).removesuffix(next((u for u in _UNITS if text.rstrip().endswith(u)), ""))
    if _GROUPED.fullmatch(squeezed):
        squeezed = squeezed.replace(",", "")
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", squeezed):
        whole, _, fraction = squeezed.partition(".")
        return str(int(whole)) if not fraction.strip("0") else squeezed
    return squeezed if not squeezed else text


def accept(field: Field, form: Form) -> None:
    for option in OPTIONS:
        value = field.options.get(option, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{option}: must be a whole number from 0, is {value!r}")
    if _least(field) > _most(field):
        raise ValueError("min: is larger than max")


def normalise(cells: Cells, field: Field, form: Form) -> Normal:
    text = map_unique(cells.text, read)
    # A number in a text cell is noted even when its digits need no change.
    noted = (text.to_numpy() != cells.text.to_numpy()) | (
        cells.is_type(CellType.TEXT) & _matches(text, r"[0-9]+")
    )
    return Normal(text, pd.Series(np.where(noted, "K905", ""), index=text.index))


def checks(field: Field, form: Form) -> tuple[Check, ...]:
    least, most = _least(field), _most(field)
    return (
        Check("K301", lambda c: _matches(c.text, r"-?[0-9]+(\.[0-9]+)?") & _numeric(c)),
        Check("K302", lambda c: ~_matches(c.text, r"-.*")),
        Check("K303", lambda c: ~_matches(c.text, r".*\..*")),
        Check("K304", lambda c: ~(_numbers(c.text) < least)),
        Check("K305", lambda c: ~(_numbers(c.text) > most)),
    )


def value(text: pd.Series, field: Field, form: Form) -> pd.Series:
    return pd.to_numeric(text.where(text != "", None), errors="coerce").astype("Int64")


def params(code: str, raw: str, text: str, field: Field, form: Form) -> Mapping[str, str | int]:
    return {"min": _least(field), "max": _most(field)}


def cell(text: str, field: Field, form: Form) -> int:
    return int(text)


def excel_norm(raw: str, field: Field, form: Form) -> str:
    digits = excel.half_width_digits(excel.without_blanks(raw))
    digits = excel.substitute(digits, [*((unit, "") for unit in _UNITS), (",", ""), ("，", "")])
    return f"IF(ISNUMBER({raw}),{raw},IF({excel.all_digits(digits)},VALUE({digits}),{digits}))"


def excel_faults(raw: str, norm: str, field: Field, form: Form) -> tuple[Condition, ...]:
    return (
        Condition("K302", f'OR(AND(ISTEXT({norm}),LEFT({norm},1)="-"),AND(ISNUMBER({norm}),{norm}<0))'),
        Condition("K301", f"NOT(ISNUMBER({norm}))"),
        Condition("K303", f"{norm}<>INT({norm})"),
        Condition("K304", f"{norm}<{_least(field)}"),
        Condition("K305", f"{norm}>{_most(field)}"),
    )


def excel_usable(norm: str) -> str:
    return f"ISNUMBER({norm})"


def excel_list(field: Field, form: Form, norm_of: Callable[[str], str]) -> str:
    return ""


def _least(field: Field) -> int:
    return int(field.options.get("min", 0))


def _most(field: Field) -> int:
    return int(field.options.get("max", LARGEST))


def _numeric(cells: Cells) -> Mask:
    return cells.is_type(CellType.TEXT, CellType.NUMBER)


def _matches(text: pd.Series, pattern: str) -> Mask:
    compiled = re.compile(pattern)
    found = map_unique(text, lambda t: compiled.fullmatch(t) is not None)
    return found.to_numpy(dtype=bool)


def _numbers(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text, errors="coerce").to_numpy()
