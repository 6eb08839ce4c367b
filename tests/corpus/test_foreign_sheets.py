"""Workbooks that clerks made themselves, without the template: read by what their headings say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Alignment
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook

from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, found, outcome, saved

ITEMS = [*UNIT, "工会组织形式", "主席个人获得工会荣誉"]
HEADINGS = ("序号", "会员姓名", "身份证号", "加入工会时间")
ERROR, WARNING = "error", "warning"


def own(
    headings: tuple[str, ...] = HEADINGS, titles: int = 0, blank_after: tuple[int, ...] = ()
) -> Workbook:
    """A workbook with both tables and nothing else of ours."""
    book = Workbook()
    unit = book.active
    unit.title = UNIT_SHEET
    member = book.create_sheet(MEMBER_SHEET)
    for _ in range(titles):
        unit.append(["某县工会统计资料"])
        member.append(["会员花名册"])
    unit.append(["项目", "填写"])
    for item in ITEMS:
        unit.append([item, UNIT.get(item)])
    member.append(list(headings))
    for number, (name, id_number, joined) in enumerate(MEMBERS, 1):
        if number in blank_after:
            member.append([])
        known = dict(zip(HEADINGS, (number, name, id_number, joined), strict=True))
        known |= {"姓名": name, "身份证号码": id_number, "入会时间": joined, "部门": "一车间"}
        member.append([known.get(h.strip("＊\n（必填）")) for h in headings])
    return book


def members(change: Callable[[Any], None]) -> Workbook:
    book = own()
    change(book[MEMBER_SHEET])
    return book


def units(change: Callable[[Any], None]) -> Workbook:
    book = own()
    change(book[UNIT_SHEET])
    return book


def repeated_heading(sheet: Any) -> None:
    sheet.insert_rows(8)
    for column, heading in enumerate(HEADINGS, 1):
        sheet.cell(8, column, heading)


def two_row_heading(sheet: Any) -> None:
    sheet.insert_rows(1)
    for cell, text in {
        "A1": "序号",
        "B1": "会员",
        "D1": "加入工会时间",
        "A2": None,
        "D2": None,
    }.items():
        sheet[cell] = text
    for area in ("A1:A2", "B1:C1", "D1:D2"):
        sheet.merge_cells(area)


def second_column(values: list[Any]) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet.insert_cols(3)
        sheet["C1"] = "身份证号"
        for row, value in enumerate(values, 2):
            sheet.cell(row, 3, value)

    return change


def formatted_tail(sheet: Any) -> None:
    for row in range(20, 3000):
        sheet.cell(row, 2).alignment = Alignment(horizontal="center")


def numbered(sheet: Any) -> None:
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 1).value = f"{row - 1}．{sheet.cell(row, 1).value}："


def mac_calendar() -> Workbook:
    book = own()
    book.epoch = CALENDAR_MAC_1904
    return book


def renamed() -> Workbook:
    book = own()
    book[UNIT_SHEET].title, book[MEMBER_SHEET].title = "Sheet1", "Sheet2"
    return book


def with_notes() -> Workbook:
    book = own()
    book.create_sheet("备注").append(["随便写点"])
    return book


RIGHT = {
    "as-it-is": own(),
    "columns-in-another-order": own(("加入工会时间", "身份证号", "会员姓名")),
    "other-names-for-headings": own(("序号", "姓名", "部门", "身份证号码", "入会时间")),
    "title-rows": own(titles=3),
    "blank-rows-between": own(blank_after=(3, 7)),
    "stars-and-remarks-in-headings": own(("序号", "会员姓名＊", "身份证号\n（必填）", "加入工会时间")),
    "renamed-sheets": renamed(),
    "further-sheet": with_notes(),
    "1904-calendar": mac_calendar(),
    "repeated-heading": members(repeated_heading),
    "heading-of-two-rows": members(two_row_heading),
    "formatted-rows-below": members(formatted_tail),
    "total-below": members(lambda s: s.append(["合计", 12])),
    "total-in-name-column": members(lambda s: s.append([None, "合计：12人"])),
    "numbered-total-below": members(lambda s: s.append([13, "合计", "12人"])),
    "signature-below": members(lambda s: s.append(["填表人：王示例", "", "日期：2026年1月"])),
    "empty-second-column": members(second_column([])),
    "filters": members(lambda s: setattr(s.auto_filter, "ref", "A1:D13")),
    "unit-sheet-moved": units(lambda s: s.insert_cols(1)),
    "items-numbered": units(numbered),
    "no-heading-over-items": units(lambda s: s.delete_rows(1)),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_sheet_that_is_right_is_read_whole_and_not_refused(name: str, tmp_path: Path) -> None:
    path = saved(RIGHT[name], tmp_path)
    assert found(path) == set()
    assert outcome(path).members == len(MEMBERS)


WRONG = {
    "no-id-column": (own(("序号", "会员姓名", "加入工会时间")), {("S003", "A1", ERROR)}),
    "no-joining-column": (own(("序号", "会员姓名", "身份证号")), {("S004", "A1", WARNING)}),
    "merged-dates": (members(lambda s: s.merge_cells("D5:D7")), {("S006", "D5", ERROR)}),
    "merged-names": (members(lambda s: s.merge_cells("B5:B6")), {("S006", "B5", ERROR)}),
    "hidden-row": (
        members(lambda s: setattr(s.row_dimensions[6], "hidden", True)), {("S007", "B6", WARNING)}),
    "hidden-column": (
        members(lambda s: setattr(s.column_dimensions["D"], "hidden", True)),
        {("S008", "D2", WARNING)}),
    "two-different-id-columns": (
        members(second_column([m[1][:-1] for m in MEMBERS[:1]])), {("S005", "C1", ERROR)}),
    "formula-never-computed": (
        members(lambda s: setattr(s["B5"], "value", "=B4")), {("K003", "B5", ERROR)}),
    "item-missing": (units(lambda s: s.delete_rows(1 + 1 + ITEMS.index("驻地通讯地址"))), {("S022", "A1", WARNING)}),
    "needed-item-missing": (units(lambda s: s.delete_rows(1 + 1 + ITEMS.index("职工总数"))), {("S021", "A1", ERROR)}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_sheet_is_told_once(name: str, tmp_path: Path) -> None:
    book, expected = WRONG[name]
    cells = {(code, cell, level) for _, cell, code, level in found(saved(book, tmp_path))}
    assert cells == expected
