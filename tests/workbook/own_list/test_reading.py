"""Every valid ID number of a list is taken over or named, beside its own name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.kinds.id_number import compact
from converter.model import own_list
from converter.model.cell_types import CellType
from converter.workbook.own_list import ReadList, read_list, values
from tests.corpus import opendocument
from tests.sheets import FORM
from tests.workbook.own_list.layouts import Layout, as_text, as_workbook, invented, turned

TABLE = FORM.main_table
LAYOUTS = 200
ANNA, BERT, CARL = "130102196001019902", "130102197503129914", "130102199005269927"


def valid(digits: str) -> str:
    from converter.kinds.id_number import check_character

    return digits[:17] + check_character(digits[:17])


A, B, C = map(valid, (ANNA, BERT, CARL))


def read(rows: list[list[Any]], folder: Path, **chosen: str) -> ReadList:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    path = folder / "名单.xlsx"
    book.save(path)
    return read_list(path, TABLE, chosen)


def people(of: ReadList, *keys: str) -> list[tuple[str, ...]]:
    columns = [of.members.columns[key].text for key in keys or ("name", "id_number")]
    return list(zip(*columns, strict=True))


def how(of: ReadList) -> dict[str, tuple[str, str]]:
    return {one.heading or one.letters: (one.field, one.how) for one in of.report.columns}


@pytest.mark.parametrize("arranged", [lambda layout: layout, turned], ids=["rows", "columns"])
@pytest.mark.parametrize("part", range(10))
def test_of_any_layout_every_number_is_taken_or_named(
    part: int, arranged: Callable[[Layout], Layout], tmp_path: Path
) -> None:
    each = LAYOUTS // 10
    for seed in range(part * each, (part + 1) * each):
        layout = arranged(invented(seed))
        got = read_list(as_workbook(layout, tmp_path / f"{seed}.xlsx"), TABLE, {})
        columns = got.members.columns
        numbers = [*map(compact, columns["id_number"].text)] if columns else []
        unread = sum(one.people for one in got.report.unread)
        assert layout.people.keys() >= {*numbers}, seed
        assert len(numbers) + unread == len(layout.people) + len(layout.further), seed
        names = columns["name"].text if "name" in columns else [""] * len(numbers)
        for number, name in zip(numbers, names, strict=True):
            assert name in ("", layout.people[number]), (seed, number)
        days = columns["joined_on"].text if "joined_on" in columns else [""] * len(numbers)
        for number, day in zip(numbers, days, strict=True):
            assert day in ("", layout.joined.get(number)), (seed, number)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # A group of columns has a heading that is like one of a name.
        ([["人员", None, "其他"], ["民族", "*姓名", "身份证号"], ["汉族", "赵一", A], ["汉族", "钱二", B]],
         [("赵一", A), ("钱二", B)]),
        # Whoever recommended somebody is not the one whose number holds a name of its own.
        ([["孙三", f"赵一：{A}"], ["李四", f"钱二：{B[:6]} {B[6:14]} {B[14:]}"]],
         [("赵一", A), ("钱二", B)]),
        ([["姓名", "身份证号"], [None, f"赵一{A}"], [None, f"钱二,{B}"]], [("赵一", A), ("钱二", B)]),
        ([["部门", "身份证号"], ["装配", f"{A}（已退休）"], ["装配", B]], [("", A), ("", B)]),
        # Departments of some, which may read like a name, between the people of others.
        ([["员工", "教师姓名", "身份证"], ["高新", "赵一", A], ["", "钱二", B], ["", "孙三", C]],
         [("赵一", A), ("钱二", B), ("孙三", C)]),
        ([["ID", f"赵一 {A}", f"钱二 {B}", f"孙三 {C}"], ["日期", "2001-01-01", "2001-01-02", "2001-01-03"]],
         [("赵一", A), ("钱二", B), ("孙三", C)]),  # on its side
    ],
)  # fmt: skip
def test_a_name_is_whose_number_it_stands_beside(
    rows: list[list[Any]], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    got = read(rows, tmp_path)
    names = got.members.columns["name"].text if "name" in got.members.columns else [""] * len(rows)
    numbers = got.members.columns["id_number"].text
    assert list(zip(names, map(compact, numbers), strict=False)) == expected


def test_headings_of_an_office_are_found(tmp_path: Path) -> None:
    got = read(
        [
            ["工号", "员工姓名", "证件号", "入职日期", "部门"],
            ["001", "赵一", A, "2010-05-01", "装配"],
            ["002", "钱二", B, "2011-06-01", "装配"],
        ],
        tmp_path,
    )
    assert people(got) == [("赵一", A), ("钱二", B)]
    assert how(got) == {
        "工号": ("", own_list.UNUSED),
        "员工姓名": ("name", own_list.NEAR),
        "证件号": ("id_number", own_list.NEAR),
        "入职日期": ("joined_on", own_list.DOUBTFUL),
        "部门": ("", own_list.UNUSED),
    }
    assert "joined_on" not in got.members.columns
    chosen = read_list(tmp_path / "名单.xlsx", TABLE, {"入职日期": "joined_on"})
    assert people(chosen, "joined_on") == [("2010-05-01",), ("2011-06-01",)]


def test_names_of_a_trade_are_the_peoples_own(tmp_path: Path) -> None:
    alone = read([["教师姓名", "身份证号"], ["赵示例", A], ["钱示例", B]], tmp_path)
    assert people(alone) == [("赵示例", A), ("钱示例", B)]
    assert how(alone)["教师姓名"] == ("name", own_list.CONTENT)


def test_of_two_columns_of_names_nobody_can_tell_which_is_the_peoples_own(tmp_path: Path) -> None:
    rows = [["赵示例", "孙示例", A], ["钱示例", "李示例", B]]
    found = read([["教师姓名", "师傅姓名", "身份证号"], *rows], tmp_path)
    assert how(found)["师傅姓名"] == how(found)["教师姓名"] == ("name", own_list.DOUBTFUL)
    assert people(found, "id_number") == [(A,), (B,)]


def test_contents_tell_where_headings_do_not(tmp_path: Path) -> None:
    got = read([["甲", "赵一", A, "2010-05-01"], ["甲", "钱二", B, "2011-06-01"]], tmp_path)
    assert people(got) == [("赵一", A), ("钱二", B)]
    assert how(got)["D"] == ("joined_on", own_list.DOUBTFUL)


def test_a_column_a_person_is_turned(tmp_path: Path) -> None:
    got = read(
        [
            ["会员花名册"],
            ["序号", 1, 2, 3],
            ["姓名", "赵一", "钱二", "孙三"],
            ["证件号码", A, B, None],
            ["入会时间", "2010-05-01", "2011-06-01", "2012-07-01"],
            [None, "装配", "装配", "铸造"],
        ],
        tmp_path,
    )
    assert people(got, "name", "id_number", "joined_on") == [
        ("赵一", A, "2010-05-01"),
        ("钱二", B, "2011-06-01"),
        ("孙三", "", "2012-07-01"),
    ]
    assert [one.letters for one in got.report.columns if not one.field] == ["6"]  # a row
    (turned,) = got.report.rearranged
    assert (turned.sheet, turned.arrangement, len(turned.samples)) == ("Sheet", "columns", 3)
    assert turned.samples[0] == "赵一 130102********05 2010-05-01"


def test_the_same_as_above_is_written_out(tmp_path: Path) -> None:
    got = read(
        [
            ["姓名", "身份证号", "入会时间"],
            ["赵一", A, "2010-05-01"],
            ["钱二", B, "〃"],
            ["同上", C, "同上"],
        ],
        tmp_path,
    )
    assert people(got, "name", "joined_on") == [
        ("赵一", "2010-05-01"),
        ("钱二", "2010-05-01"),
        ("同上", "2010-05-01"),
    ]
    assert got.report.written_out == 2


CARD: list[list[Any]] = [
    ["职工登记表"],
    ["姓名", "赵一", "民族", "汉族", "性别", "女"],
    ["身份证号", A, None, "籍贯", "某县"],
    ["家庭成员", "姓名", "关系", "身份证号"],
    [None, "孙三", "配偶", C],
    ["入会时间", "2010-05-01"],
]
SECOND: list[list[Any]] = [
    [{"赵一": "钱二", A: B, C: None}.get(cell, cell) for cell in row] for row in CARD
]
CARDS: dict[str, tuple[list[list[Any]], int]] = {
    "one": (CARD, 1),
    "below each other": ([*CARD, [], *SECOND], 2),
    "beside each other": (
        [left + [None] * (7 - len(left)) + right for left, right in zip(CARD, SECOND, strict=True)],
        2,
    ),
    "one row each": (
        [
            ["姓名", "赵一", "身份证号", A, "入会时间", "2010-05-01"],
            ["姓名", "钱二", "身份证号", B, "入会时间", "2010-05-01"],
        ],
        2,
    ),
    "in sentences": (
        [[f"姓名：赵一  性别：女  身份证号：{A}"], ["入会时间：2010-05-01；民族：汉族"]],
        1,
    ),
}


@pytest.mark.parametrize(("rows", "count"), CARDS.values(), ids=CARDS)
def test_a_card_a_person_is_a_row(rows: list[list[Any]], count: int, tmp_path: Path) -> None:
    got = read(rows, tmp_path)
    expected = [("赵一", A, "2010-05-01"), ("钱二", B, "2010-05-01")]
    assert people(got, "name", "id_number", "joined_on") == expected[:count]
    assert [one.arrangement for one in got.report.rearranged] == ["cards"]
    family = any(C in row for row in rows)
    assert sum(one.people for one in got.report.unread) == family  # named


def test_headings_that_stand_over_every_person_make_no_list_on_its_side(tmp_path: Path) -> None:
    headings = ["姓名", "更新", "证件信息", "配偶身份证号"]
    rows = [headings, ["赵示例", "甲", A, C], headings, ["钱示例", "乙", B, C], headings]
    assert people(read(rows, tmp_path)) == [("赵示例", A), ("钱示例", B)]


def test_two_people_side_by_side_are_two(tmp_path: Path) -> None:
    got = read(
        [
            ["序号", "姓名", "身份证号", "序号", "姓名", "身份证号"],
            [1, "赵一", A, 2, "钱二", B],
            [3, "孙三", C],
        ],
        tmp_path,
    )
    assert got.report.side_by_side
    assert people(got) == [("赵一", A), ("钱二", B), ("孙三", C)]


def test_a_spouses_number_is_named_not_taken(tmp_path: Path) -> None:
    got = read([["姓名", "身份证号", "配偶姓名", "配偶身份证号"], ["赵一", A, "钱二", B]], tmp_path)
    assert people(got) == [("赵一", A)]
    assert [(u.heading, u.people) for u in got.report.unread] == [("配偶身份证号", 1)]


def test_a_birthday_is_no_joining_date_whatever_its_heading(tmp_path: Path) -> None:
    day = f"{A[6:10]}-{A[10:12]}-{A[12:14]}"
    got = read([["姓名", "身份证号", "入会时间"], ["赵一", A, day]], tmp_path)
    assert how(got)["入会时间"] == ("joined_on", own_list.DOUBTFUL)
    assert "joined_on" not in got.members.columns


def test_headings_over_two_rows_are_joined(tmp_path: Path) -> None:
    got = read(
        [
            ["基本情况", None, "证件", None],
            [None, "姓名", "类型", "号码"],
            [1, "赵一", "身份证", A],
        ],
        tmp_path,
    )
    assert people(got) == [("赵一", A)]


def test_sections_and_totals_are_told_and_repeated_people_counted(tmp_path: Path) -> None:
    got = read(
        [["姓名", "身份证号"], ["一车间"], ["赵一", A], ["赵一", A], ["钱二", B], ["合计", "2人"]],
        tmp_path,
    )
    assert people(got) == [("赵一", A), ("钱二", B)]
    assert got.report.repeated == 1
    assert [one.text for one in got.report.skipped] == ["一车间", "合计"]


@pytest.mark.parametrize("before", [[], [None]])
def test_a_name_alone_is_a_person_without_a_number(before: list[None], tmp_path: Path) -> None:
    rows = [
        ["姓名", "身份证号"],
        ["赵一", A],
        ["李梅"],
        ["阿依古丽·买买提"],
        ["装配车间"],
        ["钱二", B],
    ]
    got = read([[*before, *row] for row in rows], tmp_path)
    assert people(got) == [("赵一", A), ("李梅", ""), ("阿依古丽·买买提", ""), ("钱二", B)]
    assert [one.text for one in got.report.skipped] == ["装配车间"]


def test_a_row_that_may_be_a_person_or_a_signature_is_told_with_the_name(tmp_path: Path) -> None:
    rows = [["部门", "姓名", "身份证号"], ["一车间", "赵一", A], ["后勤", "周九"], ["制表", "钱二"]]
    got = read(rows, tmp_path)
    assert people(got) == [("赵一", A)]
    assert [one.text for one in got.report.skipped] == ["后勤 周九", "制表 钱二"]


def test_a_rounded_number_is_counted_beside_its_name(tmp_path: Path) -> None:
    got = read([["姓名", "身份证号"], ["赵一", int(A[:15] + "000")], ["钱二", B]], tmp_path)
    assert got.report.rounded == ("赵一",)
    assert got.members.columns["id_number"].type[0] == CellType.NUMBER
    assert got.report.members == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_text_files_of_any_spreadsheet(encoding: str, separator: str, tmp_path: Path) -> None:
    rows = [["姓名", "身份证号"], ["赵一", A], ["钱二", f'="{B}"']]
    path = as_text(rows, tmp_path / "名单.csv", encoding, separator)
    assert people(read_list(path, TABLE, {})) == [("赵一", A), ("钱二", B)]


@pytest.mark.parametrize("suffix", [".xls", ".et", ".ods"])
def test_workbooks_of_other_programs(suffix: str, tmp_path: Path) -> None:
    rows = [["员工姓名", "证件号"], ["赵一", A], ["钱二", B]]
    path = tmp_path / f"名单{suffix}"
    if suffix == ".ods":
        opendocument.save(path, opendocument.table("名单", "".join(map(opendocument.row, rows))))
    else:
        xlwt = pytest.importorskip("xlwt")
        book = xlwt.Workbook()
        for title, lines in (("一车间", rows), ("二车间", [rows[0], ["孙三", C]])):
            sheet = book.add_sheet(title)
            for r, line in enumerate(lines):
                for c, value in enumerate(line):
                    sheet.write(r, c, value)
        book.save(str(path))
    got = people(read_list(path, TABLE, {}))
    assert got[:2] == [("赵一", A), ("钱二", B)]
    assert got[2:] == ([] if suffix == ".ods" else [("孙三", C)])


def test_a_heading_like_a_fields_needs_contents_like_the_fields(tmp_path: Path) -> None:
    got = read(
        [
            ["会员", "ID", "姓名", "号码", "入会", "日期"],
            ["是", "1001", "赵一", A, "是", "长期"],
            ["否", "1002", "钱二", B, "否", "长期"],
        ],
        tmp_path,
    )
    assert people(got) == [("赵一", A), ("钱二", B)]
    assert {key for key, (field, _) in how(got).items() if field} == {"姓名", "号码"}


def test_numbered_headings_are_two_people(tmp_path: Path) -> None:
    heading = ["姓名1", "身份证号1", "入会时间1", "姓名2", "身份证号2", "入会时间2"]
    row = ["赵一", A, "2010-05-01", "钱二", B, "2011-06-01"]
    got = read([heading, row], tmp_path)
    assert people(got, "name", "id_number", "joined_on") == [
        ("赵一", A, "2010-05-01"),
        ("钱二", B, "2011-06-01"),
    ]


def test_what_stands_beside_a_number_in_its_cell_is_left_out(tmp_path: Path) -> None:
    got = read([["姓名", "身份证号及电话"], ["赵一", f"{A}\n13100000001"], ["钱二", B]], tmp_path)
    assert people(got) == [("赵一", A), ("钱二", B)]
    assert people(read([["人员"], [f"赵一 {A}"], [f"钱二（{B}）"]], tmp_path)) == [
        ("赵一", A),
        ("钱二", B),
    ]


def test_an_old_number_in_a_remark_is_named(tmp_path: Path) -> None:
    got = read([["姓名", "身份证号", "备注"], ["赵一", A, f"原身份证号{B}"]], tmp_path)
    assert people(got) == [("赵一", A)]
    assert [(u.heading, u.people) for u in got.report.unread] == [("备注", 1)]


@pytest.mark.parametrize("gap", [[], [None]])
def test_a_date_before_the_name_is_its_own_halfs(gap: list[Any], tmp_path: Path) -> None:
    heading = ["入会时间", "姓名", "身份证号"]
    got = read(
        [
            [*heading, *gap, *heading],
            ["2010-05-01", "赵一", A, *gap, "2011-06-01", "钱二", B],
            [None, "孙三", C, *gap, "2012-07-01"],
        ],
        tmp_path,
    )
    assert people(got, "name", "id_number", "joined_on") == [
        ("赵一", A, "2010-05-01"),
        ("钱二", B, "2011-06-01"),
        ("孙三", C, ""),
    ]


def test_trades_and_departments_are_no_names(tmp_path: Path) -> None:
    got = read([["车工", A, "装配"], ["钳工", B, "汉族"]], tmp_path)
    assert "name" not in got.members.columns
    assert got.report.members == 2


@pytest.mark.parametrize(
    ("text", "is_date"),
    [("二〇一〇年五月一日", True), ("1-May-2010", True), ("12-3-5", False), ("40299", False)],
)
def test_a_day_is_told_from_a_number_in_every_writing(text: str, is_date: bool) -> None:
    assert values.is_date(text, CellType.TEXT) is is_date
