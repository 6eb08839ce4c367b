"""Statistics for reading and forwarding: terminal text, CSV, workbook, page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter.report import spreadsheet
from converter.report import table as tabular
from converter.report.page import tables_page
from converter.report.spreadsheet import ExportSheet
from converter.report.table import Table
from converter.statistics.cards import StatisticsTable


def text(tables: Sequence[StatisticsTable], width: int = 0) -> str:
    """The tables for a terminal of this width."""
    return tabular.text([_plain(table) for table in tables], width)


def document(tables: Sequence[StatisticsTable], suffix: str, title: str) -> bytes:
    """The tables as a file of the kind that `suffix` names (.csv, .xlsx, .html)."""
    made = [_plain(table) for table in tables]
    if suffix == ".xlsx":
        return spreadsheet.workbook([ExportSheet(table) for table in made], title)
    if suffix == ".html":
        return tables_page(made, title).encode("utf-8")
    return tabular.write_csv(made)


def _plain(table: StatisticsTable) -> Table:
    return Table(table.title, table.header, table.rows)


SUFFIXES: tuple[str, ...] = (".csv", ".xlsx", ".html")


def suffix_of(path: Path) -> str:
    """The kind of file a path asks for, '' where it is none of ours."""
    return path.suffix.lower() if path.suffix.lower() in SUFFIXES else ""
