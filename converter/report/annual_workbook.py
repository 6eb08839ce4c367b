"""The annual report as one workbook: a sheet a table, in order, each with its line of signatures.

Laid out as such tables are printed: the title above, who reports for which period, two lines of
headings, rows with numbers, a box around all of it, and below the names to be signed. A4, upright
or across, as wide as the page.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from converter.kinds.amounts import Amount
from converter.messages.catalogue import message
from converter.model.clock import created_at
from converter.report.table import Table, number_format, shown
from converter.statistics.annual import AnnualCell, AnnualReport, AnnualTable
from converter.text.display import columns

INK, LINE = "000000", "404040"
TITLE, REPORTER, FIRST = 1, 2, 3  # rows; the headings begin at FIRST
COMPARED = ("before", "now", "change")
NUMBER, STUB_WIDEST, NARROWEST = 11, 44, 20  # characters
LINE_HEIGHT, ROW_HEIGHT = 16, 20  # points
PORTRAIT = 92  # characters of a line that still fit on an upright page
WHOLE, SIGNED = "#,##0", "#,##0;-#,##0;0"


def workbook(report: AnnualReport) -> bytes:
    """The workbook's bytes; the same report gives the same where SOURCE_DATE_EPOCH is set."""
    from openpyxl import Workbook

    from converter.template import saving

    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = report.title, ""
    for number, table in enumerate(report.tables, 1):
        sheet = book.create_sheet(message("annual_sheet", number=number))
        _fill(sheet, report, table, number)
    stream = io.BytesIO()
    saving.save_dated(book, stream, created_at())
    return stream.getvalue()


def texts(report: AnnualReport) -> list[Table]:
    """The same for a terminal."""
    found = []
    for number, table in enumerate(report.tables, 1):
        title = message("annual_title", number=number, title=table.title)
        heads = [" ".join(filter(None, pair)) for pair in _headings(report, table)]
        rows = [
            [label, str(n), *map(_shown, values)]
            for n, (label, values) in enumerate(_rows(report, table), 1)
        ]
        found.append(Table(title, heads, rows))
    return found


def _shown(value: Amount | None) -> str:
    return "—" if value is None else shown(value)


def _headings(report: AnnualReport, table: AnnualTable) -> Iterator[tuple[str, str]]:
    """(What stands over several columns, what stands over this one)."""
    stub = table.stub if table.total else report.headings[0]
    yield "", stub
    yield "", report.headings[1]
    for label, _ in table.columns:
        yield (report.headings[2], label) if label else ("", report.headings[2])
    if report.before:
        for label, is_compared in table.columns:
            if is_compared:
                over = "：".join(filter(None, (report.compared, label)))
                for key in COMPARED:
                    before = report.before if key == "before" else report.period
                    yield over, message(f"annual_{key}", period=before)


def _rows(report: AnnualReport, table: AnnualTable) -> Iterator[tuple[str, list[Amount | None]]]:
    for label, cells in table.rows:
        values: list[Amount | None] = [cell.now for cell in cells]
        if report.before:
            for cell, (_, is_compared) in zip(cells, table.columns, strict=True):
                values += _compared(cell) if is_compared else ()
        yield label, values


def _compared(cell: AnnualCell) -> list[Amount | None]:
    if cell.before is None or cell.both is None:
        return [None, None, None]
    return [cell.before, cell.both, cell.both - cell.before]


# --- a sheet -------------------------------------------------------------------------------------


def _fill(sheet: Any, report: AnnualReport, table: AnnualTable, number: int) -> None:
    from openpyxl.styles import Border, Side

    heads = list(_headings(report, table))
    width = len(heads)
    title = message("annual_title", number=number, title=table.title)
    _across(sheet, TITLE, 1, width, title, size=16, bold=True)
    sheet.row_dimensions[TITLE].height = 34
    half = max(width // 2, 1)
    union = message("annual_union", union=report.union or "　　　　　　")
    _across(sheet, REPORTER, 1, half, union, side="left")
    units = "、".join(unit or message("annual_counted") for unit in table.units)
    period = message("annual_period", period=report.period, units=units)
    _across(sheet, REPORTER, half + 1, width, period, side="right")
    sheet.row_dimensions[REPORTER].height = ROW_HEIGHT
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = ROW_HEIGHT, True
    has_two = any(over for over, _ in heads)
    first = _headed(sheet, heads, has_two=has_two)
    for at, (label, values) in enumerate(_rows(report, table), first):
        _cell(sheet, at, 1, label, side="left", bold=table.total and at == first)
        _cell(sheet, at, 2, at - first + 1)
        for column, value in enumerate(values, 3):
            _cell(sheet, at, column, _shown(value) if value is None else value, side="right")
            changes = heads[column - 1][1] == message("annual_change")
            whole = SIGNED if changes else WHOLE
            sheet.cell(at, column).number_format = number_format(
                0 if value is None else value, whole
            )
    last = first + len(table.rows) - 1
    thin = Side(style="thin", color=LINE)
    for row in sheet.iter_rows(min_row=FIRST, max_row=last, max_col=width):
        for cell in row:
            cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
    _foot(sheet, report, last + 1, width)
    _for_print(sheet, report, table, heads, first)


def _headed(sheet: Any, heads: Sequence[tuple[str, str]], *, has_two: bool) -> int:
    """Write the headings; returns the first row below them."""
    start = 0
    for at, (over, own) in enumerate(heads):
        if not has_two:
            _cell(sheet, FIRST, at + 1, own, bold=True)
            continue
        if not over:
            _cell(sheet, FIRST, at + 1, own, bold=True)
            sheet.merge_cells(
                start_row=FIRST, end_row=FIRST + 1, start_column=at + 1, end_column=at + 1
            )
            continue
        _cell(sheet, FIRST + 1, at + 1, own, bold=True)
        begins = at == 0 or heads[at - 1][0] != over
        start = at if begins else start
        if at + 1 == len(heads) or heads[at + 1][0] != over:
            _cell(sheet, FIRST, start + 1, over, bold=True)
            if start != at:
                sheet.merge_cells(
                    start_row=FIRST, end_row=FIRST, start_column=start + 1, end_column=at + 1
                )
    lines = max(-(-columns(own) // (NUMBER - 1)) for _, own in heads[2:])
    sheet.row_dimensions[FIRST].height = 2 * LINE_HEIGHT
    sheet.row_dimensions[FIRST + has_two].height = LINE_HEIGHT * max(lines, 2)
    return FIRST + 1 + has_two


def _foot(sheet: Any, report: AnnualReport, row: int, width: int) -> None:
    """What the figures are of, and the names to be signed."""
    counted = {"owing": report.owing, "reported": report.reported}
    note = message("annual_note" if report.owing else "annual_note_no_roster", **counted)
    if report.before:
        note += message("annual_note_both", before=report.before, both=report.both)
    _across(sheet, row, 1, width, note, side="left", size=9)
    line = "　　　　　　".join(f"{one}：" for one in report.signatures)
    _across(sheet, row + 2, 1, width, line, side="left")
    sheet.row_dimensions[row + 2].height = 26


def _cell(
    sheet: Any,
    row: int,
    column: int,
    value: str | Amount,
    *,
    side: str = "center",
    bold: bool = False,
) -> None:
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type = "s"
    cell.font = Font(name=message("workbook_font"), size=10.5, bold=bold, color=INK)
    wraps = isinstance(value, str)
    cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=wraps)


def _across(
    sheet: Any,
    row: int,
    first: int,
    last: int,
    text: str,
    *,
    side: str = "center",
    size: float = 10.5,
    bold: bool = False,
) -> None:
    """A text over several columns."""
    from openpyxl.styles import Font

    _cell(sheet, row, first, text, side=side)
    sheet.cell(row, first).font = Font(
        name=message("workbook_font"), size=size, bold=bold, color=INK
    )
    if last > first:
        sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def _for_print(
    sheet: Any,
    report: AnnualReport,
    table: AnnualTable,
    heads: Sequence[tuple[str, str]],
    first: int,
) -> None:
    from openpyxl.utils import get_column_letter

    widest = max((columns(label) for label, _ in table.rows), default=0)
    widths = [min(max(widest + 2, NARROWEST), STUB_WIDEST), 6]
    rows = [[f"{value or 0:,}" for value in values] for _, values in _rows(report, table)]
    widths += [max(NUMBER, *(len(row[n]) + 2 for row in rows)) for n in range(len(heads) - 2)]
    for n, wide in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(n)].width = wide
    sheet.freeze_panes = sheet.cell(first, 3).coordinate
    sheet.page_setup.orientation = "landscape" if sum(widths) > PORTRAIT else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    sheet.print_title_rows = f"{TITLE}:{first - 1}"
    sheet.oddFooter.center.text = message("summary_page_number")
    sheet.oddHeader.left.text = report.title.replace("&", "&&")
