"""What a workbook holds beside the form's answers: further columns, remarks, other sheets.

Read only to be carried over: most files hold nothing of the kind. What the
form itself writes (titles, notes, headings, running numbers, formulas) is not content.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from converter.model.forms import Form, Sheet
from converter.model.submissions import RawSheet, Submission
from converter.text import characters
from converter.text.headings import names_of, normalized
from converter.workbook import open_book
from converter.workbook.form import record_sheet, table_heading
from converter.workbook.form.sheet_matching import Workbook
from converter.workbook.grid import CellComments, Grid
from converter.workbook.issue_collector import address
from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx.sheet_xml import LAST_OPEN_COLUMN

MOST = 20_000  # cells of a file that are carried over
STATUS_ROW = 2  # of a template: what its own formulas say


class LeftoverCell(NamedTuple):
    """A cell that is none of the form's."""

    sheet: str
    cell: str
    text: str


class Leftovers(NamedTuple):
    """What stands beside the form in one file. `more`: there is more than could be carried."""

    cells: tuple[LeftoverCell, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Own:
    """Sheets that this program wrote itself: they are not read, or carried on."""

    sheets: Collection[str]
    carried: str  # a sheet of leftovers from an earlier copy …
    carried_from: int  # … and the row where they begin


def has_leftovers(submission: Submission, own: Own) -> bool:
    """Whether a file holds anything beside the form, as far as reading it has shown."""
    ours = {*own.sheets} if submission.stamp.form else set()
    return bool({*submission.others} - ours) or any(s.leftovers for s in submission.sheets.values())


def leftovers(path: Path, submission: Submission, form: Form, own: Own) -> Leftovers:
    """The cells of a file that the form does not know. Never raises on bad data: a sheet that
    cannot be read gives nothing."""
    if submission.from_package:
        return Leftovers((), False)
    try:
        with open_book(path) as book:
            found = list(islice(_cells(book, submission, form, own), MOST + 1))
    except (UnreadableFile, OSError):
        return Leftovers((), True)
    return Leftovers(tuple(found[:MOST]), len(found) > MOST)


def comments(path: Path) -> dict[str, CellComments]:
    """The comments on the cells of a workbook, by sheet. Never raises on bad data."""
    try:
        with open_book(path) as book:
            return {name: book.comments(index) for index, (name, _) in enumerate(book.names)}
    except (UnreadableFile, OSError):
        return {}


def _cells(book: Workbook, submission: Submission, form: Form, own: Own) -> Iterator[LeftoverCell]:
    ours = submission.stamp.form == form.id
    taken = {
        raw.name: (raw, sheet)
        for sheet in form.sheets
        if (raw := submission.sheets.get(sheet.key)) is not None
    }
    for index, (name, _) in enumerate(book.names):
        if ours and name in own.sheets:
            continue
        try:
            grid = book.grid(index)
            if ours and name == own.carried:
                yield from _carried(grid, own.carried_from)
                continue
            beside = _filled(grid)
            if name in taken:
                raw, sheet = taken[name]
                find = _beside_answers if sheet.is_record else _beside_members
                beside = find(grid, raw, sheet, ours=ours)
            yield from (
                LeftoverCell(name, address(row, column), text) for row, column, text in beside
            )
        except UnreadableFile:
            continue


Cell = tuple[int, int, str]  # row, column, text


def _filled(grid: Grid) -> Iterator[Cell]:
    """Row by row."""
    top = grid.facts.top
    columns = grid.read(grid.facts.columns, top)
    if not columns:
        return
    filled = np.stack([found.types for found in columns.values()], axis=1)
    numbers, texts = [*columns], [found.texts for found in columns.values()]
    for row, at in np.argwhere(filled).tolist():
        yield row + top, numbers[at], texts[at][row]


def _carried(grid: Grid, first: int) -> Iterator[LeftoverCell]:
    """Leftovers that an earlier copy listed: file, sheet, cell, text."""
    left = grid.facts.left
    columns = grid.read(range(left, left + 4), first)
    if len(columns) < 4:
        return
    for _, sheet, cell, text in zip(*(c.texts for c in columns.values()), strict=True):
        if text:
            yield LeftoverCell(sheet, cell, text)


def _beside_answers(grid: Grid, raw: RawSheet, sheet: Sheet, *, ours: bool) -> Iterator[Cell]:
    layout = record_sheet.find_layout(grid, sheet)
    names, known = names_of(sheet), _own_texts(sheet)
    roles = _roles(grid, layout.row if layout else 0, sheet)
    answers = set(raw.at.values())
    items = {item for item, _ in layout.pairs} if layout else set()
    reasons = {(row, roles.get("explanation", 0)) for row, _ in answers}
    silent = {roles.get(role) for role in ("check", "jump")} | (
        {roles.get("note")} if ours else set()
    )
    for row, column, text in _filled(grid):
        is_item = (column in items and names.field(text)) or normalized(text) in known
        answered = (row, column) in answers or (row, column) in reasons
        if (
            not is_item
            and not answered
            and column not in silent
            and not (ours and row == STATUS_ROW)
        ):
            yield row, column, text


def _beside_members(grid: Grid, raw: RawSheet, sheet: Sheet, *, ours: bool) -> Iterator[Cell]:
    heading = table_heading.find_heading(grid, sheet)
    if heading is None:
        return
    known, records = _own_texts(sheet), set(raw.rows)
    at = {field.key: raw.at[field.key][1] for field in sheet if field.key in raw.at}
    derived = {at[field.key] for field in sheet if field.derive and field.key in at}
    silent = derived | {heading.roles.get(role) for role in ("check", "jump")}
    number = heading.roles.get("number")
    of_records = {*at.values(), heading.roles.get("explanation"), number}
    for row, column, text in _filled(grid):
        carried = column in of_records if row in records else normalized(text) in known
        counter = column == number and text.isdecimal()
        if carried or counter or column in silent or (ours and row == STATUS_ROW):
            continue
        if column <= LAST_OPEN_COLUMN or column not in grid.facts.hidden_columns:
            yield row, column, text


def _roles(grid: Grid, row: int, sheet: Sheet) -> dict[str, int]:
    """Role → column, of a heading row."""
    names, found = names_of(sheet), dict[str, int]()
    for at, texts in enumerate(grid.head(row - grid.facts.top + 1), grid.facts.top):
        for column, text in enumerate(texts, grid.facts.left):
            if at == row and (role := names.role(text)):
                found.setdefault(role, column)
    return found


def _own_texts(sheet: Sheet) -> set[str]:
    """The texts of the form itself on a sheet: titles, notes, headings, sections."""
    own = {sheet.title, *sheet.headings.values()}
    for field in sheet:
        own |= {field.title, field.note, field.section, *field.aliases}
    return {normalized(text) for text in own if characters.strip(text)}
