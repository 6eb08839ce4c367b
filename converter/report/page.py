"""The one way pages are made: everything is escaped, nothing may be missing from a template,
and texts from outside are shown with `visible`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from converter.messages.catalogue import message, rows_counted
from converter.report import table
from converter.report.table import Table
from converter.statistics.figure import Cell
from converter.text.display import visible


def shown(cell: Cell) -> str:
    """A cell as people read it: thousands are set apart, as in the workbook."""
    return f"{cell:,}" if isinstance(cell, int | Decimal) else table.shown(cell)


def environment(*folders: Path) -> Environment:
    """Templates of these folders and beside this module, with the filters that all pages use."""
    made = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent], encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(message=message, rows_counted=rows_counted)
    made.filters.update(visible=visible, shown=shown)
    return made


def tables_page(
    tables: Sequence[Table], title: str, subtitle: str = "", *, to_sign: bool = False
) -> str:
    """One page of tables that opens offline and prints well. `to_sign`: with lines to sign."""
    page = environment().get_template("tables.html.j2")
    return page.render(tables=tables, title=title, subtitle=subtitle, to_sign=to_sign)
