"""Remedies of whole files and packages, done by a machine: nothing of a person's is lost."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook import Workbook

from tests.commands import run
from tests.corpus.test_foreign_sheets import own
from tests.parity import office
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, UNIT_SHEET, blank, correct, fill, outcome, put, saved
from tests.tools import needs
from tests.workbook.books import parts_of, rezip

NUMBERS = [one[1] for one in MEMBERS]
SHEET = "xl/worksheets/sheet2.xml"


def codes(path: Path) -> set[str]:
    return {issue.code for issue in outcome(path).issues}


def is_sound(path: Path) -> bool:
    """No error, and everybody is there."""
    found = outcome(path)
    errors = [issue for issue in found.issues if issue.level.value == "error"]
    return not errors and found.members == len(MEMBERS)


def rows(book: Workbook, sheet: str) -> list[list[str]]:
    """What a list exported as text holds."""
    return [
        ["" if v is None else str(v).removesuffix(" 00:00:00") for v in row]
        for row in book[sheet].iter_rows(values_only=True)
    ]


# --- "另存为 .xlsx" -----------------------------------------------------------------------


def with_part(path: Path, name: str, data: bytes = b"x") -> Path:
    return rezip(path, parts_of(path) | {name: data})


def with_markup(path: Path, before: str, new: str) -> Path:
    parts = parts_of(path)
    text = parts[SHEET].decode()
    assert before in text
    return rezip(path, parts | {SHEET: text.replace(before, new + before, 1).encode()})


def with_many_parts(path: Path) -> Path:
    return rezip(path, parts_of(path) | {f"xl/media/{n}.bin": b"" for n in range(10_000)})


RESAVED: dict[str, Callable[[Path], object]] = {
    "F101": lambda path: with_part(path, "xl/vbaProject.bin"),
    "F301": with_many_parts,
    "F305": lambda path: with_part(path, SHEET.upper()),
    "F308": lambda path: with_part(path, "../../evil.xml"),
    "F309": lambda path: with_markup(path, "<worksheet", "<!DOCTYPE worksheet>"),
}


@needs("libreoffice")
def test_saving_anew_as_the_remedy_says_keeps_everybody(tmp_path: Path) -> None:
    files = []
    for code, spoil in RESAVED.items():
        path = saved(own(), tmp_path, f"{code}.xlsx")
        spoil(path)
        assert codes(path) == {code}
        files.append(path)
    for path in office.recalculated(files, tmp_path):
        assert is_sound(path), path.name


@needs("libreoffice")
def test_saving_a_flat_opendocument_sheet_as_xlsx_keeps_everybody(tmp_path: Path) -> None:
    old = office.converted(saved(own(), tmp_path), "fods", tmp_path)
    assert codes(old) == {"F104"}
    assert is_sound(office.converted(old, "xlsx", tmp_path))


@needs("libreoffice")
def test_a_spreadsheet_program_loses_digits_of_a_page(tmp_path: Path) -> None:
    """Why the remedy of a page does not say to open it there."""
    page = tmp_path / "导出.xls"
    page.write_text(html(rows(own(), UNIT_SHEET), rows(own(), MEMBER_SHEET)), encoding="utf-8")
    assert "K111" in codes(office.converted(page, "xlsx", tmp_path))


# --- brought into a form ----------------------------------------------------------------------


def html(*tables: list[list[str]]) -> str:
    written = "".join(
        "<table>"
        + "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in table)
        + "</table>"
        for table in tables
    )
    return f"<html><meta charset='utf-8'><body>{written}</body></html>"


class Copied(HTMLParser):
    """The rows that a browser puts on the clipboard, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.rows[-1][-1] += data


def test_a_page_copied_as_text_from_the_browser_keeps_every_digit(tmp_path: Path) -> None:
    page = tmp_path / "导出.xls"
    page.write_text(html(rows(own(), MEMBER_SHEET)), encoding="utf-8")
    assert codes(page) == {"F106"}
    copied, form = Copied(), fill(blank(), members=[])
    copied.feed(page.read_text(encoding="utf-8"))
    sheet = form[MEMBER_SHEET]
    head = next(c for row in sheet.iter_rows(max_row=9) for c in row if "会员姓名" in str(c.value))
    for down, (_, *texts) in enumerate(copied.rows[1:], 1):
        for across, text in enumerate(texts):
            cell = sheet.cell(head.row + down, head.column + across)
            assert not cell.protection.locked
            put(sheet, cell.coordinate, text)
    assert is_sound(saved(form, tmp_path))


@pytest.mark.parametrize(
    ("suffix", "encoding", "comma"),
    [("csv", "gbk", ","), ("csv", "utf-8-sig", ","), ("txt", "utf-16", "\t")],
)
def test_a_list_that_is_text_is_brought_into_the_form(
    suffix: str, encoding: str, comma: str, tmp_path: Path
) -> None:
    source, form = tmp_path / f"名单.{suffix}", tmp_path / "填报表.xlsx"
    text = "\r\n".join(comma.join(row) for row in rows(own(), MEMBER_SHEET))
    source.write_text(text, encoding=encoding)
    assert codes(source) == {"F105"}
    last = saved(own(), tmp_path, "去年.xlsx")
    done = run("template", "--from", last, "--from", source, "-o", form)
    assert done.returncode == 0, done.stderr
    assert is_sound(form)


def test_a_package_taken_for_a_form_becomes_a_form_again(tmp_path: Path) -> None:
    whole, package = saved(own(), tmp_path), tmp_path / "上报.zip"
    assert run("convert", whole, "-o", package).returncode == 0
    assert codes(package) == {"F114"}
    form = tmp_path / "填回.xlsx"
    assert run("template", "--from", package, "-o", form).returncode == 0
    assert is_sound(form)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("version", "1999.1", "S012"),
        ("version", "2025.12", "S012"),
        ("digest", "0123456789abcdef", "S015"),
    ],
)
def test_a_workbook_of_another_definition_is_brought_into_this_one(
    name: str, value: str, code: str, tmp_path: Path
) -> None:
    book = fill(blank())
    stamp = {one.name: one for one in book.custom_doc_props.props}
    stamp[name].value = value
    old, form = saved(book, tmp_path, "去年.xlsx"), tmp_path / "填报表.xlsx"
    assert codes(old) == {code}
    assert run("template", "--from", old, "-o", form).returncode == 0
    assert code not in codes(form)
    assert is_sound(form)


def test_answers_of_another_form_are_filled_in_anew(tmp_path: Path) -> None:
    book = fill(blank())
    {one.name: one for one in book.custom_doc_props.props}["form"].value = "qita"
    assert codes(saved(book, tmp_path)) == {"S011"}
    assert is_sound(correct(tmp_path, "新.xlsx"))


def test_a_name_that_was_typed_over_is_typed_again(tmp_path: Path) -> None:
    book, name = own(), "示例机械有限公司工会委员会"
    for key, value in {"form": "jiceng", "unit_code": "130102-0001", "unit_name": name}.items():
        book.custom_doc_props.append(StringProperty(name=key, value=value))
    cell = next(row[1] for row in book[UNIT_SHEET].iter_rows() if row[0].value == "单位工会名称")
    cell.value = "另一个工会"
    assert codes(saved(book, tmp_path)) == {"S014"}
    cell.value = name
    assert is_sound(saved(book, tmp_path))


# --- other acts -------------------------------------------------------------------------------


def half(sheet: str, folder: Path) -> Path:
    book = own()
    book.remove(book[sheet])
    return saved(book, folder, f"没有{sheet}.xlsx")


def test_two_halves_are_checked_together(tmp_path: Path) -> None:
    halves = [half(sheet, tmp_path) for sheet in (UNIT_SHEET, MEMBER_SHEET)]
    assert all("S001" in codes(path) for path in halves)
    done = run("check", *halves, "--format", "json")
    assert done.returncode == 0, done.stdout
    (file,) = json.loads(done.stdout)["files"]
    assert (file["members"], file["issues"]) == (len(MEMBERS), [])


def test_what_stands_far_away_is_deleted(tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET]["XFD1048576"] = "x"
    path = saved(book, tmp_path)
    (issue,) = outcome(path).issues
    assert issue.code == "F311"
    where = str(issue.params["cell"])
    book[MEMBER_SHEET].delete_rows(book[MEMBER_SHEET][where].row)
    assert is_sound(saved(book, tmp_path))


@pytest.mark.parametrize("name", ["~$填报.xlsx", "填报.xlsx"])
def test_a_file_beside_or_inside_is_taken_instead(name: str, tmp_path: Path) -> None:
    whole = saved(own(), tmp_path)
    if name.startswith("~$"):
        other, code = tmp_path / name, "F007"
        other.write_bytes(b"\x0azhangsan".ljust(165, b" "))
    else:
        other, code = tmp_path / "打包.zip", "F113"
        with zipfile.ZipFile(other, "w") as archive:
            archive.write(whole, name)
        whole.unlink()
    assert codes(other) == {code}
    if code == "F113":
        zipfile.ZipFile(other).extractall(tmp_path)
    assert is_sound(whole)


# --- packages ---------------------------------------------------------------------------------


def spoiled(member: str, data: bytes | None) -> Callable[[dict[str, bytes]], Any]:
    return lambda parts: parts.update({member: data}) if data is not None else parts.pop(member)


SPOILED: dict[str, Callable[[dict[str, bytes]], Any]] = {
    "P108": spoiled("备注.txt", b"x"),
    "P111": spoiled("datapackage.json", b"{"),
    "P115": lambda parts: parts.update({
        "datapackage.json": parts["datapackage.json"].replace(b'"period"', b'"perjod"')}),
    "P116": lambda parts: parts.update({
        "members.csv": parts["members.csv"].replace("赵".encode(), "钱".encode())}),
    "P120": spoiled("members.csv", None),
    "P133": spoiled("signature", bytes(64)),
}  # fmt: skip


@pytest.mark.parametrize("code", SPOILED)
def test_a_package_made_anew_from_the_form_is_sound(code: str, tmp_path: Path) -> None:
    whole, package, again = saved(own(), tmp_path), tmp_path / "上报.zip", tmp_path / "再报.zip"
    assert run("convert", whole, "-o", package).returncode == 0
    parts = parts_of(package)
    SPOILED[code](parts)
    rezip(package, parts)
    assert code in run("check", package, "--format", "json").stdout
    assert run("convert", whole, "-o", again).returncode == 0
    (file,) = json.loads(run("check", again, "--format", "json").stdout)["files"]
    assert (file["issues"], file["members"]) == ([], len(MEMBERS))
