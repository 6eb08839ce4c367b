"""OpenDocument workbooks: what clerks of a Linux office have."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from converter.model.cell_types import CellType
from converter.workbook import detect_type, open_book
from converter.workbook.ods import content
from tests.corpus.opendocument import HIDDEN_TABLE, NAMESPACES, SPREADSHEET, cell, row, save, table
from tests.workbook.books import MEMBER_SHEET, UNIT_SHEET, codes, only_code, read


def grid_of(path: Path, columns: Sequence[int] = (1, 2, 3)) -> list[list[tuple[str, int]]]:
    """Columns from the first row on, as (text, type)."""
    with open_book(path) as book:
        found = book.grid(0).read(columns, 1)
        book.finish()
    return [list(zip(c.texts.tolist(), c.types.tolist(), strict=True)) for c in found.values()]


MEMBERS: list[list[Any]] = [
    ["会员姓名", "身份证号", "加入工会时间"],
    ["李示例", "130102196904139902", date(2010, 5, 1)],
    ["王示例", "130102198108179908", "2010.5.1"],
]


def test_members_with_their_types(tmp_path: Path) -> None:
    path = save(
        tmp_path / "会员.ods", table(MEMBER_SHEET, "".join(row(member) for member in MEMBERS))
    )
    assert detect_type(path) == "ods"
    found = read(path)
    assert codes(found) == [("S001", "")]  # the other half
    assert found.sheets["member"].columns["name"].text == ["李示例", "王示例"]
    joined = found.sheets["member"].columns["joined_on"]
    assert joined.text == ["2010-05-01", "2010.5.1"]
    assert list(joined.type) == [CellType.DATE, CellType.TEXT]


def test_every_type_of_cell(tmp_path: Path) -> None:
    time = '<table:table-cell office:value-type="time" office:time-value="PT12H00M00S"/>'
    fault = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string"'
        ' office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        "</table:table-cell>"
    )
    share = '<table:table-cell office:value-type="percentage" office:value="0.25"/>'
    rows = (
        row([True, 1.30102e17, "甲\n乙"])
        + f"<table:table-row>{time}{fault}{share}</table:table-row>"
    )
    assert grid_of(save(tmp_path / "a.ods", table("甲", rows))) == [
        [("TRUE", CellType.BOOL), ("0.5", CellType.NUMBER)],
        [("130102000000000000", CellType.NUMBER), ("#DIV/0!", CellType.ERROR)],
        [("甲\n乙", CellType.TEXT), ("0.25", CellType.NUMBER)],
    ]


def test_texts_with_blanks_parts_and_remarks(tmp_path: Path) -> None:
    text = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p>'
        '</office:annotation><text:p>李<text:s/><text:span>示<text:s text:c="2"/></text:span>\n'
        "  例<text:line-break/>二<text:tab/></text:p></table:table-cell>"
    )
    path = save(tmp_path / "a.ods", table("甲", f"<table:table-row>{text}</table:table-row>"))
    assert grid_of(path, [1]) == [[("李 示   例\n二\t", CellType.TEXT)]]


def test_repeated_rows_and_columns_stand_where_they_belong(tmp_path: Path) -> None:
    rows = (
        row([None, "甲"], ' table:number-rows-repeated="2"')
        + row([None], ' table:number-rows-repeated="3"')
        + f"<table:table-row>{cell('乙', ' table:number-columns-repeated=' + chr(34) + '2' + chr(34))}"
        + f"{cell('丙')}</table:table-row>"
        + row([None], ' table:number-rows-repeated="1048570"')
    )
    texts = [[text for text, _ in c] for c in grid_of(save(tmp_path / "a.ods", table("甲", rows)))]
    assert texts == [
        ["", "", "", "", "", "乙"],
        ["甲", "甲", "", "", "", "乙"],
        ["", "", "", "", "", "丙"],
    ]


def test_merged_hidden_and_uncomputed_cells(tmp_path: Path) -> None:
    spans = ' table:number-rows-spanned="2" table:number-columns-spanned="2"'
    rows = (
        f"<table:table-row>{cell('甲', spans)}<table:covered-table-cell/></table:table-row>"
        + row(["乙"], ' table:visibility="collapse"')
        + '<table:table-row><table:table-cell table:formula="of:=A1"/>'
        + f"{cell('丙', ' table:formula=' + chr(34) + 'of:=A1' + chr(34))}</table:table-row>"
    )
    before = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>'
    )
    with open_book(save(tmp_path / "a.ods", table("甲", rows, before))) as book:
        grid = book.grid(0)
        assert grid.facts.merges == ((1, 1, 2, 2),)
        assert (set(grid.facts.hidden_rows), set(grid.facts.hidden_columns)) == ({2}, {3})
        formulas = grid.formulas([1, 2])
    assert formulas is not None
    assert {c: dict(zip(f.rows.tolist(), f.computed.tolist(), strict=True)) for c, f in formulas.items()} == {
        1: {3: False}, 2: {3: True},
    }  # fmt: skip


def test_hidden_sheets_and_those_of_other_workbooks(tmp_path: Path) -> None:
    cache = table("'file:///a.ods'#甲", "<table:table-source/>" + row(["外"]))
    tables = (
        table("甲", row(["x"])) + cache + table("乙", row(["y"]), "", ' table:style-name="hidden"')
    )
    with open_book(save(tmp_path / "a.ods", tables, HIDDEN_TABLE)) as book:
        assert (book.names, book.outside) == ([("甲", False), ("乙", True)], 1)


def test_stamp_of_a_template_that_was_saved_as_ods(tmp_path: Path) -> None:
    meta = (
        f"<office:document-meta {NAMESPACES}><office:meta>"
        '<meta:user-defined meta:name="form">jiceng</meta:user-defined>'
        '<meta:user-defined meta:name="unit_name">甲&amp;乙</meta:user-defined>'
        "</office:meta></office:document-meta>"
    )
    path = save(tmp_path / "a.ods", table(UNIT_SHEET, row(["x"])), **{"meta.xml": meta})
    with open_book(path) as book:
        assert book.properties == {"form": "jiceng", "unit_name": "甲&乙"}


# --- hostile ones --------------------------------------------------------------------------


def test_a_million_equal_rows_take_no_memory_until_they_are_read(tmp_path: Path) -> None:
    rows = row(["甲"], ' table:number-rows-repeated="1048576"')
    with open_book(save(tmp_path / "a.ods", table("甲", rows))) as book:
        assert book.grid(0).head(2) == [["甲"], ["甲"]]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (row(["甲"]) + row([None], ' table:number-rows-repeated="1048574"') + row([None] * 200 + ["乙"]), "F311"),
        (row(["甲"], ' table:number-rows-repeated="99999999999"') + row(["乙"]), "F315"),
        (row(["甲"], ' table:number-rows-repeated="many"'), "F304"),
        (row(["甲"]) + "<table:table-row>", "F304"),
    ],
)  # fmt: skip
def test_sheets_that_cannot_be(rows: str, code: str, tmp_path: Path) -> None:
    assert only_code(save(tmp_path / "填报.ods", table(MEMBER_SHEET, rows))) == code


def test_cells_repeated_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MOST_CELLS", 1000)
    wide = cell("甲", ' table:number-columns-repeated="16384"')
    rows = f"<table:table-row>{wide}</table:table-row>" * 5
    assert only_code(save(tmp_path / "填报.ods", table(MEMBER_SHEET, rows))) == "F302"


def test_document_type_in_the_content(tmp_path: Path) -> None:
    path = tmp_path / "填报.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", SPREADSHEET)
        archive.writestr("content.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert only_code(path) == "F309"
