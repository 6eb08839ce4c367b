"""Figures as drawings for a page: SVG by pygal, standing in the page itself, without scripts.

pygal is pure Python and brings nothing else; matplotlib would bring 60 MB and draw text as
outlines. Every drawing says in words what it shows; the figures themselves stand in the table
beside it, so that nobody has to see the drawing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from converter.messages.catalogue import message
from converter.text.display import columns as width
from converter.text.display import cut, visible

COLOURS = ("#2b5c75", "#d98324", "#b4c0c7")  # told apart in grey, too
DRAWN = 30  # lines of a table that a chart shows; a table may have hundreds
TOP = 10  # … of one that is in order of size
LABEL = 26  # columns of a label beside a bar
WIDE = 720
LINES = 60  # points of a line at most


class ChartFigure(Protocol):
    """`statistics.figure.Figure`."""

    @property
    def table(self) -> Any: ...
    @property
    def chart(self) -> str: ...
    @property
    def series(self) -> tuple[int, ...]: ...
    @property
    def total(self) -> bool: ...


def drawn(figure: ChartFigure) -> tuple[list[Any], int]:
    """The lines that a chart shows (never the total), and of how many."""
    lines = list(figure.table.rows[:-1] if figure.total else figure.table.rows)
    if figure.chart == "line":
        return lines[-LINES:], len(lines)
    return lines[: TOP if figure.chart == "bars" and not figure.total else DRAWN], len(lines)


def svg(figure: ChartFigure) -> str:
    """The drawing as an element to stand in a page; every text in it is escaped."""
    from pygal.etree import etree  # type: ignore[import-untyped]

    lines, _ = drawn(figure)
    root = _chart(figure, lines).render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            # Scripts would be for tooltips, and so are the words in `desc`.
            if _tag(child) in ("script", "desc"):
                parent.remove(child)
            elif _tag(child) == "title":
                child.text = message("summary_chart", title=visible(figure.table.title))
    root.set("role", "img")
    root.set("aria-label", message("summary_chart", title=visible(figure.table.title)))
    root.set("focusable", "false")
    return str(etree.tostring(root, encoding="unicode"))


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _chart(figure: ChartFigure, lines: Sequence[Any]) -> Any:
    import pygal  # type: ignore[import-untyped]

    kinds = {
        "bars": pygal.HorizontalBar,
        "stacked": pygal.HorizontalStackedBar,
        "pyramid": pygal.HorizontalStackedBar,  # with one side turned to the left
        "line": pygal.Line,
    }
    labels = [_label(visible(str(line[0]).strip("\u3000"))) for line in lines]
    across = figure.chart in ("bars", "stacked")  # bars are counted from the bottom
    chart = kinds[figure.chart](**_settings(figure, len(lines)))
    chart.x_labels = [cut(text, LABEL) for text in labels][:: -1 if across else 1]
    if figure.chart != "line":
        # pygal takes every character for a narrow one: leave room for the other half.
        chart.config.margin_left = 24 + 4 * max(map(width, chart.x_labels))
    for number, column in enumerate(figure.series):
        left = figure.chart == "pyramid" and number == 0
        values = [(line[column] or 0) * (-1 if left else 1) for line in lines]
        chart.add(visible(str(figure.table.header[column])), values[:: -1 if across else 1])
    return chart


def _label(text: str) -> str:
    """A day without its year; every other text as it is."""
    return text[5:] if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else text


def _settings(figure: ChartFigure, count: int) -> dict[str, Any]:
    from pygal.style import Style  # type: ignore[import-untyped]

    style = Style(
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
    settings: dict[str, Any] = {
        "style": style,
        "js": (),
        "width": WIDE,
        "height": 340 if figure.chart == "line" else max(150, 30 * count + 90),
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
        "value_formatter": lambda value: f"{abs(value):,.0f}",  # a pyramid's left side counts too
        "order_min": 0,  # nobody is counted in fractions
        "classes": ("chart",),
        "min_scale": 2,
        "max_scale": 6,
        "margin_right": 36,
    }
    if figure.chart == "line":
        return settings | {
            "range": None,
            "include_x_axis": True,
            "dots_size": 4,
            "x_labels_major_every": count // 8 + 1,
            "show_minor_x_labels": False,
        }
    if figure.chart == "bars" and len(figure.series) == 1:
        return settings | {"print_values": True, "print_values_position": "top"}
    return settings
