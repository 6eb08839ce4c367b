"""The hidden sheet: code lists, and the names by which formulas and dropdowns find them.

Every list that a choice field draws from gets up to five rows (label, code, parent; key and value:
every spelling that is read, and its code), each with a workbook-wide name. A list lies in a row
since neighbours that are alike take little room in the file. Below stand the arrays of shared
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


def lists_in_use(form: Form) -> list[CodeList]:
    """The lists that dropdowns offer, in the order of the fields."""
    found = [KINDS[f.kind].code_list(f, form) for sheet in form.sheets for f in sheet]
    return list({codes.name: codes for codes in found if codes}.values())


def write(workbook: Any, sheet: Any, form: Form, constants: Constants) -> None:
    row = 0
    for codes in lists_in_use(form):
        written: dict[tuple[str, ...], str] = {}
        for name, texts in _rows(codes).items():
            area = next((part for known, part in written.items() if known == tuple(texts)), "")
            if not area:
                row += 1
                area = _write_row(sheet, row, texts)
                written[tuple(texts)] = area
                # Labels and codes stand in the rows of all spellings, at their end.
                own = len(codes.entries)
                tail = _area(sheet, row, len(texts) - own, own)
                written.setdefault(tuple(texts[-own:]), tail)
            defined = list_name(codes.name, name)
            workbook.defined_names[defined] = DefinedName(defined, attr_text=area)
    constants.write(workbook, sheet, row + 1)
    sheet.sheet_state = "hidden"
    sheet.protection.sheet = True


def _write_row(sheet: Any, row: int, texts: list[str]) -> str:
    for column, text in enumerate(texts, 1):
        put_text(sheet.cell(row, column), text)
    return _area(sheet, row, 0, len(texts))


def _area(sheet: Any, row: int, skipped: int, count: int) -> str:
    first, last = (get_column_letter(n + 1) for n in (skipped, skipped + count - 1))
    return f"{quoted(sheet.title)}${first}${row}:${last}${row}"


def _rows(codes: CodeList) -> dict[str, list[str]]:
    keys = spelling_keys(codes)
    texts = {
        "key": [key for key, _ in keys],
        "value": [code for _, code in keys],
        "label": [entry.label for entry in codes.entries],
        "code": [entry.code for entry in codes.entries],
        "parent": [entry.parent for entry in codes.entries],
    }
    return {name: row for name, row in texts.items() if any(row)}
