"""A number with a fraction, such as a sum of money; canonical text is its shortest form (1234.5).

Accepts numeric cells and text such as `1,234.50`, `１２．５`, `12.5元` where that is the `unit`,
`1.5万元` and `1.5万`, which are noted (K905). What a formula left behind the 15 digits that a
spreadsheet keeps (0.1+0.2) is nobody's answer and is dropped.
Faults: K306 a cell formatted as a date, or one whose format shows another number (5% for 0.05,
unless the `unit` is %) · K301 no number, or a text of more than 15 digits · K302
negative, where `min` is not · K308 more digits after the point than `places` · K304 below `min` ·
K305 above `max` · K307 more digits than a spreadsheet keeps, where a form takes K305 for less than
an error. A formula cannot see a date format, so K306 is the pipeline's.

Options: `places` (default 2), `unit` (元, 万元, 公里, %), `min` (default 0), `max` (default
9,999,999,999).

>>> sums = Units("元", 2)
>>> [sums.read(text) for text in ("1,234.50", "－５ 元", "1.5万元", "2亿", "1.005")]
['1234.5', '-5', '15000', '200000000', '1.005']
>>> Units("万元", 4).read("150元"), Units("公里", 1).read("2万公里"), sums.read("3公里")
('0.015', '20000', '3公里')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal as Exact
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from converter.formulas import expressions
from converter.kinds import numeric
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Normalised,
    ValueType,
    failing,
    map_cells,
    map_unique,
)
from converter.kinds.lost_digits import DIGITS_KEPT
from converter.kinds.options import Number, UnitWord, WholeNumber
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.errors import option_error
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

if TYPE_CHECKING:
    import numpy.typing as npt

LONGEST = 20  # characters of a text that is read as a number
MOST_PLACES = 6

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
_POWERS = {"万": 4, "亿": 8}
_MARK = "¤"  # stands for the unit, which may be a longer word
# What numbers look like once every run of digits is a single 0.
_SHAPES = tuple(
    f"{sign}0{',0' * groups}{fraction}"
    for sign in ("", "-")
    for groups in range(5)
    for fraction in ("", ".0")
)
_RUNS = ("0000", "0000", "000", "00", "00")


@dataclass(frozen=True)
class Units:
    """How a number is written that is counted in a unit, to so many places."""

    unit: str
    places: int

    @property
    def base(self) -> str:
        return self.unit[1:] if self.unit[:1] in _POWERS else self.unit

    @property
    def power(self) -> int:
        return _POWERS.get(self.unit[:1], 0)

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """What may stand behind a number → one character for it, longer words first."""
        found = {f"{power}{self.base}": power for power in _POWERS}
        if self.base:
            found[self.base] = _MARK
        return ((_MARK, _MARK * 2), *found.items())  # one that was typed is no unit

    @property
    def powers(self) -> Mapping[str, int]:
        """The power of ten that each of these characters stands for."""
        known = {power: ten - self.power for power, ten in _POWERS.items()}
        return {**known, _MARK: -self.power} if self.base else known

    def read(self, text: str) -> str:
        """The number in a text, or the text itself where there is none to be read."""
        number = squeeze(text)
        for word, mark in self.words:
            number = number.replace(word, mark)
        power = self.powers.get(number[-1:])
        number = number if power is None else number[:-1]
        if len(number) > LONGEST:
            return text
        if _GROUPED.fullmatch(number):
            number = number.replace(",", "")
        if not _NUMBER.fullmatch(number):
            return text
        value = Exact(number).scaleb(power or 0)
        return self.settled(value) if abs(value) < DIGITS_KEPT else text

    def settled(self, number: Exact) -> str:
        """The shortest form, without what a computation left behind the last digits."""
        rounded = number.quantize(Exact(1).scaleb(-self.places)) if abs(number) < 10**21 else number
        return plain(number if abs(number - rounded) > noise(number) else rounded)


def noise(number: Exact) -> Exact:
    """How far a number may be off by nobody's fault."""
    return Exact("1e-9") + abs(number) * Exact("4e-15")


def plain(number: Exact) -> str:
    """The shortest form of a number."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@lru_cache(maxsize=64)
def _units(unit: str, places: int) -> Units:
    return Units(unit, places)


def _number(text: str) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else np.nan
    return number if abs(number) < DIGITS_KEPT else np.nan


def _numbers(cells: Cells) -> npt.NDArray[np.float64]:
    return numeric.read_numbers(cells, _number)


class Decimal(numeric.NumberKind):
    """A number with a fraction."""

    name = "decimal"
    example = "1"
    value_type = ValueType.DECIMAL
    schema_type = "number"
    places = WholeNumber(default=2)
    unit = UnitWord(default="")
    min = Number(default=0)
    max = Number(default=9_999_999_999)

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        places, least, most = self.places(field), self.min(field), self.max(field)
        if places > MOST_PLACES:
            raise option_error("places", "form_places", places, most=MOST_PLACES)
        for option, limit in (("min", least), ("max", most)):
            scaled = Exact(str(limit)).scaleb(places)
            if abs(scaled) >= DIGITS_KEPT or scaled != int(scaled):
                raise option_error(option, "form_decimal_limit", limit, places=places)

    def decimal_places(self, field: Field) -> int:
        return self.places(field)

    def shown_unit(self, field: Field) -> str:
        return self.unit(field)

    def example_of(self, field: Field, form: Form) -> str:
        return _shown(max(self.min(field), min(1, self.max(field))))

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        units = _units(self.unit(field), self.places(field))

        def read(text: str, type: CellType) -> str:
            if type is CellType.NUMBER:
                return units.settled(Exact(text)) if _is_number(text) else text
            return units.read(text)

        text = pd.Series(map_cells(cells, read), index=cells.text.index, dtype=object)
        # A number in a text cell is noted even when its digits need no change.
        is_text = cells.is_type(CellType.TEXT) | cells.is_type(CellType.SHOWN_OTHERWISE)
        noted = is_text & ~np.isnan(_numbers(Cells(text, cells.type)))
        notes = pd.Series(np.where(noted, "K905", ""), index=text.index, dtype=object)
        return Normalised(text, notes)

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        least, most, places = self.min(field), self.max(field), self.places(field)

        def too_fine(cells: Cells) -> npt.NDArray[np.bool_]:
            fractions = map_unique(cells.text, lambda t: len(t.partition(".")[2]) > places)
            exponent = map_unique(cells.text, lambda t: "e-" in t.lower())
            is_fine = fractions.to_numpy(dtype=bool) | exponent.to_numpy(dtype=bool)
            return np.asarray(is_fine & ~np.isnan(_numbers(cells)))

        found = [
            numeric.no_number(lambda c: ~np.isnan(_numbers(c))),
            failing("K301", lambda c: np.isnan(_numbers(c))),
            failing("K308", too_fine),
        ]
        if least >= 0:
            found.append(failing("K302", lambda c: _numbers(c) < 0))
        if least:  # nothing is below 0 and not negative
            found.append(failing("K304", lambda c: _numbers(c) < least))
        found.append(failing("K305", lambda c: _numbers(c) > most))
        if form.levels or form.amendments or field.levels:
            kept = DIGITS_KEPT / 10**places
            found.append(failing("K307", lambda c: np.abs(_numbers(c)) >= kept))
        return tuple(found)

    loosened_by: ClassVar = {"minimum": ("K302", "K304"), "maximum": ("K305",)}

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        return pd.to_numeric(text, errors="coerce").astype("float64")

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        params = {"min": _shown(self.min(field)), "max": _shown(self.max(field))}
        params |= {"places": str(self.places(field)), "unit": self.unit(field)}
        params |= {"variant": "decimal"} if code in ("K301", "K306") else {}
        return params | numeric.no_number_variant(raw) if code == "K306" else params

    def cell(self, text: str, field: Field, form: Form) -> int | float:
        found = decimal_number(text)
        assert found is not None
        return found

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        characters = f"0123456789.,-{'%' if self.unit(field) == '%' else ''}"
        text = expressions.half_width(expressions.without_whitespace(raw), characters)
        return expressions.substitute(text, _units(self.unit(field), self.places(field)).words)

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        powers = _units(self.unit(field), self.places(field)).powers
        marks = expressions.quote("".join(powers))
        number = f"LEFT({text},LEN({text})-ISNUMBER(FIND(RIGHT({text},1),{marks})))"
        digits = [(digit, "0") for digit in "123456789"]
        shape = expressions.substitute(number, [*digits, *((zeros, "0") for zeros in _RUNS)])
        plain = f'SUBSTITUTE({number},",","")'
        whole = f'LEFT({text},FIND(".",{number}&".")-1)'
        readable = f"AND(LEN({number})<={LONGEST},{expressions.one_of(shape, _SHAPES)})"
        ungrouped = f'TEXT(VALUE(SUBSTITUTE({whole},",","")),"#,##0")={whole}'
        grouped = f"IF({plain}={number},TRUE,{ungrouped})"
        # Dividing by a power of ten is exact where the result is one; multiplying by 0.0001 is not.
        cases = [
            (f"RIGHT({text},1)={expressions.quote(mark)}", f"{'*' if n > 0 else '/'}{10 ** abs(n)}")
            for mark, n in powers.items()
        ]
        value = f"VALUE({plain})"
        scaled = value
        for test, step in cases:
            if not step.endswith(("*1", "/1")):
                scaled = f"IF({test},{value}{step},{scaled})"
        found = f"IF(ABS({scaled})<{DIGITS_KEPT},{scaled},{text})"
        # Nothing has no last character.
        return f'IF({text}="","",IF({readable},IF({grouped},{found},{text}),{text}))'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        least, most, places = self.min(field), self.max(field), self.places(field)
        off = f"ABS({norm}-ROUND({norm},{places}))"
        rounded = f"ROUND({norm},{places})"
        negative = (ExcelCondition("K302", f"{rounded}<0"),) if least >= 0 else ()
        return (
            ExcelCondition("K301", f"NOT(ISNUMBER({norm}))"),
            ExcelCondition("K308", f"{off}>1E-9+ABS({norm})*4E-15"),
            *negative,
            *((ExcelCondition("K304", f"{rounded}<{_shown(least)}"),) if least else ()),
            ExcelCondition("K305", f"{rounded}>{_shown(most)}"),
        )

    def excel_value(self, text: str) -> str | float:
        found = decimal_number(text)
        return text if found is None else found


def decimal_number(text: str) -> int | float | None:
    """The number of a canonical text."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def _is_number(text: str) -> bool:
    try:
        return Exact(text).is_finite()
    except ArithmeticError:
        return False


def _shown(limit: float) -> str:
    return plain(Exact(str(limit)))
