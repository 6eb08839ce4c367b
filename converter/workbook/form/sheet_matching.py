"""Which sheet of a workbook is which of the form's: by title, by alias, else by its contents."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Container,
    Hashable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Protocol

from converter.messages.catalogue import message
from converter.model.cell_types import CellType
from converter.model.forms import Form, Sheet
from converter.model.issues import Issue
from converter.model.submissions import RawSheet
from converter.text import characters
from converter.text.headings import normalized
from converter.workbook.form import leavers, record_sheet, table_heading, table_sheet
from converter.workbook.form.shown_numbers import as_shown
from converter.workbook.form.table_heading import HEADING_ROWS, LOWEST_HEADING
from converter.workbook.form.unread_people import (
    UNNUMBERED,
    UNREAD,
    PeopleColumn,
    beside_record,
    code_lists_sheet,
    holds_people,
    known_names,
    known_numbers,
    people_table,
    report_people,
    unnumbered,
    unread,
)
from converter.workbook.grid import CellComments, CellFormats, CellPlace, Grid, GridFacts
from converter.workbook.issue_collector import IssueCollector
from converter.workbook.unreadable import UnreadableFile

MISSING_SHEET = "S001"
MOST_IRRELEVANT = 64  # sheets, of 64 kB at most
_IRRELEVANT: set[Hashable] = set()  # contents without people or answers


class Workbook(Protocol):
    """A workbook as every reader gives it."""

    @property
    def names(self) -> list[tuple[str, bool]]: ...

    @property
    def properties(self) -> dict[str, str]: ...

    @property
    def outside(self) -> int: ...

    def grid(self, index: int) -> Grid: ...

    def contents(self, index: int) -> Hashable | None:
        """What alone decides the texts of a small sheet; None where nothing small does."""

    def comments(self, index: int) -> CellComments: ...

    def number_formats(self, index: int, columns: Sequence[int]) -> CellFormats: ...

    def struck(self, index: int, columns: Sequence[int]) -> Collection[CellPlace]: ...

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
    unread: Sequence[PeopleColumn] = ()  # ID numbers beside the records

    @property
    def holds_data(self) -> bool:
        if self.raw is None or not len(self.raw):
            return False
        nothing = {CellType.BLANK, CellType.UNCALCULATED}
        return any(not nothing.issuperset(column.type) for column in self.raw.columns.values())


@dataclass(frozen=True, slots=True)
class _Choice:
    """The sheet that was taken."""

    reading: _Reading
    others: tuple[str, ...]  # names of sheets that might be meant as well


def read_sheets(
    book: Workbook, form: Form, report: IssueCollector, *, is_own: bool = False
) -> dict[str, RawSheet]:
    """The form's sheets that are there, by key. What is unusual about them goes to the report.

    `is_own`: the workbook was made by this program, which keeps lists on sheets of its own.
    """
    named = {sheet.key: _named(book, sheet) for sheet in form.sheets}
    taken = {index for tier in named.values() for index in tier}
    chosen: dict[str, _Choice] = {}
    for sheet in form.sheets:
        choice = _choose(book, sheet, named[sheet.key], taken, report)
        if choice is None and (reading := _below_record(book, chosen, sheet, report)):
            choice = _Choice(reading, ())
        if choice is None:
            report.add(MISSING_SHEET, params={"wanted": sheet.title})
            continue
        report.issues += choice.reading.issues
        taken.add(choice.reading.index)  # one sheet is not two of the form's
        chosen[sheet.key] = choice
    found = {key: c.reading.raw for key, c in chosen.items() if c.reading.raw is not None}
    table = people_table(form)
    if table is not None and table.key not in found:
        table = None
    unread = _unread_sheets(book, table, chosen, found, report, is_own=is_own)
    named_people = _report_unread(table, unread, report) if table else ()
    for sheet in form.sheets:
        if sheet.key in chosen:
            copies = [one.name for one in unread if sheet.key in one.answers]
            _report_others(sheet, chosen[sheet.key], copies, named_people, report)
    return found


def _below_record(
    book: Workbook, chosen: Mapping[str, _Choice], table: Sheet, report: IssueCollector
) -> _Reading | None:
    """A table that stands on the sheet of the record, below it."""
    if table.is_record:
        return None
    for key, choice in chosen.items():
        if report.form.sheet(key).is_record:
            reading = _read(book, choice.reading.index, table, report, LOWEST_HEADING)
            if reading.complete and reading.holds_data:
                return reading
    return None


@dataclass(frozen=True, slots=True)
class _UnreadSheet:
    """What a sheet has that no record holds."""

    name: str
    people: Sequence[PeopleColumn]  # ID numbers
    names: Sequence[PeopleColumn] = ()  # of people without a number
    answers: Collection[str] = ()  # keys of records that it answers in another way


def _unread_sheets(
    book: Workbook,
    table: Sheet | None,
    chosen: Mapping[str, _Choice],
    found: Mapping[str, RawSheet],
    report: IssueCollector,
    *,
    is_own: bool,
) -> list[_UnreadSheet]:
    form = report.form
    known, names = known_numbers(form, found), known_names(form, found)
    sheets = [
        _UnreadSheet(choice.reading.facts.name, [o.without(known) for o in choice.reading.unread])
        for choice in chosen.values()
    ]
    taken = {choice.reading.index for choice in chosen.values()}
    lists = code_lists_sheet(form) if is_own else ""
    # Lists of what was found and changed repeat what stands in the form.
    reports = {message("report_copy_sheet"), message("report_changes_sheet")} if is_own else set()
    for index, (name, hidden) in enumerate(book.names):
        if index in taken or (hidden and name == lists) or name in reports:
            continue
        try:
            sheets += _unread(book, index, table, found, known, names, report)
        except UnreadableFile:
            continue  # the form does not need that sheet
    return sheets


def _unread(
    book: Workbook,
    index: int,
    table: Sheet | None,
    found: Mapping[str, RawSheet],
    known: Container[str],
    names: Container[str],
    report: IssueCollector,
) -> Iterator[_UnreadSheet]:
    """Another sheet with people whom no record holds, or with other answers. Thousands of workbooks
    share their instructions: those without anything of the kind are read once. Raises
    UnreadableFile."""
    contents = book.contents(index)
    if contents is not None and contents in _IRRELEVANT:
        return
    grid, form = book.grid(index), report.form
    records = {
        sheet.key: reading
        for sheet in form.sheets
        if sheet.is_record and sheet.key in found
        for reading in [_read(book, index, sheet, report)]
        if reading.complete and reading.holds_data
    }
    answers = [key for key, one in records.items() if one.raw and _differ(one.raw, found[key])]
    if contents is not None and not records and not (table and holds_people(grid, table)):
        if len(_IRRELEVANT) >= MOST_IRRELEVANT:
            _IRRELEVANT.clear()
        _IRRELEVANT.add(contents)
    people = unread(grid, form.tables, known) if table else ()
    nameless = unnumbered(grid, table, names) if table else ()
    yield _UnreadSheet(grid.facts.name, people, nameless, answers)


def _differ(copy: RawSheet, taken: RawSheet) -> bool:
    """Whether a copy of a record has an answer that is not the one that was taken."""
    for key, column in copy.columns.items():
        texts = taken.columns[key].text if key in taken.columns else ()
        if any(characters.squeeze(text) for text in column.text) and (
            [*map(characters.squeeze, column.text)] != [*map(characters.squeeze, texts)]
        ):
            return True
    return False


def _report_unread(
    table: Sheet, sheets: Sequence[_UnreadSheet], report: IssueCollector
) -> set[str]:
    """Name the people whom no record holds; returns the sheets they stand on."""
    named = set()
    for one in sheets:
        people = [column for column in one.people if column.numbers]
        report_people(UNREAD, one.name, people, table, report)
        if people:
            named.add(one.name)
        else:
            report_people(UNNUMBERED, one.name, one.names, table, report)
    return named


def _report_others(
    sheet: Sheet,
    choice: _Choice,
    copies: Collection[str],
    named_people: Collection[str],
    report: IssueCollector,
) -> None:
    """A warning where another sheet holds data just as well, and nobody on it was named."""
    others = [
        *(name for name in choice.others if name not in named_people),
        *(name for name in copies if name not in choice.others),
    ]
    if others:
        params = {"others": "、".join(others), "wanted": sheet.title}
        report.add("S010", choice.reading.facts.name, params=params)
    if choice.reading.facts.hidden and choice.reading.holds_data:
        report.add("S009", choice.reading.facts.name)


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
) -> _Choice | None:
    """The sheet to take, and those that hold data just as well."""
    readings = [_read(book, n, sheet, report) for n in named]
    if not any(reading.holds_data for reading in readings):
        # A blank template beside a filled copy under another name: the copy is meant.
        readings += _by_contents(book, sheet, taken, report)
    filled = [reading for reading in readings if reading.holds_data]
    chosen = next(iter(filled or readings), None)
    if chosen is None:
        return None
    doubtful = len(filled) > 1 or (filled and readings[0] is not chosen)
    others = tuple(r.facts.name for r in readings if r is not chosen) if doubtful else ()
    return _Choice(chosen, others)


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


def _read(
    book: Workbook,
    index: int,
    sheet: Sheet,
    report: IssueCollector,
    lowest_heading: int = HEADING_ROWS,
) -> _Reading:
    grid = book.grid(index)
    own = IssueCollector(report.form, report.file)
    if sheet.is_record:
        layout = record_sheet.find_layout(grid, sheet)
        if layout:
            raw = record_sheet.read(grid, sheet, layout, own)
            complete = len(raw.columns) >= record_sheet.fewest_items(sheet)
            raw = as_shown(book, index, raw, sheet)
            people = beside_record(grid, report.form.tables, raw, layout.explanation)
            return _Reading(index, grid.facts, raw, own.issues, complete, people)
    else:
        heading = table_heading.find_heading(grid, sheet, lowest_heading)
        if heading:
            complete = table_heading.is_complete(heading, sheet)
            raw, unread_columns = table_sheet.read(grid, sheet, heading, own)
            raw = as_shown(book, index, raw, sheet)
            leavers.report_struck(book, index, raw, sheet, own)
            return _Reading(index, grid.facts, raw, own.issues, complete, unread_columns)
    own.add("S002", grid.facts.name)
    return _Reading(index, grid.facts, None, own.issues, False)
