"""What only a parser of XML reads rightly: the cells are those that every program shows."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx import book as xlsx
from converter.workbook.xlsx import normalizer
from tests.workbook.xlsx.fast.test_reader import book, seen, sheet_of

STRINGS = "<sst><si><t>甲</t></si><si><t>乙</t></si></sst>"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def cells_of(sheet: str) -> dict[Any, Any]:
    cells: dict[Any, Any] = seen(xlsx.XlsxWorkbook(BytesIO(book(sheet, STRINGS))).grid(0))["cells"]
    return cells


def inside(cell: str) -> dict[Any, Any]:
    """The cells of a sheet that has one, A2."""
    return cells_of(sheet_of(f'<row r="2">{cell}</row>'))


@pytest.mark.parametrize(
    ("cell", "text", "kind"),
    [
        ('<c r="A2"><v>&#49;2</v></c>', "12", 2),
        ('<c r="A2"><v>1<!-- 3 -->2</v></c>', "12", 2),
        ('<c r="A2"><v>1<?x 3?>2</v></c>', "12", 2),
        ('<c r="A2"><v><![CDATA[12]]></v></c>', "12", 2),
        ('<c r="A2"><v>\n 12\n </v></c>', "12", 2),
        ('<c r="A2" s="1"><v> 40299 </v></c>', "2010-05-01", 3),
        ('<c r="A2" t="b"><v> 1 </v></c>', "TRUE", 4),
        ('<c r="A2" t="str"><v><![CDATA[甲<乙]]></v></c>', "甲<乙", 1),
        ('<c r="A2" t="str"><v>甲&#13;乙</v></c>', "甲\r乙", 1),
        ('<c r="A2" t="s"><v> 1 </v></c>', "乙", 1),
        ('<c r="A2" t="s"><f>B1</f><v><!-- 0 -->1</v></c>', "乙", 1),
        ('<c r="A2"><v>5</v><f>1+4</f></c>', "5", 2),
        ('<c r="A2"><v>5</v><extLst><ext><v>6</v></ext></extLst></c>', "5", 2),
        ('<c r="A2" t="inlineStr"><v>甲</v></c>', "甲", 1),
        ('<c r="A2" t="inlineStr"><is><t>甲<!-- 丙 -->乙</t></is></c>', "甲乙", 1),
        ('<c r="A2" t="d"><v>2010-05-01T00:00:00Z</v></c>', "2010-05-01", 3),
        ('<c r="A2" t="d"><v>2010-05-01T08:30</v></c>', "2010-05-01T08:30:00", 3),
        ("<c r='A2' y:r='C9' y:t='s' xmlns:y='urn:y'><v>5</v></c>", "5", 2),
        ('<c r="A2"><v>5</v></c><!-- <c r="A2" t="e"><v>#N/A</v></c> -->', "5", 2),
        ('<?x <c r="A2" t="e"><v>#N/A</v></c> ?><c r="A2"><v>5</v></c>', "5", 2),
        ('<c r="A2"><v>5</v></c><y:c xmlns:y="urn:y" r="B2"><y:v>9</y:v></y:c>', "5", 2),
        ('<c r="A2"><v>5</v></c><d xmlns="urn:y"><c r="B2"><v>9</v></c></d>', "5", 2),
        ('<c r="A2" s="1"><v>NaN</v></c><!-- -->', "NaN", 1),
        ('<c r="A2" s="1"><v>1e999</v></c>', "inf", 1),
        ('<c r="A2" t="e"><v>#SPILL!</v></c><!-- -->', "#SPILL!", 5),
    ],
)
def test_a_value_is_what_xml_says(cell: str, text: str, kind: int) -> None:
    assert inside(cell) == {(2, 1): (text, kind)}


@pytest.mark.parametrize("number", ["-1", "+1", "1.0", "0x1", "甲", "99999999999999999999", "2"])
def test_a_string_of_no_number_is_not_the_first_one(number: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        inside(f'<c r="A2" t="s"><v>{number}</v></c>')
    assert refused.value.code == "F315"


def test_an_error_cell_without_a_name_is_blank() -> None:
    assert inside('<c r="A2" t="e" cm="1"><v></v></c>') == {}


@pytest.mark.parametrize(
    "sheet",
    [
        "<worksheet><!-- <sheetData>{0}</sheetData> --><sheetData>{1}</sheetData></worksheet>",
        "<worksheet><?x <sheetData>{0}</sheetData> ?><sheetData>{1}</sheetData></worksheet>",
        "<worksheet><sheetData>{1}</sheetData><!-- <sheetData>{0}</sheetData> --></worksheet>",
        "<worksheet><sheetData><!-- {0} -->{1}</sheetData></worksheet>",
    ],
)
def test_rows_in_a_comment_are_none(sheet: str) -> None:
    row = '<row r="1"><c r="A1"><v>{}</v></c></row>'
    assert cells_of(sheet.format(row.format(1), row.format(2))) == {(1, 1): ("2", 2)}


def test_the_alternative_that_everybody_understands() -> None:
    both = (
        f'<mc:AlternateContent xmlns:mc="{COMPATIBLE}"><mc:Choice Requires="y"><c r="A2"><v>1</v></c>'
        '</mc:Choice><mc:Fallback><c r="A2"><v>2</v></c></mc:Fallback></mc:AlternateContent>'
    )
    assert inside(both) == {(2, 1): ("2", 2)}


@pytest.mark.parametrize("writes", ['<c r="A2" t="inlineStr">', "<c r='A2' t='inlineStr'>"])
def test_blanks_count_where_the_whole_sheet_keeps_them(writes: str) -> None:
    row = f'<row r="2">{writes}<is><t> 甲 </t></is></c></row>'
    sheet = sheet_of(row).replace("<worksheet>", '<worksheet xml:space="preserve">')
    assert cells_of(sheet_of(row)) == {(2, 1): ("甲", 1)}
    assert cells_of(sheet) == {(2, 1): (" 甲 ", 1)}


@pytest.mark.parametrize(("serial", "expected"), [("60", ("60", 2)), ("59", ("1900-02-28", 3))])
def test_the_day_that_never_was_stays_a_number(serial: str, expected: tuple[str, int]) -> None:
    day = f'<c r="A2" s="1"><v>{serial}</v></c>'
    for unusual in ("", '<c r="B2" cm="1"></c>'):
        assert inside(day + unusual) == {(2, 1): expected}


def test_facts_outlive_the_rewriting() -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:dimension ref="A1:C4"/><x:cols><x:col min="2" max="2"'
        ' hidden="true"/></x:cols><x:sheetData><x:row hidden="1"><x:c><x:v>1</x:v></x:c></x:row>'
        '<x:row r="4"><x:c r="C4"><x:f>1</x:f></x:c></x:row></x:sheetData><x:mergeCells>'
        '<x:mergeCell ref="A1:B2"/></x:mergeCells></x:worksheet>'
    )
    found = seen(xlsx.XlsxWorkbook(BytesIO(book(sheet))).grid(0))
    assert found["cells"] == {(1, 1): ("1", 2)}
    assert found["formulas"] == {(4, 3): False}
    assert found["merges"] == ((1, 1, 2, 2),)
    assert found["hidden"] == (frozenset({1}), frozenset({2}))


def test_the_usual_writing_is_not_rewritten() -> None:
    sheet = sheet_of(
        '<row r="1" spans="1:3"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1"><f>ROW()</f><v>1</v></c>'
        '<c r="C1" t="inlineStr"><is><r><rPr><b/><sz val="9"/></rPr><t>a&amp;b</t></r></is></c></row>'
    ).encode()
    assert not normalizer.is_nonstandard(sheet, sheet.index(b"<row"), sheet.index(b"</sheetData>"))
