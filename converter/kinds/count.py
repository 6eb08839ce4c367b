"""A number of people or units: a whole number, not negative.

Accepts numeric cells and text such as `120`, `１２０`, `1,200`, `120人`, which is noted (K905).
Faults: K306 a cell formatted as a date · K301 no number, or longer than 12 characters · K302
negative · K303 a fraction · K304 below `min` · K305 above `max` · K307 more
digits than a spreadsheet keeps, where a form takes K305 for less than an error. A spreadsheet's
formula cannot see a date format, so K306 is the pipeline's.

Options: `min` (default 0), `max` (default 9,999,999: a slip of the keyboard, not a union).

>>> read("１,200 人"), read("007"), read("3.0")
('1200', '7', '3')
>>> read("十二"), read("1,20"), read("1.")
('十二', '1,20', '1.')
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Normalised,
    ValueType,
    failing,
    map_unique,
    matches,
)
from converter.kinds.lost_digits import DIGITS_KEPT
from converter.kinds.numeric import NumberKind, no_number, no_number_variant, read_numbers
from converter.kinds.options import WholeNumber
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

if TYPE_CHECKING:
    import numpy.typing as npt

LONGEST = 12  # characters of a text that is read as a number

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")
_UNITS = ("人", "名", "个", "家", "位")
# What numbers look like once every run of digits is a single 0.
_SHAPES = ("0", "-0", "0.0", "-0.0", "0,0", "0,0,0", "0,0,0,0")


def read(text: str) -> str:
    """The number in a text, or the text itself where there is none to be read."""
    number = squeeze(text)
    number = number[:-1] if number.endswith(_UNITS) else number
    if len(number) > LONGEST:
        return text
    if _GROUPED.fullmatch(number):
        number = number.replace(",", "")
    if not _NUMBER.fullmatch(number):
        return text
    whole, _, fraction = number.partition(".")
    return number if fraction.strip("0") else str(int(whole))


def _number(text: str) -> float:
    readable = len(text) <= LONGEST and _NUMBER.fullmatch(text)
    return float(text) if readable else np.nan


def _shape(expression: str) -> str:
    """The text with each run of digits (12 at most) as a single 0."""
    digits = [(digit, "0") for digit in "123456789"]
    return expressions.substitute(expression, [*digits, *((zeros, "0") for zeros in _RUNS)])


_RUNS = ("0000", "000", "00", "00")


def _numbers(cells: Cells) -> npt.NDArray[np.float64]:
    return read_numbers(cells, _number)


class Count(NumberKind):
    """A number of people or units."""

    name = "count"
    example = "1"
    value_type = ValueType.COUNT
    schema_type = "integer"
    min = WholeNumber(default=0)
    max = WholeNumber(default=9_999_999)  # more is a slip of the keyboard, not a union

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        text = map_unique(cells.text, read)
        # A number in a text cell is noted even when its digits need no change.
        noted = cells.is_type(CellType.TEXT) & matches(text, _NUMBER.fullmatch)
        return Normalised(
            text, pd.Series(np.where(noted, "K905", ""), index=text.index, dtype=object)
        )

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        least, most = self.min(field), self.max(field)
        too_few = (failing("K304", lambda c: _numbers(c) < least),) if least else ()
        found = (
            no_number(lambda c: ~np.isnan(_numbers(c))),
            failing("K301", lambda c: np.isnan(_numbers(c))),
            failing("K302", lambda c: _numbers(c) < 0),
            failing("K303", lambda c: _numbers(c) != np.trunc(_numbers(c))),
            *too_few,  # nothing is below 0 and not negative
            failing("K305", lambda c: _numbers(c) > most),
        )
        if not (form.levels or form.amendments or field.levels):
            return found  # K305 is an error
        return (*found, failing("K307", lambda c: np.abs(_numbers(c)) >= DIGITS_KEPT))

    loosened_by: ClassVar = {"minimum": ("K302", "K304"), "maximum": ("K305",)}

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        return pd.to_numeric(text, errors="coerce").astype("Int64")

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        params: Params = {"min": self.min(field), "max": self.max(field)}
        return {**params, **no_number_variant(raw)} if code == "K306" else params

    def cell(self, text: str, field: Field, form: Form) -> int:
        return int(text)

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return expressions.half_width(expressions.without_whitespace(raw), "0123456789.,-")

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        units = expressions.quote("".join(_UNITS))
        number = f"LEFT({text},LEN({text})-ISNUMBER(FIND(RIGHT({text},1),{units})))"
        plain = f'SUBSTITUTE({number},",","")'
        readable = f"AND(LEN({number})<={LONGEST},{expressions.one_of(_shape(number), _SHAPES)})"
        grouped = f'IF({plain}={number},TRUE,TEXT(VALUE({plain}),"#,##0")={number})'
        # Nothing has no last character.
        return f'IF({text}="","",IF({readable},IF({grouped},VALUE({plain}),{text}),{text}))'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        least = self.min(field)
        return (
            ExcelCondition("K301", f"NOT(ISNUMBER({norm}))"),
            ExcelCondition("K302", f"{norm}<0"),
            ExcelCondition("K303", f"{norm}<>INT({norm})"),
            *((ExcelCondition("K304", f"{norm}<{least}"),) if least else ()),
            ExcelCondition("K305", f"{norm}>{self.max(field)}"),
        )
