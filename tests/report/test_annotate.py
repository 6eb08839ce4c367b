"""The annotated copy: marks stand at the right cells of the fresh sheet, the list leads there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter.forms.loading import form_dir, load
from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome, RawColumn, RawSheet, Stamp, Submission
from converter.report import annotate
from converter.template import renderer_of, style, text_sheets

from .conftest import FILE, ID, MEMBER, UNIT

LIST, EXTRAS = "问题清单", "原表其他内容"


@pytest.fixture(scope="module")
def whole() -> Form:
    return load(form_dir())


def submission(ids: list[str], extras: tuple[tuple[str, str], ...] = ()) -> Submission:
    """A unit sheet with one answer in B9, and members whose IDs stand in F7, F9, F11…"""
    unit = RawSheet(
        UNIT,
        {"members": RawColumn(["35"], [int(CellType.NUMBER)])},
        [0],
        {"members": (9, 2)},
        {},
    )
    names = [f"示{n}" for n in range(len(ids))]
    text = [int(CellType.TEXT)] * len(ids)
    member = RawSheet(
        "名单",
        {"name": RawColumn(names, text), "id_number": RawColumn(ids, text)},
        [7 + 2 * n for n in range(len(ids))],
        {"name": (0, 2), "id_number": (0, 6)},
        {},
        extras,
    )
    return Submission(FILE, {"unit": unit, "member": member}, Stamp())


def wrong_id(record: int, value: str) -> Issue:
    place = Place(FILE, "名单", 7 + 2 * record, 6, "id_number")
    return Issue("K112", Level.ERROR, place, value, {"length": len(value)})


def copy(
    given: Submission, whole: Form, folder: Path, *issues: Issue
) -> openpyxl.workbook.workbook.Workbook:
    target = folder / "填报-批注.xlsx"
    pieces = annotate.annotated(renderer_of(whole), given, Outcome(FILE, Issues.of(issues)))
    target.write_bytes(b"".join(pieces))
    return openpyxl.load_workbook(target)


def column(sheet: Any, row: int, heading: str) -> int:
    return int(next(c.column for c in sheet[row] if str(c.value).strip("＊ ") == heading))


def listed(book: Any) -> list[dict[str, Any]]:
    """The list's rows by heading."""
    rows = list(book[LIST].iter_rows(min_row=text_sheets.HEAD_ROW, values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def member_cell(book: Any, record: int, heading: str) -> Any:
    sheet = book[MEMBER]
    row = next(r[0].row for r in sheet.iter_rows(max_row=9) if r[0].value == "序号")
    return sheet.cell(row + 1 + record, column(sheet, row, heading))


def test_wrong_cell_is_found_again_where_the_fresh_sheet_has_it(
    whole: Form, tmp_path: Path
) -> None:
    book = copy(submission([ID, "123"]), whole, tmp_path, wrong_id(1, "123"))
    cell = member_cell(book, 1, "身份证号")
    assert cell.value == "123"
    assert cell.fill.fgColor.rgb.endswith(style.TINTS[Level.ERROR])
    assert "K112" in cell.comment.text
    assert "应为18位,实为3位" in cell.comment.text
    assert "对照证件补全" in cell.comment.text
    sound = member_cell(book, 0, "身份证号")
    assert sound.comment is None
    assert not sound.fill.fgColor.rgb.endswith(style.TINTS[Level.ERROR])


def test_list_stands_in_front_and_jumps_to_the_cell(whole: Form, tmp_path: Path) -> None:
    book = copy(submission([ID, "123"]), whole, tmp_path, wrong_id(1, "123"))
    assert book.sheetnames[0] == LIST
    assert book.active.title == LIST
    (line,) = listed(book)
    address = member_cell(book, 1, "身份证号").coordinate
    assert (line["单元格"], line["原文件单元格"]) == (address, "名单!F9")
    assert (line["工作表"], line["编号"], line["级别"]) == (MEMBER, "K112", "错误")
    links = [c.hyperlink.location for row in book[LIST] for c in row if c.hyperlink]
    assert links == [f"'{MEMBER}'!{address}"]


def test_full_id_is_shown_on_the_clerks_own_copy(whole: Form, tmp_path: Path) -> None:
    book = copy(submission([ID]), whole, tmp_path, wrong_id(0, ID))
    assert listed(book)[0]["填写的内容"] == ID


def test_unit_cell_is_marked_at_its_line(whole: Form, tmp_path: Path) -> None:
    issue = Issue(
        "X101",
        Level.WARNING,
        Place(FILE, UNIT, 9, 2, "members"),
        "35",
        {"value": 35, "limits": "a"},
    )
    book = copy(submission([ID]), whole, tmp_path, issue)
    (line,) = listed(book)
    cell = book[UNIT][line["单元格"]]
    assert cell.value == 35
    assert cell.fill.fgColor.rgb.endswith(style.TINTS[Level.WARNING])
    assert str(book[UNIT].cell(cell.row, 1).value).strip("＊ ") == "会员总数"
    above = book[UNIT].cell(cell.row - 1, cell.column)
    assert above.fill.fgColor.rgb != cell.fill.fgColor.rgb


def test_several_faults_of_a_cell_share_one_comment(whole: Form, tmp_path: Path) -> None:
    duplicate = Issue("X191", Level.ERROR, wrong_id(0, "1").place, "1", {"first": "F5"})
    book = copy(submission(["1"]), whole, tmp_path, wrong_id(0, "1"), duplicate)
    text = member_cell(book, 0, "身份证号").comment.text
    assert "K112" in text
    assert "X191" in text


def test_what_was_typed_cannot_become_a_formula(whole: Form, tmp_path: Path) -> None:
    value = "=HYPERLINK(1)"
    book = copy(submission([value]), whole, tmp_path, wrong_id(0, value))
    cells = [c for row in book[LIST] for c in row]
    assert [c.value for c in cells if c.data_type == "f" and "HYPERLINK" in c.value] == []
    assert value in [c.value for c in cells]


def test_hostile_characters_do_not_stop_the_copy(whole: Form, tmp_path: Path) -> None:
    value = "\x00\ud800\x1b" + "长" * 40_000
    book = copy(submission([value]), whole, tmp_path, wrong_id(0, value))
    assert listed(book)[0]["填写的内容"].startswith("<U+0000><U+D800><U+001B>长")


def test_repeated_fault_is_listed_ten_times_then_counted(whole: Form, tmp_path: Path) -> None:
    issues = [wrong_id(n, "1") for n in range(30)]
    book = copy(submission(["1"] * 30), whole, tmp_path, *issues)
    lines = listed(book)
    assert len(lines) == 11
    first, last = (member_cell(book, n, "身份证号").coordinate for n in (10, 29))
    assert lines[-1]["问题"] == f"同样的问题另有 20 处：{first}:{last}"
    assert all(member_cell(book, n, "身份证号").comment for n in range(30))


def test_notes_are_listed_last_and_not_marked(whole: Form, tmp_path: Path) -> None:
    note = Issue("K902", Level.NOTE, Place(FILE, "名单", 7, 2, "name"), "x", {"date": "y"})
    book = copy(submission(["1"]), whole, tmp_path, note, wrong_id(0, "1"))
    assert [line["级别"] for line in listed(book)] == ["错误", "记录"]
    assert member_cell(book, 0, "会员姓名").comment is None


def test_whole_file_and_missing_heading_are_listed_without_a_cell(
    whole: Form, tmp_path: Path
) -> None:
    issues = [
        Issue("F101", Level.WARNING, Place(FILE), "", {"what": "x"}),
        Issue("K401", Level.ERROR, Place(FILE, "名单", 0, 0, "joined_on")),
    ]
    book = copy(submission([ID]), whole, tmp_path, *issues)
    assert [(line["工作表"], line["单元格"]) for line in listed(book)] == [
        (MEMBER, None),
        (None, None),
    ]


def test_no_foreign_content_no_sheet_for_it(whole: Form, tmp_path: Path) -> None:
    assert EXTRAS not in copy(submission([ID]), whole, tmp_path, wrong_id(0, ID)).sheetnames


def test_two_halves_are_told_apart(whole: Form, tmp_path: Path) -> None:
    given = submission(["1"])
    halves = Submission(
        "单位.xlsx",
        given.sheets,
        Stamp(),
        (),
        {"member": "会员.xlsx"},
    )
    place = Place("会员.xlsx", "名单", 7, 6, "id_number")
    issue = Issue("K112", Level.ERROR, place, "1", {"length": 1})
    (line,) = listed(copy(halves, whole, tmp_path, issue))
    assert line["原文件单元格"] == "会员.xlsx 名单!F7"
