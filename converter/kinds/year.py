"""A year of four digits (2025).

Read and noted (K905): text such as `2025`, `２０２５年`, `2025年度`. In a cell that is formatted as
a date a year arrives as a day of 1905, and is read as what was typed.
Faults: K306 a day · K321 no year of four digits (25年 may be 1925) · K304 before `min` · K305 after
`max`.

Options: `min` (default 1900), `max` (default 2100).

>>> [YEARS.read(text) for text in ("２０２５ 年", "2025年度", "25年", "二〇二五年")]
['2025', '2025', '25年', '二〇二五年']
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from converter.formulas import expressions
from converter.kinds import date
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Mask,
    Normalised,
    ValueType,
    failing,
    map_cells,
    matches,
)
from converter.kinds.numeric import NumberKind, is_formatted, no_number_variant
from converter.kinds.options import WholeNumber
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze


@dataclass(frozen=True)
class Numbered:
    """Which numbers there are, and how they are written as text."""

    first: int
    last: int
    words: Sequence[tuple[str, str]]  # written → shorter, one after the other
    ending: str  # one character that may stand behind the number
    digits: Sequence[int]  # how many a text may have

    def read(self, text: str) -> str:
        """The number in a text, or the text itself where there is none to be read."""
        found = squeeze(text)
        for written, shorter in self.words:
            found = found.replace(written, shorter)
        found = found.removesuffix(self.ending)
        if len(found) not in self.digits or not _DIGITS.fullmatch(found):
            return text
        return str(int(found))

    def holds(self, text: str) -> bool:
        """Whether a text is canonical."""
        is_number = len(text) <= 4 and _DIGITS.fullmatch(text) is not None
        return is_number and str(int(text)) == text and self.first <= int(text) <= self.last


_DIGITS = re.compile("[0-9]+")
YEARS = Numbered(1000, 9999, (("年度", "年"),), "年", (4,))


class Year(NumberKind):
    """A year."""

    name = "year"
    example = "2025"
    value_type = ValueType.YEAR
    schema_type = "integer"
    numbered: ClassVar = YEARS
    fault: ClassVar = "K321"  # no such number
    min = WholeNumber(default=1900)
    max = WholeNumber(default=2100)

    def example_of(self, field: Field, form: Form) -> str:
        return str(min(max(int(self.example), self.min(field)), self.max(field)))

    def _read(self, text: str, type: CellType) -> str:
        shown = date.shown(text) if type is CellType.DATE else text
        if type is CellType.TEXT:
            return self.numbered.read(text)
        return shown if self.numbered.holds(shown) else text

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        read = map_cells(cells, lambda text, type: self._read(text, type))
        text = pd.Series(read, index=cells.text.index, dtype=object)
        noted = cells.is_type(CellType.TEXT) & matches(text, self.numbered.holds)
        notes = np.where(noted, "K905", "")
        return Normalised(text, pd.Series(notes, index=text.index, dtype=object))

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        least, most, holds = self.min(field), self.max(field), self.numbered.holds

        def off(wrong: Any) -> Any:
            return lambda c: matches(c.text, lambda t: holds(t) and wrong(int(t)))

        def no_number(cells: Cells) -> Mask:
            return ~matches(cells.text, holds)

        found = [
            failing("K306", lambda c: is_formatted(c) & no_number(c)),
            failing(self.fault, no_number),
        ]
        if least > self.numbered.first:
            found.append(failing("K304", off(lambda n: n < least)))
        if most < self.numbered.last:
            found.append(failing("K305", off(lambda n: n > most)))
        return tuple(found)

    loosened_by: ClassVar = {"minimum": ("K304",), "maximum": ("K305",)}

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        return pd.to_numeric(text, errors="coerce").astype("Int64")

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        params = {"min": self.min(field), "max": self.max(field)}
        if code != "K306":
            return params
        return {**params, "variant": "decimal", **no_number_variant(raw)}

    def cell(self, text: str, field: Field, form: Form) -> int:
        return int(text)

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        text = expressions.half_width_digits(expressions.without_whitespace(raw))
        return expressions.substitute(text, self.numbered.words)

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        ending = expressions.quote(self.numbered.ending)
        number = f"LEFT({text},LEN({text})-(RIGHT({text},1)={ending}))"
        lengths = expressions.either(f"LEN({number})={n}" for n in self.numbered.digits)
        digits = expressions.all_digits(number)
        return f'IF({text}="","",IF({lengths},IF({digits},VALUE({number}),{text}),{text}))'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        first, last = self.numbered.first, self.numbered.last
        outside = f"OR({norm}<{first},{norm}>{last},{norm}<>INT({norm}))"
        found = [ExcelCondition(self.fault, f"IF(ISNUMBER({norm}),{outside},TRUE)")]
        if self.min(field) > first:
            found.append(ExcelCondition("K304", f"{norm}<{self.min(field)}"))
        if self.max(field) < last:
            found.append(ExcelCondition("K305", f"{norm}>{self.max(field)}"))
        return tuple(found)
