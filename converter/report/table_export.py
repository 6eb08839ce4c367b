"""Statistics for reading and forwarding: terminal text, CSV, workbook, page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from converter.report import spreadsheet
from converter.report import table as tabular
from converter.report.page import tables_page
from converter.report.spreadsheet import ExportSheet
from converter.report.table import Table


def text(tables: Sequence[Any], width: int = 0) -> str:
    """The tables as they come from a worker ([title, header, rows] each)."""
    return tabular.text([Table(*table) for table in tables], width)


def document(tables: Sequence[Any], suffix: str, title: str) -> bytes:
    """The tables as a file of the kind that `suffix` names (.csv, .xlsx, .html)."""
    made = [Table(*table) for table in tables]
    if suffix == ".xlsx":
        return spreadsheet.workbook([ExportSheet(table) for table in made], title)
    if suffix == ".html":
        return tables_page(made, title).encode("utf-8")
    return tabular.write_csv(made)


SUFFIXES: tuple[str, ...] = (".csv", ".xlsx", ".html")


def suffix_of(path: Path) -> str:
    """The kind of file a path asks for, '' where it is none of ours."""
    return path.suffix.lower() if path.suffix.lower() in SUFFIXES else ""
