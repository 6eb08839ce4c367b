"""The one way pages are made: everything is escaped, nothing may be missing from a template,
and texts from outside are shown with `visible`."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from converter.report.tabular import shown
from converter.report.text import visible


def environment() -> Environment:
    """Templates beside this module, with the filters that all pages use."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(visible=visible, shown=shown)
    return made
