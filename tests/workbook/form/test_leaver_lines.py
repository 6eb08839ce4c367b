"""A line that says that the people below have left is named, with their number; they stay in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converter.workbook.leaver_lines import is_leaver_line
from tests.corpus.test_foreign_sheets import own
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, outcome, saved

LEFT = [
    "以下为离职人员",
    "以下人员已调出：",
    "— 以下人员不再是本单位会员 —",
    "以上为在职职工，以下为退休职工",
    "退休人员：",
    "【离职】",
    "二、离退休职工（3人）",
    "2024年已退会会员",
    "病故",
    "调出、辞职人员名单",
    "非会员",
]
HONEST = [
    "一车间",
    "女职工",
    "在职人员",
    "以下为在职职工",
    "以下人员不含退休职工",
    "二、在岗职工",
    "离退休人员不填",
    "退休办",
    "以下为第二车间人员",
]
AT, BELOW = 11, 3  # where the line is put in, and how many people stand below it


def lines(folder: Path, *rows: tuple[int, int, str], merged: bool = False) -> list[tuple[Any, ...]]:
    """Where S027 stands and how many it counts, with texts put in at (row, column)."""
    book = own()
    sheet = book[MEMBER_SHEET]
    for row, column, text in rows:
        sheet.insert_rows(row)
        sheet.cell(row, column, text)
        if merged:
            sheet.merge_cells(start_row=row, start_column=column, end_row=row, end_column=4)
    found = outcome(saved(book, folder))
    assert found.members == len(MEMBERS)
    assert found.status in ("ok", "warnings")
    return [(i.place.cell, i.params["count"]) for i in found.issues if i.code == "S027"]


def test_a_long_number_is_no_line_and_costs_no_more_than_its_digits() -> None:
    assert not is_leaver_line("1" * 40)  # two to the power of 39 ways to cut it: would never end


@pytest.mark.parametrize("text", LEFT)
def test_whoever_stands_below_is_counted_and_named(text: str, tmp_path: Path) -> None:
    for column, letter in enumerate("ABC", 1):
        assert lines(tmp_path, (AT, column, text)) == [(f"{letter}{AT}", BELOW)]
    assert lines(tmp_path, (AT, 1, text), merged=True) == [(f"A{AT}", BELOW)]


@pytest.mark.parametrize("text", HONEST)
def test_a_line_about_others_is_none(text: str, tmp_path: Path) -> None:
    assert lines(tmp_path, (AT, 1, text)) == []


def test_people_below_reach_to_the_next_line_or_to_those_who_stay(tmp_path: Path) -> None:
    both = (4, 1, "一、退休人员"), (7, 1, "二、内退人员"), (11, 1, "三、一车间")
    assert lines(tmp_path, *both) == [("A4", 2), ("A7", 3)]
    assert lines(tmp_path, (2, 1, "离职人员"), (4, 1, "在职人员")) == [("A2", 1)]
    assert lines(tmp_path, (14, 1, "以下为离职人员")) == []
