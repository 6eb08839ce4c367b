"""Annotated copies as a clerk uses them: corrected in place, sent back, nothing of theirs lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import workbook
from converter.model.clock import today
from converter.model.issues import Level
from converter.report.annotate import annotated
from converter.template import renderer_of
from converter.template.text_sheets import HEAD_ROW
from converter.validation import checking
from converter.validation.checking import Checked
from tests import sheets
from tests.people import MEMBERS, UNIT
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, put

LIST, EXTRAS = "问题清单", "原表其他内容"


def validated(path: Path) -> Checked:
    return checking.check([workbook.read(path, FORM)], FORM, today())[0]


def copy_of(path: Path, folder: Path, name: str = "批注.xlsx") -> Path:
    found, target = validated(path), folder / name
    pieces = annotated(renderer_of(FORM), found.submission, found.outcome, files={str(path): path})
    target.write_bytes(b"".join(pieces))
    return target


def leftovers(path: Path) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    if EXTRAS not in book.sheetnames:
        return []
    return [row[1:4] for row in book[EXTRAS].iter_rows(min_row=HEAD_ROW + 1, values_only=True)]


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A filled workbook with three faults, one of them explained."""
    book = sheets.fill(sheets.blank())
    people, unit = book[MEMBER_SHEET], book[UNIT_SHEET]
    put(people, sheets.member_cell(book, 2, "身份证号"), MEMBERS[1][1][:-1])
    put(people, sheets.member_cell(book, 3, "会员姓名"), None)
    put(unit, sheets.unit_cell(book, "驻地邮政编码"), "12")
    put(people, sheets.member_cell(book, 3, "情况说明"), "外籍会员，名字待核")
    put(unit, sheets.unit_cell(book, "单位工会名称", "情况说明"), "去年改过名")
    return sheets.saved(book, tmp_path)


def test_corrected_in_place_and_sent_back_it_is_right(wrong: Path, tmp_path: Path) -> None:
    copy = copy_of(wrong, tmp_path)
    assert validated(copy).outcome.status == "errors"
    book = openpyxl.load_workbook(copy)
    by_cell = {
        (row[3], row[4]): row
        for row in book[LIST].iter_rows(min_row=HEAD_ROW + 1, values_only=True)
        if row[1] == "错误"
    }
    assert len(by_cell) >= 3
    right = {
        (MEMBER_SHEET, sheets.member_cell(book, 2, "身份证号")): MEMBERS[1][1],
        (MEMBER_SHEET, sheets.member_cell(book, 3, "会员姓名")): MEMBERS[2][0],
        (UNIT_SHEET, sheets.unit_cell(book, "驻地邮政编码")): UNIT.get("驻地邮政编码", "050000"),
    }
    for (sheet, cell), value in right.items():
        assert (sheet, cell) in by_cell
        put(book[sheet], cell, value)
    back = sheets.saved(book, tmp_path, "改好.xlsx")
    found = validated(back)
    assert [i for i in found.outcome.issues if i.level is Level.ERROR] == []
    assert ("member", "3", "外籍会员，名字待核") in found.records.reasons
    assert ("unit.unit_name", "", "去年改过名") in found.records.reasons


def test_a_copy_that_is_checked_again_says_the_same(wrong: Path, tmp_path: Path) -> None:
    copy = copy_of(wrong, tmp_path)
    first, again = validated(wrong).outcome, validated(copy).outcome
    assert sorted(i.code for i in again.issues) == sorted(i.code for i in first.issues)
    assert validated(copy_of(copy, tmp_path, "再批注.xlsx")).outcome.members == first.members


def test_marked_rows_lead_from_one_fault_to_the_next(wrong: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(copy_of(wrong, tmp_path))
    people = book[MEMBER_SHEET]
    row = sheets.heading_row(people, "会员姓名", "下一处")
    column = sheets.column(people, row, "下一处")
    jumps = {
        cell.row: cell.value
        for (cell,) in people.iter_rows(row + 1, None, column, column)
        if cell.value
    }
    marked = {people[sheets.member_cell(book, n, "会员姓名")].row for n in (2, 3)}
    assert set(jumps) >= marked
    assert all(text.startswith("=HYPERLINK(") for text in jumps.values())
    assert people.auto_filter.ref.split(":")[1].startswith(openpyxl.utils.get_column_letter(column))
    unit = book[UNIT_SHEET]
    cell = unit[sheets.unit_cell(book, "驻地邮政编码", "下一处")]
    assert str(cell.value).startswith("=HYPERLINK(")


def test_what_stands_beside_the_form_is_carried_whole(wrong: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(wrong)
    people = book[MEMBER_SHEET]
    row = sheets.heading_row(people, "会员姓名", "身份证号")
    people.cell(row, 10, "工资")
    for number in range(1, 9):
        people.cell(row + number, 10, 3000 + number)
    people.cell(row + 60, 2, "以上由王示例核对")  # below the prepared rows
    other = book.create_sheet("联系人")
    other["B2"], other["C3"], other["A5"] = "张示例", date(2026, 3, 1), "=1+1"
    other["D9"].value, other["D9"].data_type = "=cmd()", "s"
    book.create_sheet("空表")
    path = sheets.saved(book, tmp_path, "带别的.xlsx")
    found = leftovers(copy_of(path, tmp_path))
    assert (MEMBER_SHEET, f"J{row}", "工资") in found
    assert [f"{3000 + n}" for n in range(1, 9)] == [
        t for s, c, t in found if c[0] == "J" and t != "工资"
    ]
    assert [(c, t) for s, c, t in found if s == "联系人"] == [
        ("B2", "张示例"), ("C3", "2026-03-01"), ("D9", "=cmd()"),
    ]  # fmt: skip
    assert len(found) == 1 + 8 + 3 + len([t for s, c, t in found if "王示例" in str(t)])


def test_remains_are_carried_on_and_nothing_is_added_to_them(wrong: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(wrong)
    book.create_sheet("联系人")["B2"] = "张示例"
    path = sheets.saved(book, tmp_path, "带别的.xlsx")
    first = copy_of(path, tmp_path, "一.xlsx")
    second = copy_of(first, tmp_path, "二.xlsx")
    assert leftovers(first) == leftovers(second) == [("联系人", "B2", "张示例")]


def test_a_workbook_that_holds_nothing_else_gets_no_further_sheet(
    wrong: Path, tmp_path: Path
) -> None:
    first = copy_of(wrong, tmp_path, "一.xlsx")
    assert leftovers(first) == []
    assert leftovers(copy_of(first, tmp_path, "二.xlsx")) == []
    assert openpyxl.load_workbook(first).sheetnames == [
        LIST, "填写说明", UNIT_SHEET, MEMBER_SHEET, "代码表",
    ]  # fmt: skip
