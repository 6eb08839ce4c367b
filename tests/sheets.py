"""Filling workbooks the way a clerk does, and asking what `check` says of them.

Cells are found by what stands beside or above them, never by address: what a test writes is
the clerk's view of the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from converter import workbook
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Level
from converter.model.submissions import Outcome
from converter.validation import checking
from tests.opened import as_shown, rendered
from tests.people import MEMBERS, UNIT

FORM: Form = loading.load(loading.form_dir())
Finding = tuple[str, str, str, str]  # sheet, cell, code, level
UNIT_SHEET, MEMBER_SHEET = FORM.record.title, FORM.main_table.title


@cache
def _blank(rows: int) -> bytes:
    return rendered(FORM, rows=rows)


def blank(rows: int = 40) -> Workbook:
    """A fresh copy of the template."""
    return as_shown(openpyxl.load_workbook(BytesIO(_blank(rows))), FORM)


def heading_row(sheet: Worksheet, *headings: str) -> int:
    for row in sheet.iter_rows(max_row=20):
        texts = {str(c.value).strip("＊ ") for c in row if c.value is not None}
        if set(headings) <= texts:
            return int(row[0].row)
    raise AssertionError(f"no heading row with {headings}")


def column(sheet: Worksheet, row: int, heading: str) -> int:
    for cell in sheet[row]:
        if str(cell.value).strip("＊ ") == heading:
            return int(cell.column)
    raise AssertionError(f"no column {heading}")


def unit_cell(book: Workbook, title: str, heading: str = "填写") -> str:
    """Address of an item's answer (or of another column of its line)."""
    sheet = book[UNIT_SHEET]
    row = heading_row(sheet, "项目", "填写")
    item = column(sheet, row, "项目")
    target = column(sheet, row, heading)
    for line in range(row + 1, sheet.max_row + 1):
        if str(sheet.cell(line, item).value).strip("＊ ") == title:
            return str(sheet.cell(line, target).coordinate)
    raise AssertionError(f"no item {title}")


def member_cell(book: Workbook, number: int, heading: str) -> str:
    """Address of a member's cell; members count from 1."""
    sheet = book[MEMBER_SHEET]
    row = heading_row(sheet, "会员姓名", "身份证号")
    return str(sheet.cell(row + number, column(sheet, row, heading)).coordinate)


def put(sheet: Worksheet, address: str, value: Any) -> None:
    cell = sheet[address]
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # as typed into a text cell, also where it starts with '='


def fill(
    book: Workbook,
    unit: dict[str, Any] | None = None,
    members: Sequence[tuple[str, Any, date | None]] | None = None,
) -> Workbook:
    """Fill in a whole, correct submission (or the one given)."""
    for title, value in (UNIT if unit is None else unit).items():
        put(book[UNIT_SHEET], unit_cell(book, title), value)
    for number, (name, id_number, joined) in enumerate(MEMBERS if members is None else members, 1):
        for heading, value in (
            ("会员姓名", name),
            ("身份证号", id_number),
            ("加入工会时间", joined),
        ):
            put(book[MEMBER_SHEET], member_cell(book, number, heading), value)
    return book


@cache
def _correct() -> bytes:
    made = BytesIO()
    fill(blank()).save(made)
    return made.getvalue()


def correct(folder: Path, name: str = "填报.xlsx") -> Path:
    """A workbook with a whole, correct submission, as `fill` types it: made once."""
    path = folder / name
    path.write_bytes(_correct())
    return path


@contextmanager
def edited(book: Workbook, edits: Iterable[tuple[Any, ...]]) -> Iterator[Workbook]:
    """The same workbook with cells typed over: (sheet, item or (member, heading), value). What
    stood there is put back: to open a workbook costs more than to save it."""
    before = []
    for sheet, where, value in edits:
        at = unit_cell(book, where) if sheet == UNIT_SHEET else member_cell(book, *where)
        cell: Any = book[sheet][at]
        before.append((cell, cell.value, cell.data_type, copy(cell._style)))
        put(book[sheet], at, value)
        if isinstance(value, str) and value.startswith("#"):
            cell.data_type = "e"
    yield book
    for cell, value, kind, style in reversed(before):
        cell._value, cell.data_type, cell._style = value, kind, style


_typed_over: dict[str, bytes] = {}


def typed_over(edits: Sequence[tuple[Any, ...]]) -> bytes:
    """A correct workbook of twenty prepared rows with cells typed over; each is made once."""
    key = repr(edits)
    if key not in _typed_over:
        stream = BytesIO()
        with edited(_of_twenty_rows(), edits) as book:
            book.save(stream)
        _typed_over[key] = stream.getvalue()
    return _typed_over[key]


@cache
def _of_twenty_rows() -> Workbook:
    return fill(blank(20))


def outcome(path: Path) -> Outcome:
    """What checking a file comes to, in this process."""
    return outcomes([path])[0]


def outcomes(paths: Sequence[Path]) -> list[Outcome]:
    """The same of many files, in one check."""
    submissions = [workbook.read(path, FORM) for path in paths]
    return [checked.outcome for checked in checking.check(submissions, FORM, today())]


def found(path: Path, *, notes: bool = False) -> set[Finding]:
    """(sheet, cell, code, level) of every issue; notes only where asked for."""
    return findings(outcome(path), notes=notes)


def findings(of: Outcome, *, notes: bool = False) -> set[Finding]:
    return {
        (issue.place.sheet, issue.place.cell, issue.code, issue.level.value)
        for issue in of.issues
        if notes or issue.level is not Level.NOTE
    }


def saved(book: Workbook, folder: Path, name: str = "填报.xlsx") -> Path:
    path = folder / name
    book.save(path)
    return path
