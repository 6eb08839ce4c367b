"""People whose ID numbers stand in a workbook but in none of the records that were read.

A second member sheet, people side by side, a block below another table: whoever is not read is
named, by sheet, heading and number, and never left out without a word. An ID number counts
where its check character is right; so does whatever looks like one, a passport's number too,
under a heading of ID numbers. Columns and sheets about other people (a spouse, a legal
representative) are no members and stay out, and so does an old number in a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from converter.kinds import KINDS
from converter.kinds.base import Kind
from converter.kinds.id_number import SHORTEST_DOCUMENT, compact, is_document, valid_numbers
from converter.messages import catalogue
from converter.model.forms import Form, Sheet
from converter.model.submissions import RawSheet
from converter.text import characters
from converter.text.headings import Names, names_of, normalized
from converter.workbook.grid import Grid, GridColumn
from converter.workbook.issue_collector import IssueCollector, address
from converter.workbook.person_names import is_usual_name

UNREAD, UNNUMBERED = "S024", "S026"
FEWEST_BESIDE = 2  # names behind a heading, to make it a list on its side
MOSTLY = 0.6  # of what stands under a heading of names are names
LONGEST_HEADING = 20  # characters that are shown

_LONG = re.compile("[0-9]{15}").search
_ID_LIKE = re.compile(r"[1-9][0-9]{14,17}[0-9A-Z]?").fullmatch
_HEADING_ROWS = 50  # in which a heading of ID numbers is looked for


@dataclass(frozen=True, slots=True)
class PeopleColumn:
    """ID numbers in one column that no record holds."""

    heading: str
    row: int  # of the first one
    column: int
    numbers: frozenset[str]  # or names, of people without a number
    heading_at: int  # row of its heading, counted from the first one read; -1 = none

    def without(self, known: Container[str]) -> PeopleColumn:
        return replace(self, numbers=frozenset(n for n in self.numbers if n not in known))


class KnownTexts:
    """Texts that were read, in the `plain` writing in which they are compared. Few workbooks hold
    another that would have to be: only then are they made."""

    def __init__(self, columns: Iterable[Iterable[str]], plain: Callable[[str], str]) -> None:
        self._columns, self._plain = columns, plain

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(map(self._plain, chain.from_iterable(self._columns)))

    def __contains__(self, text: object) -> bool:
        return text in self._texts


def known_numbers(form: Form, sheets: Mapping[str, RawSheet]) -> KnownTexts:
    """Every ID number that was read."""
    return KnownTexts(_columns(form, sheets, lambda kind: kind.birth_and_sex), compact)


def known_names(form: Form, sheets: Mapping[str, RawSheet]) -> KnownTexts:
    """The name of every person who was read."""
    return KnownTexts(_columns(form, sheets, lambda kind: kind.person_name), characters.squeeze)


def _columns(
    form: Form, sheets: Mapping[str, RawSheet], wanted: Callable[[Kind], bool]
) -> Iterator[Sequence[str]]:
    """What was read in the columns of some kinds."""
    for sheet in form.sheets:
        if raw := sheets.get(sheet.key):
            for field in sheet:
                if wanted(KINDS[field.kind]) and field.key in raw.columns:
                    yield raw.columns[field.key].text


def unread(
    grid: Grid,
    tables: Sequence[Sheet],
    known: Container[str],
    silent: Collection[int] = (),
    first: int = 0,
) -> list[PeopleColumn]:
    """The columns of a sheet with ID numbers of people who are not among the known ones."""
    if _is_about_others(grid.facts.name, tables):
        return []
    columns = [column for column in grid.facts.columns if column not in silent]
    top = first or grid.facts.top
    read = grid.read(columns, top)
    found = [
        one
        for column, cells in read.items()
        if (one := unread_in(column, cells, top, tables, known))
    ]
    return [one for one in found if not _beside_others(one, read.values(), top, tables)]


def beside_record(
    grid: Grid, tables: Sequence[Sheet], record: RawSheet, reasons: int
) -> list[PeopleColumn]:
    """The same of a record's sheet: to the right of its answers and `reasons` (a column), and below
    its answers."""
    rows, columns = zip(*record.at.values(), strict=True) if record.at else ((0,), (0,))
    last, below = max(*columns, reasons), max(rows) + 1
    read = grid.read(sorted({*columns} & {*grid.facts.columns}), below)
    under = [unread_in(column, cells, below, tables, ()) for column, cells in read.items()]
    beside = unread(grid, tables, (), range(last + 1)) if grid.facts.columns[-1] > last else ()
    return [*beside, *filter(None, under)]


def unnumbered(grid: Grid, table: Sheet, known: Container[str]) -> list[PeopleColumn]:
    """The columns of names on a sheet with people who are not among the known ones."""
    field = next((f for f in table if KINDS[f.kind].person_name), None)
    if field is None or _is_about_others(grid.facts.name, (table,)):
        return []
    headings = {*map(normalized, (field.title, *field.aliases, *field.near))}
    is_members = bool(table.rows_name) and table.rows_name in grid.facts.name
    top = grid.facts.top
    read = grid.read(grid.facts.columns, top)
    found = []
    for column, cells in read.items():
        texts = cells.texts[:_HEADING_ROWS].tolist()
        at = next((n for n, text in enumerate(texts) if normalized(text) in headings), -1)
        if at < 0 and not is_members:
            continue
        missing, first = _missing_names(cells.texts[at + 1 :].tolist(), known)
        if missing:
            heading = texts[at].strip()[:LONGEST_HEADING] if at >= 0 else ""
            found.append(PeopleColumn(heading, top + at + 1 + first, column, missing, at))
    return found or _unnumbered_in_rows(read, top, headings, known)


def _unnumbered_in_rows(
    read: Mapping[int, GridColumn], top: int, headings: Collection[str], known: Container[str]
) -> list[PeopleColumn]:
    """The same of a list on its side: a heading, and names behind it."""
    columns = sorted(read)
    found = []
    for row in range(min(_HEADING_ROWS, max(map(len, read.values()), default=0))):
        texts = [read[column].texts[row] if row < len(read[column]) else "" for column in columns]
        at = next((n for n, text in enumerate(texts) if normalized(text) in headings), -1)
        missing, first = _missing_names(texts[at + 1 :], known) if at >= 0 else (frozenset(), 0)
        if len(missing) >= FEWEST_BESIDE:
            column = columns[at + 1 + first]
            found.append(PeopleColumn(texts[at].strip(), top + row, column, missing, at))
    return found


def _missing_names(texts: Sequence[str], known: Container[str]) -> tuple[frozenset[str], int]:
    """The names that are not among the known ones, and where the first stands; none where most of
    the texts are no names."""
    squeezed = [characters.squeeze(text) for text in texts]
    names = [text for text in squeezed if is_usual_name(text)]
    missing = [text for text in names if text not in known]
    if not missing or len(names) < MOSTLY * sum(map(bool, squeezed)):
        return frozenset(), 0
    return frozenset(missing), squeezed.index(missing[0])


def holds_people(grid: Grid, table: Sheet) -> bool:
    """Whether a sheet has any text that may be somebody's number, whatever its heading, or a
    column of names."""
    return bool(unnumbered(grid, table, ())) or any(
        _ID_LIKE(whole) or is_document(whole) or valid_numbers(whole)
        for cells in grid.read(grid.facts.columns, grid.facts.top).values()
        for text in cells.texts.tolist()
        if len(text) >= SHORTEST_DOCUMENT
        for whole in [compact(text)]
    )


def unread_in(
    column: int, cells: GridColumn, top: int, tables: Sequence[Sheet], known: Container[str]
) -> PeopleColumn | None:
    """The numbers of a column, from sheet row `top` on, that are not among the known ones."""
    texts = cells.texts.tolist()
    long = (n for n, text in enumerate(texts) if len(text) >= 15)
    first = next((n for n in long if texts[n] in known or _has_long_run(texts[n])), -1)
    at = _heading(texts, first) if first >= 0 else _id_heading(texts, tables)
    heading = texts[at].strip() if at >= 0 else ""
    is_id_column = at >= 0 and _names_id_numbers(heading, tables)
    rows: Iterable[int]
    if is_id_column:
        rows = (n for n in range(at + 1, len(texts)) if len(texts[n]) >= SHORTEST_DOCUMENT)
    elif first >= 0:
        rows = chain([first], (n for n in long if _has_long_run(texts[n])))
    else:
        rows = ()
    candidates = [n for n in rows if texts[n] not in known]
    if not candidates or _names_others(heading, tables):
        return None
    numbers: set[str] = set()
    row = 0
    for n in candidates:
        whole = compact(texts[n])
        if is_id_column and (_ID_LIKE(whole) or is_document(whole)):
            found = {whole}
        else:
            found = valid_numbers(whole)
            if found and found != {whole} and _names_others(texts[n], tables):
                continue  # a remark: 曾用身份证号 …
        if found := {number for number in found if number not in known}:
            row = row or top + n
            numbers |= found
    if not numbers:
        return None
    if is_usual_name(heading):
        heading = ""  # a person's name, in a list on its side
    return PeopleColumn(heading[:LONGEST_HEADING], row, column, frozenset(numbers), at)


def _has_long_run(text: str) -> bool:
    return bool(_LONG(characters.squeeze(text)))


def _heading(texts: Sequence[str], first: int) -> int:
    """The last text above the first number of a column; -1 where there is none."""
    return next((n for n in range(first - 1, -1, -1) if texts[n].strip()), -1)


def _id_heading(texts: Sequence[str], tables: Sequence[Sheet]) -> int:
    names = [(sheet, names_of(sheet)) for sheet in tables]
    found = (
        n for n, text in enumerate(texts[:_HEADING_ROWS]) if text and _is_id_heading(text, names)
    )
    return next(found, -1)


def _names_id_numbers(heading: str, tables: Sequence[Sheet]) -> bool:
    return _is_id_heading(heading, [(sheet, names_of(sheet)) for sheet in tables])


def _is_id_heading(heading: str, tables: Sequence[tuple[Sheet, Names]]) -> bool:
    for sheet, names in tables:
        found = names.field(heading)
        if found and KINDS[sheet.field(found[0]).kind].birth_and_sex:
            return True
    return False


def _names_others(heading: str, tables: Sequence[Sheet]) -> bool:
    text = normalized(heading)
    return any(word in text for sheet in tables for word in sheet.other_people)


def _is_about_others(name: str, tables: Sequence[Sheet]) -> bool:
    """Whether a sheet's name tells that other people stand on it: 法人信息, not 会员及家属."""
    members = any(sheet.rows_name and sheet.rows_name in name for sheet in tables)
    return not members and _names_others(name, tables)


def _beside_others(
    found: PeopleColumn, columns: Collection[GridColumn], top: int, tables: Sequence[Sheet]
) -> bool:
    """Whether the names in the row of a column's heading are other people's alone: 法人代表 beside
    身份证号."""
    if found.heading_at < 0:
        return False
    headings = [c.texts[found.heading_at] for c in columns if len(c.texts) > found.heading_at]
    own = {
        normalized(word)
        for sheet in tables
        for field in sheet
        if KINDS[field.kind].person_name
        for word in (field.title, *field.aliases, *field.near)
    }
    others = any(_names_others(text, tables) for text in headings)
    return others and own.isdisjoint(map(normalized, headings))


def report_people(
    code: str, name: str, columns: Iterable[PeopleColumn], wanted: Sheet, report: IssueCollector
) -> None:
    """One issue a sheet, at the first of its people."""
    found = sorted(columns, key=lambda one: (one.row, one.column))
    if not found:
        return
    people = frozenset[str]().union(*(one.numbers for one in found))
    first = found[0]
    report.add(
        code,
        name,
        (first.row, first.column),
        params={
            **({} if first.heading else {"variant": "no_heading"}),
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


def code_lists_sheet(form: Form) -> str:
    """The name of the hidden sheet of code lists that every workbook of ours has: no people stand
    on it."""
    own = form.prose.get("template", {}).get("lists_sheet")
    return str(own or catalogue.message("workbook_lists_sheet"))
