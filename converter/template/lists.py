"""The hidden sheet: code lists, and the names by which formulas and dropdowns find them.

Every list that a choice field draws from gets up to three rows (label, code, parent) and its
spellings, all in one cell where they fit (see `kinds.choice`); each has a workbook-wide name. A
list lies in a row since neighbours that are alike take little room in the file. Below stand the
arrays of row formulas (see `constants`), above all the stand-ins of rows (see `stand_ins`).
"""

from __future__ import annotations

from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.formulas.expressions import list_name
from converter.kinds import KINDS
from converter.kinds.choice import spelling_name, spelling_texts
from converter.model.forms import CodeList, Form
from converter.template import stand_in_layout
from converter.template.cell_text import put_text
from converter.template.constants import Constants
from converter.template.layout import quoted


def lists_in_use(form: Form) -> list[CodeList]:
    """The lists that dropdowns offer, in the order of the fields."""
    found = [KINDS[f.kind].code_list(f, form) for sheet in form.sheets for f in sheet]
    return list({codes.name: codes for codes in found if codes}.values())


def write(workbook: Any, sheet: Any, form: Form, constants: Constants) -> None:
    row = stand_in_layout.COUNT
    for codes in lists_in_use(form):
        for name, texts in _rows(codes).items():
            row += 1
            defined = list_name(codes.name, name)
            area = _write_row(sheet, row, texts)
            workbook.defined_names[defined] = DefinedName(defined, attr_text=area)
    constants.write(workbook, sheet, row + 1)
    sheet.sheet_state = "hidden"
    sheet.protection.sheet = True


def _write_row(sheet: Any, row: int, texts: list[str]) -> str:
    """The address of what was written."""
    for column, text in enumerate(texts, 1):
        put_text(sheet.cell(row, column), text)
    first, last = f"$A${row}", f"${get_column_letter(len(texts))}${row}"
    return quoted(sheet.title) + (first if first == last else f"{first}:{last}")


def _rows(codes: CodeList) -> dict[str, list[str]]:
    texts = {
        "label": [entry.label for entry in codes.entries],
        "code": [entry.code for entry in codes.entries],
        "parent": [entry.parent for entry in codes.entries],
    }
    spellings = {spelling_name(n): [text] for n, text in enumerate(spelling_texts(codes))}
    return {name: row for name, row in (texts | spellings).items() if any(row)}
