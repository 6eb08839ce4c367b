"""Workbooks of Excel 2003 and before."""

from __future__ import annotations

import io
import re
import struct
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from converter.model.cell_types import CellType
from converter.model.submissions import Stamp
from converter.workbook import detect_type, open_book
from tests.people import UNIT
from tests.workbook.books import (
    MEMBER_SHEET,
    UNIT_SHEET,
    answer,
    codes,
    ids,
    member_rows,
    member_types,
    members,
    names,
    only_code,
    read,
    unit_rows,
)

xlwt = pytest.importorskip("xlwt")

DATE_FORMAT = xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')


def make(path: Path, rows: list[list[Any]] | None = None, change: Any = None, **book: Any) -> Path:
    made = xlwt.Workbook()
    for key, value in book.items():
        setattr(made, key, value)
    for title, lines in ((UNIT_SHEET, unit_rows()), (MEMBER_SHEET, rows or member_rows())):
        sheet = made.add_sheet(title)
        for r, line in enumerate(lines):
            for c, value in enumerate(line):
                if value is not None:
                    sheet.write(r, c, value, *([DATE_FORMAT] if isinstance(value, date) else []))
    if change:
        change(made.get_sheet(1))
    path.parent.mkdir(exist_ok=True)
    made.save(str(path))
    return path


@pytest.mark.parametrize("name", ["填报.xls", "填报.xlsx"])
def test_old_workbook_is_read_whatever_its_extension(name: str, tmp_path: Path) -> None:
    path = make(tmp_path / name)
    assert detect_type(path) == "xls"
    submission = read(path)
    assert codes(submission) == []
    assert submission.stamp == Stamp()
    assert members(submission, "name") == names(3)
    assert members(submission, "id_number") == ids(3)
    assert members(submission, "joined_on") == ["2010-01-05", "2010-06-05", "2010-11-05"]
    assert answer(submission, "工会组建时间") == ("2005-06-01", CellType.DATE)
    assert answer(submission, "单位工会名称") == (UNIT["单位工会名称"], CellType.TEXT)


@pytest.mark.parametrize(
    ("value", "style", "text", "kind"),
    [
        (40299, "yyyy-mm-dd", "2010-05-01", CellType.DATE),
        (40299.5, "yyyy-mm-dd", "2010-05-01T12:00:00", CellType.DATE),
        (20100501, "yyyy-mm-dd", "20100501", CellType.NUMBER),
        (-1, "yyyy-mm-dd", "-1", CellType.NUMBER),
        (1.5, "[h]:mm", "1.5", CellType.NUMBER),
        (40299, "0", "40299", CellType.NUMBER),
        (True, "General", "TRUE", CellType.BOOL),
        ("　", "@", "", CellType.BLANK),
    ],
)
def test_values_and_types(
    value: Any, style: str, text: str, kind: CellType, tmp_path: Path
) -> None:
    rows = member_rows()
    rows[4][3] = None
    path = make(
        tmp_path / "a.xls",
        rows,
        lambda sheet: sheet.write(4, 3, value, xlwt.easyxf(num_format_str=style)),
    )
    submission = read(path)
    assert members(submission, "joined_on")[0] == text
    assert member_types(submission, "joined_on")[0] is kind


def test_error_cells(tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        sheet.row(7).set_cell_error(1, "#N/A!")

    submission = read(make(tmp_path / "a.xls", change=change))
    assert members(submission, "name")[3] == "#N/A"
    assert member_types(submission, "name")[3] is CellType.ERROR


def test_1904_system(tmp_path: Path) -> None:
    submission = read(make(tmp_path / "a.xls", dates_1904=1))
    first = members(submission, "joined_on")[0]
    assert first == expected_1904(tmp_path / "a.xls")


def expected_1904(path: Path) -> str:
    """What the file itself stores, by xlrd's own conversion."""
    import xlrd

    book = xlrd.open_workbook(str(path))
    assert book.datemode == 1
    value = book.sheet_by_index(1).cell_value(4, 3)
    moment = xlrd.xldate_as_datetime(value, book.datemode)
    return str(moment.date().isoformat())


def test_merged_and_hidden_cells(tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        sheet.row(5).hidden = True
        sheet.merge(5, 6, 3, 3)
        sheet.col(2).hidden = True

    rows = member_rows()
    rows[6][3] = None
    found = codes(read(make(tmp_path / "a.xls", rows, change)))
    assert sorted(found) == [("S006", "D6"), ("S007", "B6"), ("S008", "C5")]


def test_damaged_workbook(tmp_path: Path) -> None:
    path = make(tmp_path / "a.xls")
    data = bytearray(path.read_bytes())
    data[600:5000] = bytes(4400)
    path.write_bytes(data)
    assert only_code(path) == "F316"


@pytest.mark.parametrize("length", [600, 3000, 8000])
def test_workbook_cut_short(length: int, tmp_path: Path) -> None:
    path = make(tmp_path / "a.xls")
    path.write_bytes(path.read_bytes()[:length])
    assert only_code(path) in ("F009", "F316")


def test_workbook_of_wps_is_read_where_it_is_one_of_excel_97(tmp_path: Path) -> None:
    found = read(make(tmp_path / "填报.et"))
    assert found.sheets.keys() == {"unit", "member"}


def test_workbook_of_wps_that_nothing_here_reads_is_named(tmp_path: Path) -> None:
    path = make(tmp_path / "填报.et")
    path.write_bytes(path.read_bytes()[:3000])
    assert only_code(path) in ("F009", "F103")


def test_old_workbook_without_a_code_page_is_chinese(tmp_path: Path) -> None:
    """BIFF 2: a record a cell, texts in whatever code page the machine had."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def label(row: int, column: int, text: str) -> bytes:
        raw = text.encode("gbk")
        return record(4, struct.pack("<HH3xB", row, column, len(raw)) + raw)

    headings = [label(0, n, text) for n, text in enumerate(("会员姓名", "身份证号", "入会时间"))]
    people = [label(1, 0, "李示例"), label(1, 1, "130102196904139902"), label(1, 2, "2010-05-01")]
    sheet = (record(9, struct.pack("<HH", 2, 16)), *headings, *people, record(10, b""))
    path = tmp_path / "会员.xls"
    path.write_bytes(b"".join(sheet))
    member = read(path).sheets["member"]
    assert member.columns["name"].text == ["李示例"]


def test_old_workbook_without_styles_holds_numbers(tmp_path: Path) -> None:
    """BIFF 5 by an export program that writes cells alone: no fonts, no formats, no styles."""
    texts = [["会员姓名", "身份证号"], ["李示例", "130102196904139902"]]

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def start(content: int) -> bytes:
        return record(0x809, struct.pack("<4H", 0x500, content, 0, 0))

    def label(row: int, column: int, text: str) -> bytes:
        raw = text.encode("gbk")
        return record(0x204, struct.pack("<4H", row, column, 15, len(raw)) + raw)

    cells = [label(r, c, text) for r, row in enumerate(texts) for c, text in enumerate(row)]
    number = record(0x203, struct.pack("<3Hd", 1, 2, 15, 40299.0))
    name = "会员基本信息表".encode("gbk")
    page = record(0x42, struct.pack("<H", 936))
    head = start(5) + page
    listed = struct.pack("<LHB", len(head) + 4 + 7 + len(name) + 4, 0, len(name)) + name
    book = head + record(0x85, listed) + record(10, b"")
    path = tmp_path / "会员.xls"
    path.write_bytes(b"".join((book, start(16), *cells, number, record(10, b""))))
    with open_book(path) as opened:
        columns = opened.grid(0).read([1, 2, 3], 2)
    assert [column.texts.tolist() for column in columns.values()] == [
        ["李示例"], ["130102196904139902"], ["40299"],
    ]  # fmt: skip


def test_word_document(tmp_path: Path) -> None:
    path = make(tmp_path / "a.xls")
    stream = "Workbook\0".encode("utf-16-le")
    data = path.read_bytes()
    assert stream in data
    entry = data.index(stream)
    renamed = "WordDocument\0".encode("utf-16-le")
    changed = bytearray(data)
    changed[entry : entry + 64] = renamed.ljust(64, b"\0")
    changed[entry + 64] = len(renamed)
    path.write_bytes(changed)
    assert only_code(path) == "F111"


def test_too_large_for_the_old_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from converter.workbook.xls import book as xls

    monkeypatch.setattr(xls, "LARGEST_FILE", 1_000)
    assert only_code(make(tmp_path / "a.xls")) == "F006"


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    read(make(tmp_path / "a.xls"))
    stream = io.StringIO(capfd.readouterr().out)
    assert stream.read() == ""


@pytest.mark.parametrize("count", [0, 1, 5_000, 0xFFFFFFFF])
@pytest.mark.parametrize("long", [0, 9_000])
def test_strings_that_are_counted_wrong(tmp_path: Path, count: int, long: int) -> None:
    """Excel does not mind; a long string goes on in the next record."""
    rows = [*member_rows(), ["甲" * long + "a"]]
    sound = make(tmp_path / "sound.xls", rows)
    data = bytearray(sound.read_bytes())
    # The record's kind and length, how often strings are used, how many there are.
    strings = b"\xfc\x00..(..\x00\x00)(..\x00\x00)[\x01-\x40]\x00[\x00\x01]"
    (found,) = re.finditer(strings, data, re.DOTALL)
    struct.pack_into("<L", data, found.start(2), count)
    path = tmp_path / "a.xls"
    path.write_bytes(data)
    assert cells(path) == cells(sound)


def cells(path: Path) -> list[dict[int, Any]]:
    with open_book(path) as book:
        grids = [book.grid(n) for n in range(len(book.names))]
        read = [grid.read(range(1, 20), 1) for grid in grids]
    return [{n: c.texts.tolist() for n, c in columns.items()} for columns in read]
