"""The faulty rows and items of one submission as a table to correct them in: a few values a cell,
which cross the pipe from the worker that checked it to the process that serves a page.

A row of a table of the form is a row here; an item of a record sheet is a row of one cell. Rows
that a fault is compared with stand beside the faulty ones, and rows that were corrected stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converter.model.corrections import CellEdit
from converter.model.issues import Level
from converter.report.page_summary import PageSummary

CORRECTABLE = (Level.ERROR, Level.WARNING)


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with a cell, and what to do."""

    level: str
    code: str
    message: str
    fix: str
    related: str  # addresses of other cells


def _gravest(levels: Iterable[str]) -> str:
    """The gravest of those that are asked about, '' where there is none."""
    found = set(levels)
    return next((level for level in CORRECTABLE if level in found), "")


@dataclass(frozen=True, slots=True)
class CorrectionCell:
    """A cell as it stands now. `choices` are what fits, where that is a list."""

    edit: CellEdit
    title: str
    text: str
    editable: bool
    changed: bool
    value_type: str  # of its kind: text, count, date or choice
    width: int  # characters, 0 = as it comes
    choices: tuple[str, ...] = ()
    faults: tuple[CellFault, ...] = ()

    @property
    def level(self) -> str:
        """error, warning, or '' where nothing is wrong."""
        return _gravest(fault.level for fault in self.faults)


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """`row` is the row in the sheet; of a removed one nothing is left."""

    row: int
    label: str
    cells: tuple[CorrectionCell, ...]
    removed: bool = False

    @property
    def level(self) -> str:
        return _gravest(cell.level for cell in self.cells)


@dataclass(frozen=True, slots=True)
class CorrectionSheet:
    """`removable`: rows may be taken out."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[CorrectionRow, ...]
    removable: bool


@dataclass(frozen=True, slots=True)
class CorrectionTable:
    """`errors` and `warnings` count everything that is still found, `more` the faulty rows that
    come once others are corrected. `elsewhere` is about whole files and sheets, and about what no
    cell stands for: it is corrected in the workbook itself."""

    sheets: tuple[CorrectionSheet, ...]
    errors: int
    warnings: int
    changes: int
    more: int
    elsewhere: PageSummary
