"""Workbooks that SheetJS and exceljs saved come back without a false alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter import workbook
from converter.model.clock import today
from converter.model.issues import Level
from converter.validation import checking
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET

HERE = Path(__file__).parent
FILES = sorted(p.name for p in HERE.iterdir() if p.suffix in (".xlsx", ".xls"))
FAULTS = {
    (MEMBER_SHEET, "C6", "K112"),
    (MEMBER_SHEET, "D8", "K401"),
    (MEMBER_SHEET, "B9", "K001"),
    (UNIT_SHEET, "B21", "X111"),
    (UNIT_SHEET, "B22", "X104"),
    (UNIT_SHEET, "B23", "X105"),
    (UNIT_SHEET, "B23", "X112"),
}


def test_each_library_is_there() -> None:
    assert FILES == ["SheetJS.xls", "SheetJS.xlsx", "exceljs.xlsx"]


@pytest.mark.parametrize("name", FILES)
def test_the_faults_are_those_that_were_typed(name: str) -> None:
    (found,) = checking.check([workbook.read(HERE / name, FORM)], FORM, today())
    issues = found.outcome.issues
    assert {
        (i.place.sheet, i.place.cell, i.code) for i in issues if i.level is not Level.NOTE
    } == FAULTS
    assert {i.code for i in issues if i.level is Level.NOTE} == {"K903"}  # a zero that was lost


@pytest.mark.parametrize("name", ["SheetJS.xls", "SheetJS.xlsx"])
def test_form_and_version_are_kept_where_the_library_keeps_them(name: str) -> None:
    stamp = workbook.read(HERE / name, FORM).stamp
    assert (stamp.form, stamp.version) == (FORM.id, "2026.1")
