"""Statistics of a whole collection as a workbook and as a page, with charts.

The workbook's charts are Excel's own: they follow when somebody corrects a figure. The page's
are SVG drawn by pygal (pure Python, nothing else comes with it; matplotlib would bring 60 MB and
draw text as outlines) and stand in the page itself, without scripts, so that it opens offline
and prints.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from converter.messages import say
from converter.report import tabular
from converter.report.tabular import Table
from converter.report.text import columns as width
from converter.report.text import cut, visible

DRAWN = 30  # lines of a table that a chart shows; a table may have hundreds
LABEL = 24  # columns of a label beside a bar
COLOURS = ("#2f6db5", "#d9822b")
FIRST_ROW = 4  # of a table's lines on its sheet, see tabular.write_xlsx


class Figure(Protocol):
    """`statistics.collection.Figure`."""

    @property
    def table(self) -> Any: ...
    @property
    def chart(self) -> str: ...
    @property
    def series(self) -> tuple[int, ...]: ...


def tables(figures: Sequence[Figure]) -> list[Table]:
    """The figures without their charts."""
    return [Table(f.table.title, f.table.header, f.table.rows) for f in figures]


def _drawn(figure: Figure) -> tuple[list[Any], bool]:
    """The lines that a chart shows (never the total), and whether some were left out."""
    lines = list(figure.table.rows[:-1])
    return lines[:DRAWN], len(lines) > DRAWN


# --- workbook ---------------------------------------------------------------------------------


def xlsx(figures: Sequence[Figure], title: str) -> bytes:
    """A sheet a table, its chart beside it."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(tabular.write_xlsx(tables(figures), title)))
    for sheet, figure in zip(book.worksheets, figures, strict=True):
        lines, _ = _drawn(figure)
        if figure.chart and lines:
            _draw(sheet, figure, len(lines))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _draw(sheet: Any, figure: Figure, count: int) -> None:
    from openpyxl.chart import BarChart, Reference
    from openpyxl.chart.series import SeriesLabel
    from openpyxl.utils import get_column_letter

    chart = BarChart()
    chart.title = figure.table.title
    chart.height = max(8, min(22, count * 0.9 + 3))
    chart.width = 20
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.numFmt = "#,##0;#,##0"
    last = FIRST_ROW + count - 1
    wide = len(figure.table.header)
    columns = [n + 1 for n in figure.series]
    pyramid = figure.chart == "pyramid"
    if pyramid:
        chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 20
        chart.x_axis.tickLblPos = "low"
        columns = [_mirrored(sheet, wide + 16, last), 3]
    for number, column in enumerate(columns):
        chart.add_data(Reference(sheet, min_col=column, min_row=FIRST_ROW, max_row=last))
        series = chart.series[-1]
        # In a pyramid the left side is drawn from a mirrored copy; it bears the real heading.
        heading = 2 if pyramid and number == 0 else column
        cell = f"'{sheet.title}'!${get_column_letter(heading)}$3"
        series.tx = SeriesLabel(strRef=_reference(cell))
        series.graphicalProperties.solidFill = COLOURS[number % len(COLOURS)][1:]
    chart.set_categories(Reference(sheet, min_col=1, min_row=FIRST_ROW, max_row=last))
    sheet.add_chart(chart, f"{get_column_letter(wide + 2)}3")
    sheet.page_setup.orientation = "landscape"  # table and chart side by side
    sheet.print_area = f"A1:{get_column_letter(wide + 14)}{max(sheet.max_row, 45)}"


def _reference(cell: str) -> Any:
    from openpyxl.chart.data_source import StrRef

    return StrRef(f=cell)


def _mirrored(sheet: Any, column: int, last: int) -> int:
    """A copy of the second column with the signs turned, behind the chart: a pyramid's left
    side. It follows the figures."""
    from openpyxl.styles import Font

    for row in range(FIRST_ROW, last + 1):
        cell = sheet.cell(row, column, f"=-B{row}")
        cell.number_format = "#,##0;#,##0"
        cell.font = Font(color="A6A6A6")
    heading = sheet.cell(FIRST_ROW - 1, column, say("summary_mirrored"))
    heading.font = Font(color="A6A6A6")
    return column


# --- page -------------------------------------------------------------------------------------


def html(figures: Sequence[Figure], title: str, subtitle: str = "") -> str:
    """One page without scripts that opens offline and prints well."""
    from converter.report.page import environment

    page = environment().get_template("summary.html.j2")
    return page.render(parts=list(_parts(figures)), title=title, subtitle=subtitle)


def _parts(figures: Sequence[Figure]) -> Iterator[dict[str, Any]]:
    from markupsafe import Markup

    for figure, table in zip(figures, tables(figures), strict=True):
        lines, left_out = _drawn(figure)
        drawing = _svg(figure, lines) if figure.chart and lines else ""
        note = say("summary_cut", count=DRAWN) if drawing and left_out else ""
        # Drawn by us from an element tree, so every text in it is escaped.
        yield {"table": table, "chart": Markup(drawing), "note": note}


def _svg(figure: Figure, lines: Sequence[Any]) -> str:
    import pygal  # type: ignore[import-untyped]
    from pygal.etree import etree  # type: ignore[import-untyped]
    from pygal.style import Style  # type: ignore[import-untyped]

    style = Style(
        background="transparent",
        plot_background="transparent",
        colors=COLOURS,
        font_family="'Microsoft YaHei', 'PingFang SC', 'Noto Sans CJK SC', sans-serif",
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=13,
    )
    settings = {
        "style": style,
        "js": (),
        "height": max(260, 26 * len(lines) + 90),
        "width": 900,
        "legend_at_bottom": True,
        "show_minor_y_labels": True,
        "print_values": False,
        "disable_xml_declaration": True,
        "no_data_text": "",
        "truncate_label": -1,
        "formatter": lambda value: f"{abs(value):,.0f}",  # a pyramid's left side counts too
        "classes": ("chart",),
    }
    header = figure.table.header
    pyramid = figure.chart == "pyramid"
    columns = (1, 2) if pyramid else figure.series
    shown = list(lines) if pyramid else list(lines)[::-1]  # bars count from the bottom
    labels = [cut(visible(str(line[0]).strip("\u3000")), LABEL) for line in shown]
    # pygal takes every character for a narrow one: leave room for the other half.
    settings["margin_left"] = 20 + 4 * max(map(width, labels))
    chart = (pygal.Pyramid if pyramid else pygal.HorizontalBar)(**settings)
    chart.x_labels = labels
    for column in columns:
        chart.add(visible(str(header[column])), [line[column] or 0 for line in shown])
    tree = chart.render_tree()
    for parent in list(tree.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2] == "script":
                parent.remove(child)
    return str(etree.tostring(tree, encoding="unicode"))
