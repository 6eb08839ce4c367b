"""Tables of any length → a workbook, written as the rows come.

A styled workbook is made by openpyxl in memory (`spreadsheet`); at 30 µs a cell, a million members
take ten minutes. What is written here has a heading row, a filter and text that stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import islice
from pathlib import Path

from converter.files.zip_writing import write_streamed_zip
from converter.model.issues import column_letters
from converter.statistics.figure import Cell
from converter.text.display import columns as display_width

ROWS_A_SHEET = 1_000_000  # below the heading; Excel has 1,048,576 rows
ROWS_AT_ONCE = 1_000
LONGEST = 32_767  # characters of a cell
NARROWEST, WIDEST = 8, 40
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/></font>'
    '<font><b/><sz val="11"/></font></fonts><fills count="2"><fill><patternFill'
    ' patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)

Values = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class LongTable:
    """A table whose rows may be read once only."""

    title: str
    header: Sequence[str]
    count: int  # of rows
    rows: Iterable[Values]
    numbers: Mapping[int, str] = field(
        default_factory=dict
    )  # columns (from 0) of numbers: their types


def write(path: Path, tables: Sequence[LongTable], *, when: int) -> None:
    """Write a workbook whole or not at all, for its owner alone: a sheet a table, and another one
    (`会员 2`) for each further million of rows. Raises OSError."""
    write_streamed_zip(path, _parts(tables), when=when)


def _parts(tables: Sequence[LongTable]) -> Iterator[tuple[str, Iterable[bytes]]]:
    sheets = [max(1, -(-table.count // ROWS_A_SHEET)) for table in tables]
    titles = [
        table.title if number == 1 else f"{table.title} {number}"
        for table, count in zip(tables, sheets, strict=True)
        for number in range(1, count + 1)
    ]
    yield from ((name, [text.encode()]) for name, text in _frame(titles))
    sheet = 0
    for table, count in zip(tables, sheets, strict=True):
        rows = iter(table.rows)
        for _ in range(count):
            sheet += 1
            chosen = islice(rows, ROWS_A_SHEET)
            yield f"xl/worksheets/sheet{sheet}.xml", _sheet(table.header, chosen)


def _sheet(header: Sequence[str], rows: Iterator[Values]) -> Iterator[bytes]:
    some = list(islice(rows, ROWS_AT_ONCE))
    widths = [
        min(max([NARROWEST, *(display_width(str(row[n])) + 2 for row in (header, *some))]), WIDEST)
        for n in range(len(header))
    ]
    cols = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(widths, 1)
    )
    heading = "".join(_cell(text, style=1) for text in header)
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
        f"</sheetViews><cols>{cols}</cols><sheetData><row>{heading}</row>"
    ).encode()
    count = 1
    while some:
        yield "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in some).encode()
        count += len(some)
        some = list(islice(rows, ROWS_AT_ONCE))
    last = f"{column_letters(len(header))}{count}"
    yield f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'.encode()


def _cell(value: Cell, style: int = 2) -> str:
    if not isinstance(value, str):
        return f"<c><v>{value}</v></c>"
    if not value:
        return "<c/>"
    text = escape(_ILLEGAL.sub("\ufffd", value[:LONGEST]), quote=False)
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'


def _frame(titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parts that tie the sheets together."""
    numbers = range(1, len(titles) + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{overrides}</Types>',
    )
    yield (
        "_rels/.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    sheets = "".join(
        f'<sheet name="{escape(title)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
        "</workbook>",
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId{len(titles) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>",
    )
    yield "xl/styles.xml", _STYLES
