"""Inline arrays of the formulas of rows, moved to the hidden sheet under names.

LibreOffice loses the references of a shared formula that holds an inline array as soon as a
row is deleted: `SUMPRODUCT(--ISNUMBER(FIND({"a","b"},$B5)))` becomes #REF! in every row. A
range of constants in place of the array is harmless, and shorter. Inside SUMPRODUCT both
are computed alike by every program; an array anywhere else is left where it is, and its
formula is written anew for every row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.template.cell_text import harmless, put_text
from converter.template.layout import quoted

Values = tuple[str | float, ...]

# Within SUMPRODUCT these compute an array but not a range element by element.
_SCALAR = {"IF(", "AND(", "OR(", "INDEX(", "N(", "T(", "LOOKUP(", "IFERROR("}


@dataclass
class Constants:
    """The arrays of a workbook's row formulas, each under one name."""

    names: dict[Values, str] = field(default_factory=dict)

    def replace(self, expression: str) -> str | None:
        """The expression without inline arrays; None where one of them has to stay."""
        if "{" not in expression:  # most have none, and to take one apart costs a millisecond
            return expression
        pieces: list[str] = []
        values: list[str | float] | None = None
        functions: list[str] = []
        for token in Tokenizer(f"={expression}").items:
            if values is not None:
                if token.type == Token.ARRAY:
                    name = self._name(tuple(values)) if _computed_alike(functions) else ""
                    if not name:
                        return None
                    pieces.append(name)
                    values = None
                elif token.type == Token.OPERAND:
                    values.append(_value(token))
                elif token.value != ",":
                    return None  # rows of an array, negative numbers: none of ours
                continue
            if token.type == Token.ARRAY:
                values = []
                continue
            if token.type == Token.FUNC:
                if token.subtype == Token.OPEN:
                    functions.append(token.value.upper())
                else:
                    functions.pop()
            pieces.append(token.value)
        return "".join(pieces)

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

    def _name(self, values: Values) -> str:
        """'' where a cell would not hold a value as it is."""
        if any(isinstance(value, str) and harmless(value) != value for value in values):
            return ""
        return self.names.setdefault(values, f"array_{len(self.names) + 1}")


def _value(token: Any) -> str | float:
    if token.subtype == Token.TEXT:
        return str(token.value[1:-1].replace('""', '"'))
    number = float(token.value)
    return int(number) if number.is_integer() else number


def _computed_alike(functions: list[str]) -> bool:
    """Whether the innermost functions around an array are SUMPRODUCT and plain ones."""
    for name in reversed(functions):
        if name == "SUMPRODUCT(":
            return True
        if name in _SCALAR:
            return False
    return False
