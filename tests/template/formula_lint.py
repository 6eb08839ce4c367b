"""What a workbook's formulas are made of: every formula found, its functions, its depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

# Functions of Excel 2007 and later that WPS and LibreOffice compute alike.
SHARED = {
    "ABS", "AND", "ASC", "CHAR", "CODE", "COUNTA", "COUNTBLANK", "COUNTIF", "COUNTIFS", "DATE", "DAY", "EXACT", "FIND", "HYPERLINK", "IF",
    "IFERROR", "INDEX", "INT", "ISBLANK", "ISERROR", "ISLOGICAL", "ISNUMBER", "ISTEXT", "LEFT", "LEN",
    "LOOKUP", "LOWER", "MATCH", "MAX", "MID", "MIN", "MOD", "MONTH", "N", "NOT", "OFFSET", "OR",
    "REPLACE", "REPT", "RIGHT", "ROUND", "ROW", "SMALL", "SUBSTITUTE", "SUM", "SUMPRODUCT", "T", "TEXT",
    "TODAY", "TRIM", "TRUNC", "UPPER", "VALUE", "YEAR",
}  # fmt: skip
COUNTING = {"COUNTIF", "COUNTIFS", "SUMIF", "SUMIFS", "AVERAGEIF"}
VOLATILE = {"TODAY", "NOW", "OFFSET", "INDIRECT", "RAND", "RANDBETWEEN", "CELL", "INFO"}
# Far below the limits of Excel (8,192 characters, 64 levels): there is room for what comes.
LONGEST, DEEPEST, LONGEST_TEXT = 2500, 24, 255


def formulas(workbook: Any) -> Iterator[tuple[str, str]]:
    """(where, formula) of cells, dropdowns, conditional formats and names."""
    for sheet in workbook:
        for row in sheet.iter_rows():
            for cell in row:
                text = getattr(cell.value, "text", cell.value)
                if cell.data_type == "f" and text != "=":
                    yield f"{sheet.title}!{cell.coordinate}", text
        for validation in sheet.data_validations.dataValidation:
            if validation.formula1:
                yield f"{sheet.title} dropdown {validation.sqref}", f"={validation.formula1}"
        for area in sheet.conditional_formatting:
            for rule in area.rules:
                for text in rule.formula:
                    yield f"{sheet.title} format {area.sqref}", f"={text}"
        for name in sheet.defined_names.values():
            yield f"name {name.name}", f"={name.value}"
    for name in workbook.defined_names.values():
        yield f"name {name.name}", f"={name.value}"


def row_formulas(sheet: Any, row: int) -> dict[str, str]:
    """The formulas of a table's row by the letters of their columns, those under a name included:
    as seen from A1, with the sheet's name before each address."""
    found = {}
    for cell in sheet[row]:
        if cell.data_type == "f":
            text = getattr(cell.value, "text", cell.value)
            name = sheet.defined_names.get(text.removeprefix("="))
            found[cell.column_letter] = f"={name.value}" if name else text
    return found


def without_sheets(formula: str) -> str:
    """A formula without the names of the sheets that its addresses stand on."""
    return re.sub(r"'[^']*'!", "", formula)


def tokens(formula: str) -> list[Token]:
    return list(Tokenizer(formula).items)


def functions(formula: str) -> set[str]:
    """Also the one that a range ends with: `$A$1:INDEX(…)`."""
    opened = (t.value for t in tokens(formula) if t.type == "FUNC" and t.subtype == "OPEN")
    return {text.rpartition(":")[2].rstrip("(").upper() for text in opened}


def depth(formula: str) -> int:
    """How deep functions stand in functions."""
    now = deepest = 0
    for token in tokens(formula):
        if token.type == "FUNC":
            now += 1 if token.subtype == "OPEN" else -1
            deepest = max(deepest, now)
    return deepest


def longest_text(formula: str) -> int:
    texts = [t.value[1:-1] for t in tokens(formula) if t.type == "OPERAND" and t.subtype == "TEXT"]
    return max((len(text.replace('""', '"')) for text in texts), default=0)


def counted_ranges(formula: str) -> list[str]:
    """What stands directly inside the counting functions that compare text as numbers."""
    found, open_functions = [], []
    for token in tokens(formula):
        if token.type == "FUNC":
            if token.subtype == "OPEN":
                open_functions.append(token.value.rstrip("(").upper())
            else:
                open_functions.pop()
        elif (
            token.type == "OPERAND"
            and token.subtype == "RANGE"
            and open_functions
            and open_functions[-1] in COUNTING
        ):
            found.append(token.value)
    return found
