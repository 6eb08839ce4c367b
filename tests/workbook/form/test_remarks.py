"""Lines of a member sheet that are no members, and members who are hard to tell from them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import workbook
from converter.forms import loading
from tests.corpus.test_foreign_sheets import own
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, outcome, saved

BELOW: list[list[Any]] = [
    ["合 计", None, "12人"],
    [None, "合　计", 12],
    [None, "总　　计：", "12"],
    ["制表：李示例"],
    [None, "制表", "李示例", "2026年1月1日"],
    [None, "审核：", None, None],
    [None, "单位负责人：王示例"],
    [None, "单位（盖章）"],
    [None, None, "（盖章）"],
    ["以下空白"],
    [None, "以下空白"],
    [None, None, None, "2026年1月1日"],
    [None, None, "填表人：李示例", "2026年1月1日"],
    [None, "共12人"],
    [None, None, "12人"],
    [None, "联系电话：0311-85551234"],
    [None, "以上人员均为本单位职工，情况属实。"],
    [None, "注：此表一式两份"],
    [None, "工会主席签字：", None, None],
    [None, "\u3000年\u3000月\u3000日"],
    [None, "女会员", "6人"],
    [None, "其中：女", "6"],
    [None, "其中农民工", 4],
    [None, "会员人数合计", "12"],
    [None, "平均年龄", "45"],
    [None, "*表示必填"],
    [None, "某某县总工会"],
    [None, "机关", None],
    [None, "姓名", "证件号码"],
]
DATED: list[list[Any]] = [[49, None, None, date(2020, 5, 5)], [31, None, "7", date(2020, 5, 5)]]
AMONG: list[list[Any]] = [
    [None, "第1页 共2页"],
    [None, "2025年3月1日"],
    [None, "二〇二五年三月一日"],
    [None, date(2025, 3, 1)],
    [None, "———"],
    [None, "—以下空白—"],
    [None, "共 12 人"],
    [None, "一车间"],
    ["一车间小计", "4人"],
    [None, "会员数合计"],
    [None, "第一小组"],
    [None, "示例县总工会"],
    [None, "姓名", "身份证"],
]
ABOVE: list[list[Any]] = [
    ["数字", "与身份证一致", "18位文本格式", "yyyy-mm-dd"],
    ["填写要求", "必填", "必填", "选填"],
    [None, "例：张三", "18位", "2010-5-1"],
    [None, None, "18位，文本格式", "年-月-日"],
    ["示例", "（示例）", "请填18位号码", None],
]
MEMBER: list[list[Any]] = [
    [13, "周某某", None, None],
    [13, "阿依古丽·买买提", None, None],
    [13, "欧阳示例", "待补", None],
    [13, None, "130102196001100017", None],
    [13, None, "13010219600110", None],
    [13, "合计", "130102196001100017", None],
    [13, "=周示例", "无", date(2010, 5, 1)],
    [13, "*周示例", None, None],
    [13, "3", "不详", date(2010, 5, 1)],
    [13, "示例车间", "130102196001100017", None],
    [13, "示例某某某", "12345", None],
]


def with_row(at: int, row: list[Any]) -> Any:
    """The workbook with a row put in on the member sheet."""
    book = own()
    book[MEMBER_SHEET].insert_rows(at)
    for column, value in enumerate(row, 1):
        book[MEMBER_SHEET].cell(at, column, value)
    return book


@pytest.mark.parametrize("row", BELOW, ids=str)
def test_a_line_below_the_members_is_none(row: list[Any], tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET].append(row)
    found = outcome(saved(book, tmp_path))
    assert (found.status, found.members) == ("ok", len(MEMBERS))


@pytest.mark.parametrize("row", AMONG, ids=str)
def test_a_line_of_a_printed_page_among_the_members_is_none(row: list[Any], tmp_path: Path) -> None:
    found = outcome(saved(with_row(6, row), tmp_path))
    assert (found.status, found.members) == ("ok", len(MEMBERS))


@pytest.mark.parametrize("row", DATED, ids=str)
def test_a_joining_date_among_the_members_is_somebodys(row: list[Any], tmp_path: Path) -> None:
    found = outcome(saved(with_row(6, row), tmp_path))
    assert (found.status, found.members) == ("errors", len(MEMBERS) + 1)


@pytest.mark.parametrize("row", ABOVE, ids=str)
def test_an_explanation_above_the_members_is_none(row: list[Any], tmp_path: Path) -> None:
    found = outcome(saved(with_row(2, row), tmp_path))
    assert (found.status, found.members) == ("ok", len(MEMBERS))


@pytest.mark.parametrize("row", MEMBER, ids=str)
def test_a_faulty_member_at_the_end_stays_one(row: list[Any], tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET].append(row)
    found = outcome(saved(book, tmp_path))
    assert (found.status, found.members) == ("errors", len(MEMBERS) + 1)


def test_an_answer_like_its_heading_is_a_row_where_no_people_are(tmp_path: Path) -> None:
    """一季度 under 季度 reads like a numbered heading; a heading said again has no answers beside."""
    form = loading.load(loading.form_dir("fenbiao"))
    sheet = form.sheet("entity")
    titles = [field.title for field in sheet]
    book = openpyxl.Workbook()
    book.active.title = sheet.title
    for row in (titles, [f"一{titles[0]}", "示例厂", None, 5, 2], titles):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert len(workbook.read(tmp_path / "a.xlsx", form).sheets["entity"]) == 1
