"""Tables → a workbook to forward: formatted, ready to print, with Excel's own charts.

A sheet a table: its title, a link back, the heading in row 3 (repeated on every printed page),
the rows, and below them the chart (beside a long table, where it is seen). Of several sheets the
first one lists the others. The same figures give the same bytes where SOURCE_DATE_EPOCH is set.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from converter.messages.catalogue import message
from converter.model.clock import created_at
from converter.report import charts
from converter.report.table import number_format, shown
from converter.statistics.figure import Cell, Chart, Figure, StatisticsTable
from converter.text.display import columns

HEADING, FIRST = 3, 4  # rows
INK, ACCENT, BAND, LINE = "1F2A33", "2B5C75", "E9F0F3", "D5DCE1"
HEIGHT = 19  # points, of a line
NARROWEST, WIDEST = 10, 48  # of a column, in characters
PORTRAIT = 95  # characters of a line that still fit on an upright page
LONG = 30  # lines from which a chart stands beside its table
# Centimetres: what fits between the margins of a page, what a line takes.
TALL_PORTRAIT, TALL_LANDSCAPE, LINE_CM = 23.0, 14.5, 0.68
WHOLE, SIGNED, RATE = "#,##0", "#,##0;#,##0", "0"  # of rates without their decimal


def workbook(
    figures: Sequence[Figure], title: str, subtitle: str = "", *, to_sign: bool = False
) -> bytes:
    """The workbook's bytes; `title` names the whole of it. One `to_sign` has a line for names and a
    seal at the foot of every page."""
    from openpyxl import Workbook

    from converter.template import saving

    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = title, ""
    for figure in figures:
        sheet = book.create_sheet(_sheet_name(figure.table.title or title, book.sheetnames))
        _fill(sheet, figure, title)
        _for_print(sheet, figure, title, subtitle, to_sign=to_sign)
    if len(figures) > 1:
        _contents(book)
    stream = io.BytesIO()
    saving.save_dated(book, stream, created_at())
    return stream.getvalue()


# --- cells -------------------------------------------------------------------------------------


def _fill(sheet: Any, figure: Figure, title: str) -> None:
    from openpyxl.styles import Alignment, Border, PatternFill, Side

    table = figure.table
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
                cell.number_format = number_format(
                    value, RATE if isinstance(value, float) else WHOLE
                )
            if figure.table.total and row == last:
                cell.font = _font(bold=True)
                cell.border = Border(top=strong, bottom=line)
    for n, wide in enumerate(widths, 1):
        sheet.column_dimensions[_letter(n)].width = wide
    if table.header:
        sheet.freeze_panes = f"A{FIRST}"
    if table.rows and table.header and not figure.table.total and not figure.chart:
        sheet.auto_filter.ref = f"A{HEADING}:{_letter(len(table.header))}{last}"
    if figure.is_drawn:
        _draw(sheet, figure)


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


def _numeric(table: StatisticsTable) -> set[int]:
    """The columns (from 1) that hold numbers."""
    return {
        n
        for n in range(1, len(table.header) + 1)
        if any(len(row) >= n and not isinstance(row[n - 1], str) for row in table.rows)
    }


def _widths(table: StatisticsTable) -> list[float]:
    """Of every column, in characters."""
    return [_width(table, n) for n in range(max([len(table.header), *map(len, table.rows[:1])]))]


def _width(table: StatisticsTable, at: int) -> float:
    texts = [shown(row[at]) for row in table.rows if len(row) > at]
    widest = max(map(columns, texts), default=0)
    heading = columns(table.header[at]) if table.header else 0
    # A heading may take two lines; a filter's button needs room beside it.
    return min(max(widest + 3, (heading + 1) // 2 + 5, NARROWEST), WIDEST)


def _lines(widths: Sequence[float], values: Sequence[Cell]) -> int:
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


def _for_print(sheet: Any, figure: Figure, title: str, subtitle: str, *, to_sign: bool) -> None:
    """A4, as wide as the page, heading on every page, title and page numbers at its edge."""
    sheet.page_setup.orientation = "landscape" if _is_landscape(figure) else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    for side in ("left", "right"):
        setattr(sheet.page_margins, side, 0.5)
    sheet.page_margins.top = sheet.page_margins.bottom = 0.75
    if figure.table.header:
        sheet.print_title_rows = f"{HEADING}:{HEADING}"
    # An ampersand begins a code of the header.
    sheet.oddHeader.left.text = title.replace("&", "&&")
    sheet.oddHeader.right.text = subtitle.replace("&", "&&")
    footer = sheet.oddFooter
    footer.left.text = message("summary_sign_line") if to_sign else None
    number = footer.right if to_sign else footer.center
    number.text = message("summary_page_number")
    for part in (sheet.oddHeader.left, sheet.oddHeader.right, footer.left, number):
        part.size = 9


# --- charts ------------------------------------------------------------------------------------


def _is_landscape(figure: Figure) -> bool:
    wide = sum(_widths(figure.table)) > PORTRAIT
    return wide or (bool(figure.chart) and _beside(figure))


def _beside(figure: Figure) -> bool:
    return len(figure.table.rows) > LONG


def _draw(sheet: Any, figure: Figure) -> None:
    from openpyxl.chart import Reference

    rows, _ = charts.drawn(figure)
    drawn = figure.drawn_rows
    # Of a long time the last days are drawn.
    drawn = drawn[-len(rows) :] if figure.chart is Chart.LINE else drawn[: len(rows)]
    lines = [FIRST + row for row in drawn]
    first, last = lines[0], lines[-1]
    apart = last - first + 1 > len(lines)  # unions of one level do not stand together
    if apart:
        last = first + len(lines) - 1
    free = len(figure.table.columns) + 2  # the first column for what is drawn alone
    page = TALL_LANDSCAPE if _is_landscape(figure) else TALL_PORTRAIT
    chart = _chart(figure, len(rows), page)
    positions = [figure.table.position(key) + 1 for key in figure.series]
    if figure.chart is Chart.PYRAMID:
        _copy(sheet, positions[0], free, lines, first, "-")
        chart.visible_cells_only = False  # the mirrored copy is hidden
    names = 1
    if apart:
        names, free = free, free + 1
        _copy(sheet, 1, names, lines, first)
        chart.visible_cells_only = False
    for number, position in enumerate(positions):
        # In a pyramid the left side is drawn from a mirrored copy; it bears the real heading.
        column = free if figure.chart is Chart.PYRAMID and number == 0 else position
        if apart:
            column = free + number
            _copy(sheet, position, column, lines, first)
        chart.add_data(Reference(sheet, min_col=column, min_row=first, max_row=last))
        heading = f"'{sheet.title}'!${_letter(position)}${HEADING}"
        _named(chart.series[-1], heading, number, figure)
    chart.set_categories(Reference(sheet, min_col=names, min_row=first, max_row=last))
    below = FIRST + len(figure.table.rows) + 1
    if not _beside(figure) and below * LINE_CM + chart.height > page:
        from openpyxl.worksheet.pagebreak import Break

        sheet.row_breaks.append(Break(id=below - 1))  # a chart is not cut by the end of a page
    beside = f"{_letter(len(figure.table.header) + 2)}{HEADING}"
    sheet.add_chart(chart, beside if _beside(figure) else f"A{below}")


def _chart(figure: Figure, bars: int, page: float) -> Any:
    """A chart without data, as it looks. Not higher than a page."""
    from openpyxl.chart import BarChart, LineChart

    chart = LineChart() if figure.chart is Chart.LINE else BarChart()
    if figure.chart is Chart.LINE:
        chart.height = 8.5
        chart.y_axis.scaling.min = 0
    else:
        chart.type = "bar"
        chart.height = min(max(6.0, bars * 0.75 + 3.0), page)
        chart.gapWidth = 40
        if figure.chart is not Chart.PYRAMID:
            chart.x_axis.scaling.orientation = "maxMin"  # in the order of the table
            chart.y_axis.crosses = "max"
    if figure.chart in (Chart.STACKED, Chart.PYRAMID):
        chart.grouping, chart.overlap = "stacked", 100
    if figure.chart is Chart.PYRAMID:
        chart.gapWidth = 20
        chart.x_axis.tickLblPos = "low"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.numFmt = SIGNED
    chart.y_axis.majorGridlines.spPr = _grey()
    chart.width = 17.5
    chart.title = None
    if len(figure.series) > 1:
        chart.legend.position = "b"
    else:
        chart.legend = None
        chart.title = figure.table.columns[figure.table.position(figure.series[0])].title
    return chart


def _named(series: Any, heading: str, number: int, figure: Figure) -> None:
    from openpyxl.chart.data_source import StrRef
    from openpyxl.chart.label import DataLabelList
    from openpyxl.chart.series import SeriesLabel

    colour = charts.COLOURS[number % len(charts.COLOURS)][1:]
    series.tx = SeriesLabel(strRef=StrRef(f=heading))
    if figure.chart is Chart.LINE:
        series.smooth = False
        series.graphicalProperties.line.solidFill = colour
        series.graphicalProperties.line.width = 28_000
        series.marker.symbol = ("circle", "square", "triangle")[number % 3]
        series.marker.graphicalProperties.solidFill = colour
        series.marker.graphicalProperties.line.solidFill = colour
        return
    series.graphicalProperties.solidFill = colour
    if len(figure.series) == 1:
        series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False)
        series.dLbls.showLegendKey = False


def _grey() -> Any:
    from openpyxl.chart.shapes import GraphicalProperties
    from openpyxl.drawing.line import LineProperties

    return GraphicalProperties(ln=LineProperties(solidFill=LINE))


def _copy(
    sheet: Any, source: int, column: int, lines: Sequence[int], first: int, sign: str = ""
) -> None:
    """A hidden copy of some cells of a column, one below the other from row `first`, for a chart.
    It follows when a number is corrected. With the sign turned it is a pyramid's left side."""
    _text(sheet, HEADING, column, message("summary_mirrored"))
    for row, line in enumerate(lines, first):
        sheet.cell(row, column, f"={sign}{_letter(source)}{line}").number_format = SIGNED
    sheet.column_dimensions[_letter(column)].hidden = True
