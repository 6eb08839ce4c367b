"""Tables → a workbook to forward: formatted, ready to print, with Excel's own charts.

A sheet a table: its title, a link back, the heading in row 3 (repeated on every printed page),
the lines, and below them the chart; beside a long table, so that it is seen. Of several sheets
the first one lists the others.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from converter.messages.catalogue import message
from converter.report import charts
from converter.report.table import Table, shown
from converter.text.display import columns

HEADING, FIRST = 3, 4  # rows
INK, ACCENT, BAND, LINE = "1F2A33", "2B5C75", "E9F0F3", "D5DCE1"
HEIGHT = 19  # points, of a line
NARROWEST, WIDEST = 10, 48  # of a column, in characters
PORTRAIT = 95  # characters of a line that still fit on an upright page
LONG = 30  # lines from which a chart stands beside its table
WHOLE, SIGNED, RATE = "#,##0", "#,##0;#,##0", "0.0"


@dataclass(frozen=True, slots=True)
class ExportSheet:
    """A table, its chart (see `statistics.figure`), and whether its last line is a sum."""

    table: Table
    chart: str = ""
    series: tuple[int, ...] = ()
    total: bool = False


def workbook(sheets: Sequence[ExportSheet], title: str, subtitle: str = "") -> bytes:
    """The workbook's bytes; `title` names the whole of it."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = title, ""
    for one in sheets:
        sheet = book.create_sheet(_sheet_name(one.table.title or title, book.sheetnames))
        _fill(sheet, one, title)
        _for_print(sheet, one, title, subtitle)
    if len(sheets) > 1:
        _contents(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# --- cells -------------------------------------------------------------------------------------


def _fill(sheet: Any, one: ExportSheet, title: str) -> None:
    from openpyxl.styles import Alignment, Border, PatternFill, Side

    table = one.table
    line, strong = Side(style="thin", color=LINE), Side(style="medium", color=ACCENT)
    _text(sheet, 1, 1, table.title or title).font = _font(size=15, bold=True)
    sheet.row_dimensions[1].height = 26
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = HEIGHT, True
    plain, widths = _font(), _widths(table)
    numbers = _numeric(table)
    for n, text in enumerate(table.header, 1):
        cell = _text(sheet, HEADING, n, text)
        cell.font = _font(bold=True)
        cell.fill = PatternFill("solid", fgColor=BAND)
        cell.border = Border(bottom=strong)
        side = "right" if n in numbers else "left"
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
    sheet.row_dimensions[HEADING].height = (
        2 * HEIGHT
        if any(columns(text) + 2 > wide for text, wide in zip(table.header, widths, strict=False))
        else HEIGHT
    )
    last = FIRST + len(table.rows) - 1
    for row, values in enumerate(table.rows, FIRST):
        sheet.row_dimensions[row].height = HEIGHT * _lines(widths, values)
        for n, value in enumerate(values, 1):
            cell = _text(sheet, row, n, value) if isinstance(value, str) else sheet.cell(row, n)
            cell.border = Border(bottom=line)
            cell.alignment = Alignment(vertical="center", wrap_text=isinstance(value, str))
            cell.font = plain
            if not isinstance(value, str):
                cell.value = value
                cell.number_format = RATE if isinstance(value, float) else WHOLE
            if one.total and row == last:
                cell.font = _font(bold=True)
                cell.border = Border(top=strong, bottom=line)
    for n, wide in enumerate(widths, 1):
        sheet.column_dimensions[_letter(n)].width = wide
    if table.header:
        sheet.freeze_panes = f"A{FIRST}"
    if table.rows and table.header and not one.total and not one.chart:
        sheet.auto_filter.ref = f"A{HEADING}:{_letter(len(table.header))}{last}"
    if one.chart in charts_of():
        _draw(sheet, one)


def charts_of() -> tuple[str, ...]:
    """The kinds of charts that a workbook draws."""
    return ("bars", "stacked", "pyramid", "line")


def _font(size: float = 10.5, color: str = INK, **looks: Any) -> Any:
    from openpyxl.styles import Font

    return Font(name=message("workbook_font"), size=size, color=color, **looks)


def _text(sheet: Any, row: int, column: int, text: str) -> Any:
    """A text in a cell, never a formula. A blank one leaves the cell blank."""
    cell = sheet.cell(row, column)
    if text != "":
        cell.value = text
        cell.data_type = "s"
    return cell


def _numeric(table: Table) -> set[int]:
    """The columns (from 1) that hold numbers."""
    return {
        n
        for n in range(1, len(table.header) + 1)
        if any(len(row) >= n and isinstance(row[n - 1], int | float) for row in table.rows)
    }


def _widths(table: Table) -> list[float]:
    """Of every column, in characters."""
    return [_width(table, n) for n in range(max([len(table.header), *map(len, table.rows[:1])]))]


def _width(table: Table, at: int) -> float:
    texts = [shown(row[at]) for row in table.rows if len(row) > at]
    widest = max(map(columns, texts), default=0)
    heading = columns(table.header[at]) if table.header else 0
    # A heading may take two lines; a filter's button needs room beside it.
    return min(max(widest + 3, (heading + 1) // 2 + 5, NARROWEST), WIDEST)


def _lines(widths: Sequence[float], values: Sequence[str | int | float]) -> int:
    """How many lines a row takes, its longest text broken by its column's width."""
    pairs = zip(widths, values, strict=False)
    return max((-(-(columns(shown(v)) + 2) // int(wide)) for wide, v in pairs), default=1)


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))


def _sheet_name(title: str, taken: Sequence[str]) -> str:
    """A title cut to what a sheet may be called; what stands in brackets is left out."""
    plain = title.partition("（")[0] or title
    name = "".join(" " if c in r"[]:*?/\'" else c for c in plain)[:28].strip() or "1"
    number, unique = 2, name
    while unique.lower() in {other.lower() for other in taken}:
        unique, number = f"{name} {number}", number + 1
    return unique


def _contents(book: Any) -> None:
    """Links from the first sheet to the others, and back."""
    first = book.worksheets[0]
    column = first.max_column + 2
    _text(first, HEADING, column, message("summary_contents")).font = _font(bold=True)
    first.column_dimensions[_letter(column)].width = 36
    for row, sheet in enumerate(book.worksheets[1:], FIRST):
        cell = _text(first, row, column, sheet.title)
        _link(cell, sheet)
        back = _text(sheet, 2, 1, message("summary_back"))
        _link(back, first)


def _link(cell: Any, sheet: Any) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet.title}'!A1")
    cell.font = _font(color=ACCENT, underline="single")


# --- print -------------------------------------------------------------------------------------


def _for_print(sheet: Any, one: ExportSheet, title: str, subtitle: str) -> None:
    """A4, as wide as the page, heading on every page, title and page numbers at its edge."""
    wide = sum(_widths(one.table)) > PORTRAIT
    beside = bool(one.chart) and _beside(one)
    sheet.page_setup.orientation = "landscape" if wide or beside else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    for side in ("left", "right"):
        setattr(sheet.page_margins, side, 0.5)
    sheet.page_margins.top = sheet.page_margins.bottom = 0.75
    if one.table.header:
        sheet.print_title_rows = f"{HEADING}:{HEADING}"
    # An ampersand begins a code of the header.
    sheet.oddHeader.left.text = title.replace("&", "&&")
    sheet.oddHeader.right.text = subtitle.replace("&", "&&")
    sheet.oddFooter.center.text = message("summary_page_number")
    for part in (sheet.oddHeader.left, sheet.oddHeader.right, sheet.oddFooter.center):
        part.size = 9


# --- charts ------------------------------------------------------------------------------------


def _beside(one: ExportSheet) -> bool:
    return len(one.table.rows) > LONG


def _draw(sheet: Any, one: ExportSheet) -> None:
    from openpyxl.chart import BarChart, LineChart, Reference

    lines, _ = charts.drawn(one)
    if not lines:
        return
    # Of the newest days of a long time the last ones are drawn.
    first = FIRST + (len(one.table.rows) - len(lines) if one.chart == "line" else 0)
    last = first + len(lines) - 1
    chart = LineChart() if one.chart == "line" else BarChart()
    columns_drawn = [n + 1 for n in one.series]
    if one.chart == "line":
        chart.height = 8.5
        chart.y_axis.scaling.min = 0
    else:
        chart.type = "bar"
        chart.height = max(6.0, len(lines) * 0.75 + 3.0)
        chart.gapWidth = 40
        if one.chart != "pyramid":
            chart.x_axis.scaling.orientation = "maxMin"  # in the order of the table
            chart.y_axis.crosses = "max"
    if one.chart in ("stacked", "pyramid"):
        chart.grouping, chart.overlap = "stacked", 100
    if one.chart == "pyramid":
        chart.gapWidth = 20
        chart.x_axis.tickLblPos = "low"
        columns_drawn = [_mirrored(sheet, len(one.table.header) + 2, first, last), 3]
        chart.visible_cells_only = False  # the mirrored copy is hidden
    for number, column in enumerate(columns_drawn):
        chart.add_data(Reference(sheet, min_col=column, min_row=first, max_row=last))
        # In a pyramid the left side is drawn from a mirrored copy; it bears the real heading.
        heading = 2 if one.chart == "pyramid" and number == 0 else column
        _named(chart.series[-1], f"'{sheet.title}'!${_letter(heading)}${HEADING}", number, one)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.numFmt = SIGNED
    chart.y_axis.majorGridlines.spPr = _grey()
    chart.width = 17.5
    chart.title = None
    if len(columns_drawn) > 1:
        chart.legend.position = "b"
    else:
        chart.legend = None
        chart.title = str(one.table.header[one.series[0]])
    below = FIRST + len(one.table.rows) + 1
    beside = f"{_letter(len(one.table.header) + 2)}{HEADING}"
    sheet.add_chart(chart, beside if _beside(one) else f"A{below}")


def _named(series: Any, heading: str, number: int, one: ExportSheet) -> None:
    from openpyxl.chart.data_source import StrRef
    from openpyxl.chart.label import DataLabelList
    from openpyxl.chart.series import SeriesLabel

    colour = charts.COLOURS[number % len(charts.COLOURS)][1:]
    series.tx = SeriesLabel(strRef=StrRef(f=heading))
    if one.chart == "line":
        series.smooth = False
        series.graphicalProperties.line.solidFill = colour
        series.graphicalProperties.line.width = 28_000
        series.marker.symbol = ("circle", "square", "triangle")[number % 3]
        series.marker.graphicalProperties.solidFill = colour
        series.marker.graphicalProperties.line.solidFill = colour
        return
    series.graphicalProperties.solidFill = colour
    if len(one.series) == 1:
        series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False)
        series.dLbls.showLegendKey = False


def _grey() -> Any:
    from openpyxl.chart.shapes import GraphicalProperties
    from openpyxl.drawing.line import LineProperties

    return GraphicalProperties(ln=LineProperties(solidFill=LINE))


def _mirrored(sheet: Any, column: int, first: int, last: int) -> int:
    """A hidden copy of the second column with the signs turned: a pyramid's left side. It
    follows the figures."""
    _text(sheet, HEADING, column, message("summary_mirrored"))
    for row in range(first, last + 1):
        sheet.cell(row, column, f"=-B{row}").number_format = SIGNED
    sheet.column_dimensions[_letter(column)].hidden = True
    return column
