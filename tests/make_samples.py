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
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook import Workbook

from converter import template
from converter.kinds import KINDS
from converter.model.issues import Level
from tests import samples_of_other_forms, sheets
from tests.people import credit_code, id_number
from tests.sample_people import UNIT, Member, member
from tests.samples_of_other_forms import Made
from tests.sheets import MEMBER_SHEET, UNIT_SHEET

SAMPLES: Path = Path(__file__).parent.parent / "samples"
# The day on which the samples are checked: ages and 'in the future' depend on it.
TODAY = date(2026, 6, 1)
EPOCH = "1780272000"
LARGE = 20_000

Found = tuple[str, str, str]  # level, code, sheet!cell


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
        heading = sheets.FORM.record.headings["explanation"]
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


@dataclass
class Raw:
    """A file that is no workbook, and the code that must be found."""

    data: bytes
    code: str


def filled(unit: dict[str, Any], members: list[Member], rows: int = 60) -> Sheets:
    gained = {
        entry.title: KINDS[entry.kind].example_of(entry, sheets.FORM)
        for entry in sheets.FORM.record
        if entry.required and unit.keys().isdisjoint({entry.title, *entry.aliases})
    }
    return Sheets(sheets.fill(sheets.blank(rows), unit | gained, members))


# --- the cases -------------------------------------------------------------------------------


def correct() -> Iterator[tuple[str, Sheets | Raw]]:
    yield "填报.xlsx", filled(UNIT, [member(n) for n in range(40)])


def every_common_fault() -> Iterator[tuple[str, Sheets | Raw]]:
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
    done.unit("单位类别", "乡镇企业", "error K601")
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
    done.unit("主席性别", "甲", "error K601")
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
    done.member(28, title, "那年夏天", "error K401")
    done.member(29, title, "2010-02-30", "error K403")
    done.member(30, title, date(2099, 1, 1), "error X121")
    done.member(31, title, date(1950, 1, 1), "error X171")
    _, number, _ = member(31)
    done.member(32, title, date(int(number[6:10]) + 10, 1, 1), "error X172")
    done.member(33, title, True, "error K004")
    done.member(34, "会员性别", "女" if member(33)[1][16] in "13579" else "男", "warning X174")
    done.member(35, "会员生日", date(1999, 9, 9), "warning X174")


def joint_union() -> Iterator[tuple[str, Sheets | Raw]]:
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


def explained_exception() -> Iterator[tuple[str, Sheets | Raw]]:
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


def two_halves() -> Iterator[tuple[str, Sheets | Raw]]:
    """The two tables as two workbooks, as different people keep them."""
    unit = filled(UNIT, [])
    del unit.book[MEMBER_SHEET]
    people = filled(UNIT, [member(n) for n in range(40)])
    del people.book[UNIT_SHEET]
    people.second_half = True
    yield "单位.xlsx", unit
    yield "会员.xlsx", people


def changed_sheets() -> Iterator[tuple[str, Sheets | Raw]]:
    """What happens to a workbook on its way: renamed, moved, merged, hidden, pasted over."""
    yield "另做的表.xlsx", _own_making()
    done = filled(UNIT, [member(n) for n in range(40)])
    sheet = done.book[MEMBER_SHEET]
    address = sheets.member_cell(done.book, 3, "会员姓名")
    sheet.merge_cells(f"{address}:{sheets.member_cell(done.book, 4, '会员姓名')}")
    # The name of the second member is under the merged area; the first one stands.
    done.found += [("error", "S006", f"{MEMBER_SHEET}!{address}")]
    sheet.row_dimensions[sheet[sheets.member_cell(done.book, 7, "会员姓名")].row].hidden = True
    hidden = sheets.member_cell(done.book, 7, "会员姓名")
    done.found += [("warning", "S007", f"{MEMBER_SHEET}!{hidden}")]
    done.book.calculation.fullCalcOnLoad = None
    name = sheets.member_cell(done.book, 9, "会员姓名")
    sheet[name] = '="示"&"例"'  # no program has ever computed it
    done.found += [("error", "K003", f"{MEMBER_SHEET}!{name}")]
    yield "合并隐藏公式.xlsx", done
    done = filled(UNIT, [member(n) for n in range(40)])
    sheet = done.book[MEMBER_SHEET]
    heading = sheets.member_cell(done.book, 0, "身份证号")
    sheet[heading] = "号"
    done.found += [("error", "S025", f"{MEMBER_SHEET}!{heading}")]
    yield "缺列.xlsx", done


def _own_making() -> Sheets:
    """A clerk's own sheets: other names, other order, other headings, other columns, dates by
    the calendar of old Macs. All of it can be read."""
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    people = book.active
    people.title = "名单"
    people.append(["示例机械厂会员名单"])
    people.append([])
    people.append(["部门", "身份证号码", "入会时间", "姓名", "电话"])
    for number in range(40):
        name, id_, joined = member(number)
        people.append(["示例车间", id_, joined, name, None])
        if number == 20:
            people.append([])
    unit = book.create_sheet("单位情况")
    unit.append(["项 目", "填写"])
    for entry in sheets.FORM.record:
        unit.append([entry.title, UNIT.get(entry.title)])
    return Sheets(book)


def no_workbooks() -> Iterator[tuple[str, Sheets | Raw]]:
    """Files that only look like workbooks: what each is, and what to do."""
    with tempfile.TemporaryDirectory() as folder:
        template.save(filled(UNIT, [member(0)]).book, Path(folder, "a.xlsx"))
        whole = Path(folder, "a.xlsx").read_bytes()
    table = "会员姓名,身份证号\n示例," + member(0)[1] + "\n"
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(64)
    yield "空文件.xlsx", Raw(b"", "F004")
    yield "文本.xlsx", Raw(table.encode("gb18030"), "F105")
    yield "网页.xlsx", Raw(f"<html><table><tr><td>{table}</table></html>".encode(), "F106")
    yield "图片.xlsx", Raw(png, "F109")
    yield "扫描件.xlsx", Raw(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "F108")
    yield "没传完.xlsx", Raw(whole[:20_000], "F009")
    yield "别的压缩包.xlsx", Raw(b"Rar!\x1a\x07\x01\x00" + bytes(64), "F110")


CLEAN = ("01-correct", "03-joint-union")  # nothing may be wrong with these
CASES: dict[str, Callable[[], Iterator[tuple[str, Sheets | Raw | Made]]]] = {
    "01-correct": correct,
    "02-every-common-fault": every_common_fault,
    "03-joint-union": joint_union,
    "04-explained-exception": explained_exception,
    "06-two-halves": two_halves,
    "07-changed-sheets": changed_sheets,
    "08-no-workbooks": no_workbooks,
    **samples_of_other_forms.CASES,
}


def large(path: Path, members: int = LARGE) -> None:
    """05-large: a plain sheet as other programs export it. Not committed, made when asked for."""
    book = openpyxl.Workbook(write_only=True)
    unit = book.create_sheet(UNIT_SHEET)
    unit.append(["项目", "填写"])
    women = members // 2
    counts = {"职工总数": members, "会员总数": members, "女职工人数": women, "女职工会员数": women}
    for entry in sheets.FORM.record:
        unit.append([entry.title, (UNIT | counts).get(entry.title)])
    people = book.create_sheet(MEMBER_SHEET)
    people.append(["会员姓名", "身份证号", "加入工会时间"])
    for number in range(members):
        people.append(member(number))
    book.save(path)


# --- writing -----------------------------------------------------------------------------------


def stands_in_the_way(path: Path) -> list[Found]:
    """Errors and warnings of a workbook that should have none."""
    issues = sheets.outcome(path).issues
    return [
        (str(issue.level), issue.code, f"{issue.place.sheet}!{issue.place.cell}")
        for issue in issues
        if issue.level is not Level.NOTE
    ]


def write(case: str) -> None:
    """The workbooks of a case, and beside them what must be found."""
    folder = SAMPLES / case
    (folder / "input").mkdir(parents=True, exist_ok=True)
    (folder / "expected").mkdir(exist_ok=True)
    found = {}
    for name, done in CASES[case]():
        target = folder / "input" / name
        if isinstance(done, Raw):
            target.write_bytes(done.data)
            found[name] = [("error", done.code, "!")]
            continue
        if isinstance(done, Made):
            target.write_bytes(done.data)
            found[name] = done.found
            continue
        template.save(done.book, target)
        if case in CLEAN and (wrong := stands_in_the_way(target)):
            raise SystemExit(f"{case}/{name} is to be correct, but has {wrong}")
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
