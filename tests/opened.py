"""Workbooks as they are pressed, opened by openpyxl; answers put into cells of such a workbook."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from converter import template
from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.submissions import Stamp, Submission


def pressed(
    form: Form, *, rows: int, stamp: Stamp | None = None, data: Submission | None = None
) -> bytes:
    return b"".join(template.build(form, rows=rows, stamp=stamp or Stamp(), data=data))


def opened(
    form: Form, *, rows: int, stamp: Stamp | None = None, data: Submission | None = None
) -> Workbook:
    return openpyxl.load_workbook(BytesIO(pressed(form, rows=rows, stamp=stamp, data=data)))


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
