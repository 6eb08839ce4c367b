"""A machine does literally what each remedy says: the fault is gone, and nothing is lost.

What the remedies of whole files and of packages come to stands in `test_file_remedies`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl.styles import Font

from converter.messages.catalogue import catalogue
from tests.corpus.test_foreign_sheets import HEADINGS, ITEMS, own
from tests.people import MEMBERS, id_number
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, outcome, saved

Change = Callable[[Any], object]


def item(title: str, value: object, shown: str = "General") -> Change:
    def change(book: Any) -> None:
        cell = next(row[1] for row in book[UNIT_SHEET].iter_rows() if row[0].value == title)
        cell.value, cell.number_format = value, shown

    return change


def kept(title: str, value: object) -> Change:
    """Typing into a cell whose format stays as it is: the sheet may be protected."""

    def change(book: Any) -> None:
        next(row[1] for row in book[UNIT_SHEET].iter_rows() if row[0].value == title).value = value

    return change


def member(cell: str, value: object) -> Change:
    return lambda book: book[MEMBER_SHEET].__setitem__(cell, value)


def delete_row(row: int) -> Change:
    return lambda book: book[MEMBER_SHEET].delete_rows(row)


def both(*changes: Change) -> Change:
    def change(book: Any) -> None:
        for one in changes:
            one(book)

    return change


def items(**answers: object) -> Change:
    return both(*(item(title, value) for title, value in answers.items()))


def on(title: str, change: Callable[[Any], object]) -> Change:
    """A change of one sheet."""
    return lambda book: change(book[title])


def line(title: str) -> int:
    """The row of an item in the unit sheet."""
    return ITEMS.index(title) + 2


def without_item(title: str) -> Change:
    return on(UNIT_SHEET, lambda sheet: sheet.delete_rows(line(title)))


def row_put_back(title: str, value: object) -> Change:
    return on(UNIT_SHEET, lambda sheet: sheet.append([title, value]))


def column_typed(number: int) -> Change:
    """The whole column with its heading, typed from the list that the clerk has."""

    def change(book: Any) -> None:
        sheet = book[MEMBER_SHEET]
        for row, value in enumerate([HEADINGS[number], *column_values(number)], 1):
            sheet.cell(row, sheet.max_column + (row == 1), value)

    return change


def column_values(number: int) -> list[Any]:
    return [one[number - 1] for one in MEMBERS]


RETIRED = [
    (f"退{'甲乙丙'[n - 1]}", id_number("130102", f"1950-0{n}-11", 990 + n), date(1999, n, 5))
    for n in range(1, 4)
]


def second_sheet(book: Any) -> None:
    sheet = book.create_sheet("退休")
    sheet.append(HEADINGS)
    for number, one in enumerate(RETIRED, 1):
        sheet.append([number, *one])


def cut_below(book: Any) -> None:
    """Cut from the second sheet, paste below the last row of the first, count anew."""
    sheet, other = book[MEMBER_SHEET], book["退休"]
    for row in range(2, other.max_row + 1):
        values = [cell.value for cell in other[row]]
        for column, value in enumerate(values, 1):
            sheet.cell(len(MEMBERS) + row, column, value)
            other.cell(row, column).value = None
    count_with_leavers(book)


def leavers_below(book: Any) -> None:
    sheet = book[MEMBER_SHEET]
    sheet.append(["以下为离职人员"])
    for number, one in enumerate(RETIRED, 13):
        sheet.append([number, *one])
    count_with_leavers(book)


def count_with_leavers(book: Any) -> None:
    total = len(MEMBERS) + len(RETIRED)
    women = sum(int(one[1][16]) % 2 == 0 for one in (*MEMBERS, *RETIRED))
    items(会员总数=total, 女职工会员数=women, 职工总数=total, 女职工人数=women)(book)


def leavers_marked(struck: bool, remark: str = "") -> Change:
    """People who left among the others, struck through or with a remark beside them."""

    def change(book: Any) -> None:
        sheet = book[MEMBER_SHEET]
        sheet["E1"] = "备注"
        for number, one in enumerate(RETIRED, 13):
            sheet.append([number, *one, remark])
            for cell in sheet[sheet.max_row] if struck else ():
                cell.font = Font(strike=True)
        count_with_leavers(book)

    return change


def leavers_moved(book: Any, first: int = 15) -> None:
    book[MEMBER_SHEET].delete_rows(first, len(RETIRED))
    items(会员总数=12, 女职工会员数=6, 职工总数=15, 女职工人数=6)(book)


def example(number: str) -> Change:
    def change(sheet: Any) -> None:
        sheet.insert_rows(2)
        for column, value in enumerate(["示例", "张三", number, "2010-05-01"], 1):
            sheet.cell(2, column, value)

    return on(MEMBER_SHEET, change)


def names_alone(book: Any) -> None:
    second_sheet(book)
    for row, name in enumerate(("蒋示例", "沈示例", "韩示例"), 2):
        for column, value in enumerate((name, None, None), 2):
            book["退休"].cell(row, column).value = value


def cut_below_with_numbers(book: Any) -> None:
    for row, (_, number, joined) in enumerate(RETIRED, 2):
        for column, value in enumerate((number, joined), 3):
            book["退休"].cell(row, column, value)
    cut_below(book)


def second_column(sheet: Any) -> None:
    """The same people's numbers twice; the first of the second column is a digit short."""
    sheet.insert_cols(4)
    sheet["D1"] = "身份证号"
    sheet["D2"] = ID[:-1]


def beside(sheet: Any) -> None:
    """Other people in the columns to the right, under the same headings."""
    for row, values in enumerate([HEADINGS[1:], *RETIRED], 1):
        for column, value in enumerate(values, 6):
            sheet.cell(row, column, value)


def cut_beside(book: Any) -> None:
    sheet = book[MEMBER_SHEET]
    other = book.create_sheet("退休")
    for row in range(1, len(RETIRED) + 2):
        other.append([None, *(sheet.cell(row, column).value for column in range(6, 9))])
        for column in range(6, 9):
            sheet.cell(row, column).value = None
    cut_below(book)


def merged(sheet: Any) -> None:
    sheet.merge_cells("D5:D7")


def unmerged(sheet: Any) -> None:
    sheet.unmerge_cells("D5:D7")
    for row in (5, 6, 7):
        sheet.cell(row, 4, MEMBERS[row - 2][2])


def dragged(sheet: Any) -> None:
    for row in range(2, 2 + len(MEMBERS)):
        sheet.cell(row, 4, date(2010, 1, row))


def first_copied_down(sheet: Any) -> None:
    for row in range(3, 2 + len(MEMBERS)):
        sheet.cell(row, 4, sheet["D2"].value)


def hidden(sheet: Any, state: bool) -> None:
    sheet.row_dimensions[6].hidden = state


def hidden_column(sheet: Any, state: bool) -> None:
    sheet.column_dimensions["D"].hidden = state


def copied(book: Any) -> None:
    """Two sheets with the same people, neither of which has the form's own title."""
    copy = book.copy_worksheet(book[MEMBER_SHEET])
    book[MEMBER_SHEET].title, copy.title = "今年", "去年"


def passport_explained(book: Any) -> None:
    """What the remedy of a passport's number says: sex, birthday and a reason."""
    sheet = book[MEMBER_SHEET]
    answers = {"会员性别": "男", "会员生日": date(1960, 1, 10), "情况说明": "外籍，只有护照"}
    for column, (heading, answer) in enumerate(answers.items(), sheet.max_column + 1):
        sheet.cell(1, column, heading)
        sheet.cell(2, column, answer)


@dataclass(frozen=True)
class Remedy:
    """A fault, and what its remedy says."""

    fault: Change
    remedy: Change
    members: int = len(MEMBERS)


ID = MEMBERS[0][1]
REMEDIES = {
    "K002": Remedy(member("D2", "#N/A"), member("D2", date(2010, 1, 5))),
    "K004": Remedy(member("D2", True), member("D2", date(2010, 1, 5))),
    "K007": Remedy(member("B2", "@赵示例"), member("B2", "赵示例")),
    "K009": Remedy(item("单位工会名称", "无"), item("单位工会名称", "示例工会委员会")),
    "K009-of-a-number": Remedy(member("C2", "待补"), member("C2", ID)),
    "K010": Remedy(member("D3", "同上"), member("D3", date(2010, 1, 5))),
    "K111": Remedy(member("C2", float(ID[:15] + "000")), member("C2", ID)),
    "K112": Remedy(
        lambda book: book[MEMBER_SHEET].append([13, "李示例", "1301"]), delete_row(14)
    ),
    "K114": Remedy(member("C2", ID[:16] + "O" + ID[17:]), member("C2", ID)),
    "K119": Remedy(member("C2", "E12345678"), member("C2", ID)),
    "K003": Remedy(member("B2", "=A2&1"), member("B2", "赵示例")),
    "K005": Remedy(item("驻地通讯地址", "示例路_x0007_1号"), item("驻地通讯地址", "示例路1号")),
    "K112-more": Remedy(member("C2", f"身份证：{ID}"), member("C2", ID)),
    "K112-telephone": Remedy(member("C2", f"{ID} 13100000001"), member("C2", ID)),
    "K112-document": Remedy(
        member("C2", "护照E12345678"), both(member("C2", "E12345678"), passport_explained)
    ),
    "K112-dashes": Remedy(member("C2", f"{ID[:6]}-{ID[6:14]}-{ID[14:]}"), member("C2", ID)),
    "K112-several": Remedy(
        both(member("B2", "赵示例、退甲"), member("C2", f"{ID}/{RETIRED[0][1]}")),
        both(
            member("B2", "赵示例"), member("C2", ID),
            lambda book: book[MEMBER_SHEET].append([13, *RETIRED[0]]),
            items(会员总数=13),
        ),
        13,
    ),
    "K201-brackets": Remedy(member("B2", "赵示例（退休）"), member("B2", "赵示例")),
    "K204": Remedy(member("B2", "赵示例 退甲"), member("B2", "赵示例退甲")),
    "K204-of-two": Remedy(
        member("B2", "赵示例\n退甲"),
        both(
            member("B2", "赵示例"),
            lambda book: book[MEMBER_SHEET].append([13, *RETIRED[0]]),
            items(会员总数=13),
        ),
        13,
    ),
    "K201-several": Remedy(
        member("B2", "赵示例、退甲"),
        both(
            member("B2", "赵示例"),
            lambda book: book[MEMBER_SHEET].append([13, *RETIRED[0]]),
            items(会员总数=13),
        ),
        13,
    ),
    "K113": Remedy(member("C2", f"{ID[:6]}{ID[8:17]}"), member("C2", ID)),
    "K116": Remedy(member("C2", f"{ID[:17]}{(int(ID[17]) + 1) % 10}"), member("C2", ID)),
    "K114-example": Remedy(example("X" * 18), delete_row(2)),
    "K115-example": Remedy(example("0" * 18), delete_row(2)),
    "K116-example": Remedy(example("110101199001011234"), delete_row(2)),
    "K302": Remedy(item("专职工会工作人员数", -1), item("专职工会工作人员数", 1)),
    "K303": Remedy(item("专职工会工作人员数", 1.5), item("专职工会工作人员数", 1)),
    "X101": Remedy(item("职工总数", 11), item("职工总数", 15)),
    "X111": Remedy(item("会员总数", 13), item("会员总数", 12)),
    "X121": Remedy(item("工会组建时间", date(2098, 1, 1)), item("工会组建时间", date(2005, 6, 1))),
    "X131": Remedy(
        item("工会上次换届时间", date(2004, 1, 1)), item("工会上次换届时间", date(2023, 6, 1))
    ),
    "X151": Remedy(item("荣誉级别", None), item("荣誉级别", "市级")),
    "X191": Remedy(
        lambda book: book[MEMBER_SHEET].append([13, MEMBERS[0][0], ID, None]), delete_row(14)
    ),
    "K201": Remedy(member("B2", "赵示例1"), member("B2", "赵示例")),
    "K203": Remedy(item("工会法人代表姓名", "无"), item("工会法人代表姓名", "王示例")),
    "K203-of-a-member": Remedy(
        lambda book: book[MEMBER_SHEET].append([13, "不详", RETIRED[0][1]]), delete_row(14)
    ),
    "K301": Remedy(item("专职工会工作人员数", "若干"), item("专职工会工作人员数", 0)),
    "K306": Remedy(
        item("职工总数", date(1900, 1, 15), "yyyy-mm-dd"), kept("职工总数", "15人")
    ),
    "K401": Remedy(member("D2", "去年"), member("D2", "2010-5-1")),
    "K402": Remedy(member("D2", "2010"), member("D2", "2010年10月")),
    "K403": Remedy(member("D2", "2010-02-30"), member("D2", "2010-2-28")),
    "K501": Remedy(item("单位工会联系电话", "85551234"), item("单位工会联系电话", "0311-85551234")),
    "K504": Remedy(item("单位工会联系电话", 31185551234), kept("单位工会联系电话", "0311-85551234")),
    "K601": Remedy(item("生产状况", "不太好"), item("生产状况", "营业")),
    "K601-unlisted": Remedy(
        items(荣誉类别="模范职工小家"), items(荣誉类别=None, 荣誉级别=None, 荣获时间=None)
    ),
    "K701": Remedy(item("驻地邮政编码", "0500"), item("驻地邮政编码", "050000")),
    "X102": Remedy(items(农民工人数=16), items(农民工人数=5)),
    "X103": Remedy(items(女职工人数=16), items(女职工人数=6)),
    "X104": Remedy(items(农民工会员数=6), items(农民工会员数=4)),
    "X105": Remedy(items(女职工人数=5), items(女职工人数=6)),
    "X112": Remedy(items(女职工会员数=5), items(女职工会员数=6)),
    "X132": Remedy(items(核准登记时间=date(2004, 1, 1)), items(核准登记时间=date(2006, 1, 1))),
    "X133": Remedy(items(主席任职时间=date(2004, 1, 1)), items(主席任职时间=date(2023, 6, 1))),
    "X134": Remedy(items(投产开业时间=date(2010, 1, 1)), items(工会组建时间=date(2011, 1, 1),
                   工会上次换届时间=date(2023, 6, 1), 核准登记时间=date(2012, 1, 1))),
    "X135": Remedy(items(工会上次换届时间=date(2015, 6, 1)), items(工会上次换届时间=date(2023, 6, 1))),
    "X141": Remedy(items(单位类别="事业"), items(投产开业时间=None, 生产状况=None)),
    "X141-chosen-wrongly": Remedy(items(单位类别="事业"), items(单位类别="私营企业")),
    "X142": Remedy(items(生产状况=None), items(生产状况="营业")),
    "X142-chosen-wrongly": Remedy(items(生产状况=None), items(单位类别="事业", 投产开业时间=None)),
    "X143": Remedy(items(核准登记时间=None), items(核准登记时间=date(2006, 1, 1))),
    "X144": Remedy(
        items(是否进行工会法人资格登记="否"),
        items(核准登记时间=None, 工会法人资格证书号码=None, 工会法人代表姓名=None),
    ),
    "X144-chosen-wrongly": Remedy(
        items(是否进行工会法人资格登记="否"), items(是否进行工会法人资格登记="是")
    ),
    "X145": Remedy(items(主席个人获得工会荣誉="优秀工会工作者"), items(主席个人获得工会荣誉=None)),
    "X151-all-cleared": Remedy(items(荣誉级别=None), items(荣誉类别=None, 荣获时间=None)),
    "X161": Remedy(items(细分行业类别="农业"), items(细分行业类别="通用设备制造业")),
    "X161-its-parent": Remedy(items(细分行业类别="农业"), items(所属行业="农、林、牧、渔业")),
    "X171": Remedy(member("D6", date(1960, 3, 11)), member("D6", date(2010, 5, 5))),
    "X172": Remedy(member("D6", date(1980, 3, 11)), member("D6", date(2010, 5, 5))),
    "X173": Remedy(
        member("C2", id_number("130102", "1901-01-10", 990)),
        member("C2", ID),
    ),
    "X174": Remedy(items(工会组织形式="联合基层工会"), items(工会组织形式=None)),
    "X175": Remedy(items(主席出生日期=date(2015, 6, 1)), items(主席出生日期=date(1975, 8, 15))),
    "X176": Remedy(on(MEMBER_SHEET, dragged), on(MEMBER_SHEET, first_copied_down)),
    "S002": Remedy(
        delete_row(1),
        on(MEMBER_SHEET, lambda sheet: (sheet.insert_rows(1), [
            sheet.cell(1, column, text) for column, text in enumerate(HEADINGS, 1)])),
    ),
    "S003": Remedy(on(MEMBER_SHEET, lambda sheet: sheet.delete_cols(3)), column_typed(2)),
    "S003-renamed": Remedy(member("B1", "称呼"), member("B1", "会员姓名")),
    "S004": Remedy(on(MEMBER_SHEET, lambda sheet: sheet.delete_cols(4)), column_typed(3)),
    "S005": Remedy(
        on(MEMBER_SHEET, second_column), on(MEMBER_SHEET, lambda sheet: sheet.delete_cols(4))
    ),
    "S024-beside": Remedy(on(MEMBER_SHEET, beside), cut_beside, 15),
    "S006": Remedy(on(MEMBER_SHEET, merged), on(MEMBER_SHEET, unmerged)),
    "S007": Remedy(
        on(MEMBER_SHEET, lambda sheet: hidden(sheet, True)),
        on(MEMBER_SHEET, lambda sheet: hidden(sheet, False)),
    ),
    "S008": Remedy(
        on(MEMBER_SHEET, lambda sheet: hidden_column(sheet, True)),
        on(MEMBER_SHEET, lambda sheet: hidden_column(sheet, False)),
    ),
    "S009": Remedy(
        on(MEMBER_SHEET, lambda sheet: setattr(sheet, "sheet_state", "hidden")),
        on(MEMBER_SHEET, lambda sheet: setattr(sheet, "sheet_state", "visible")),
    ),
    "S010": Remedy(copied, lambda book: book.remove(book["去年"])),
    "S021": Remedy(without_item("职工总数"), row_put_back("职工总数", 15)),
    "S021-renamed": Remedy(
        on(UNIT_SHEET, lambda sheet: sheet.cell(line("职工总数"), 1, "人马")),
        on(UNIT_SHEET, lambda sheet: sheet.cell(line("职工总数"), 1, "职工总数")),
    ),
    "S022": Remedy(without_item("驻地通讯地址"), row_put_back("驻地通讯地址", "示例路1号")),
    "S023": Remedy(
        row_put_back("职工总数", 14),
        on(UNIT_SHEET, lambda sheet: sheet.delete_rows(sheet.max_row)),
    ),
    "S024": Remedy(second_sheet, cut_below, 15),
    "S024-left": Remedy(second_sheet, lambda book: book.remove(book["退休"])),
    "S026": Remedy(names_alone, cut_below_with_numbers, 15),
    "S027": Remedy(leavers_below, delete_row(14), 15),
    "S027-moved": Remedy(leavers_below, leavers_moved),
    "S028": Remedy(leavers_marked(struck=True), lambda book: leavers_moved(book, 14)),
    "S029": Remedy(leavers_marked(False, "已离职"), lambda book: leavers_moved(book, 14)),
    "S025": Remedy(member("D1", "进来的日子"), member("D1", "加入工会时间")),
    "S025-another": Remedy(member("D1", "进来的日子"), member("E1", "加入工会时间")),
}  # fmt: skip


# Remedies that are no act on a sheet, or that say that nothing need be changed.
ELSEWHERE = {"S001", "S011", "S012", "S013", "S014", "S015", "X113"}


def verdict(book: Any, folder: Path) -> tuple[dict[str, str], int]:
    """Codes with their levels, and how many members were read."""
    found = outcome(saved(book, folder))
    return {i.code: i.level.value for i in found.issues}, found.members


@pytest.mark.parametrize("name", REMEDIES)
def test_what_the_remedy_says_helps(name: str, tmp_path: Path) -> None:
    book, case, code = own(), REMEDIES[name], name.partition("-")[0]
    case.fault(book)
    assert code in verdict(book, tmp_path)[0]
    case.remedy(book)
    left, members = verdict(book, tmp_path)
    assert code not in left
    assert "error" not in left.values()
    assert members == case.members


def test_numbers_of_members_are_compared_when_everybody_is_read(tmp_path: Path) -> None:
    book, total = own(), len(MEMBERS) + len(RETIRED)
    second_sheet(book)
    items(会员总数=total, 职工总数=total)(book)
    assert {code for code, level in verdict(book, tmp_path)[0].items() if level == "error"} == {
        "S024"
    }


def test_every_rule_and_every_fault_of_a_sheet_has_its_remedy_followed() -> None:
    """A new rule, or a new code about sheets, comes with a remedy that a machine has followed."""
    wanted = {rule.code for rule in FORM.rules}
    wanted |= {code for code in catalogue(FORM) if code.startswith("S")}
    assert wanted - ELSEWHERE == {name[:4] for name in REMEDIES if name[0] in "SX"}
