"""Statistics of a whole collection: the same figures as a workbook, a page and text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from converter.messages.catalogue import message
from converter.report import charts, spreadsheet
from converter.report import table as tabular
from converter.report.table import Table
from converter.statistics.figure import Chart, Figure

WIDE = 6  # columns from which a table takes the whole width of a page
WORDY = 3  # … and columns of text
FOLDED = 40  # rows of a list from which a page shows it folded
LISTED = 1_000  # rows that a page lists at all: the workbook has every one
ON_TERMINAL = 20  # … and a terminal


def tables(figures: Sequence[Figure], *, listed: int = 0) -> list[Table]:
    """The figures without their charts; lists cut to `listed` rows (0: whole), and a row that says
    so."""
    return [_table(figure, listed) for figure in figures]


def _table(figure: Figure, listed: int) -> Table:
    table = figure.table
    rows, more = table.rows, 0
    if listed and not table.total and len(rows) > listed:
        rows, more = rows[:listed], len(rows) - listed
    cut = [(message("summary_more", count=more), *[""] * (len(table.header) - 1))] if more else []
    return Table(table.title, table.header, [*rows, *cut])


def text(figures: Sequence[Figure], width: int = 0) -> str:
    """For a terminal of `width` columns (0: unknown)."""
    return tabular.text(tables(figures, listed=ON_TERMINAL), width)


def xlsx(figures: Sequence[Figure], title: str, subtitle: str = "") -> bytes:
    """A sheet a figure, with Excel's own charts: they follow when a number is corrected."""
    return spreadsheet.workbook(figures, title, subtitle, to_sign=True)


def html(figures: Sequence[Figure], title: str, subtitle: str = "") -> str:
    """One page without scripts that opens offline and prints well."""
    from converter.report.page import environment

    page = environment().get_template("summary.html.j2")
    return page.render(parts=list(_parts(figures)), title=title, subtitle=subtitle)


def drawing(figure: Figure) -> str:
    """The chart of a figure as an SVG document, '' where it has none."""
    return charts.svg(figure) if figure.is_drawn else ""


def _parts(figures: Sequence[Figure]) -> Iterator[dict[str, Any]]:
    from markupsafe import Markup

    for figure, table in zip(figures, tables(figures, listed=LISTED), strict=True):
        tiles = figure.chart is Chart.TILES
        shown, of = charts.drawn(figure)
        chart = drawing(figure)
        note = message("summary_cut", count=len(shown)) if chart and of > len(shown) else ""
        if chart and len(set(figure.depths)) > 1:
            note = message("summary_one_level") + note
        long = not figure.table.total and len(table.rows) > FOLDED
        yield {
            "table": table,
            "tiles": tiles,
            "total": figure.table.total,
            "wide": tiles or long or _wide(table),
            "short": table.title.partition("（")[0],
            "folded": message("summary_unfold", count=len(table.rows)) if long else "",
            # Drawn by us from an element tree, so every text in it is escaped.
            "chart": Markup(chart),
            "note": note,
        }


def _wide(table: Table) -> bool:
    texts = sum(isinstance(cell, str) for cell in table.rows[0]) if table.rows else 0
    return len(table.header) >= WIDE or texts >= WORDY
