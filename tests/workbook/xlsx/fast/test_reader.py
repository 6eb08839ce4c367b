"""The two ways of reading a sheet see the same cells; what is odd is left to the careful one."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.workbook.xlsx import archive
from converter.workbook.xlsx import book as xlsx
from converter.workbook.xlsx.fast import reader
from converter.workbook.xlsx.fast.strings import NeedsFullParser, SharedStrings

STYLES = (
    '<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="49"/></cellXfs></styleSheet>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def book(sheet: str, strings: str = "", date1904: bool = False) -> bytes:
    """A workbook of one sheet, given as XML."""
    link = f'<Relationship Id="{{}}" Type="{RELATIONS}/{{}}" Target="{{}}"/>'
    parts = {
        "_rels/.rels": "<Relationships>"
        + link.format("a", "officeDocument", "xl/workbook.xml")
        + "</Relationships>",
        "xl/workbook.xml": f'<workbook><workbookPr date1904="{int(date1904)}"/>'
        '<sheets><sheet name="表" sheetId="1" id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        + link.format("s", "worksheet", "worksheets/sheet1.xml")
        + link.format("t", "styles", "styles.xml")
        + (link.format("u", "sharedStrings", "sharedStrings.xml") if strings else "")
        + "</Relationships>",
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet,
    }
    if strings:
        parts["xl/sharedStrings.xml"] = strings
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in parts.items():
            zipped.writestr(name, text.encode())
    return made.getvalue()


def sheet_of(rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def seen(grid: Any) -> dict[str, Any]:
    """All that a grid says, whatever the extent it names."""
    columns = range(1, 40)
    read = grid.read(columns, 1)
    cells = {
        (row, column): (text, int(kind))
        for column, found in read.items()
        for row, (text, kind) in enumerate(
            zip(found.texts.tolist(), found.types.tolist(), strict=True), 1
        )
        if kind
    }
    formulas = {
        (int(row), column): bool(computed)
        for column, found in grid.formulas(columns).items()
        for row, computed in zip(found.rows, found.computed, strict=True)
    }
    texts = {
        (row, column): text
        for column, found in grid.texts(columns, 1).items()
        for row, text in found.items()
    }
    facts = grid.facts
    return {
        "cells": cells,
        "formulas": formulas,
        "texts": texts,
        "merges": facts.merges,
        "hidden": (facts.hidden_rows & {row for row, _ in cells}, facts.hidden_columns),
    }


def both(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    workbook = xlsx.XlsxWorkbook(BytesIO(data))
    (part,) = workbook._book.sheets
    grid = workbook._fast.read(part)
    assert grid is not None
    return seen(grid), seen(workbook._parsed(part))


def needs_full_parser(data: bytes) -> bool:
    workbook = xlsx.XlsxWorkbook(BytesIO(data))
    return workbook._fast.read(workbook._book.sheets[0]) is None


# --- the same cells ----------------------------------------------------------------------

TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12
) | st.sampled_from(
    [
        "男",
        "女",
        " ",
        " 李明",
        "李 明\t",
        "\u3000李明\u3000",
        "　\u200b",
        "130102199001011234",
        "a&b<c>d\"e'",
        "中" * 40,
    ]
)
NUMBERS = st.one_of(
    st.integers(0, 99_999_999).map(str),
    st.integers(-(10**16), 10**18).map(str),
    # A day 60 of 1900 and times of day are read differently by the parser itself.
    st.floats(61, 1e6, allow_nan=False).map(repr),
    st.sampled_from(["0012", "1e5", "3.60426199001011E17", "40299.5", "123456789012", "2958466"]),
)
STYLED = st.sampled_from(["", ' s="0"', ' s="2"', ' s="117"'])


@st.composite
def a_cell(draw: st.DrawFn, strings: dict[str, int]) -> str:
    """What follows the address of a cell."""
    style = draw(STYLED)
    formula = draw(
        st.sampled_from(
            ["", "", "", "<f>ROW()</f>", '<f t="shared" si="0"/>', '<f aca="false">A1&gt;1</f>']
        )
    )
    kind = draw(st.integers(0, 8))
    if kind == 0:
        return f"{style}/>"
    if kind == 1:
        number = strings.setdefault(draw(TEXTS), len(strings))
        return f'{style} t="s">{formula}<v>{number}</v></c>'
    if kind == 2:
        return f'{style} t="str">{formula}<v>{escape(draw(TEXTS))}</v></c>'
    if kind == 3:
        space = draw(st.sampled_from(["", ' xml:space="preserve"']))
        return f'{style} t="inlineStr"><is><t{space}>{escape(draw(TEXTS))}</t></is></c>'
    if kind == 4:
        return f'{style} t="b">{formula}<v>{draw(st.integers(0, 1))}</v></c>'
    if kind == 5:
        name = draw(st.sampled_from(["#N/A", "#REF!", "#DIV/0!", "#SPILL!"]))
        return f'{style} t="e">{formula}<v>{name}</v></c>'
    if kind == 6:
        empty = draw(st.sampled_from(["<v/>", "<v></v>", "<v />", ""]))
        shown = draw(st.sampled_from(["", ' t="str"', ' t="n"']))
        return f"{style}{shown}>{formula}{empty}</c>"
    if kind == 7:
        return f' s="1">{formula}<v>{draw(st.integers(61, 3_000_000))}</v></c>'
    shown = draw(st.sampled_from(["", ' t="n"']))
    return f"{style}{shown}>{formula}<v>{draw(NUMBERS)}</v></c>"


@st.composite
def workbooks(draw: st.DrawFn) -> bytes:
    strings: dict[str, int] = {"甲": 0}
    rows, helpers = [], draw(st.booleans())
    number = draw(st.sampled_from([0, 3, 98]))
    for _ in range(draw(st.integers(1, 6))):
        number += draw(st.integers(1, 3))
        columns = sorted(
            draw(
                st.sets(
                    st.sampled_from(["A", "B", "C", "D", "G", "Z", "AA", "AB", "AF"]), max_size=6
                )
            ),
            key=lambda letters: (len(letters), letters),
        )
        cells = "".join(f'<c r="{c}{number}"{draw(a_cell(strings))}' for c in columns)
        hidden = draw(st.sampled_from(["", "", ' hidden="1"', ' ht="20" hidden="false"']))
        row = f'<row r="{number}"{hidden}'
        rows.append(f"{row}>{cells}</row>" if cells else f"{row}/>")
    before = (
        '<dimension ref="A1:AF99"/>'
        '<cols><col min="3" max="3" hidden="1"/><col min="27" max="99" width="9" hidden="1"/></cols>'
        if helpers
        else ""
    )
    after = '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>' if draw(st.booleans()) else ""
    spaces = st.sampled_from(["", ' xml:space="preserve"'])
    table = "".join(f"<si><t{draw(spaces)}>{escape(t)}</t></si>" for t in strings)
    return book(sheet_of("".join(rows), before, after), f"<sst>{table}</sst>", draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(workbooks())
def test_both_ways_see_the_same(data: bytes) -> None:
    quick, careful = both(data)
    assert quick == careful


@settings(max_examples=40, deadline=None)
@given(workbooks(), st.integers(1, 400))
def test_where_a_stream_is_cut_does_not_matter(data: bytes, size: int) -> None:
    whole, _ = both(data)
    cut = pytest.MonkeyPatch()
    with cut.context() as patch:
        patch.setattr(reader, "CHUNK", size)
        stream = archive.Parts.stream

        def pieces(self: Any, name: str) -> Any:
            data = b"".join(stream(self, name))
            yield from (data[at : at + size] for at in range(0, len(data), size))

        patch.setattr(archive.Parts, "stream", pieces)
        workbook = xlsx.XlsxWorkbook(BytesIO(data))
        assert seen(workbook._fast.read(workbook._book.sheets[0])) == whole


def test_only_cells_of_the_row_are_dropped_with_its_helpers() -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="AB1"><v>7</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="AA2"><v>7</v></c><c r="AB2"><v>7</v></c></row>'
        '<row r="3"><c r="A3"><v>3</v></c></row>'
    )
    hidden = '<cols><col min="27" max="30" hidden="1"/></cols>'
    all_of_it = {(1, 28): ("7", 2), (2, 27): ("7", 2), (2, 28): ("7", 2)}
    known = {(1, 1): ("1", 2), (2, 1): ("2", 2), (3, 1): ("3", 2)}
    for reach, expected in (
        ("AB3", known),
        ("AE3", known | all_of_it),  # something may stand right of the hidden ones
        ("", known | all_of_it),
    ):
        before = f'<dimension ref="A1:{reach}"/>{hidden}'
        quick, careful = both(book(sheet_of(rows, before)))
        assert quick["cells"] == expected
        assert careful["cells"] == expected


def test_rich_and_phonetic_strings() -> None:
    strings = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sst count="5" uniqueCount="4">'
        '<si><r><rPr><b/><sz val="11"/></rPr><t>张</t></r><r><t xml:space="preserve"> 三</t></r></si>'
        '<si><t>王</t><rPh sb="0" eb="1"><t>ワン</t></rPh><phoneticPr fontId="1"/></si>'
        "<si><t/></si><si><t>a&amp;b&#10;c</t></si></sst>"
    )
    rows = '<row r="1">' + "".join(
        f'<c r="{c}1" t="s"><v>{n}</v></c>' for n, c in enumerate("ABCD")
    )
    quick, careful = both(book(sheet_of(rows + "</row>"), strings))
    assert quick["cells"] == {(1, 1): ("张 三", 1), (1, 2): ("王", 1), (1, 4): ("a&b\nc", 1)}
    assert quick == careful


# --- not for this reader -----------------------------------------------------------------

CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        "<row r=\"1\"><c r='A1'><v>1</v></c></row>",
        '<row r="1"><c s="1" r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" cm="1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="d"><v>2010-05-01</v></c></row>',
        '<row r="1"><c r="A1" t="zz"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c></row>',
        '<row r="1"><c r="a1"><v>1</v></c></row>',
        '<row r="1"><c r="A01"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A0"><v>1</v></c></row>',
        '<row r="1"><c r="A1048577"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row><c r="A1"><v>1</v></c></row>',
        '<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
        '<row r="1"> <c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1">1<v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v><f>B1</f></c></row>',
        '<row r="1"><c r="A1"><v>1_0</v></c></row>',
        '<row r="1"><c r="A1"><v>nan</v></c></row>',
        '<row r="1"><c r="A1"><v> 1</v></c></row>',
        '<row r="1"><c r="A1" t="b"><v>2</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>1.0</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>7</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="str"><is><t>1</t></is></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>1</t></r></is></c></row>',
        '<row r="1"><c r="A1" t="str"><v>_x0041_</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a\r\nb</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&#0;</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&unknown;</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v><![CDATA[1]]></v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><!-- x --></row>',
        '<row r="1"><c r="A1"><v>1</v></c><extLst/></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="2">',
        '<row r="1"><c r="A1"><f>A2>1</f><v>1</v></c></row>',
    ],
)
def test_what_is_written_otherwise_is_left_to_the_full_parser(rows: str) -> None:
    assert not needs_full_parser(book(sheet_of(CELL), "<sst><si><t>甲</t></si></sst>"))
    assert needs_full_parser(book(sheet_of(rows), "<sst><si><t>甲</t></si></sst>"))


@pytest.mark.parametrize(
    "strings",
    [
        "<sst><si><t>甲</t></si><!-- x --></sst>",
        "<x:sst><x:si><x:t>甲</x:t></x:si></x:sst>",
        "<sst><si><t><b>甲</b></t></si></sst>",
        "<sst><si><t>_x0041_</t></si></sst>",
        "<sst><si><t>甲</t></si>乙</sst>",
        "<sst><si>甲</si></sst>",
        "<sst><si><t>&#55296;</t></si></sst>",
    ],
)
def test_strings_that_need_the_full_parser(strings: str) -> None:
    with pytest.raises(NeedsFullParser):
        SharedStrings([strings.encode()])


def test_strings_as_cells_show_them() -> None:
    table = f"<sst><si><t> \u3000</t></si><si><t>{'张' * 40_000}</t></si></sst>".encode()
    for size in (7, 100, len(table)):
        found = SharedStrings(table[at : at + size] for at in range(0, len(table), size))
        assert [len(text) for text in found.texts] == [0, 32_767]
        assert found.filled.tolist() == [False, True]


@pytest.mark.parametrize("table", ["", "<sst/>", "<sst count='0'></sst>", "<sst>\n</sst>\n"])
def test_no_strings(table: str) -> None:
    assert len(SharedStrings([table.encode()])) == 0


def test_no_rows_at_all() -> None:
    for sheet in ("<worksheet><sheetData/></worksheet>", sheet_of("")):
        workbook = xlsx.XlsxWorkbook(BytesIO(book(sheet)))
        grid = workbook.grid(0)
        assert not needs_full_parser(book(sheet))
        assert grid.head(50) == []
        assert grid.read([1], 1) == {} or not len(grid.read([1], 1)[1])
        formulas = grid.formulas([1])
        assert formulas is not None
        assert np.array_equal(formulas[1].rows, [])
