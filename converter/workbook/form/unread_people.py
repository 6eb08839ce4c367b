"""People whose ID numbers stand in a workbook but in none of the records that were read.

A second member sheet, people side by side, a block below another table: whoever is not read is
named, by sheet, heading and number, and never left out without a word. An ID number counts
where its check character is right; so does one that stands under a heading of ID numbers.
Columns about other people (a spouse, a parent) are no members and stay out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from converter.kinds import KINDS
from converter.kinds.id_number import compact, valid_numbers
from converter.messages import catalogue
from converter.model.forms import Form, Sheet
from converter.model.submissions import RawSheet
from converter.text import characters
from converter.workbook.form.headings import names_of, normalized
from converter.workbook.grid import Grid, GridColumn
from converter.workbook.issue_collector import IssueCollector, address

UNREAD = "S024"

_LONG = re.compile("[0-9]{15}").search
_ID_LIKE = re.compile(r"[1-9][0-9]{16}[0-9X]|[1-9][0-9]{14}").fullmatch


@dataclass(frozen=True, slots=True)
class PeopleColumn:
    """ID numbers in one column that no record holds."""

    heading: str
    row: int  # of the first one
    column: int
    numbers: frozenset[str]

    def without(self, known: Collection[str]) -> PeopleColumn:
        return replace(self, numbers=self.numbers.difference(known))


def known_numbers(form: Form, sheets: Mapping[str, RawSheet]) -> set[str]:
    """Every ID number that was read."""
    known: set[str] = set()
    for sheet in form.sheets:
        raw = sheets.get(sheet.key)
        for field in sheet if raw else ():
            column = raw.columns.get(field.key) if raw else None
            if column and KINDS[field.kind].birth_and_sex:
                known.update(map(compact, set(column.text)))
    return known


def unread(
    grid: Grid,
    tables: Sequence[Sheet],
    known: Collection[str],
    silent: Collection[int] = (),
    first: int = 0,
) -> list[PeopleColumn]:
    """The columns of a sheet with ID numbers of people who are not among the known ones."""
    columns = [column for column in grid.facts.columns if column not in silent]
    top = first or grid.facts.top
    read = grid.read(columns, top)
    return [
        found
        for column, cells in read.items()
        if (found := _unread(column, cells, top, tables, known))
    ]


def _unread(
    column: int, cells: GridColumn, top: int, tables: Sequence[Sheet], known: Collection[str]
) -> PeopleColumn | None:
    texts = cells.texts.tolist()
    filled = [n for n, text in enumerate(texts) if len(text) >= 15]
    candidates = [n for n in filled if _LONG(characters.squeeze(texts[n]))]
    if not candidates:
        return None
    heading = _heading(texts, candidates[0])
    if _about_others(heading, tables):
        return None
    is_id_column = _names_id_numbers(heading, tables)
    numbers: set[str] = set()
    row = 0
    for n in candidates:
        whole = compact(texts[n])
        found = {whole} if is_id_column and _ID_LIKE(whole) else valid_numbers(whole)
        if found := {number for number in found if number not in known}:
            row = row or top + n
            numbers |= found
    return PeopleColumn(heading, row, column, frozenset(numbers)) if numbers else None


def _heading(texts: list[str], first: int) -> str:
    """The last text above the first number of a column."""
    above = (plain_text for n in range(first - 1, -1, -1) if (plain_text := texts[n].strip()))
    return next(above, "")[:20]


def _names_id_numbers(heading: str, tables: Sequence[Sheet]) -> bool:
    for sheet in tables:
        found = names_of(sheet).field(heading)
        if found and KINDS[sheet.field(found[0]).kind].birth_and_sex:
            return True
    return False


def _about_others(heading: str, tables: Sequence[Sheet]) -> bool:
    text = normalized(heading)
    return any(word in text for sheet in tables for word in sheet.other_people)


def report_unread(
    name: str, columns: Iterable[PeopleColumn], wanted: Sheet, report: IssueCollector
) -> None:
    """One error a sheet, at the first of its numbers."""
    found = sorted(columns, key=lambda one: (one.row, one.column))
    if not found:
        return
    people = frozenset[str]().union(*(one.numbers for one in found))
    first = found[0]
    report.add(
        UNREAD,
        name,
        (first.row, first.column),
        params={
            "sheet": name,
            "heading": first.heading,
            "cell": address(first.row, first.column),
            "count": len(people),
            "wanted": wanted.title,
        },
    )


def people_table(form: Form) -> Sheet | None:
    """The table of people with ID numbers, where a form has one."""
    return next(
        (sheet for sheet in form.tables if any(KINDS[f.kind].birth_and_sex for f in sheet)), None
    )


def own_list(form: Form) -> str:
    """The hidden sheet of code lists that every workbook of ours has: it holds no people."""
    own = form.prose.get("template", {}).get("lists_sheet")
    return str(own or catalogue.message("workbook_lists_sheet"))
