"""A machine does literally what each remedy says: the fault is gone, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.test_foreign_sheets import own
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, outcome, saved

Change = Callable[[Any], None]


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
    "K111": Remedy(member("C2", float(ID[:15] + "000")), member("C2", ID)),
    "K112": Remedy(
        lambda book: book[MEMBER_SHEET].append([13, "李示例", "待补"]), delete_row(14)
    ),
    "K114": Remedy(member("C2", ID[:16] + "O" + ID[17:]), member("C2", ID)),
    "K119": Remedy(member("C2", "E12345678"), member("C2", ID)),
    "K003": Remedy(member("B2", "=A2&1"), member("B2", "赵示例")),
    "K005": Remedy(item("驻地通讯地址", "示例路_x0007_1号"), item("驻地通讯地址", "示例路1号")),
    "K113": Remedy(member("C2", f"{ID[:6]}{ID[8:17]}"), member("C2", ID)),
    "K116": Remedy(member("C2", f"{ID[:17]}{(int(ID[17]) + 1) % 10}"), member("C2", ID)),
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
    "K701": Remedy(item("驻地邮政编码", "0500"), item("驻地邮政编码", "050000")),
}  # fmt: skip


def codes(book: Any, folder: Path) -> tuple[set[str], int]:
    found = outcome(saved(book, folder))
    return {i.code for i in found.issues if i.level.value == "error"}, found.members


@pytest.mark.parametrize("code", REMEDIES)
def test_what_the_remedy_says_helps(code: str, tmp_path: Path) -> None:
    book, case = own(), REMEDIES[code]
    case.fault(book)
    assert code in codes(book, tmp_path)[0]
    case.remedy(book)
    assert codes(book, tmp_path) == (set(), case.members)
