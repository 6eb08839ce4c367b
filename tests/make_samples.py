"""The workbooks under samples/: made from the template, filled the way clerks fill them in.

    python -m tests.make_samples            the workbooks and what must be found in them
    python -m tests.make_samples --accept   and what the commands print, as they print it now

What must be found is written down here by hand, fault by fault, with the reason from the
domain; `tests/test_samples.py` compares. People and units are invented: sequences from 990 on
are not handed out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from converter import template
from tests import sheets
from tests.people import credit_code, id_number
from tests.sheets import MEMBER_SHEET, UNIT_SHEET

SAMPLES = Path(__file__).parent.parent / "samples"
# The day on which the samples are checked: ages and 'in the future' depend on it.
TODAY = date(2026, 6, 1)
EPOCH = "1780272000"
LARGE = 20_000

STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
Member = tuple[str, Any, Any]  # 会员姓名, 身份证号, 加入工会时间
Found = tuple[str, str, str]  # level, code, sheet!cell


def member(number: int) -> Member:
    """An invented member; the odd ones are women."""
    name = f"示{STEMS[number % 10]}{BRANCHES[number % 12]}"
    day = date.fromordinal(date(1966, 1, 1).toordinal() + number * 37 % 12_000)
    man = 1 - number % 2  # an even sequence is a woman's
    sequence = 990 + 2 * (number // 12_000) + man
    joined = date(day.year + 20 + number % 6, 1 + number % 12, 1 + number % 28)
    return name, id_number("130102", day.isoformat(), sequence), joined


UNIT: dict[str, Any] = {
    "所属上级工会组织": "示例市示例区总工会",
    "单位工会名称": "示例机械厂工会委员会",
    "涵盖法人单位数": 1,
    "单位工会联系电话": "0311-85550100",
    "驻地通讯地址": "示例市示例区示例路1号",
    "驻地邮政编码": "050000",
    "投产开业时间": date(1995, 3, 1),
    "单位类别": "国有企业",
    "所属行业": "制造业",
    "细分行业类别": "通用设备制造业",
    "工商注册号": credit_code("91130102MA0EXAMPL"),
    "生产状况": "营业",
    "职工总数": 52,
    "农民工人数": 12,
    "女职工人数": 25,
    "会员总数": 40,
    "农民工会员数": 9,
    "女职工会员数": 20,
    "工会组建时间": date(1996, 5, 1),
    "工会上次换届时间": date(2023, 5, 10),
    "上级工会批复文号": "示区工字〔2023〕12号",
    "是否进行工会法人资格登记": "是",
    "核准登记时间": date(1998, 6, 1),
    "工会法人资格证书号码": credit_code("81130102MCEXAMPLE"),
    "工会法人代表姓名": "示主席",
    "专职工会工作人员数": 1,
    "兼职工会工作人员数": 4,
    "工会积极分子数": 8,
    "荣誉类别": "模范职工之家",
    "荣誉级别": "市级",
    "荣获时间": date(2019, 5, 1),
    "主席姓名": "示主席",
    "主席性别": "女",
    "主席出生日期": date(1975, 8, 15),
    "主席政治面貌": "中国共产党党员",
    "主席学历": "大学本科毕业",
    "主席任职时间": date(2023, 5, 10),
    "主席产生形式": "直接民主选举",
}


@dataclass
class Sheets:
    """One workbook on its way, and what must be found in it."""

    book: Workbook
    found: list[Found] = field(default_factory=list)
    second_half: bool = False  # reported together with the first

    def unit(self, title: str, value: Any, *expected: str) -> None:
        """Type something into an item. `expected`: 'error K301', 'note K902'…"""
        self._put(UNIT_SHEET, sheets.unit_cell(self.book, title), value, expected)

    def member(self, number: int, heading: str, value: Any, *expected: str) -> None:
        self._put(MEMBER_SHEET, sheets.member_cell(self.book, number, heading), value, expected)

    def reason(self, text: str, title: str = "", number: int = 0) -> None:
        """Type a reason beside an item, or beside a member."""
        heading = sheets.FORM.unit.headings["explanation"]
        if title:
            sheets.put(self.book[UNIT_SHEET], sheets.unit_cell(self.book, title, heading), text)
        else:
            address = sheets.member_cell(self.book, number, heading)
            sheets.put(self.book[MEMBER_SHEET], address, text)

    def expect(self, title: str, *expected: str) -> None:
        """Something is found at an item that is right by itself."""
        cell = sheets.unit_cell(self.book, title)
        self.found += [(*found.split(), f"{UNIT_SHEET}!{cell}") for found in expected]  # type: ignore[misc]

    def _put(self, sheet: str, address: str, value: Any, expected: tuple[str, ...]) -> None:
        sheets.put(self.book[sheet], address, value)
        cell = self.book[sheet][address]
        if isinstance(value, str) and value.startswith("#"):
            cell.data_type = "e"
        if isinstance(value, float | int) and not isinstance(value, bool):
            cell.number_format = "General"  # as Excel sets it when a number is pasted
        self.found += [(*found.split(), f"{sheet}!{address}") for found in expected]  # type: ignore[misc]


def filled(unit: dict[str, Any], members: list[Member], rows: int = 60) -> Sheets:
    done = Sheets(sheets.fill(sheets.blank(rows), unit, members))
    if isinstance(unit["会员总数"], int) and unit["会员总数"] >= 25:
        done.expect("会员总数", "note X113")  # from 25 members on a committee by law
    return done


# --- the cases -------------------------------------------------------------------------------


def correct() -> Iterator[tuple[str, Sheets]]:
    yield "填报.xlsx", filled(UNIT, [member(n) for n in range(40)])


def every_common_fault() -> Iterator[tuple[str, Sheets]]:
    done = filled(UNIT, [member(n) for n in range(36)])
    _unit_faults(done)
    _id_faults(done)
    _member_faults(done)
    yield "填报.xlsx", done


def _unit_faults(done: Sheets) -> None:
    done.unit("涵盖法人单位数", 0, "error K304")
    done.unit("单位工会联系电话", "85550100", "error K501")  # no area code
    done.unit("驻地邮政编码", 54000, "note K903")  # the leading zero went with a numeric cell
    done.unit("投产开业时间", 2003.1, "error K402")  # 2003.10 and 2003.1 look alike
    done.unit("单位类别", "私企", "error K601")
    done.unit("细分行业类别", "农业", "error X161")
    done.unit("工商注册号", "1301000000123", "warning K804")
    done.unit("生产状况", "停业", "note K904")
    done.unit("职工总数", "３０人", "note K905")
    done.unit("农民工人数", 35, "error X102")
    done.unit("女职工人数", "#N/A", "error K002")
    done.unit("会员总数", 50, "error X101", "error X111")
    done.unit("农民工会员数", None, "error K001")  # none is 0, not blank
    done.unit("女职工会员数", "十人", "error K301")
    done.unit("工会组建时间", "1998年5月1日", "note K902")
    done.unit("工会上次换届时间", date(1997, 1, 1), "error X131", "warning X135")
    done.unit("上级工会批复文号", "=HYPERLINK(1)", "error K007")
    done.unit("核准登记时间", date(1990, 1, 1), "warning X132")
    certificate = credit_code("81130102MCEXAMPLE")
    wrong = "0" if certificate[-1] != "0" else "1"
    done.unit("工会法人资格证书号码", certificate[:-1] + wrong, "warning K811")
    done.unit("工会法人代表姓名", None, "error X143")
    done.unit("专职工会工作人员数", -1, "error K302")
    done.unit("兼职工会工作人员数", 1.5, "error K303")
    done.unit("工会积极分子数", 99_999_999, "error K305")
    done.unit("荣获时间", None, "error X151")
    done.unit("主席姓名", "示\ue000席", "error K006")  # a character of an old font
    done.unit("主席性别", "M", "error K601")
    done.unit("主席出生日期", date(2015, 8, 15), "error X175")
    done.unit("主席政治面貌", "中共党员", "note K904")
    done.unit("主席任职时间", date(1990, 5, 10), "warning X133")
    done.unit("主席个人获得工会荣誉", "先进工作者", "warning X145")


def _id_faults(done: Sheets) -> None:
    title = "身份证号"
    _, sound, _ = member(1)
    done.member(2, title, sound[:-1], "error K112")
    done.member(3, title, int(member(2)[1][:15] + "000"), "error K111")  # a numeric cell
    spaced = member(3)[1]
    done.member(4, title, f"{spaced[:6]}\u3000{spaced[6:14]}\u200b{spaced[14:]}", "note K901")
    wide = "".join(chr(0xFEE0 + ord(c)) for c in member(4)[1])
    done.member(5, title, wide, "note K901")
    done.member(6, title, member(5)[1][:6] + member(5)[1][8:17], "error K113")  # first generation
    done.member(7, title, member(6)[1][:8] + "O" + member(6)[1][9:], "error K114")
    done.member(8, title, "130102198002319901", "error K115")  # 31 February
    last = member(8)[1][-1]
    done.member(9, title, member(8)[1][:-1] + ("1" if last != "1" else "2"), "error K116")
    done.member(10, title, id_number("130102", "2031-01-01", 990), "error K117")
    done.member(11, title, id_number("139999", "1960-01-01", 990), "warning K118")
    done.member(12, title, member(0)[1], "error X191")  # the first member once more
    done.member(13, title, None, "error K001")
    done.member(14, title, id_number("130102", "1911-01-01", 990), "warning X173")
    done.member(15, title, id_number("830000", "1960-01-01", 990))  # a residence permit: fine
    done.member(16, title, id_number("911156", "1960-01-01", 990))  # a foreigner's card: fine


def _member_faults(done: Sheets) -> None:
    title = "会员姓名"
    done.member(18, title, None, "error K001")
    done.member(19, title, "阿依古丽•示例", "note K901")  # not the dot of names
    done.member(20, title, "示例3", "error K201")
    done.member(21, title, "示\ufffd例", "error K202")
    done.member(22, title, "#REF!", "error K002")
    done.member(23, title, "示例" * 50, "error K008")
    done.member(24, title, "𠮷示例")  # rare, but a character like any other
    title = "加入工会时间"
    done.member(25, title, "2010.5.1", "note K902")
    done.member(26, title, "2010-05", "note K902")
    done.member(27, title, 20100501, "note K902")
    done.member(28, title, "不详", "error K401")
    done.member(29, title, "2010-02-30", "error K403")
    done.member(30, title, date(2099, 1, 1), "error X121")
    done.member(31, title, date(1950, 1, 1), "error X171")
    _, number, _ = member(31)
    done.member(32, title, date(int(number[6:10]) + 10, 1, 1), "error X172")
    done.member(33, title, True, "error K004")
    done.member(34, "会员性别", "女" if member(33)[1][16] in "13579" else "男", "warning X174")
    done.member(35, "会员生日", date(1999, 9, 9), "warning X174")


def joint_union() -> Iterator[tuple[str, Sheets]]:
    """Several employers, one union: 工会组织形式 follows from the number of employers."""
    unit = UNIT | {
        "单位工会名称": "示例商圈联合工会委员会",
        "涵盖法人单位数": 6,
        "单位类别": None,
        "投产开业时间": None,
        "生产状况": None,
        "所属行业": "批发和零售业",
        "细分行业类别": "零售业",
        "工商注册号": None,
        "职工总数": 30,
        "农民工人数": 20,
        "女职工人数": 16,
        "会员总数": 24,
        "农民工会员数": 15,
        "女职工会员数": 12,
        "荣誉类别": None,
        "荣誉级别": None,
        "荣获时间": None,
    }
    yield "填报.xlsx", filled(unit, [member(n) for n in range(100, 124)])


def explained_exception() -> Iterator[tuple[str, Sheets]]:
    """Retired members stay members: more members than staff, which is unusual but true."""
    unit = UNIT | {"职工总数": 38, "农民工人数": 12}
    people = [member(n) for n in range(200, 240)]
    young = (people[4][0], people[4][1], date(int(people[4][1][6:10]) + 15, 1, 1))
    people[4] = young
    for name, level in (("没有说明.xlsx", "error"), ("写明原因.xlsx", "warning")):
        done = filled(unit, people)
        done.expect("会员总数", f"{level} X101")
        done.member(5, "加入工会时间", young[2], f"{level} X172")
        if level == "warning":
            done.reason("退休会员2人仍保留会籍", title="会员总数")
            done.reason("当年按学徒工招收，档案有记载", number=5)
        yield name, done


def two_halves() -> Iterator[tuple[str, Sheets]]:
    """The two tables as two workbooks, as different people keep them."""
    unit = filled(UNIT, [])
    del unit.book[MEMBER_SHEET]
    people = filled(UNIT, [member(n) for n in range(40)])
    del people.book[UNIT_SHEET]
    people.second_half = True
    yield "单位.xlsx", unit
    yield "会员.xlsx", people


CASES = {
    "01-correct": correct,
    "02-every-common-fault": every_common_fault,
    "03-joint-union": joint_union,
    "04-explained-exception": explained_exception,
    "06-two-halves": two_halves,
}


def large(path: Path, members: int = LARGE) -> None:
    """05-large: a plain sheet as other programs export it. Not committed, made when asked for."""
    book = openpyxl.Workbook(write_only=True)
    unit = book.create_sheet(UNIT_SHEET)
    unit.append(["项目", "填写"])
    women = members // 2
    counts = {"职工总数": members, "会员总数": members, "女职工人数": women, "女职工会员数": women}
    for item in (UNIT | counts).items():
        unit.append(item)
    people = book.create_sheet(MEMBER_SHEET)
    people.append(["会员姓名", "身份证号", "加入工会时间"])
    for number in range(members):
        people.append(member(number))
    book.save(path)


# --- writing -----------------------------------------------------------------------------------


def write(case: str) -> None:
    """The workbooks of a case, and beside them what must be found."""
    folder = SAMPLES / case
    (folder / "input").mkdir(parents=True, exist_ok=True)
    (folder / "expected").mkdir(exist_ok=True)
    found = {}
    for name, done in CASES[case]():
        template.save(done.book, folder / "input" / name)
        if not done.second_half:
            found[name] = sorted(done.found)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    (folder / "expected" / "codes.json").write_text(text + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    for name in CASES:
        write(name)
    if "--accept" in sys.argv:
        from tests.test_samples import accept

        accept()
