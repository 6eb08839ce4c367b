"""Rosters of an officer's own making: what she writes above, beside and below her units."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.model.issues import Level
from converter.model.submissions import Unit
from converter.roster import codes, reading, table_sheet
from tests.roster.test_reading import TABLE

COUNTY, TOWN = "示例县总工会", "示例镇总工会"
MILL, SCHOOL, SHOP = "示例面粉厂工会", "示例小学工会", "示例商店工会"

Rows = Sequence[Sequence[Any]]


def book(folder: Path, sheets: Mapping[str, Rows], merges: Sequence[str] = ()) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for area in merges:
            sheet.merge_cells(area)
    made.save(folder / "名册.xlsx")
    return folder / "名册.xlsx"


def read(folder: Path, sheets: Mapping[str, Rows], merges: Sequence[str] = ()) -> reading.Roster:
    return reading.read(book(folder, sheets, merges), TABLE)


def warned(roster: reading.Roster) -> list[str]:
    assert not [i for i in roster.outcome.issues if i.level is Level.ERROR]
    return [i.code for i in roster.outcome.issues if i.level is Level.WARNING]


def named(roster: reading.Roster) -> list[tuple[str, str]]:
    return [(unit.name, unit.superior_name) for unit in roster.units]


PLAIN = [(MILL, COUNTY), (SCHOOL, COUNTY)]

SHAPES: dict[str, tuple[Mapping[str, Rows], Sequence[str], list[str], list[tuple[str, str]]]] = {
    "title rows, contact and telephone apart, a total": (
        {
            "Sheet1": [
                ["2026年基层工会名单"],
                ["填表日期：2026年1月5日"],
                ["序号", "单位名称", "上级工会", "联系人", "电话"],
                [1, MILL, COUNTY, "王示例", "0311-85550990"],
                [2, SCHOOL, COUNTY, "李示例", "0311-85550991"],
                ["合计", "2家", None, None, None],
            ]
        },
        (), ["C814"], PLAIN,
    ),
    "the total stands under the names": (
        {"s": [["单位名称", "上级工会"], [MILL, COUNTY], [SCHOOL, COUNTY], ["合 计：2 个"]]},
        (), ["C814"], PLAIN,
    ),
    "signatures below": (
        {
            "s": [
                ["单位名称", "上级工会"], [MILL, COUNTY], [SCHOOL, COUNTY], [],
                ["填表人：王示例", "审核人：李示例"],
            ]
        },
        (), ["C814"], PLAIN,
    ),
    "the union in a merged cell": (
        {"s": [["上级工会", "单位名称"], [COUNTY, MILL], [None, SCHOOL], [TOWN, SHOP]]},
        ("A2:A3",), [], [*PLAIN, (SHOP, TOWN)],
    ),
    "the union once, above blanks": (
        {"s": [["上级工会", "单位名称"], [COUNTY, MILL], [None, SCHOOL], [None, SHOP]]},
        (), ["C812"], [*PLAIN, (SHOP, COUNTY)],
    ),
    "the union in the title alone": (
        {"s": [[f"{COUNTY}所属基层工会一览表"], ["序号", "工会名称"], [1, MILL], [2, SCHOOL]]},
        (), ["C812"], PLAIN,
    ),
    "a sheet for each union": (
        {
            COUNTY: [["序号", "单位"], [1, MILL], [2, SCHOOL]],
            TOWN: [["序号", "单位"], [1, SHOP]],
        },
        (), ["C812", "C812"], [*PLAIN, (SHOP, TOWN)],
    ),
    "a line for each union": (
        {
            "s": [
                ["序号", "单位名称", "电话"], [COUNTY], [1, MILL, "0311-85550990"],
                [2, SCHOOL, "0311-85550991"], [TOWN], [1, SHOP, "0311-85550992"],
            ]
        },
        ("A2:C2", "A5:C5"), ["C812", "C812"], [*PLAIN, (SHOP, TOWN)],
    ),
    "a line for each union in the column of names": (
        {
            "s": [
                ["序号", "单位名称", "电话"], [None, f"{COUNTY}直属"], [1, MILL, None], [2, SCHOOL, None],
                [None, TOWN], [3, SHOP, "0311-85550992"], [4, TOWN, "0311-85550993"],
            ]
        },
        (), ["C812", "C812"], [*PLAIN, (SHOP, TOWN), (TOWN, TOWN)],
    ),
    "several lists and a sheet of remarks": (
        {
            "企业": [["单位名称", "上级工会"], [MILL, COUNTY]],
            "学校": [["上级工会", "工会全称", "手机"], [COUNTY, SCHOOL, "0311-85550991"]],
            "说明": [["这里写的是怎么填"], ["第二行"]],
        },
        (), ["C813"], PLAIN,
    ),
    "further columns of her own": (
        {
            "s": [
                ["序号", "单位名称", "单位地址", "主席", "所属上级工会", "职工人数", "备注"],
                [1, MILL, "示例路 1 号", "王示例", COUNTY, 30, "新建"],
                [2, SCHOOL, "示例路 2 号", "李示例", COUNTY, 40, None],
            ]
        },
        (), [], PLAIN,
    ),
    "headings on two rows, starred": (
        {
            "s": [
                ["单位", None, "联系方式", None], ["基层工会名称＊", "上级工会（全称）", "联系人", "手机号码"],
                [MILL, COUNTY, "王示例", "0311-85550990"], [SCHOOL, COUNTY, None, None],
            ]
        },
        (), [], PLAIN,
    ),
    "the headings again on each page": (
        {
            "s": [
                ["单位名称", "上级工会"], [MILL, COUNTY], ["单位名称", "上级工会"], [SCHOOL, COUNTY],
            ]
        },
        (), [], PLAIN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_each_unit_is_read_and_what_was_guessed_is_named(shape: str, tmp_path: Path) -> None:
    sheets, merges, expected, units = SHAPES[shape]
    got = read(tmp_path, sheets, merges)
    assert (warned(got), named(got)) == (expected, units)
    assert len({unit.code for unit in got.units}) == len(units)


def test_contact_and_telephone_are_one_or_two_columns(tmp_path: Path) -> None:
    together = [["单位名称", "上级工会", "联系人及电话"], [MILL, COUNTY, "王示例 0311-85550990"]]
    apart = [["单位名称", "电话", "上级工会", "联系人"], [MILL, "0311-85550990", COUNTY, "王示例"]]
    for rows in (together, apart):
        assert [u.contact for u in read(tmp_path, {"s": rows}).units] == ["王示例 0311-85550990"]


def test_one_blank_among_many_unions_is_no_guess(tmp_path: Path) -> None:
    rows: Rows = [["单位名称", "上级工会"], [MILL, COUNTY], [SCHOOL, None], [SHOP, COUNTY]]
    got = read(tmp_path, {"s": rows})
    assert [(i.code, i.place.cell) for i in got.outcome.issues] == [("K001", "B3")]


def test_a_unit_on_two_sheets_is_named_with_both(tmp_path: Path) -> None:
    rows = [["单位名称", "上级工会"], [MILL, COUNTY]]
    got = read(tmp_path, {"一": rows, "二": rows})
    (issue,) = got.outcome.issues
    assert (issue.code, issue.place.sheet, issue.params["related_cell"]) == ("C802", "二", "一!A2")


def test_a_hidden_list_is_named(tmp_path: Path) -> None:
    rows = [["单位名称", "上级工会"], [MILL, COUNTY]]
    path = book(tmp_path, {"今年": rows, "去年": rows})
    opened = openpyxl.load_workbook(path)
    opened["去年"].sheet_state = "hidden"
    opened.save(path)
    got = reading.read(path, TABLE)
    assert (warned(got), len(got.units)) == (["C813"], 1)


# --- codes ------------------------------------------------------------------------------------

LIST = [["单位名称", "上级工会"], [MILL, COUNTY], [SCHOOL, COUNTY]]


def test_the_same_roster_gives_the_same_codes_in_any_order(tmp_path: Path) -> None:
    first = read(tmp_path, {"s": LIST})
    again = read(tmp_path, {"另一张": [LIST[0], *reversed(LIST[1:])]})
    assert first.fresh == again.fresh == 2
    assert {u.name: u.code for u in first.units} == {u.name: u.code for u in again.units}


def test_what_is_written_back_reads_as_the_same_units(tmp_path: Path) -> None:
    first = read(tmp_path, {"s": LIST})
    table_sheet.write(TABLE, tmp_path / "b.xlsx", first.rows)
    again = reading.read(tmp_path / "b.xlsx", TABLE)
    assert (again.units, again.fresh, again.has_all_codes) == (first.units, 0, True)
    assert not list(again.outcome.issues)


def test_a_known_unit_keeps_its_code(tmp_path: Path) -> None:
    path = book(tmp_path, {"s": LIST})
    got = reading.read(path, TABLE, [Unit("0007", MILL, COUNTY), Unit("x", SHOP, COUNTY)])
    assert (got.units[0].code, warned(got)) == ("0007", [])
    assert (got.units[1].code, got.fresh) == (codes.made(COUNTY, SCHOOL), 1)


def test_a_unit_under_another_union_is_known_by_its_name_and_named(tmp_path: Path) -> None:
    path = book(tmp_path, {"s": LIST})
    got = reading.read(path, TABLE, [Unit("7", MILL, TOWN)])
    assert (got.units[0].code, warned(got)) == ("7", ["C815"])


def test_two_units_of_one_name_are_never_taken_for_each_other(tmp_path: Path) -> None:
    rows = [["单位名称", "上级工会"], [MILL, "甲县总工会"], [MILL, "乙县总工会"]]
    got = reading.read(book(tmp_path, {"s": rows}), TABLE, [Unit("7", MILL, "丙县总工会")])
    assert "7" not in {unit.code for unit in got.units}
    assert (len({unit.code for unit in got.units}), got.fresh) == (2, 2)


def test_a_code_that_a_row_has_is_given_to_no_other(tmp_path: Path) -> None:
    rows: Rows = [["代码", "单位名称", "上级工会"], ["7", SHOP, COUNTY], [None, MILL, COUNTY]]
    got = reading.read(book(tmp_path, {"s": rows}), TABLE, [Unit("7", MILL, COUNTY)])
    assert [u.code for u in got.units] == ["7", codes.made(COUNTY, MILL)]


def test_a_renamed_unit_keeps_the_code_of_its_former_name(tmp_path: Path) -> None:
    rows = [["单位名称", "原名称", "上级工会"], ["示例食品厂工会", MILL, COUNTY]]
    (fresh,) = read(tmp_path, {"s": rows}).units
    assert (fresh.code, fresh.former_name) == (codes.made(COUNTY, MILL), MILL)
    (known,) = reading.read(tmp_path / "名册.xlsx", TABLE, [Unit("7", MILL, COUNTY)]).units
    assert known.code == "7"


def test_a_former_name_that_is_the_name_renames_nothing(tmp_path: Path) -> None:
    rows = [["单位名称", "原名称", "上级工会"], [MILL, f"{MILL} ", COUNTY]]
    assert [u.former_name for u in read(tmp_path, {"s": rows}).units] == [""]


TYPED = [
    ["2026年基层工会名单", "", "", "", ""],
    ["序号", "单位名称", "上级工会", "单位代码", "联系人"],
    ["1", MILL, COUNTY, "0012", "王示例"],
    ["2", f"{SCHOOL}（第二，分会）", COUNTY, "0013", ""],
    ["合计", "2家", "", "", ""],
]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le"]
)
def test_delimited_text_is_a_roster_like_any_other(
    encoding: str, separator: str, tmp_path: Path
) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows(TYPED)
    path = tmp_path / "名册.csv"
    path.write_bytes(stream.getvalue().encode(encoding))
    roster = reading.read(path, TABLE)
    assert warned(roster) == ["C814"]
    assert [(u.code, u.name, u.superior_name) for u in roster.units] == [
        ("0012", MILL, COUNTY),
        ("0013", f"{SCHOOL}（第二，分会）", COUNTY),
    ]
    assert roster.units[0].contact == "王示例"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (f"{MILL},{COUNTY}\n".encode(), "C816"),  # no headings
        (f"單位名稱,上級工會\n{MILL},x\n".encode("big5", "replace"), "C816"),
        (f"单位名称,上级工会\n#{MILL},{COUNTY}\n".encode("gbk").replace(b"#", b"\xff"), "C817"),
        ("单位名称,上级工会\n".encode(), "C811"),
        (b"\n", "C816"),
        (b"a,b\1\2,c", "F008"),
    ],
)  # fmt: skip
def test_text_that_is_no_roster_is_told_with_what_to_do(
    data: bytes, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "名册.csv"
    path.write_bytes(data)
    roster = reading.read(path, TABLE)
    assert [i.code for i in roster.outcome.issues if i.level is Level.ERROR] == [code]
    assert roster.units == ()


def test_whom_to_ask_stands_once_for_each_upper_union(tmp_path: Path) -> None:
    rows: Rows = [
        ["单位名称", "上级工会", "上级工会联系人和电话", "联系人"],
        [MILL, COUNTY, None, "李示例"],
        [SCHOOL, TOWN, "赵示例 0311-85550992", None],
        [SHOP, COUNTY, "王示例 0311-85550990", None],
    ]
    roster = read(tmp_path, {"名册": rows})
    assert [(unit.superior_contact, unit.contact) for unit in roster.units] == [
        ("王示例 0311-85550990", "李示例"),
        ("赵示例 0311-85550992", ""),
        ("王示例 0311-85550990", ""),
    ]


def test_more_than_an_identity_file_holds_is_told(tmp_path: Path) -> None:
    rows = [["单位名称", "上级工会", "上级联系人"], [MILL, COUNTY, "示" * 101]]
    (issue,) = read(tmp_path, {"名册": rows}).outcome.issues
    assert (issue.code, issue.place.cell) == ("K008", "C2")
    assert issue.params == {"length": 101, "limit": 100}
