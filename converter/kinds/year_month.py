"""A month of a year; canonical text is `2025-03`.

Read and noted (K902): `2025.3`, `2025/3`, `2025年3月`, `202503`, full-width, with spaces; of a day
its month, where the day is not the first one. Numbers and dates are read as the kind `date` reads
them, but a number that could only be a day before 1905 is none: 25 is not January 1900.
Faults: K342 2025.1, which a spreadsheet makes of 2025.10, too · K341 no month of a year · K343
before `min` · K344 after `max`.

Options: `min` (default 1900-01), `max` (default 2100-12).

>>> [read(t, CellType.TEXT) for t in ("２０２５年３月", "202503", "2025.10", "2025-3 月份")]
['2025-03', '2025-03', '2025-10', '2025-03']
>>> [read(t, CellType.TEXT) for t in ("2025.1", "25-3", "2025-13", "2025", "2025-03-15")]
['2025.1', '25-3', '2025-13', '2025', '2025-03-15']
>>> [read(t, CellType.NUMBER) for t in ("2025.1", "2025.3", "202503", "45717", "25")]
['2025.1', '2025-03', '2025-03', '2025-03', '25']
"""

from __future__ import annotations

import re
from typing import ClassVar

from converter.formulas import expressions
from converter.kinds import date
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
    matches,
    same_text,
)
from converter.kinds.numeric import LimitedKind
from converter.kinds.options import YearMonthText
from converter.model.arrays import pd
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze, strip

_WORDS = (
    ("／", "/"), ("．", "."), ("－", "-"), ("月份", "月"), ("年", "-"), ("/", "-"), ("。", "."),
    ("·", "."), ("—", "-"), ("–", "-"),
)  # fmt: skip
_MONTHS = tuple(f"{n:02}" for n in range(1, 13))
_SHORT_MONTHS = tuple(str(n) for n in range(1, 10))
_CANONICAL = re.compile("[1-9][0-9]{3}-(?:0[1-9]|1[0-2])")
_PARTS = re.compile("([1-9][0-9]{3})(?:[-.]([0-9]{1,2})月?|([0-9]{2}))")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{3}\.1")
_FIRST_NUMBER = 1900  # what is less can be no month
_FIRST_DAY = "1905-09-30"  # number 2100; those before it are years


def read(text: str, type: CellType) -> str:
    """The month in a cell, or its text where there is none to be read."""
    if type is CellType.TEXT:
        return _read_text(text)
    day = _day(text, type)
    return day[:7] if day else text


def _read_text(text: str) -> str:
    found = _PARTS.fullmatch(_cleaned(text))
    month = (found[2] or found[3]).zfill(2) if found else ""
    is_read = found and month in _MONTHS and not _is_ambiguous(text)
    return f"{found[1]}-{month}" if found and is_read else text


def _day(text: str, type: CellType) -> str:
    """The day in a date or a number, '' where there is none."""
    day, fault = date.read(text, type)
    typed = date.shown(text)
    is_month = typed[:4] == day[:4] and date.names_month_only(typed)
    return "" if fault or (day < _FIRST_DAY and not is_month) else day


def _cleaned(text: str) -> str:
    found = squeeze(text)
    for written, shorter in _WORDS:
        found = found.replace(written, shorter)
    return found


def _is_ambiguous(text: str) -> bool:
    return _AMBIGUOUS.fullmatch(_cleaned(date.shown(text))) is not None


def _is_canonical(text: str) -> bool:
    return _CANONICAL.fullmatch(text) is not None


def months(text: str) -> int:
    """How many months after the year 0 a canonical text is."""
    return int(text[:4]) * 12 + int(text[5:]) - 1


class YearMonth(LimitedKind):
    """A month of a year."""

    name = "year_month"
    example = "2025-03"
    value_type = ValueType.MONTH
    excel_text_cell = True
    schema_type = "yearmonth"
    min = YearMonthText(default="1900-01")
    max = YearMonthText(default="2100-12")

    def example_of(self, field: Field, form: Form) -> str:
        return min(max(self.example, self.min(field)), self.max(field))

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        text = pd.Series(map_cells(cells, read), index=cells.text.index, dtype=object)
        found = same_text(cells, text, "K902")
        first = map_cells(cells, _first_day)
        return Normalised(found.text, found.note.mask(first != "", ""))

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        least, most = self.min(field), self.max(field)
        return (
            failing("K342", lambda c: matches(c.text, _is_ambiguous)),
            failing("K341", lambda c: ~matches(c.text, _is_canonical)),
            failing("K343", lambda c: matches(c.text, lambda t: _is_canonical(t) and t < least)),
            failing("K344", lambda c: matches(c.text, lambda t: _is_canonical(t) and t > most)),
        )

    loosened_by: ClassVar = {"minimum": ("K343",), "maximum": ("K344",)}

    def value(self, text: pd.Series, field: Field, form: Form) -> pd.Series:
        found = map_unique(text, lambda t: months(t) if _is_canonical(t) else None)
        return pd.to_numeric(found, errors="coerce").astype("Int64")

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        params: Params = {"min": self.min(field), "max": self.max(field)}
        if code != "K342":
            return params
        typed = strip(date.shown(raw))
        return {**params, "typed": typed, "year": squeeze(typed)[:4]}

    def note_params(self, code: str, raw: str, text: str) -> Params:
        has_day = len(date.shown(raw)) >= len("2025-03-15") and raw[:7] == text
        return {"from": date.shown(raw), "variant": "month_of_day" if has_day else "day"}

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        text = expressions.half_width_digits(expressions.without_whitespace(raw))
        return expressions.substitute(text, _WORDS)

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        year, rest = f"LEFT({text},4)", f'MID({text},6,LEN({text})-5-(RIGHT({text},1)="月"))'
        six = f"AND(LEN({text})=6,{expressions.all_digits(text)})"
        month = f'IF({six},RIGHT({text},2),IF(LEN({text})<6,"",{rest}))'
        between = expressions.one_of(f"MID({text},5,1)", ("-", "."))
        sound = expressions.both(
            (
                f'LEFT({text},1)<>"0"',
                expressions.all_digits(year),
                f"OR({six},{between})",
                f'MID({text},5,9)<>".1"',
                expressions.one_of(month, (*_MONTHS, *_SHORT_MONTHS)),
            )
        )
        return f'IF({text}="","",IF({sound},{year}&"-"&RIGHT("0"&{month},2),{text}))'

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        def month(number: str) -> str:
            return f'TEXT({number},"0000\\-00")'

        after = f"MID({text},6,9)"  # the point
        pointed = expressions.one_of(after, (*_MONTHS, *_SHORT_MONTHS[1:]))
        with_point = f'LEFT({text},4)&"-"&RIGHT("0"&{after},2)'
        # MOD of a huge number is an error, so it is asked for in the right range only.
        six = f"AND({raw}>=190001,{raw}=INT({raw}),ABS(MOD({raw},100)-6.5)<6)"
        cases = (
            (f"{raw}<{_FIRST_NUMBER}", text),
            (f"{raw}<2100", f"IF({pointed},{with_point},{text})"),
            (f"{raw}<{date.LAST_SERIAL + 1}", month(f"YEAR({raw})*100+MONTH({raw})")),
            (f"{raw}<=209912", f"IF({six},{month(raw)},{text})"),
            (date.excel_day(raw), month(f"INT({raw}/100)")),
            ("TRUE", text),
        )
        return expressions.first_of(cases)

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        year = expressions.all_digits(f"LEFT({norm},4)")
        parts = (
            f"LEN({norm})=7", year, f"LEFT({norm},1)<>\"0\"", f"MID({norm},5,1)=\"-\"",
            expressions.one_of(f"RIGHT({norm},2)", _MONTHS),
        )  # fmt: skip
        ambiguous = (f"LEN({norm})=6", year, f'LEFT({norm},1)<>"0"', f'RIGHT({norm},2)=".1"')
        return (
            ExcelCondition("K342", expressions.both(ambiguous)),
            ExcelCondition("K341", f"NOT({expressions.both(parts)})"),
            ExcelCondition("K343", f"{norm}<{expressions.quote(self.min(field))}"),
            ExcelCondition("K344", f"{norm}>{expressions.quote(self.max(field))}"),
        )


def _first_day(text: str, type: CellType) -> str:
    """A date that needs no note: its cell was formatted to show the month, and was meant so."""
    is_day = type is CellType.DATE and date.shown(text) == text.replace("T", " ")
    return text if is_day and text[8:10] == "01" and _day(text, type) == text[:10] else ""
