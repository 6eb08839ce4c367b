"""Workbooks as they are rendered, opened by openpyxl; answers put into cells of such a workbook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from datetime import date, datetime
from io import BytesIO
from typing import IO, Any
from unittest.mock import patch
from xml.etree import ElementTree

import openpyxl
from defusedxml import ElementTree as defused
from openpyxl.reader import excel
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.xml.constants import SHEET_MAIN_NS

from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.submissions import Stamp, Submission
from converter.template import renderer_of
from converter.template.layout import MemberLayout
from converter.template.stored import Computed


def rendered(
    form: Form,
    *,
    rows: int,
    stamp: Stamp | None = None,
    data: Submission | None = None,
    computed: Computed | None = None,
) -> bytes:
    """A workbook of a form as `template` writes it."""
    made = renderer_of(form).filled(data, stamp or Stamp(), rows=rows, computed=computed)
    return b"".join(made)


def opened(
    form: Form, *, rows: int, stamp: Stamp | None = None, data: Submission | None = None
) -> Workbook:
    book = openpyxl.load_workbook(BytesIO(rendered(form, rows=rows, stamp=stamp, data=data)))
    return as_shown(book, form)


@contextmanager
def quickly() -> Iterator[None]:
    """openpyxl parses in C meanwhile. It takes defusedxml where that is installed, which is written
    in Python; but nearly all that tests open with it was made here."""
    with ExitStack() as patches:
        for name in [name for name in sys.modules if name.startswith("openpyxl.")]:
            for parser in ("fromstring", "iterparse"):
                if getattr(sys.modules[name], parser, None) is getattr(defused, parser):
                    patches.enter_context(
                        patch.object(sys.modules[name], parser, getattr(ElementTree, parser))
                    )
        patches.enter_context(patch.object(excel, "read_string_table", read_string_table))
        yield


def read_string_table(stream: IO[bytes]) -> list[str]:
    """The shared strings of a workbook, as openpyxl gives them. LibreOffice writes hundreds of
    texts in several fonts into each, and to make objects of those takes most of opening it.
    """
    plain = f"{{{SHEET_MAIN_NS}}}t|{{{SHEET_MAIN_NS}}}r/{{{SHEET_MAIN_NS}}}t".split("|")
    found = []
    for _, node in ElementTree.iterparse(stream):
        if node.tag == f"{{{SHEET_MAIN_NS}}}si":
            texts = [part.text or "" for path in plain for part in node.iterfind(path)]
            found.append("".join(texts).replace("x005F_", ""))
            node.clear()
    return found


def as_shown(book: Workbook, form: Form) -> Workbook:
    """Blank cells of the tables in the looks of their columns, which spreadsheet programs give
    them as soon as something is typed."""
    for table in form.tables:
        sheet = book[table.title]
        for column in range(1, MemberLayout(table, 1).explanation_column + 1):
            look = sheet.column_dimensions[get_column_letter(column)]._style
            for row in range(MemberLayout.FIRST_ROW, sheet.max_row + 1):
                cell = sheet.cell(row, column)
                if cell.value is None and not cell.has_style:
                    cell._style = copy(look)
    return book


def put_typed(cell: Any, text: str, kind: int) -> None:
    """Put an answer into a cell with the type it was typed with."""
    if kind == CellType.NUMBER:
        cell.value = float(text) if "." in text or "e" in text else int(text)
    elif kind == CellType.DATE:
        cell.value = datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    elif kind == CellType.BOOL:
        cell.value = text == "TRUE"
    elif kind == CellType.ERROR:
        cell.value, cell.data_type = text, "e"
    elif text:
        cell.value, cell.data_type = text, "s"
