"""Which sheet is which, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook

from converter import workbook
from converter.model.issues import Level
from tests.workbook.books import (
    FORM,
    MEMBER_SHEET,
    UNIT_SHEET,
    Rows,
    codes,
    member_rows,
    members,
    names,
    read,
    save,
    unit_rows,
)

OTHER = [["会员姓名", "身份证号"], ["别人", "x"]]


def sheets_of(folder: Path, sheets: Mapping[str, Rows], *hidden: str) -> Any:
    def hide(made: Workbook) -> None:
        for title in hidden:
            made[title].sheet_state = "hidden"

    return read(save(folder, hide, sheets))


@pytest.mark.parametrize(
    ("unit", "member"),
    [
        (UNIT_SHEET, MEMBER_SHEET),
        ("单位信息", "会员名单"),
        (f" {UNIT_SHEET} ", f"{MEMBER_SHEET}（2026）"),
        ("Sheet1", "Sheet2"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_sheets_are_found_under_other_names(
    unit: str, member: str, turned: bool, tmp_path: Path
) -> None:
    sheets = {unit: unit_rows(), member: member_rows()}
    if turned:
        sheets = dict(reversed(sheets.items()))
    submission = sheets_of(tmp_path, sheets)
    assert codes(submission) == []
    assert submission.sheets["unit"].name == unit
    assert members(submission, "name") == names(3)


def test_other_sheets_do_not_matter(tmp_path: Path) -> None:
    sheets: dict[str, list[list[Any]]] = {
        "填写说明": [["会员姓名照身份证填写"]],
        "花名册": [["姓名", "性别", "出生日期"], ["别人", "男", None]],
        UNIT_SHEET: unit_rows(),
        MEMBER_SHEET: member_rows(),
        "统计": [["项目", "填写"]],
        "代码表": [["1", "男"]],
    }
    submission = sheets_of(tmp_path, sheets, "代码表")
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


@pytest.mark.parametrize(
    ("sheets", "wanted"),
    [
        ({UNIT_SHEET: unit_rows()}, MEMBER_SHEET),
        ({MEMBER_SHEET: member_rows()}, UNIT_SHEET),
        ({UNIT_SHEET: unit_rows(), "名册": [["姓名", "性别"], ["别人", "男"]]}, MEMBER_SHEET),
    ],
)
def test_missing_sheet_is_an_issue_of_the_file(
    sheets: Mapping[str, Rows], wanted: str, tmp_path: Path
) -> None:
    submission = sheets_of(tmp_path, sheets)
    (issue,) = submission.issues
    assert (issue.code, issue.level) == (workbook.MISSING_SHEET, Level.ERROR)
    assert (issue.place.sheet, issue.params["wanted"]) == ("", wanted)
    assert ("unit" not in submission.sheets) is (wanted == UNIT_SHEET)
    assert ("member" not in submission.sheets) is (wanted == MEMBER_SHEET)


def test_workbook_of_something_else_lacks_both(tmp_path: Path) -> None:
    assert codes(sheets_of(tmp_path, {"Sheet1": [["a"]]})) == [("S001", ""), ("S001", "")]


@pytest.mark.parametrize(
    ("sheets", "chosen", "warned"),
    [
        # the form's own title wins, whatever else holds data
        ({MEMBER_SHEET: member_rows(), f"{MEMBER_SHEET} (2)": OTHER}, MEMBER_SHEET, False),
        ({"会员名单": OTHER, MEMBER_SHEET: member_rows()}, MEMBER_SHEET, False),
        # two of a kind: the first, with a warning where both hold data
        ({"会员名单": member_rows(), "会员信息": OTHER}, "会员名单", True),
        ({"会员名单": member_rows(), "会员信息": OTHER[:1]}, "会员名单", False),
        ({"会员名单": OTHER[:1], "会员信息": member_rows()}, "会员信息", True),
        ({"甲": member_rows(), "乙": OTHER}, "甲", True),
        # a blank template beside a filled copy
        ({MEMBER_SHEET: member_rows(0), "今年的": member_rows()}, "今年的", True),
    ],
)
def test_sheets_that_look_alike(
    sheets: dict[str, Rows], chosen: str, warned: bool, tmp_path: Path
) -> None:
    submission = sheets_of(tmp_path, {UNIT_SHEET: unit_rows(), **sheets})
    assert submission.sheets["member"].name == chosen
    assert members(submission, "name") == names(3)
    expected = [("S010", Level.WARNING, chosen)] if warned else []
    found = [(i.code, i.level, i.place.sheet) for i in submission.issues if i.code != "S004"]
    assert found == expected


@pytest.mark.parametrize(("changed", "warned"), [({}, False), ({5: 8}, True), ({5: None}, False)])
def test_a_second_unit_sheet_is_silent_where_it_says_the_same(
    changed: Mapping[int, object], warned: bool, tmp_path: Path
) -> None:
    copy = [
        [*row[:1], *(changed.get(n, text) for text in row[1:])] for n, row in enumerate(unit_rows())
    ]
    sheets = {UNIT_SHEET: unit_rows(), MEMBER_SHEET: member_rows(), "改好的": copy}
    for _ in range(2):  # what one workbook taught about this sheet is not taken for another's
        found = [one for one in sheets_of(tmp_path, sheets).issues if one.code == "S010"]
        assert [one.params["others"] for one in found] == ["改好的"] * warned


def test_visible_sheet_is_preferred(tmp_path: Path) -> None:
    sheets = {UNIT_SHEET: unit_rows(), "会员名单": OTHER, "会员信息": member_rows()}
    submission = sheets_of(tmp_path, sheets, "会员名单")
    assert submission.sheets["member"].name == "会员信息"


def test_hidden_sheet_with_data_is_warned_of(tmp_path: Path) -> None:
    sheets = {UNIT_SHEET: unit_rows(), MEMBER_SHEET: member_rows()}
    submission = sheets_of(tmp_path, sheets, MEMBER_SHEET)
    assert [(i.code, i.level, i.place.sheet) for i in submission.issues] == [
        ("S009", Level.WARNING, MEMBER_SHEET)
    ]
    assert members(submission, "name") == names(3)


def test_file_is_called_what_the_caller_calls_it(tmp_path: Path) -> None:
    path = save(tmp_path, sheets={MEMBER_SHEET: member_rows()})
    submission = workbook.read(path, FORM, "来信/填报.xlsx")
    assert submission.file == submission.issues[0].place.file == "来信/填报.xlsx"
