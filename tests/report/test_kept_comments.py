"""The clerk's own comments hang on the same answers in an annotated copy."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from converter import workbook
from converter.report import annotate
from converter.template import renderer_of
from converter.validation import checking
from tests.corpus.faults import TODAY
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, blank, fill

LEFTOVERS = "原表其他内容"
UNIT_TITLE = "单位工会名称"


def commented(path: Path) -> Path:
    """A filled form with a comment on an answer, a wrong ID number, a heading, another sheet."""
    book = fill(blank(20))
    unit, member = book[UNIT_SHEET], book[MEMBER_SHEET]
    answer(unit).comment = Comment("全称以批复为准", "张示例")
    header = next(r for r in member.iter_rows(max_row=9) if r[0].value == "序号")
    number = next(c for c in header if str(c.value).startswith("身份证号"))
    wrong = member.cell(number.row + 1, number.column)
    wrong.value = "13010219"
    wrong.comment = Comment("等派出所回复\n再补", "李示例")
    number.comment = Comment("按证件抄", "李示例")
    book.save(path)
    return path


def answer(sheet: Any) -> Any:
    rows = sheet.iter_rows()
    return next(row[1] for row in rows if str(row[0].value).strip("＊ ") == UNIT_TITLE)


def annotated(path: Path, target: Path) -> openpyxl.Workbook:
    found = workbook.read(path, FORM)
    (checked,) = checking.check([found], FORM, TODAY)
    pieces = annotate.annotated(
        renderer_of(FORM),
        checked.submission,
        checked.outcome,
        files={str(path): path},
    )
    target.write_bytes(b"".join(pieces))
    return openpyxl.load_workbook(target)


def comments(book: openpyxl.Workbook) -> dict[str, str]:
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def test_comments_are_carried_over_beside_what_is_wrong(tmp_path: Path) -> None:
    book = annotated(commented(tmp_path / "填报.xlsx"), tmp_path / "批注.xlsx")
    assert answer(book[UNIT_SHEET]).comment.text == "原有批注：全称以批复为准"
    (wrong,) = [text for text in comments(book).values() if "派出所" in text]
    assert "K112" in wrong
    assert wrong.endswith("原有批注：等派出所回复\n再补")
    listed = [row[3].value for row in book[LEFTOVERS].iter_rows(min_row=4) if row[3].value]
    assert "原有批注：按证件抄" in listed


def test_a_copy_of_a_copy_keeps_them_once(tmp_path: Path) -> None:
    first = tmp_path / "批注.xlsx"
    before = comments(annotated(commented(tmp_path / "填报.xlsx"), first))
    again = comments(annotated(first, tmp_path / "再批注.xlsx"))
    assert again == before


def test_without_comments_nothing_is_added(tmp_path: Path) -> None:
    fill(blank(20)).save(tmp_path / "填报.xlsx")
    book = annotated(tmp_path / "填报.xlsx", tmp_path / "批注.xlsx")
    assert (comments(book), LEFTOVERS in book.sheetnames) == ({}, False)


@pytest.mark.parametrize(
    "damage", [b"<comments><commentList>", b"", b'<comments><comment ref="?"/></comments>']
)
def test_comments_that_cannot_be_read_stop_nothing(damage: bytes, tmp_path: Path) -> None:
    made = commented(tmp_path / "a.xlsx")
    path = tmp_path / "填报.xlsx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            is_comments = "comments/comment" in info.filename
            new.writestr(info.filename, damage if is_comments else old.read(info))
    assert "原有批注" not in "".join(comments(annotated(path, tmp_path / "批注.xlsx")).values())


def test_a_thread_of_remarks_is_kept_instead_of_its_note(tmp_path: Path) -> None:
    """Newer Excel keeps remarks in a part of their own, beside a note with advice to update."""
    made = commented(tmp_path / "a.xlsx")
    path = tmp_path / "填报.xlsx"
    cell = answer(openpyxl.load_workbook(made)[UNIT_SHEET]).coordinate
    thread = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/'
        f'threadedcomments"><threadedComment ref="{cell}" id="1"><text>是全称吗</text>'
        f'</threadedComment><threadedComment ref="{cell}" id="2"><text>是</text>'
        "</threadedComment></ThreadedComments>"
    )
    link = (
        '<Relationship Id="rIdT" Target="/xl/threadedComments/t.xml" Type="http://schemas.'
        'microsoft.com/office/2017/10/relationships/threadedComment"/></Relationships>'
    )
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if b"/comments" in data and info.filename.endswith(f"{sheet_part(old)}.rels"):
                data = data.replace(b"</Relationships>", link.encode())
            new.writestr(info.filename, data)
        new.writestr("xl/threadedComments/t.xml", thread)
    book = annotated(path, tmp_path / "批注.xlsx")
    assert answer(book[UNIT_SHEET]).comment.text == "原有批注：是全称吗\n是"


def sheet_part(archive: zipfile.ZipFile) -> str:
    """The unit sheet's part: the first one with comments."""
    with_comments = [
        name
        for name in archive.namelist()
        if name.endswith(".rels") and b"/comments" in archive.read(name)
    ]
    return min(with_comments).removesuffix(".rels").rpartition("/")[2]
