"""One fault a workbook: reported at its cell, with its level, and nothing anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook

from tests.people import MEMBERS, UNIT, credit_code, id_number, licence_number
from tests.sheets import (
    MEMBER_SHEET,
    UNIT_SHEET,
    Finding,
    blank,
    correct,
    fill,
    findings,
    found,
    member_cell,
    outcomes,
    put,
    saved,
    typed_over,
    unit_cell,
)

ERROR, WARNING = "error", "warning"
TOMORROW = date.today() + timedelta(days=2)


BORN_TOMORROW = id_number("130102", f"{TOMORROW:%Y-%m-%d}", 3)


def reported(value: Any) -> str:
    """A value for a test's name; the name must not depend on the day."""
    return "tomorrow" if value in (TOMORROW, BORN_TOMORROW) else str(value)


ID = MEMBERS[2][1]
OLD_ID = "130102660312003"  # the first generation's form of an invented number


def wrong_check(number: str) -> str:
    return number[:-1] + ("2" if number[-1] == "1" else "1")


def unit(title: str, value: Any, level: str, code: str, **also: Any) -> Any:
    """A fault at one item of the unit sheet; `also` sets other items without fault."""
    edits = [(UNIT_SHEET, title, value), *((UNIT_SHEET, k, v) for k, v in also.items())]
    return pytest.param(
        edits, {(UNIT_SHEET, title, code, level)}, id=f"{code}-{title}-{reported(value)}"[:60]
    )


def member(heading: str, value: Any, level: str, code: str, row: int = 3, at: str = "") -> Any:
    """A fault at one cell of the third member."""
    edits = [(MEMBER_SHEET, (row, heading), value)]
    where = (row, at or heading)
    return pytest.param(
        edits, {(MEMBER_SHEET, where, code, level)}, id=f"{code}-{heading}-{reported(value)}"[:60]
    )


PUBLIC = {"单位类别": "事业", "投产开业时间": None, "生产状况": None}
PRIVATE_USE = "李\ue000明"

FAULTS = [
    # required
    *(unit(title, None, ERROR, "K001") for title in (
        "所属上级工会组织", "单位工会名称", "涵盖法人单位数", "职工总数", "农民工人数",
        "女职工人数", "会员总数", "农民工会员数", "女职工会员数",
    )),
    unit("工会组建时间", None, ERROR, "K001"),
    unit("单位工会名称", "　 ", ERROR, "K001"),
    member("会员姓名", None, ERROR, "K001"),
    member("会员姓名", "\u200b", ERROR, "K001"),
    # counts
    unit("涵盖法人单位数", 0, ERROR, "K304"),
    unit("专职工会工作人员数", -1, ERROR, "K302"),
    unit("专职工会工作人员数", 1.5, ERROR, "K303"),
    unit("兼职工会工作人员数", "三人", ERROR, "K301"),
    unit("工会积极分子数", 99999999, ERROR, "K305"),
    unit("职工总数", "约15", ERROR, "K301"),
    unit("职工总数", True, ERROR, "K004"),
    unit("工会积极分子数", "#N/A", ERROR, "K002"),
    # text
    unit("驻地通讯地址", "=HYPERLINK(1)", ERROR, "K007"),
    unit("驻地通讯地址", "＋86 示例路", ERROR, "K007"),
    unit("上级工会批复文号", "示" * 300, ERROR, "K008"),
    unit("上级工会批复文号", "示\ue123", ERROR, "K006"),
    unit("主席个人获得工会荣誉", "优秀工会工作者", WARNING, "X145"),
    # phone, postcode
    unit("单位工会联系电话", "85551234", ERROR, "K501"),
    unit("单位工会联系电话", "0311-8555123", ERROR, "K502"),
    unit("单位工会联系电话", "31185551234", ERROR, "K504"),
    unit("单位工会联系电话", "见名片", ERROR, "K503"),
    unit("驻地邮政编码", "5000", ERROR, "K701"),
    unit("驻地邮政编码", "O50000", ERROR, "K701"),
    unit("驻地邮政编码", "100000", WARNING, "K702"),
    # registration numbers
    unit("工商注册号", wrong_check(licence_number("13010000001234")), WARNING, "K802"),
    unit("工商注册号", wrong_check(credit_code("91130102MA0000000")), WARNING, "K803"),
    unit("工商注册号", "1301000000123", WARNING, "K804"),
    unit("工商注册号", "91130102MA00000", ERROR, "K801"),
    unit("工商注册号", "91130102MA000000OO", ERROR, "K801"),
    unit("工商注册号", 130100000012345678, ERROR, "K805"),
    unit("工会法人资格证书号码", wrong_check(credit_code("81130102MC0000000")), WARNING, "K811"),
    # choices
    unit("单位类别", "乡镇企业", ERROR, "K601"),
    unit("所属行业", "打铁", ERROR, "K601", 细分行业类别=None),
    unit("主席政治面貌", "党外", ERROR, "K601"),
    unit("主席性别", "公", ERROR, "K601"),
    unit("主席产生形式", "任命", ERROR, "K601"),
    unit("是否进行工会法人资格登记", "也许", ERROR, "K601"),
    unit("细分行业类别", "农业", ERROR, "X161"),
    # dates
    unit("工会组建时间", "2005年13月1日", ERROR, "K403"),
    unit("工会组建时间", "2005-02-30", ERROR, "K403"),
    unit("工会组建时间", "去年", ERROR, "K401"),
    unit("工会组建时间", 2005, ERROR, "K402"),
    unit("工会组建时间", 2005.1, ERROR, "K402"),
    unit("工会组建时间", date(1911, 10, 10), WARNING, "K405", 投产开业时间=date(1905, 1, 1)),
    unit("荣获时间", TOMORROW, ERROR, "X121"),
    unit("投产开业时间", date(2010, 1, 1), WARNING, "X134"),
    pytest.param(
        [(UNIT_SHEET, "工会上次换届时间", date(2004, 1, 1))],
        {(UNIT_SHEET, "工会上次换届时间", "X131", ERROR), (UNIT_SHEET, "工会上次换届时间", "X135", WARNING)},
        id="X131-and-long-ago",
    ),
    unit("核准登记时间", date(2004, 1, 1), WARNING, "X132"),
    unit("主席任职时间", date(2004, 1, 1), WARNING, "X133"),
    unit("工会上次换届时间", date(2015, 6, 1), WARNING, "X135"),
    unit("主席出生日期", date(2015, 6, 1), ERROR, "X175"),
    unit("主席出生日期", TOMORROW, ERROR, "X121"),
    # names
    unit("主席姓名", "王0示例", ERROR, "K201"),
    unit("工会法人代表姓名", "王示例(女)", ERROR, "K201"),
    member("会员姓名", "李3", ERROR, "K201"),
    member("会员姓名", "李?明", ERROR, "K201"),
    member("会员姓名", "李\ufffd明", ERROR, "K202"),
    member("会员姓名", PRIVATE_USE, ERROR, "K006"),
    member("会员姓名", "=李明", ERROR, "K007"),
    member("会员姓名", "@李明", ERROR, "K007"),
    member("会员姓名", 12345, ERROR, "K201"),
    member("会员姓名", "李" * 80, ERROR, "K008"),
    member("会员姓名", "#REF!", ERROR, "K002"),
    # between the items
    unit("农民工人数", 16, ERROR, "X102"),
    unit("女职工人数", 16, ERROR, "X103"),
    unit("农民工会员数", 6, ERROR, "X104"),
    unit("女职工会员数", 5, ERROR, "X112"),
    unit("会员总数", 13, ERROR, "X111"),
    unit("投产开业时间", date(2001, 3, 1), ERROR, "X141", 单位类别="事业", 生产状况=None),
    unit("生产状况", "营业", ERROR, "X141", 单位类别="事业", 投产开业时间=None),
    unit("投产开业时间", None, WARNING, "X142"),
    unit("生产状况", None, WARNING, "X142"),
    unit("核准登记时间", None, ERROR, "X143"),
    unit("工会法人资格证书号码", None, ERROR, "X143"),
    unit("工会法人代表姓名", None, ERROR, "X143"),
    unit("工会法人代表姓名", "王示例", WARNING, "X144",
         是否进行工会法人资格登记="否", 核准登记时间=None, 工会法人资格证书号码=None),
    unit("荣誉级别", None, ERROR, "X151"),
    unit("荣获时间", None, ERROR, "X151"),
    # ID numbers
    member("身份证号", int(ID), ERROR, "K111"),
    member("身份证号", OLD_ID, ERROR, "K113"),
    member("身份证号", ID[:-1], ERROR, "K112"),
    member("身份证号", ID + "1", ERROR, "K112"),
    member("身份证号", "1301021966O3120031", ERROR, "K114"),
    member("身份证号", "130102196613120031", ERROR, "K115"),
    member("身份证号", ID[:-1] + str((int(ID[-1]) + 1) % 10 if ID[-1] != "X" else 1), ERROR, "K116"),
    member("身份证号", BORN_TOMORROW, ERROR, "K117"),
    member("身份证号", id_number("139999", "1966-03-12", 3), WARNING, "K118"),
    member("身份证号", None, ERROR, "K001"),
    member("身份证号", "无", ERROR, "K009"),
    member("身份证号", "#VALUE!", ERROR, "K002"),
    member("身份证号", True, ERROR, "K004"),
    member("身份证号", MEMBERS[0][1], ERROR, "X191"),
    # joining
    member("加入工会时间", TOMORROW, ERROR, "X121"),
    member("加入工会时间", date(1980, 3, 11), ERROR, "X172"),
    member("加入工会时间", date(1960, 3, 11), ERROR, "X171"),
    member("加入工会时间", "2010.1.32", ERROR, "K403"),
    member("加入工会时间", "那年夏天", ERROR, "K401"),
    member("加入工会时间", 2010, ERROR, "K402"),
    member("加入工会时间", datetime(1905, 7, 2, 2, 24), ERROR, "K402"),
    # derived cells that were typed over
    member("会员性别", "女", WARNING, "X174"),
    member("会员生日", date(1999, 1, 1), WARNING, "X174"),
    unit("工会组织形式", "联合基层工会", WARNING, "X174"),
]  # fmt: skip


def test_the_base_is_clean(tmp_path: Path) -> None:
    assert found(correct(tmp_path), notes=True) == set()


RIGHT: list[list[tuple[str, Any, Any]]] = [
    [(UNIT_SHEET, "单位工会联系电话", "0311-85551234转801")],
    [(UNIT_SHEET, "单位工会联系电话", "(0311)85551234、13800000000")],
    [(UNIT_SHEET, "单位工会联系电话", "400-810-1234")],
    [(UNIT_SHEET, "单位工会联系电话", 13800000000)],
    [(UNIT_SHEET, "单位工会联系电话", "0319-3100722转801")],
    [(UNIT_SHEET, "单位工会联系电话", "010-65550000")],
    [(UNIT_SHEET, "单位工会联系电话", "+86 311 85551234")],
    [(UNIT_SHEET, "驻地邮政编码", 50000)],
    [(UNIT_SHEET, "驻地邮政编码", "０５００００")],
    [(UNIT_SHEET, "工商注册号", licence_number("13010000001234"))],
    [(UNIT_SHEET, "工商注册号", int(licence_number("13010000001234")))],
    [(UNIT_SHEET, "工会法人资格证书号码", "冀工法证字第0012号")],
    [(UNIT_SHEET, "单位类别", "170")],
    [(UNIT_SHEET, "单位类别", 170)],
    [(UNIT_SHEET, "主席政治面貌", "中共党员")],
    [(UNIT_SHEET, "主席政治面貌", 1)],
    [(UNIT_SHEET, "单位类别", "机关"), (UNIT_SHEET, "投产开业时间", None), (UNIT_SHEET, "生产状况", None)],
    [(UNIT_SHEET, "单位类别", None), (UNIT_SHEET, "投产开业时间", None)],
    [(UNIT_SHEET, title, value) for title, value in PUBLIC.items()],
    [(UNIT_SHEET, "所属行业", "教育"), (UNIT_SHEET, "细分行业类别", "教育")],
    [(UNIT_SHEET, "所属行业", "农、林、牧、渔业"), (UNIT_SHEET, "细分行业类别", "农业")],
    [(UNIT_SHEET, title, None) for title in ("荣誉类别", "荣誉级别", "荣获时间")],
    [(UNIT_SHEET, "职工总数", "１５人")],
    [(UNIT_SHEET, "工会组建时间", "2005年6月1日")],
    [(UNIT_SHEET, "工会组建时间", 20050601)],
    [(UNIT_SHEET, "工会组建时间", "2005.6.1")],
    [(UNIT_SHEET, "工会组建时间", "２００５/６/１")],
    [(MEMBER_SHEET, (3, "会员姓名"), "阿卜杜热依木•阿卜杜拉")],
    [(MEMBER_SHEET, (3, "会员姓名"), "𠮷\U0002a6a5明")],
    [(MEMBER_SHEET, (3, "会员姓名"), "张 三")],
    [(MEMBER_SHEET, (3, "会员姓名"), "SMITH, JOHN A.")],
    [(MEMBER_SHEET, (3, "身份证号"), f" {ID[:6]} {ID[6:14]} {ID[14:]}".lower())],
    [(MEMBER_SHEET, (3, "身份证号"), id_number("810000", "1966-03-12", 3))],
    [(MEMBER_SHEET, (3, "身份证号"), id_number("830000", "1966-03-12", 3))],
    [(MEMBER_SHEET, (3, "身份证号"), id_number("911124", "1966-03-12", 3))],
    [(MEMBER_SHEET, (3, "加入工会时间"), None)],
    [(MEMBER_SHEET, (3, "加入工会时间"), "2010-05")],
    [(MEMBER_SHEET, (3, "加入工会时间"), datetime(2010, 5, 1, 8, 30))],
    [(MEMBER_SHEET, (3, "会员性别"), "男"), (MEMBER_SHEET, (3, "会员生日"), "1966-03-12")],
    [(MEMBER_SHEET, (15, "序号"), "填表人：王示例")],
]  # fmt: skip


@dataclass(frozen=True)
class Findings:
    """What is found in each workbook, in the order of the cases; a workbook to find cells in."""

    faults: list[set[Finding]]
    right: list[set[Finding]]
    book: Workbook

    def cell(self, sheet: str, where: Any) -> str:
        if sheet == UNIT_SHEET:
            return unit_cell(self.book, where)
        return member_cell(self.book, *where)


@pytest.fixture(scope="module")
def all_reported(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """All workbooks, judged in one check."""
    folder, book, paths = tmp_path_factory.mktemp("faults"), fill(blank(20)), []
    for number, edits in enumerate([*(case.values[0] for case in FAULTS), *RIGHT]):
        paths.append(folder / f"{number}.xlsx")
        paths[-1].write_bytes(typed_over(edits))
    of_workbooks = [findings(outcome) for outcome in outcomes(paths)]
    return Findings(of_workbooks[: len(FAULTS)], of_workbooks[len(FAULTS) :], book)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[str(case.id) for case in FAULTS])
def test_the_fault_is_reported_at_its_cell_and_nothing_else(
    number: int, all_reported: Findings
) -> None:
    expected = {
        (sheet, all_reported.cell(sheet, where), code, level)
        for sheet, where, code, level in FAULTS[number].values[1]
    }
    assert all_reported.faults[number] == expected


@pytest.mark.parametrize(
    "number", range(len(RIGHT)), ids=[f"{e[0][1]}-{e[0][2]}"[:50] for e in RIGHT]
)
def test_what_is_right_is_not_refused(number: int, all_reported: Findings) -> None:
    assert all_reported.right[number] == set()


def test_a_reason_turns_an_explainable_error_into_a_warning(tmp_path: Path) -> None:
    book = fill(blank(), UNIT | {"会员总数": 13, "职工总数": 12})
    put(book[UNIT_SHEET], unit_cell(book, "会员总数", "情况说明"), "退休会员仍在册")
    cell = unit_cell(book, "会员总数")
    expected = {(UNIT_SHEET, cell, "X101", WARNING), (UNIT_SHEET, cell, "X111", WARNING)}
    assert found(saved(book, tmp_path)) == expected
