"""Records that are struck through, or beside which a remark says that somebody left, are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl.styles import Font

from converter.report import issue_text
from tests.corpus.test_foreign_sheets import own
from tests.sheets import FORM, MEMBER_SHEET, outcome, saved


def told(book: Any, folder: Path) -> list[tuple[str, str, str]]:
    found = outcome(saved(book, folder))
    assert found.members == 12
    return [
        (one.code, one.place.cell, one.message)
        for one in issue_text.findings(found, FORM, show_ids=False)
        if one.code in ("S028", "S029")
    ]


def test_rows_that_are_struck_through(tmp_path: Path) -> None:
    book = own()
    for row in (3, 5):
        for cell in book[MEMBER_SHEET][row]:
            cell.font = Font(strike=True)
    book[MEMBER_SHEET]["B7"].font = Font(strike=True)  # a name alone: perhaps another's
    assert told(book, tmp_path) == [("S028", "B3", "第 3、5 行划掉了，会一起上报")]


def test_remarks_in_any_column(tmp_path: Path) -> None:
    book = own()
    sheet = book[MEMBER_SHEET]
    sheet["F1"], sheet["F3"], sheet["F4"], sheet["F6"] = "备注", "已离职", "退休返聘", "2025.3调出"
    sheet["H9"] = "退休"
    assert told(book, tmp_path) == [
        ("S029", "F3", "第 3、6 行：“备注”写着“已离职、2025.3调出”，会一起上报"),
        ("S029", "H9", "第 9 行：H 列写着“退休”，会一起上报"),
    ]


def test_an_example_with_a_valid_number(tmp_path: Path) -> None:
    book = own()
    book[MEMBER_SHEET]["A2"] = "例："
    assert told(book, tmp_path) == [("S029", "A2", "第 2 行：“序号”写着“例：”，会一起上报")]


def test_of_many_rows_ten_are_named(tmp_path: Path) -> None:
    book = own()
    for row in range(2, 13):
        book[MEMBER_SHEET].cell(row, 6, "离职")
    (one,) = told(book, tmp_path)
    assert one[2] == "第 2、3、4、5、6、7、8、9、10、11 行等 11 行：F 列写着“离职”，会一起上报"
