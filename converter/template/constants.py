"""Inline arrays of the formulas of rows, moved to the hidden sheet under names.

LibreOffice loses the references of a shared formula that holds an inline array as soon as a
row is deleted: `SUMPRODUCT(--ISNUMBER(FIND({"a","b"},$B5)))` becomes #REF! in every row. A
range of constants in place of the array is harmless, and shorter. Inside SUMPRODUCT both
are computed alike by every program; an array anywhere else is left where it is, and its
formula is written anew for every row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.template.cell_text import harmless, put_text
from converter.template.layout import quoted

# In a formula: texts and names of sheets, which are passed over, inline arrays, and where functions
# begin and end. openpyxl's tokenizer finds them, too, at twenty times the cost.
_TEXT = r'"(?:[^"]|"")*"'
_ARRAYS = re.compile(rf"{_TEXT}|'(?:[^']|'')*'|\{{(?:[^{{}}\"]|{_TEXT})*\}}|[A-Za-z_.]*\(|\)")
_VALUE = re.compile(rf"{_TEXT}|[0-9]+(?:\.[0-9]+)?")

Values = tuple[str | float, ...]

# Within SUMPRODUCT these compute an array but not a range element by element.
_SCALAR = {"IF(", "AND(", "OR(", "INDEX(", "N(", "T(", "LOOKUP(", "IFERROR("}


@dataclass
class Constants:
    """The arrays of a workbook's row formulas, each under one name."""

    names: dict[Values, str] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)  # array → its name, '' = none

    def replace(self, expression: str) -> str | None:
        """The expression without inline arrays; None where one of them has to stay.

        >>> Constants().replace('SUMPRODUCT(LEN($B5)-LEN(SUBSTITUTE($B5,{"{","a"},"")))')
        'SUMPRODUCT(LEN($B5)-LEN(SUBSTITUTE($B5,array_1,"")))'
        >>> Constants().replace("INDEX({1,2},$B5)") is None
        True
        """
        if "{" not in expression:
            return expression
        pieces: list[str] = []
        end, functions = 0, list[str]()
        for found in _ARRAYS.finditer(expression):
            text = found[0]
            if text.endswith("("):
                functions.append(text.upper())
            elif text == ")":
                functions.pop()
            elif text.startswith("{"):
                name = self._name_of(text) if _computed_alike(functions) else ""
                if not name:
                    return None
                pieces += (expression[end : found.start()], name)
                end = found.end()
        return "".join([*pieces, expression[end:]])

    def write(self, workbook: Any, sheet: Any, first_row: int) -> None:
        """One row an array."""
        for row, (values, name) in enumerate(self.names.items(), first_row):
            for column, value in enumerate(values, 1):
                cell = sheet.cell(row, column)
                if isinstance(value, str):
                    put_text(cell, value)
                else:
                    cell.value = value
            start, end = (f"${get_column_letter(column)}${row}" for column in (1, len(values)))
            area = f"{quoted(sheet.title)}{start}:{end}"
            workbook.defined_names[name] = DefinedName(name, attr_text=area)

    def _name_of(self, array: str) -> str:
        """The name of an inline array; '' where no cells can hold it."""
        if array not in self._known:
            values = _values(array)
            self._known[array] = self._name(values) if values else ""
        return self._known[array]

    def _name(self, values: Values) -> str:
        """'' where a cell would not hold a value as it is."""
        if any(isinstance(value, str) and harmless(value) != value for value in values):
            return ""
        return self.names.setdefault(values, f"array_{len(self.names) + 1}")


def _values(array: str) -> Values | None:
    """The values of an inline array; None of one that has rows, or others than ours."""
    texts = _VALUE.findall(array[1:-1])
    if ",".join(texts) != array[1:-1]:
        return None
    return tuple(
        text[1:-1].replace('""', '"') if text.startswith('"') else _number(float(text))
        for text in texts
    )


def _number(number: float) -> float:
    return int(number) if number.is_integer() else number


def _computed_alike(functions: list[str]) -> bool:
    """Whether the innermost functions around an array are SUMPRODUCT and plain ones."""
    for name in reversed(functions):
        if name == "SUMPRODUCT(":
            return True
        if name in _SCALAR:
            return False
    return False
