"""Statistics of one submission for reading and forwarding: terminal text, CSV, workbook, page."""

from __future__ import annotations

from collections.abc import Sequence

from converter.report import spreadsheet, summary, table
from converter.report.page import tables_page
from converter.statistics.figure import Figure

SUFFIXES: tuple[str, ...] = (".csv", ".xlsx", ".html")


def text(figures: Sequence[Figure], width: int = 0) -> str:
    """The tables in full, for a terminal of `width` columns (0: unknown)."""
    return table.text(summary.tables(figures), width)


def document(figures: Sequence[Figure], suffix: str, title: str) -> bytes:
    """The tables as a file of the kind that `suffix` names (.csv, .xlsx, .html)."""
    if suffix == ".xlsx":
        return spreadsheet.workbook(figures, title)
    if suffix == ".html":
        return tables_page(summary.tables(figures), title).encode("utf-8")
    return table.write_csv(summary.tables(figures))
