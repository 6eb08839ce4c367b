"""Figures as drawings for a page: SVG by pygal, inside the page itself, without scripts.

pygal is pure Python and needs nothing else; matplotlib would bring 60 MB and draw text as
outlines. Every drawing has a text that says what it shows; its numbers are in the table beside
it, so nobody needs to see the drawing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from converter.messages.catalogue import message
from converter.report.table import decimal_places
from converter.statistics.figure import Chart, Figure, Row
from converter.text.display import columns as width
from converter.text.display import cut, visible

COLOURS = ("#2b5c75", "#d98324", "#b4c0c7", "#8c2f39")  # also different in grey
DRAWN = 30  # rows of a table that a chart shows; a table may have hundreds
TOP = 10  # … of one that is in order of size
LABEL = 26  # columns of a label beside a bar
WIDE = 720
LINES = 60  # points of a line at most


def drawn(figure: Figure) -> tuple[list[Row], int]:
    """The rows that a chart shows (never the total), and how many there are."""
    rows = [figure.table.rows[row] for row in figure.drawn_rows]
    if figure.chart is Chart.LINE:
        return rows[-LINES:], len(rows)
    in_order_of_size = figure.chart is Chart.BARS and not figure.table.total
    return rows[: TOP if in_order_of_size else DRAWN], len(rows)


def svg(figure: Figure) -> str:
    """The drawing as an element to stand in a page; every text in it is escaped."""
    from pygal.etree import etree  # type: ignore[import-untyped]

    rows, _ = drawn(figure)
    chart = _chart(figure, rows)
    chart.uuid = figure.key  # in place of a random one: the same figure gives the same bytes
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            # Scripts are for tooltips, and so are the texts in `desc`; comments name the day.
            if child.tag is etree.Comment or _tag(child) in ("script", "desc"):
                parent.remove(child)
            elif _tag(child) == "title":
                child.text = message("summary_chart", title=visible(figure.table.title))
    root.set("role", "img")
    root.set("aria-label", message("summary_chart", title=visible(figure.table.title)))
    root.set("focusable", "false")
    return str(etree.tostring(root, encoding="unicode"))


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _chart(figure: Figure, rows: Sequence[Row]) -> Any:
    import pygal  # type: ignore[import-untyped]

    kinds = {
        Chart.BARS: pygal.HorizontalBar,
        Chart.STACKED: pygal.HorizontalStackedBar,
        Chart.PYRAMID: pygal.HorizontalStackedBar,  # with one side turned to the left
        Chart.LINE: pygal.Line,
    }
    labels = [_label(visible(str(row[0]).strip("\u3000"))) for row in rows]
    upward = figure.chart in (Chart.BARS, Chart.STACKED)  # pygal counts bars from the bottom
    chart = kinds[figure.chart](**_settings(figure, rows))
    chart.x_labels = [cut(text, LABEL) for text in labels][:: -1 if upward else 1]
    if figure.chart is not Chart.LINE:
        # pygal takes every character for a narrow one: leave room for the other half.
        chart.config.margin_left = 24 + 4 * max(map(width, chart.x_labels))
    for key in figure.series:
        position = figure.table.position(key)
        left = figure.chart is Chart.PYRAMID and key == figure.series[0]
        values = [float(row[position] or 0) * (-1 if left else 1) for row in rows]
        title = figure.table.columns[position].title
        chart.add(visible(title), values[:: -1 if upward else 1])
    return chart


def _label(text: str) -> str:
    """A day without its year; every other text as it is."""
    return text[5:] if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else text


def axis(figure: Figure, rows: Sequence[Row]) -> tuple[float, float]:
    """From zero to a round number beyond the longest bar. A pyramid's goes as far to the left, and
    so does one of sums of which any is negative."""
    positions = [figure.table.position(key) for key in figure.series]
    sizes = [[float(row[position] or 0) for position in positions] for row in rows]
    stacked = figure.chart is Chart.STACKED
    longest = max(
        (sum(row) if stacked else max(map(abs, row), default=0.0) for row in sizes), default=0.0
    )
    step: float = 1.0
    while step * 10 < longest:
        step *= 10
    while longest > step * 4 and step * 10 >= longest:
        step *= 2
    end = (longest // step + 1) * step
    has_left = figure.chart is Chart.PYRAMID or any(size < 0 for row in sizes for size in row)
    return (-end if has_left else 0.0, end)


def _written(value: float, places: int) -> str:
    """A number of the drawing."""
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def _style() -> Any:
    """Colours and fonts of a chart."""
    from pygal.style import Style  # type: ignore[import-untyped]

    return Style(
        background="transparent",
        plot_background="transparent",
        foreground="#1f2328",
        foreground_strong="#1f2328",
        foreground_subtle="#57606a",
        colors=COLOURS,
        opacity="1",
        opacity_hover="1",
        transition="0s",
        font_family="'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
        label_font_size=15,
        major_label_font_size=15,
        legend_font_size=15,
        value_font_size=13,
        stroke_width="3",
    )


def _settings(figure: Figure, rows: Sequence[Row]) -> dict[str, Any]:
    count = len(rows)
    is_pyramid = figure.chart is Chart.PYRAMID  # its left side counts too
    places = max((decimal_places(cell) for row in rows for cell in row[1:]), default=0)
    settings: dict[str, Any] = {
        "style": _style(),
        "js": (),
        "width": WIDE,
        "height": 340 if figure.chart is Chart.LINE else max(150, 30 * count + 90),
        "legend_at_bottom": True,
        "legend_at_bottom_columns": len(figure.series),
        "legend_box_size": 14,
        "show_legend": len(figure.series) > 1,
        "spacing": 12,
        "margin": 12,
        "disable_xml_declaration": True,
        "no_data_text": "",
        "truncate_label": -1,
        "truncate_legend": -1,
        "value_formatter": lambda value: _written(abs(value) if is_pyramid else value, places),
        "order_min": 0,  # nobody is counted in fractions
        "classes": ("chart",),
        "min_scale": 2,
        "max_scale": 6,
        "margin_right": 36,
        "range": axis(figure, rows),
    }
    if figure.chart is Chart.LINE:
        return settings | {
            "range": None,
            "include_x_axis": True,
            "dots_size": 4,
            "x_labels_major_every": count // 8 + 1,
            "show_minor_x_labels": False,
        }
    if figure.chart is Chart.BARS and len(figure.series) == 1:
        return settings | {"print_values": True, "print_values_position": "top"}
    return settings
