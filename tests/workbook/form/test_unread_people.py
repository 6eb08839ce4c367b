"""Every person in a file is read or named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook import Workbook

from converter import workbook as reader
from converter.model.issues import Issue
from converter.model.submissions import Submission
from converter.workbook.grid import Grid
from converter.workbook.xlsx.book import XlsxWorkbook
from tests.corpus.test_foreign_sheets import HEADINGS, own
from tests.opened import rendered
from tests.people import MEMBERS, UNIT, id_number
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, blank, fill, outcome, saved

MORE = [
    (f"增{letter}", id_number("130102", f"19{70 + n}-01-01", 990 + n), date(2010, 1, 5))
    for n, letter in enumerate("甲乙丙丁")
]


def issues(book: Workbook, folder: Path, *codes: str) -> list[Issue]:
    return [i for i in outcome(saved(book, folder)).issues if i.code in codes]


def sheet_of(book: Workbook, name: str, heading: str = "身份证号") -> None:
    sheet = book.create_sheet(name)
    sheet.append(["序号", "姓名", heading])
    for number, (person, id_, _) in enumerate(MORE, 1):
        sheet.append([number, person, id_])


def side_by_side(book: Workbook) -> None:
    sheet = book[MEMBER_SHEET]
    for column, heading in enumerate(HEADINGS, 5):
        sheet.cell(1, column, heading)
    for row, (name, id_, joined) in enumerate(MORE, 2):
        for column, value in enumerate((row, name, id_, joined), 5):
            sheet.cell(row, column, value)


def beside_without_heading(book: Workbook) -> None:
    for row, (name, id_, _) in enumerate(MORE, 2):
        book[MEMBER_SHEET].cell(row, 7, name)
        book[MEMBER_SHEET].cell(row, 8, id_)


def below_in_other_columns(book: Workbook) -> None:
    """A second list below the first, with its columns elsewhere."""
    sheet = book[MEMBER_SHEET]
    sheet.append([])
    sheet.append(["退休会员"])
    sheet.append(["姓名", "证件号码"])
    for name, id_, _ in MORE:
        sheet.append([name, id_])


def numbers(book: Workbook, *texts: str) -> None:
    sheet = book.create_sheet("二车间")
    sheet.append(["姓名", "证件号码"])
    for (name, _, _), text in zip(MORE, texts, strict=True):
        sheet.append([name, text])


def names_of_leaders_beside(book: Workbook) -> None:
    sheet = book.create_sheet("二车间")
    sheet.append(["班组长", "员工姓名", "身份证号"])
    for name, id_, _ in MORE:
        sheet.append(["周示例", name, id_])


def beside_the_record(book: Workbook, row: int = 3, column: int = 10) -> None:
    for at, (name, id_, _) in enumerate(MORE, row):
        book[UNIT_SHEET].cell(at, column, name)
        book[UNIT_SHEET].cell(at, column + 1, id_)


UNREAD: dict[str, Callable[[Workbook], None]] = {
    "a copy": lambda b: sheet_of(b, f"{MEMBER_SHEET} (2)"),
    "a sequel": lambda b: sheet_of(b, "会员表续"),
    "the retired": lambda b: sheet_of(b, "退休会员"),
    "another heading": lambda b: sheet_of(b, "二车间", "证件号"),
    "no heading": lambda b: sheet_of(b, "Sheet3", ""),
    "side by side": side_by_side,
    "beside, without a heading": beside_without_heading,
    "below, in other columns": below_in_other_columns,
    "mistyped": lambda b: numbers(b, *(id_[:17] + "A" for _, id_, _ in MORE)),
    "passports": lambda b: numbers(b, "E12345678", "E22345678", "H12345678", "H1234567890"),
    "leaders beside them": names_of_leaders_beside,
    "beside the record": beside_the_record,
    "below the record": lambda b: beside_the_record(b, 60, 1),
}


@pytest.mark.parametrize("name", UNREAD)
def test_people_who_were_not_read_are_an_error(name: str, tmp_path: Path) -> None:
    book = own()
    UNREAD[name](book)
    found = issues(book, tmp_path, "S024", "S005", "S010")
    assert [(i.code, i.level.value, i.params["count"]) for i in found] == [("S024", "error", 4)]


def repeated(book: Workbook) -> None:
    sheet = book.create_sheet("社保名单")
    sheet.append(["姓名", "身份证号"])
    for name, id_, _ in MEMBERS:
        sheet.append([name, id_])


def spouses(book: Workbook) -> None:
    for row, text in enumerate(("配偶身份证号", *(id_ for _, id_, _ in MORE)), 1):
        book[MEMBER_SHEET].cell(row, 6, text)


def other_numbers(book: Workbook) -> None:
    sheet = book.create_sheet("账户")
    sheet.append(["银行卡号", "信用代码", "订单号"])
    sheet.append(["6222020402011234567", "91130102MA0000000U", "202601150000012345"])


def reasons(book: Workbook) -> None:
    book[MEMBER_SHEET].cell(1, 5, "情况说明")
    book[MEMBER_SHEET].cell(2, 5, f"与{MORE[0][1]}是同一人")


def an_old_number(book: Workbook) -> None:
    book[MEMBER_SHEET].cell(1, 5, "备注")
    book[MEMBER_SHEET].cell(2, 5, f"曾用身份证号{MORE[0][1]}")


def the_legal_representative(book: Workbook) -> None:
    sheet = book.create_sheet("登记信息")
    sheet.append(["法人代表", "身份证号"])
    sheet.append(["王示例", MORE[0][1]])


SILENT: dict[str, Callable[[Workbook], None]] = {
    "people who were read": repeated,
    "spouses": spouses,
    "numbers of other things": other_numbers,
    "a reason": reasons,
    "an old number": an_old_number,
    "the legal representative": the_legal_representative,
    "a sheet of relatives": lambda b: sheet_of(b, "家属"),
}


@pytest.mark.parametrize("name", SILENT)
def test_nobody_is_missed_where_nobody_is_missing(name: str, tmp_path: Path) -> None:
    book = own()
    SILENT[name](book)
    assert issues(book, tmp_path, "S024") == []


def test_moving_people_below_the_others_or_to_another_file_helps(tmp_path: Path) -> None:
    book = own()
    sheet_of(book, "续表")
    for number, person in enumerate(MORE, 13):
        book[MEMBER_SHEET].append([number, *person])
    assert issues(book, tmp_path, "S024") == []
    del book["续表"]
    assert issues(book, tmp_path, "S024") == []


def test_both_tables_on_one_sheet_are_read(tmp_path: Path) -> None:
    book = own()
    for row in [(), *book[MEMBER_SHEET].iter_rows(values_only=True)]:
        book[UNIT_SHEET].append(list(row))
    del book[MEMBER_SHEET]
    assert outcome(saved(book, tmp_path)).members == len(MEMBERS)


def headed(*rows: tuple[str, ...]) -> Workbook:
    book = own()
    sheet = book[MEMBER_SHEET]
    sheet.delete_rows(1)
    sheet.insert_rows(1, len(rows))
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            sheet.cell(number, column, text)
    return book


SPLIT = [
    (("序", "会员", "身份证", "加入工会"), ("号", "姓名", "号", "时间")),
    (("序号", "会员", "身份", "入会"), ("", "姓名", "证号", "日期")),
    (("序号", "姓", "身份证号码", "入会"), ("", "名", "", "时间")),
]


@pytest.mark.parametrize("rows", SPLIT)
def test_headings_split_over_two_rows_are_joined(
    rows: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    found = outcome(saved(headed(*rows), tmp_path))
    assert (found.status, found.members) == ("ok", len(MEMBERS))


@pytest.mark.parametrize("heading", ["入会年月", "入职日期", "加入时间", "日期", "何时入会"])
def test_a_column_of_dates_never_vanishes(heading: str, tmp_path: Path) -> None:
    book = headed(("序号", "会员姓名", "身份证号", heading))
    found = issues(book, tmp_path, "S004", "S025")
    assert [(i.code, i.place.cell, i.place.field) for i in found] == [("S025", "D1", "joined_on")]
    book[MEMBER_SHEET].cell(1, 5, "加入工会时间")
    assert issues(book, tmp_path, "S004", "S025") == []


def test_birthdays_are_no_joining_dates(tmp_path: Path) -> None:
    for heading in ("出生年月", "日期"):
        book = headed(("序号", "会员姓名", "身份证号", heading))
        for row in range(2, 14):
            number: Any = book[MEMBER_SHEET].cell(row, 3).value
            born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
            book[MEMBER_SHEET].cell(row, 4, born)
        assert [i.code for i in issues(book, tmp_path, "S004", "S025")] == ["S004"]


@pytest.mark.parametrize("heading", ["证件号", "身份号码", "ID"])
def test_a_column_of_id_numbers_is_named_where_none_was_found(heading: str, tmp_path: Path) -> None:
    found = issues(headed(("序号", "会员姓名", heading, "入会时间")), tmp_path, "S003", "S025")
    assert [(i.code, i.place.cell) for i in found] == [("S025", "C1")]


FIRST_SHEET = "xl/worksheets/sheet1.xml"  # the instructions


def archive(data: Submission | None = None) -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(rendered(FORM, rows=5, data=data)))


def handed_out(folder: Path, name: str, data: Submission | None, beside: str = "") -> Path:
    """A workbook as it is handed out, with a text on its first sheet, the same in all."""
    path = folder / name
    row = f'<row r="300"><c r="A300" t="inlineStr"><is><t>{beside}</t></is></c></row></sheetData>'
    first = archive().read(FIRST_SHEET).replace(b"</sheetData>", row.encode())
    with archive(data) as source, zipfile.ZipFile(path, "w") as target:
        for info in source.infolist():
            target.writestr(
                info.filename, first if info.filename == FIRST_SHEET else source.read(info)
            )
    return path


def one_member(folder: Path) -> Submission:
    return reader.read(saved(fill(blank(), UNIT, [MORE[0]]), folder), FORM)


def test_a_sheet_that_many_files_share_hides_nobody(tmp_path: Path) -> None:
    """It is read once where it holds no number; who is missing depends on each file's own list."""
    listed, number = one_member(tmp_path), MORE[0][1]

    def unread(path: Path) -> bool:
        return any(issue.code == "S024" for issue in reader.read(path, FORM).issues)

    assert not unread(handed_out(tmp_path, "1.xlsx", listed))
    assert not unread(handed_out(tmp_path, "2.xlsx", None))
    assert not unread(handed_out(tmp_path, "3.xlsx", listed, number))
    assert unread(handed_out(tmp_path, "4.xlsx", None, number))
    assert not unread(handed_out(tmp_path, "5.xlsx", listed, number))


def test_a_sheet_without_numbers_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = handed_out(tmp_path, "1.xlsx", one_member(tmp_path), "这一格没有号码")
    read: list[int] = []
    grid = XlsxWorkbook.grid

    def watched(book: XlsxWorkbook, index: int) -> Grid:
        read.append(index)
        return grid(book, index)

    monkeypatch.setattr(XlsxWorkbook, "grid", watched)
    reader.read(path, FORM)
    assert 0 in read
    read.clear()
    reader.read(path, FORM)
    assert read
    assert 0 not in read


def names(book: Workbook, title: str, *rows: tuple[Any, ...]) -> None:
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)


PEOPLE = ("甄示例", "贾示例", "钱三多")
KNOWN = MEMBERS[0][0]
UNNUMBERED: dict[str, tuple[Callable[[Workbook], None], str, int]] = {
    "under a heading": (
        lambda b: names(b, "退休", ("退休人员",), ("序号", "姓名"), *enumerate(PEOPLE)),
        "B3",
        3,
    ),
    "under a near heading": (
        lambda b: names(b, "名单", ("员工姓名", "部门"), *((one, "装配") for one in PEOPLE)),
        "A2",
        3,
    ),
    "without a heading": (lambda b: names(b, "退休会员", *((one,) for one in PEOPLE)), "A1", 3),
    "in a row": (lambda b: names(b, "车间", ("姓名", *PEOPLE), ("性别", "男", "女")), "B1", 3),
    "one of two": (lambda b: names(b, "班子", ("姓名",), (KNOWN,), (PEOPLE[0],)), "A3", 1),
}
NOBODY: dict[str, Callable[[Workbook], None]] = {
    "members": lambda b: names(b, "考勤", ("姓名",), *((one[0],) for one in MEMBERS)),
    "no names": lambda b: names(b, "说明", ("姓名",), ("按证件填写，不能简写",), ("张",)),
    "others": lambda b: names(b, "家属", ("姓名",), *((one,) for one in PEOPLE)),
    "another heading": lambda b: names(b, "通讯录", ("联系人",), *((one,) for one in PEOPLE)),
}


@pytest.mark.parametrize("name", UNNUMBERED)
def test_names_without_numbers_are_a_warning(name: str, tmp_path: Path) -> None:
    make, cell, count = UNNUMBERED[name]
    book = own()
    make(book)
    (found,) = issues(book, tmp_path, "S024", "S026")
    assert (found.code, found.level.value) == ("S026", "warning")
    assert (found.params["cell"], found.params["count"]) == (cell, count)


@pytest.mark.parametrize("name", NOBODY)
def test_names_of_members_and_of_others_are_silent(name: str, tmp_path: Path) -> None:
    book = own()
    NOBODY[name](book)
    assert not issues(book, tmp_path, "S024", "S026")
