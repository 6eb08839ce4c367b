"""Which sheet of a workbook is which of the form's: by title, by alias, else by its contents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from converter.model.forms import Form, Sheet
from converter.model.issues import Issue
from converter.model.submissions import CellType, RawSheet
from converter.workbook.form import record_sheet, table_sheet
from converter.workbook.form.headings import normalized
from converter.workbook.grid import CellComments, Grid, GridFacts
from converter.workbook.issue_collector import IssueCollector
from converter.workbook.unreadable import UnreadableFile

MISSING_SHEET = "S001"


class Workbook(Protocol):
    """A workbook as every reader gives it."""

    @property
    def names(self) -> list[tuple[str, bool]]: ...

    @property
    def properties(self) -> dict[str, str]: ...

    @property
    def outside(self) -> int: ...

    def grid(self, index: int) -> Grid: ...

    def comments(self, index: int) -> CellComments: ...

    def finish(self) -> None:
        """Vet the parts that have not been read. Raises UnreadableFile."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One sheet read as one of the form's."""

    index: int  # of the sheet in its workbook
    facts: GridFacts
    raw: RawSheet | None  # None: no headings
    issues: list[Issue]
    complete: bool  # has all that makes it that sheet, whatever its name

    @property
    def holds_data(self) -> bool:
        if self.raw is None or not len(self.raw):
            return False
        nothing = {CellType.BLANK, CellType.UNCALCULATED}
        return any(not nothing.issuperset(column.type) for column in self.raw.columns.values())


def read_sheets(book: Workbook, form: Form, report: IssueCollector) -> dict[str, RawSheet]:
    """The form's sheets that are there, by key. What is unusual about them goes to the report."""
    named = {sheet.key: _named(book, sheet) for sheet in form.sheets}
    taken = {index for tier in named.values() for index in tier}
    found: dict[str, RawSheet] = {}
    for sheet in form.sheets:
        reading = _choose(book, sheet, named[sheet.key], taken, report)
        if reading is None:
            report.add(MISSING_SHEET, params={"wanted": sheet.title})
            continue
        report.issues += reading.issues
        taken.add(reading.index)  # one sheet is not two of the form's
        if reading.raw is not None:
            found[sheet.key] = reading.raw
    return found


def _named(book: Workbook, sheet: Sheet) -> list[int]:
    """Sheets with the best name that occurs, visible ones first."""
    tests: tuple[Callable[[str], bool], ...] = (
        lambda name: name.strip() == sheet.title,
        lambda name: normalized(name) == normalized(sheet.title),
        lambda name: normalized(name) in {normalized(alias) for alias in sheet.aliases},
    )
    for test in tests:
        tier = [n for n, (name, _) in enumerate(book.names) if test(name)]
        if tier:
            return sorted(tier, key=lambda n: book.names[n][1])
    return []


def _choose(
    book: Workbook, sheet: Sheet, named: list[int], taken: set[int], report: IssueCollector
) -> _Reading | None:
    """The sheet to take, with a warning where another one holds data just as well."""
    readings = [_read(book, n, sheet, report) for n in named]
    if not any(reading.holds_data for reading in readings):
        # A blank template beside a filled copy under another name: the copy is meant.
        readings += _by_contents(book, sheet, taken, report)
    filled = [reading for reading in readings if reading.holds_data]
    chosen = next(iter(filled or readings), None)
    if chosen is None:
        return None
    if len(filled) > 1 or (filled and readings[0] is not chosen):
        others = "、".join(r.facts.name for r in readings if r is not chosen)
        params = {"others": others, "wanted": sheet.title}
        report.add("S010", chosen.facts.name, params=params)
    if chosen.facts.hidden and chosen.holds_data:
        report.add("S009", chosen.facts.name)
    return chosen


def _by_contents(
    book: Workbook, sheet: Sheet, taken: set[int], report: IssueCollector
) -> list[_Reading]:
    """Sheets under other names that have all that makes them this sheet."""
    found = []
    for index in sorted(range(len(book.names)), key=lambda n: book.names[n][1]):
        if index in taken:
            continue
        try:
            reading = _read(book, index, sheet, report)
        except UnreadableFile:
            continue  # the form does not need that sheet
        if reading.complete:
            found.append(reading)
    return found


def _read(book: Workbook, index: int, sheet: Sheet, report: IssueCollector) -> _Reading:
    grid = book.grid(index)
    own = IssueCollector(report.form, report.file)
    if sheet.is_record:
        layout = record_sheet.find_layout(grid, sheet)
        if layout:
            raw = record_sheet.read(grid, sheet, layout, own)
            complete = len(raw.columns) >= record_sheet.fewest_items(sheet)
            return _Reading(index, grid.facts, raw, own.issues, complete)
    else:
        heading = table_sheet.find_heading(grid, sheet)
        if heading:
            complete = table_sheet.is_complete(heading, sheet)
            raw = table_sheet.read(grid, sheet, heading, own)
            return _Reading(index, grid.facts, raw, own.issues, complete)
    own.add("S002", grid.facts.name)
    return _Reading(index, grid.facts, None, own.issues, False)
