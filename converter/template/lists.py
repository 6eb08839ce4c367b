"""The hidden sheet: code lists, and the names by which formulas and dropdowns find them.

Every list that a choice field draws from gets six columns (label, code, parent, group; key and
value: every spelling that is read, and its code), each with a workbook-wide name. A column with
nothing in it is one empty cell, so that every name exists. Beside them stand the arrays of shared
formulas (see `constants`).
"""

from __future__ import annotations

from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.formulas.expressions import list_name
from converter.kinds import KINDS
from converter.kinds.choice import spelling_keys
from converter.model.forms import CodeList, Form
from converter.template.cell_text import put_text
from converter.template.constants import Constants
from converter.template.layout import quoted

COLUMNS = ("key", "value", "label", "code", "parent", "group")


def lists_in_use(form: Form) -> list[CodeList]:
    """The lists that dropdowns offer, in the order of the fields."""
    found = [KINDS[f.kind].code_list(f, form) for sheet in form.sheets for f in sheet]
    return list({codes.name: codes for codes in found if codes}.values())


def write(workbook: Any, sheet: Any, form: Form, constants: Constants) -> None:
    column = 0
    for codes in lists_in_use(form):
        written: dict[tuple[str, ...], str] = {}
        for name, texts in _columns(codes).items():
            defined = list_name(codes.name, name)
            area = next((part for known, part in written.items() if known == tuple(texts)), "")
            if not area:
                column += 1
                area = _write_column(sheet, column, defined, texts)
                written[tuple(texts)] = area
                # Labels and codes stand in the columns of all spellings, at their end.
                own = len(codes.entries)
                tail = _area(sheet, column, len(texts) - own, own)
                written.setdefault(tuple(texts[-own:]), tail)
            workbook.defined_names[defined] = DefinedName(defined, attr_text=area)
    constants.write(workbook, sheet, column + 2)
    sheet.sheet_state = "hidden"
    sheet.protection.sheet = True


def _write_column(sheet: Any, column: int, heading: str, texts: list[str]) -> str:
    put_text(sheet.cell(1, column), heading)
    for row, text in enumerate(texts, 2):
        cell = sheet.cell(row, column)
        put_text(cell, text)
        cell.number_format = "@"
    return _area(sheet, column, 0, max(len(texts), 1))


def _area(sheet: Any, column: int, skipped: int, count: int) -> str:
    letter, first = get_column_letter(column), 2 + skipped
    return f"{quoted(sheet.title)}${letter}${first}:${letter}${first + count - 1}"


def _columns(codes: CodeList) -> dict[str, list[str]]:
    keys = spelling_keys(codes)
    texts = {
        "key": [key for key, _ in keys],
        "value": [code for _, code in keys],
        "label": [entry.label for entry in codes.entries],
        "code": [entry.code for entry in codes.entries],
        "parent": [entry.parent for entry in codes.entries],
        "group": [entry.group for entry in codes.entries],
    }
    assert tuple(texts) == COLUMNS
    return {name: column if any(column) else [] for name, column in texts.items()}
