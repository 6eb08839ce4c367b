"""The member sheet as clerks leave it: headings found by text, rows told from remarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from converter.model.cell_types import CellType
from converter.model.issues import Level
from tests.workbook.books import (
    HEADINGS,
    MEMBER_SHEET,
    UNIT_SHEET,
    codes,
    ids,
    member_rows,
    member_types,
    member_xml,
    members,
    names,
    read,
    save,
    unit_rows,
)


def on_members(change: Callable[[Worksheet], Any]) -> Callable[[Workbook], None]:
    return lambda made: change(made[MEMBER_SHEET])


def with_rows(folder: Path, rows: list[list[Any]]) -> Path:
    return save(folder, sheets={UNIT_SHEET: unit_rows(), MEMBER_SHEET: rows})


def headed(*headings: Any) -> list[list[Any]]:
    """Members under headings of one's own: a column for each, in that order."""
    known = {"姓": 1, "身": 2, "证": 2, "时": 3, "期": 3}
    rows = member_rows()[4:]

    def value(row: list[Any], heading: Any) -> Any:
        return next((row[n] for sign, n in known.items() if sign in str(heading)), None)

    return [list(headings), *[[value(row, h) for h in headings] for row in rows]]


# --- headings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headings",
    [
        HEADINGS,
        ("加入工会时间", "身份证号", "会员姓名"),
        ("会员姓名", "身份证号", "加入工会时间"),  # derived and 核对 columns deleted
        ("会员姓名＊", "身份证号*", "加入工会时间"),
        ("会员 姓名", "身 份 证 号", "加入工会\n时间"),
        ("会员姓名（必填）", "身份证号(18位)", "加入工会时间【选填】"),
        ("　会员姓名：", "身份证号：", "加入工会时间"),
        ("姓名", "身份证号码", "入会时间"),
        ("1.姓名", "2、公民身份号码", "（3）入会日期"),
        ("部门", "姓名", "工种", "身份证", "入会时间", "手机"),
    ],
)
def test_headings_are_found_by_their_text(headings: tuple[str, ...], tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, headed(*headings)))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)
    assert members(submission, "id_number") == ids(3)
    assert members(submission, "joined_on") == ["2010-01-05", "2010-06-05", "2010-11-05"]


def test_every_cell_keeps_its_address(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[], ["说明"], [None, None, "入会时间", None, "身份证号", "姓名"]]
    rows += [
        [None, None, joined, None, number, name] for _, name, number, joined in member_rows()[4:]
    ]
    member = read(with_rows(tmp_path, rows)).sheets["member"]
    assert member is not None
    assert list(member.rows) == [4, 5, 6]
    places = [member.place("f", key, 1).cell for key in ("joined_on", "id_number", "name")]
    assert places == ["C5", "E5", "F5"]


@pytest.mark.parametrize("above", [0, 1, 10, 48])
def test_heading_may_stand_below_other_rows(above: int, tmp_path: Path) -> None:
    rows = [["填表说明：照身份证填写会员姓名和身份证号"]] * above + headed(
        "姓名", "身份证号", "入会时间"
    )
    submission = read(with_rows(tmp_path, rows))
    assert codes(submission) == []
    assert len(members(submission, "name")) == 3


def test_heading_of_two_rows(tmp_path: Path) -> None:
    rows = [
        ["序号", "会员姓名", "证件", None, "核对"],
        [None, None, "身份证号", "加入工会时间", None],
        *[row[:4] for row in member_rows()[4:]],
    ]

    def merge(sheet: Worksheet) -> None:
        for area in ("A1:A2", "B1:B2", "C1:D1", "E1:E2"):
            sheet.merge_cells(area)

    made = save(tmp_path, on_members(merge), {UNIT_SHEET: unit_rows(), MEMBER_SHEET: rows})
    submission = read(made)
    assert codes(submission) == []
    assert members(submission, "id_number") == ids(3)


def test_merged_heading_reaches_down_over_its_second_row(tmp_path: Path) -> None:
    rows = headed("姓名", "身份证号", "入会时间")
    rows.insert(1, [None, "（18位）", "年-月-日"])
    rows[0].append("备注")

    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:A2")

    made = save(tmp_path, on_members(merge), {UNIT_SHEET: unit_rows(), MEMBER_SHEET: rows})
    assert members(read(made), "name") == names(3)


def test_missing_required_column_is_an_error_at_the_heading(tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, [[], ["序号", "姓名", "入会时间"], [1, "赵示例", None]]))
    (issue,) = submission.issues
    assert (issue.code, issue.level, issue.place.cell) == ("S003", Level.ERROR, "A2")
    assert issue.place.field == "id_number"
    assert "member" in submission.sheets
    assert "id_number" not in submission.sheets["member"].columns


def test_missing_optional_column_is_a_warning(tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, headed("姓名", "身份证号")))
    (issue,) = submission.issues
    assert (issue.code, issue.level, issue.place.field) == ("S004", Level.WARNING, "joined_on")


def test_sheet_without_any_heading(tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, member_rows()[4:]))
    assert codes(submission) == [("S002", "")]
    assert submission.issues[0].place.sheet == MEMBER_SHEET
    assert "member" not in submission.sheets


def test_heading_below_the_fiftieth_row_is_none(tmp_path: Path) -> None:
    rows = [["x"]] * 60 + headed("姓名", "身份证号", "入会时间")
    assert codes(read(with_rows(tmp_path, rows))) == [("S002", "")]


@pytest.mark.parametrize(
    ("headings", "second", "expected"),
    [
        (("姓名", "身份证号", "入会时间", "姓名"), "别名", [("S005", "D1")]),
        (("姓名", "身份证号", "入会时间", "会员姓名"), "别名", [("S005", "A1")]),  # the title wins
        (("姓名", "身份证号", "入会时间", "姓名"), None, []),
        (("姓名", "身份证号", "入会时间", "姓名"), "same", []),
    ],
)
def test_heading_twice_matters_where_the_columns_differ(
    headings: tuple[str, ...], second: str | None, expected: list[Any], tmp_path: Path
) -> None:
    rows = headed(*headings)
    for row in rows[1:]:
        row[3] = f" {row[0]} " if second == "same" else second
    submission = read(with_rows(tmp_path, rows))
    assert codes(submission) == expected
    if expected:
        assert submission.issues[0].related[0].cell in ("A1", "D1")


# --- rows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        [],
        [4, "  ", "　"],
        ["填表人：张某"],
        [4, None, None, None, None, None, "错误：请填写", "说明"],
        ["填表人：", None, None, None, None, None, None, None, "审核人："],
        list(HEADINGS),
        ["序号", "会员姓名", "身份证号"],
        ["第二车间"],
    ],
)
@pytest.mark.parametrize("position", [4, 5, 7])
def test_row_that_is_no_record(row: list[Any], position: int, tmp_path: Path) -> None:
    rows = member_rows()
    rows.insert(position, row)
    submission = read(with_rows(tmp_path, rows))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)
    assert "member" in submission.sheets
    kept = [n for n in range(5, 9) if n != position + 1]
    assert list(submission.sheets["member"].rows) == kept


@pytest.mark.parametrize("column", [1, 2, 3, 4, 5])
def test_row_with_one_field_typed_is_a_record(column: int, tmp_path: Path) -> None:
    row: list[Any] = [None] * 6
    row[column] = "男"
    rows = member_rows()
    rows.insert(5, row)
    submission = read(with_rows(tmp_path, rows))
    assert len(members(submission, "name")) == 4


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="E{n}" t="str"><f>"男"</f><v>男</v></c>',
        '<c r="E{n}" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="F{n}"><f>0</f><v>0</v></c>',
        '<c r="E{n}"><f>X1</f></c>',
    ],
)
def test_prepared_rows_with_formulas_are_no_records(cell: str, tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c>{cell.format(n=n)}</row>' for n in range(8, 500)
    )
    submission = read(member_xml(save(tmp_path), rows))
    assert members(submission, "name") == names(3)
    assert "member" in submission.sheets
    assert submission.sheets["member"].leftovers == ()


def test_error_in_a_typed_column_makes_a_record(tmp_path: Path) -> None:
    row = '<row r="8"><c r="B8" t="e"><f>X</f><v>#N/A</v></c></row>'
    assert members(read(member_xml(save(tmp_path), row)), "name")[3] == "#N/A"


def test_computed_derived_columns_are_read(tmp_path: Path) -> None:
    row = (
        '<row r="8"><c r="B8" t="str"><v>李示例</v></c><c r="E8" t="str"><f>X</f><v>男</v></c>'
        '<c r="F8"><f>Y</f></c></row>'
    )
    submission = read(member_xml(save(tmp_path), row))
    assert members(submission, "sex")[3] == "男"
    assert member_types(submission, "birthday")[3] is CellType.UNCALCULATED


def test_sheet_without_members_has_no_issue_here(tmp_path: Path) -> None:
    submission = read(with_rows(tmp_path, member_rows(0)))
    assert codes(submission) == []
    assert members(submission, "name") == []


def test_reasons_travel_with_their_rows(tmp_path: Path) -> None:
    rows = member_rows()
    rows[5] += [None, None, None, " 军转干部 "]
    member = read(with_rows(tmp_path, rows)).sheets["member"]
    assert member is not None
    assert [member.explanation("name", n) for n in range(3)] == ["", "军转干部", ""]


def test_what_the_form_does_not_know_is_told(tmp_path: Path) -> None:
    rows = headed("部门", "姓名", "身份证号", "入会时间", "空列", None)
    rows[1][0], rows[2][0], rows[2][5] = "一车间", "二车间", "已退休"
    rows += [["填表人：张某"], []]
    member = read(with_rows(tmp_path, rows)).sheets["member"]
    assert member is not None
    assert member.leftovers == (("A1", "部门"), ("F3", "已退休"))


def test_remarks_below_are_told(tmp_path: Path) -> None:
    member = read(with_rows(tmp_path, [*member_rows(), [], ["填表人：张某"]])).sheets["member"]
    assert member is not None
    assert member.leftovers == (("A9", "填表人：张某"),)


# --- merged areas --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "cell", "covered"),
    [
        ("B5:B6", "B5", [("name", 1)]),
        ("D5:D7", "D5", [("joined_on", 1), ("joined_on", 2)]),
        ("B5:C5", "B5", [("id_number", 0)]),
        ("A5:B5", "A5", [("name", 0)]),
        ("C5:D6", "C5", [("joined_on", 0), ("id_number", 1), ("joined_on", 1)]),
    ],
)
def test_merged_area_that_swallows_answers(
    area: str, cell: str, covered: list[tuple[str, int]], tmp_path: Path
) -> None:
    submission = read(save(tmp_path, on_members(lambda sheet: sheet.merge_cells(area))))
    assert codes(submission) == [("S006", cell)]
    (issue,) = submission.issues
    assert (issue.params["area"], issue.params["count"]) == (area, len(covered))
    found = [
        (key, n)
        for n in range(3)
        for key in ("name", "id_number", "joined_on")
        if member_types(submission, key)[n] is CellType.COVERED
    ]
    assert found == covered
    assert all(members(submission, key)[n] == "" for key, n in covered)


@pytest.mark.parametrize(
    "area",
    [
        "A1:H1",  # title
        "A4:A4",
        "G5:G7",  # 核对
        "E5:F6",  # derived
        "A5:A7",  # 序号
        "H5:H7",  # 情况说明
        "B9:B20",  # below
        "B7:B9",  # one member over blank rows
        "D4:E4",  # in the heading
    ],
)
def test_merged_area_that_swallows_nothing(area: str, tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        if area == "D4:E4":
            sheet["E4"].value = None
        sheet.merge_cells(area)

    submission = read(save(tmp_path, on_members(change)))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)


@pytest.mark.parametrize("area", ["A8:H8", "B8:D8", "B8:H9"])
def test_text_merged_over_all_columns_is_a_section_not_a_member(area: str, tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet[area[:2]] = "以上信息属实"
        sheet.merge_cells(area)

    submission = read(save(tmp_path, on_members(change)))
    assert codes(submission) == []
    assert members(submission, "name") == names(3)
    assert "member" in submission.sheets
    assert submission.sheets["member"].leftovers == ((area[:2], "以上信息属实"),)


# --- hidden rows and columns -----------------------------------------------------------------


def hide(rows: tuple[int, ...] = (), columns: str = "") -> Callable[[Workbook], None]:
    def change(sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row].hidden = True
        for column in columns:
            sheet.column_dimensions[column].hidden = True

    return on_members(change)


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        ((6,), "", [("S007", "B6")]),
        ((5, 6), "", [("S007", "B5")]),
        ((5, 7), "", [("S007", "B5"), ("S007", "B7")]),
        ((1, 2, 4, 9, 30), "", []),
        ((), "C", [("S008", "C5")]),
        ((), "AEFGHJ", []),
    ],
)
def test_hidden_members_are_warned_of_once_a_run(
    rows: tuple[int, ...], columns: str, expected: list[Any], tmp_path: Path
) -> None:
    submission = read(save(tmp_path, hide(rows, columns)))
    assert codes(submission) == expected
    assert {issue.level for issue in submission.issues} <= {Level.WARNING}
    assert members(submission, "name") == names(3)


def test_filter_left_on_does_not_flood_the_report(tmp_path: Path) -> None:
    rows = member_rows(0) + [[n, f"赵{n}", "x"] for n in range(300)]
    sheets = {UNIT_SHEET: unit_rows(), MEMBER_SHEET: rows}
    submission = read(save(tmp_path, hide(tuple(range(5, 305, 2))), sheets))
    assert len(submission.issues) == 20
    assert sum(int(issue.params["count"]) for issue in submission.issues) == 150


def test_hidden_columns_of_ours_are_neither_told_nor_read(tmp_path: Path) -> None:
    def helpers(sheet: Worksheet) -> None:
        for column in ("AA", "AB"):
            sheet.column_dimensions[column].hidden = True
            sheet[f"{column}4"] = "norm"
            for row in range(5, 500):
                sheet[f"{column}{row}"] = "x"

    submission = read(save(tmp_path, on_members(helpers)))
    assert codes(submission) == []
    assert "member" in submission.sheets
    assert list(submission.sheets["member"].rows) == [5, 6, 7]
    assert submission.sheets["member"].leftovers == ()
