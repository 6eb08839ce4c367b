"""Sheets of plain text beside the form's own: lists of what was found, changed or left over.

Written here from first to last: their rows differ from copy to copy. `CellStyle`s stand for styles
that the workbook was designed with (see `blueprint`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from converter.model.issues import column_letters
from converter.template import answers, style
from converter.template.cell_text import attribute, escaped
from converter.template.layout import quoted
from converter.template.style import CellStyle, text_lines

LINE_HEIGHT, GAP = 14.5, 4.0
TALLEST = 400.0  # points; programs show no row above 409

TITLE = CellStyle(size=16, bold=True)
LEAD = CellStyle(wrap=True, vertical="top")
HEADING = CellStyle(
    bold=True, colour=style.ACCENT, fill=style.BAND, lines="tb", wrap=True, indent=1
)
ENTRY = CellStyle(size=9.5, lines="b", vertical="top", wrap=True, number_format="@", indent=1)
LINK = replace(ENTRY, colour=style.ACCENT, underline=True)
WRONG = replace(ENTRY, colour=style.WRONG, bold=True)
DOUBT = replace(ENTRY, colour=style.DOUBT)
NOTED = replace(ENTRY, colour=style.MUTED)
DONE = replace(ENTRY, colour=style.FINE, number_format="General")
LOOKS = (TITLE, LEAD, HEADING, ENTRY, LINK, WRONG, DOUBT, NOTED, DONE)

HEAD_ROW = 4
LINES_AT_ONCE = 1_000
_START = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
)
_PAGE = (
    '<printOptions horizontalCentered="1"/>'
    '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
    '<pageSetup orientation="landscape" paperSize="9" fitToHeight="0" fitToWidth="1"/>'
    "<headerFooter><oddFooter>&amp;C&amp;8 {footer}</oddFooter></headerFooter>"
    '<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/></ignoredErrors>'
    "</worksheet>"
)


class TextCell(NamedTuple):
    """A cell: what it says, how it looks, where it leads ('' = nowhere), and the formula that
    comes to its text ('' = none)."""

    text: str | int
    look: CellStyle = ENTRY
    link: str = ""
    formula: str = ""


@dataclass(frozen=True)
class Plain:
    """Lines of nothing but texts, in rows of the usual height: there may be a million."""

    lines: Iterable[Sequence[str]] = ()  # gone through once
    count: int = 0


@dataclass(frozen=True)
class TextSheet:
    """A sheet: title, a line or two, headings in row 4, entries and plain lines below."""

    name: str
    title: str
    lead: str
    columns: Sequence[tuple[str, float]]  # (heading, width in characters)
    rows: Sequence[Sequence[TextCell]]
    colour: str = style.ACCENT  # of its tab
    footer: str = ""
    lead_link: str = ""
    plain: Plain = Plain()

    @property
    def last_row(self) -> int:
        return HEAD_ROW + len(self.rows) + self.plain.count

    def names(self, index: int) -> str:
        """What the workbook has to know: the rows to repeat in print, the filtered area."""
        prefix, last = escaped(quoted(self.name)), column_letters(len(self.columns))
        sheet = f'localSheetId="{index}"'
        titles = f"{prefix}${HEAD_ROW}:${HEAD_ROW}"
        area = f"{prefix}$A${HEAD_ROW}:${last}${self.last_row}"
        return (
            f'<definedName name="_xlnm.Print_Titles" {sheet}>{titles}</definedName>'
            f'<definedName name="_xlnm._FilterDatabase" {sheet} hidden="1">{area}</definedName>'
        )


def link_to(sheet: str, cell: str) -> str:
    return f"{quoted(sheet)}{cell}"


def xml(page: TextSheet, number: Callable[[CellStyle], int], *, first: bool) -> Iterator[bytes]:
    """A page as a worksheet part, piece by piece; `number` tells a look's style."""
    last = column_letters(len(page.columns))
    selected = ' tabSelected="1"' if first else ""
    yield _START.encode()
    yield (
        f'<sheetPr><tabColor rgb="FF{page.colour}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{last}{page.last_row}"/>'
        f'<sheetViews><sheetView showGridLines="0"{selected} workbookViewId="0">'
        f'<pane ySplit="{HEAD_ROW}" topLeftCell="A{HEAD_ROW + 1}" activePane="bottomLeft"'
        ' state="frozen"/><selection pane="bottomLeft"/></sheetView></sheetViews>'
        '<sheetFormatPr baseColWidth="8" defaultRowHeight="18"/><cols>'
    ).encode()
    for column, (_, width) in enumerate(page.columns, 1):
        yield f'<col min="{column}" max="{column}" width="{width}" customWidth="1"/>'.encode()
    yield b"</cols><sheetData>"
    total = sum(width for _, width in page.columns)
    lead = [TextCell(page.lead, LINK if page.lead_link else LEAD)]
    heads = [TextCell(heading, HEADING) for heading, _ in page.columns]
    yield _row(1, [TextCell(page.title, TITLE)], 32, number)
    yield _row(2, lead, GAP + LINE_HEIGHT * text_lines(page.lead, total), number)
    yield _row(HEAD_ROW, heads, 24, number)
    for row, entries in enumerate(page.rows, HEAD_ROW + 1):
        yield _row(row, entries, _height(entries, page.columns), number)
    yield from _plain_rows(page, number(ENTRY))
    yield f'</sheetData><autoFilter ref="A{HEAD_ROW}:{last}{page.last_row}"/>'.encode()
    yield f'<mergeCells count="1"><mergeCell ref="A2:{last}2"/></mergeCells>'.encode()
    yield "".join(_links(page)).encode()
    yield _PAGE.format(footer=escaped(page.footer)).encode()


def _row(
    row: int, entries: Iterable[TextCell], height: float, number: Callable[[CellStyle], int]
) -> bytes:
    cells = [b'<row r="%d" ht="%.1f" customHeight="1">' % (row, min(height, TALLEST))]
    for column, entry in enumerate(entries, 1):
        letter = chr(64 + column)  # no page has more than 26 columns
        cells.append(f'<c r="{letter}{row}" s="{number(entry.look)}'.encode())
        if entry.formula:
            cells.append(answers.formula(entry.formula, str(entry.text)))
        elif isinstance(entry.text, int):
            cells.append(b'"><v>%d</v></c>' % entry.text)
        else:
            cells.append(answers.plain(entry.text) if entry.text else answers.BLANK.tail)
    return b"".join((*cells, b"</row>"))


def _plain_rows(page: TextSheet, style: int) -> Iterator[bytes]:
    lines, start = iter(page.plain.lines), HEAD_ROW + 1 + len(page.rows)
    ends = [
        b'<c r="%b%%d" s="%d%%b' % (column_letters(column).encode(), style)
        for column in range(1, len(page.columns) + 1)
    ]
    while some := [*islice(lines, LINES_AT_ONCE)]:
        contents = zip(*map(_contents, zip(*some, strict=True)), strict=True)
        yield b"".join(
            b'<row r="%d">%b</row>'
            % (row, b"".join(end % (row, c) for end, c in zip(ends, cells, strict=True) if c))
            for row, cells in enumerate(contents, start)
        )
        start += len(some)


def _contents(texts: Sequence[str]) -> list[bytes]:
    """What stands in cells of these texts; nothing for blank ones."""
    coded = answers.encoded(texts)
    if coded is None:
        return [answers.plain(text) if text else b"" for text in texts]
    return [answers.TEXT_START + c + answers.TEXT_END if c else b"" for c in coded]


def _height(entries: Sequence[TextCell], columns: Sequence[tuple[str, float]]) -> float:
    """Not every program fits rows to wrapped text by itself."""
    pairs = zip(entries, columns, strict=True)
    lines = max((text_lines(str(e.text), width * 1.1 - 2) for e, (_, width) in pairs), default=1)
    return GAP + LINE_HEIGHT * lines


def _links(page: TextSheet) -> list[str]:
    links = [
        f'<hyperlink ref="{column_letters(column)}{row}" location={attribute(entry.link)}/>'
        for row, entries in enumerate(page.rows, HEAD_ROW + 1)
        for column, entry in enumerate(entries, 1)
        if entry.link
    ]
    if page.lead_link:
        links.insert(0, f'<hyperlink ref="A2" location={attribute(page.lead_link)}/>')
    return ["<hyperlinks>", *links, "</hyperlinks>"] if links else []
