"""Small workbooks as clerks hand them in, and what reading makes of them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook

from converter import workbook
from converter.forms import loading
from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.submissions import Submission
from tests.people import MEMBERS, UNIT

FORM: Form = loading.read(loading.form_dir())
UNIT_SHEET, MEMBER_SHEET = FORM.record.title, FORM.main_table.title
HEADINGS = (
    "序号",
    "会员姓名",
    "身份证号",
    "加入工会时间",
    "会员性别",
    "会员生日",
    "核对",
    "情况说明",
)
FIRST_ROW = 5  # of the members; row 4 has the headings
SHEET_XML = {UNIT_SHEET: "xl/worksheets/sheet1.xml", MEMBER_SHEET: "xl/worksheets/sheet2.xml"}

Rows = Sequence[Sequence[Any]]
Tweak = Callable[[Workbook], object]


def unit_rows(changed: Mapping[str, Any] | None = None) -> list[list[Any]]:
    """Title, hint, heading in row 3, then an item a line from row 4 on."""
    answers = {**UNIT, **(changed or {})}
    lines = [[field.title, answers.get(field.title)] for field in FORM.record]
    return [["基层单位信息表"], [], ["项目", "填写", "核对", "说明", "情况说明"], *lines]


def member_rows(count: int = 3) -> list[list[Any]]:
    people = [
        [number, name, id_number, joined]
        for number, (name, id_number, joined) in enumerate(MEMBERS[:count], 1)
    ]
    return [["会员基本信息表"], [], [], list(HEADINGS), *people]


def book(sheets: Mapping[str, Rows] | None = None) -> Workbook:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in (sheets or {UNIT_SHEET: unit_rows(), MEMBER_SHEET: member_rows()}).items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    return made


def save(
    folder: Path, tweak: Tweak | None = None, sheets: Mapping[str, Rows] | None = None
) -> Path:
    made = book(sheets)
    if tweak:
        tweak(made)
    path = folder / "填报.xlsx"
    made.save(path)
    return share_strings(path)


def share_strings(path: Path) -> Path:
    """Texts into the table of shared strings, as Excel and WPS write them."""
    parts = parts_of(path)
    strings: dict[bytes, int] = {}

    def index(found: re.Match[bytes]) -> bytes:
        number = strings.setdefault(found[3], len(strings))
        return b'<c%b%b t="s"><v>%d</v></c>' % (found[1], found[2], number)

    inline = re.compile(
        rb'<c( r="[A-Z]+[0-9]+")((?: s="[0-9]+")?) t="inlineStr"><is>(.*?)</is></c>'
    )
    for name in [name for name in parts if name.startswith("xl/worksheets/sheet")]:
        parts[name] = inline.sub(index, parts[name])
    if not strings:
        return path
    table = b"".join(b"<si>%b</si>" % text for text in strings)
    parts["xl/sharedStrings.xml"] = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        b' count="%d" uniqueCount="%d">%b</sst>' % (len(strings), len(strings), table)
    )
    relations = "xl/_rels/workbook.xml.rels"
    link = (
        b'<Relationship Id="rIdStrings" Target="sharedStrings.xml" Type="http://schemas.'
        b'openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>'
    )
    parts[relations] = parts[relations].replace(b"</Relationships>", link)
    return rezip(path, parts)


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezip(path: Path, parts: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def patch(path: Path, part: str, *changes: tuple[str, str]) -> Path:
    """Replace texts of one part; each must occur."""
    parts = parts_of(path)
    text = parts[part].decode()
    for old, new in changes:
        assert old in text, f"{old} is not in {part}"
        text = text.replace(old, new)
    return rezip(path, {**parts, part: text.encode()})


def member_xml(path: Path, rows: str) -> Path:
    """Put raw rows of XML below the member sheet's last row."""
    return patch(path, SHEET_XML[MEMBER_SHEET], ("</sheetData>", rows + "</sheetData>"))


def read(path: Path) -> Submission:
    return workbook.read(path, FORM)


def codes(submission: Submission) -> list[tuple[str, str]]:
    """(code, cell) of every issue, in order."""
    return [(issue.code, issue.place.cell) for issue in submission.issues]


def only_code(path: Path) -> str:
    """The one code that a refused file comes to."""
    submission = read(path)
    assert "unit" not in submission.sheets
    assert "member" not in submission.sheets
    (issue,) = submission.issues
    return issue.code


def members(submission: Submission, key: str) -> list[str]:
    assert "member" in submission.sheets
    return submission.sheets["member"].columns[key].text


def member_types(submission: Submission, key: str) -> list[CellType]:
    assert "member" in submission.sheets
    return [CellType(number) for number in submission.sheets["member"].columns[key].type]


def answer(submission: Submission, title: str) -> tuple[str, CellType]:
    """What the unit sheet answers to an item."""
    assert "unit" in submission.sheets
    key = next(field.key for field in FORM.record if field.title == title)
    column = submission.sheets["unit"].columns[key]
    return column.text[0], CellType(column.type[0])


def names(count: int) -> list[str]:
    return [name for name, _, _ in MEMBERS[:count]]


def ids(count: int) -> list[str]:
    return [id_number for _, id_number, _ in MEMBERS[:count]]


def table(*rows: Iterable[Any]) -> list[list[Any]]:
    return [list(row) for row in rows]
