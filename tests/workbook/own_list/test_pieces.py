"""Numbers in several cells, names in two columns, two people in one cell."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.workbook.own_list.test_reading import A, B, C, people, read


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "身份证号", None], ["赵一", A[:10], A[10:]], ["钱二", B[:10], B[10:]]],
        [["姓名", "前6位", "出生日期", "后4位"], ["赵一", A[:6], A[6:14], A[14:]],
         ["钱二", B[:6], B[6:14], B[14:]]],
        [["姓名", "前6位", "出生日期", "后4位"],
         ["赵一", A[:6], datetime(1960, 1, 1), A[14:]], ["钱二", B[:6], datetime(1975, 3, 12), B[14:]]],
        [["姓名", "身份证号"], ["赵一", *A], ["钱二", *B]],
        [["工号", "姓名", "身份证号"], ["1", "赵一", *A], ["2", "钱二", *B]],
    ],
)  # fmt: skip
def test_a_number_in_several_cells(rows: list[list[Any]], tmp_path: Path) -> None:
    got = read(rows, tmp_path)
    assert people(got) == [("赵一", A), ("钱二", B)]
    assert got.report.pieced == 2


def test_a_telephone_beside_a_number_is_no_piece(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["姓名", "身份证号", "手机"],
        ["赵一", A, "13100000001"],
        ["钱二", B, "1"],
    ]
    got = read(rows, tmp_path)
    assert (people(got), got.report.pieced) == ([("赵一", A), ("钱二", B)], 0)


def test_a_name_in_two_columns(tmp_path: Path) -> None:
    got = read([["姓", "名", "身份证号"], ["赵", "一", A], ["钱", "小 二", B]], tmp_path)
    assert people(got) == [("赵一", A), ("钱小 二", B)]
    assert got.report.name_parts


@pytest.mark.parametrize("between", ["、", "\n", "/", " "])
def test_two_people_in_one_cell(between: str, tmp_path: Path) -> None:
    both = [between.join(("赵一", "钱二")), between.join((A, B))]
    got = read([["姓名", "身份证号"], both, ["孙三", C]], tmp_path)
    assert people(got) == [("赵一", A), ("钱二", B), ("孙三", C)]
    assert got.report.split == 2


def test_two_numbers_and_one_name_stay_together(tmp_path: Path) -> None:
    got = read([["姓名", "身份证号"], ["赵一", f"{A}、{B}"], ["孙三", C]], tmp_path)
    assert people(got) == [("赵一", f"{A}、{B}"), ("孙三", C)]


def test_a_sheet_that_is_too_wide_is_named(tmp_path: Path) -> None:
    got = read([["姓名", "身份证号", *[None] * 260, "备注"], ["赵一", A]], tmp_path)
    assert (people(got), got.report.too_wide) == ([("赵一", A)], ("Sheet",))
