"""Numbers of OpenDocument sheets that their cells show otherwise: 5% for 0.05, 1.2万 for 12345."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from converter.text.number_formats import shown_otherwise
from converter.workbook import open_book
from converter.workbook.ods.content import read_content
from tests.corpus.opendocument import NAMESPACES, save, table

DATA_STYLES = 'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
POINT = '<number:embedded-text number:position="4">.</number:embedded-text>'
STYLES = {  # as LibreOffice writes them, and what 12345 is shown as
    "percentage": ('<number:number number:min-integer-digits="1"/><number:text>%</number:text>', "1234500%"),
    "thousands": ('<number:number number:display-factor="1000"/><number:text>千</number:text>', "12.345千"),
    "in between": (f"<number:number>{POINT}</number:number><number:text>万元</number:text>", "1.2345万元"),
    "word": ('<number:number number:decimal-places="1"/><number:text>万元</number:text>', "12345万元"),
    "digits before": ("<number:text>360</number:text><number:number/>", "36012345≠12345"),
    "condition": ('<number:number/><style:map style:condition="value()&gt;=10000"'
                  ' style:apply-style-name="thousands"/>', "12.345千"),
    "other condition": ('<number:number/><style:map style:condition="value()&lt;10000"'
                        ' style:apply-style-name="thousands"/>', ""),
    "plain": ('<number:number number:decimal-places="2" number:grouping="true"/>', ""),
    "of money": ("<number:currency-symbol>￥</number:currency-symbol><number:number/>", ""),
}  # fmt: skip


def style(name: str) -> str:
    kind = {"percentage": "percentage", "of money": "currency"}.get(name, "number")
    return f'<number:{kind}-style style:name="{name}">{STYLES[name][0]}</number:{kind}-style>'


def of_cells(name: str) -> str:
    return f'<style:style style:name="c {name}" style:family="table-cell" style:data-style-name="{name}"/>'


def cell(style: str = "", kind: str = "float") -> str:
    own = f' table:style-name="c {style}"' if style else ""
    return f'<table:table-cell office:value-type="{kind}" office:value="12345"{own}><text:p>12345</text:p></table:table-cell>'


def shown(cells: str, styles: str, named: str = "", columns: str = "") -> list[str]:
    """What is shown of the numbers of a row, '' where it is the number itself."""
    begin = f"<office:document-content {NAMESPACES} {DATA_STYLES}><office:automatic-styles>"
    content = (
        f"{begin}{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="甲">{columns}<table:table-row>{cells}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    other = f"<office:document-styles {NAMESPACES} {DATA_STYLES}><office:styles>{named}"
    other += "</office:styles></office:document-styles>"
    ((sheet, *_), _) = read_content([content.encode()], [other.encode()] if named else [])
    (run,) = sheet.runs
    return [shown_otherwise("12345", run.formats.get(column, "")) for column in run.cells]


@pytest.mark.parametrize("where", ["of the sheet", "with a name", "of the column"])
def test_each_kind_of_format(where: str) -> None:
    numbers, cells = "".join(map(style, STYLES)), "".join(map(of_cells, STYLES))
    named = numbers if where == "with a name" else ""
    columns = "".join(
        f'<table:table-column table:default-cell-style-name="c {name}"/>' for name in STYLES
    )
    found = shown(
        "".join(cell("" if where == "of the column" else name) for name in STYLES),
        cells if named else numbers + cells,
        named,
        columns if where == "of the column" else "",
    )
    assert found == [text for _, text in STYLES.values()]


def test_a_percentage_says_so_itself() -> None:
    assert shown(cell(kind="percentage") + cell(), "") == ["1234500%", ""]


def test_styles_that_cannot_be_read_change_nothing() -> None:
    begin = f"<office:document-content {NAMESPACES}><office:body><office:spreadsheet>"
    end = "</office:spreadsheet></office:body></office:document-content>"
    body = table("甲", f"<table:table-row>{cell()}</table:table-row>")
    ((sheet, *_), _) = read_content([f"{begin}{body}{end}".encode()], [b"<office:broken"])
    assert sheet.runs[0].cells == {1: 12345.0}


def test_a_style_of_thirty_thousand_pieces_is_none() -> None:
    long = "<number:text>千</number:text>" * 30_000
    numbers = f'<number:number-style style:name="word"><number:number/>{long}</number:number-style>'
    assert shown(cell("word"), numbers + of_cells("word")) == [""]


def test_a_book_tells_the_formats_of_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    rows = f"<table:table-row>{cell(kind='percentage') * 2}</table:table-row>" * 2
    path = save(tmp_path / "a.ods", table("甲", rows))
    assert "styles.xml" not in zipfile.ZipFile(path).namelist()
    with open_book(path) as book:
        assert book.number_formats(0, [2]) == {(1, 2): "0%", (2, 2): "0%"}
