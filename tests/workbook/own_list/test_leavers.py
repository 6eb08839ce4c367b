"""Whoever of a list may have left comes along, and is named with what says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from openpyxl.styles import Font

from converter.report import own_list_text
from converter.workbook.own_list import read_list
from tests.sheets import FORM
from tests.workbook.own_list.test_reading import TABLE, A, B, C, people, read, valid

D = valid("130102198801019905")
PEOPLE = [("赵示例", A), ("钱示例", B), ("孙示例", C)]


@pytest.mark.parametrize("at", [0, 1])
def test_below_a_line(at: int, tmp_path: Path) -> None:
    line = [None] * at + ["以下为离职人员"]
    rows: list[list[Any]]
    rows = [["姓名", "身份证号"], ["赵示例", A], line, ["钱示例", B], ["在职人员"], ["孙示例", C]]
    got = read(rows, tmp_path)
    assert people(got) == PEOPLE
    (below,) = got.report.leavers
    assert (below.row.row, below.row.text, below.names) == ("3", "以下为离职人员", ("钱示例",))


@pytest.mark.parametrize(
    ("heading", "remark", "left"),
    [
        ("备注", "已离职", True), ("", "2025.3 调出", True), ("人员状态", "离职", True),
        ("备注", "退休", True), ("是否在职", "否", True), ("是否会员", "否", True),
        ("与职工关系", "配偶", True), ("与职工关系", "本人", False), ("职务", "主席", False),
        ("序号", "例：", True), ("序号", "2", False), ("部门", "机关", False),
        ("备注", "退休返聘", False), ("是否党员", "否", False), ("备注", "在职", False),
    ],
)  # fmt: skip
def test_by_a_remark(heading: str, remark: str, left: bool, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["姓名", "身份证号", heading or None],
        ["赵示例", A],
        ["钱示例", B, remark],
    ]
    got = read(rows, tmp_path)
    assert people(got) == PEOPLE[:2]
    found = [(one.column, one.heading, one.remarks, one.names) for one in got.report.remarked]
    assert found == ([("C", heading, (remark,), ("钱示例",))] if left else [])


def test_a_remark_is_about_whoever_stands_before_it(tmp_path: Path) -> None:
    headings = ["姓名", "身份证号", "备注"]
    got = read([headings * 2, ["赵示例", A, "", "钱示例", B, "已调出"]], tmp_path)
    assert [(one.column, one.names) for one in got.report.remarked] == [("F", ("钱示例",))]


def struck(path: Path, line: bool = True) -> Path:
    """A list in which the second person is struck through, and the name alone of the third."""
    rows = [("姓名", "身份证号"), *PEOPLE]
    places = {(2, 0), (2, 1), (3, 0)}
    if path.suffix == ".xls":
        old = xlwt.Workbook()
        sheet = old.add_sheet("a")
        style = xlwt.easyxf("font: struck_out on")
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                sheet.write(r, c, text, *([style] if (r, c) in places else []))
        old.save(str(path))
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        for r, c in places:
            book.worksheets[0].cell(r + 1, c + 1).font = Font(strike=line)
        book.save(path)
    return path


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_struck_through(suffix: str, tmp_path: Path) -> None:
    got = read_list(struck(tmp_path / f"名单.{suffix}"), TABLE, {})
    assert people(got) == PEOPLE
    assert got.report.struck == ("钱示例",)
    assert [line for line in own_list_text.lines(got.report, FORM) if "划掉" in line] == [
        "  注意：划掉的 1 人也带了：钱示例。不再是会员的请删除。"
    ]


def test_letters_whose_line_is_switched_off_are_not_struck(tmp_path: Path) -> None:
    assert read_list(struck(tmp_path / "名单.xlsx", line=False), TABLE, {}).report.struck == ()


def test_hidden_rows_and_sheets(tmp_path: Path) -> None:
    path = struck(tmp_path / "名单.xlsx", line=False)
    book = openpyxl.load_workbook(path)
    book.worksheets[0].row_dimensions[3].hidden = True
    sheet = book.create_sheet("以前的")
    for row in (["姓名", "身份证号"], ["李示例", D]):
        sheet.append(row)
    sheet.sheet_state = "hidden"
    book.save(path)
    got = read_list(path, TABLE, {})
    assert people(got) == [*PEOPLE, ("李示例", D)]
    assert got.report.hidden == ("钱示例", "李示例")


@pytest.mark.parametrize(
    ("cell", "name"),
    [("1. 赵一 {}", "赵一"), ("3 赵一  {} 装配", "赵一"), ("赵一 钱二 {}", ""), ("装配 {}", "")],
)
def test_a_name_among_other_words_beside_a_number(cell: str, name: str, tmp_path: Path) -> None:
    got = read([[cell.format(A)]], tmp_path)
    names = got.members.columns["name"].text if "name" in got.members.columns else [""]
    assert names == [name]


@pytest.mark.parametrize("title", ["离职人员", "2024年退休职工名单"])
def test_a_sheet_or_a_table_of_leavers(title: str, tmp_path: Path) -> None:
    rows = [[title], ["姓名", "身份证号"], ["赵示例", A], ["钱示例", B]]
    (below,) = read(rows, tmp_path).report.leavers
    assert (below.row.row, below.names) == ("1", ("赵示例", "钱示例"))
    path = tmp_path / "两张.xlsx"
    book = openpyxl.Workbook()
    for name, people_of in (("在职", rows[1:3]), (title, [rows[1], rows[3]])):
        sheet = book.create_sheet(name)
        for row in people_of:
            sheet.append(row)
    book.save(path)
    got = read_list(path, TABLE, {})
    assert [line for line in own_list_text.lines(got.report, FORM) if "注意" in line] == [
        f"  注意：工作表“{title}”里的 1 人也带了：钱示例。不再是会员的请删除。"
    ]
