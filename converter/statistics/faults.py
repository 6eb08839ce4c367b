"""The most widespread faults as a table: of the files of one run, or of a whole collection."""

from __future__ import annotations

from collections.abc import Iterable

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.statistics.figure import StatisticsTable, catalogue_columns


def fault_table(
    title: str, counted: Iterable[tuple[str, str, int, int]], form: Form
) -> StatisticsTable:
    """Faults by (code, level, how many files have it, in how many places)."""
    rows = tuple(
        (catalogue.code_and_heading(code, form), message(f"report_{level}"), files, places)
        for code, level, files, places in counted
    )
    columns = catalogue_columns("faults", "what", "level", "files", "places")
    return StatisticsTable("faults", title, columns, rows)
