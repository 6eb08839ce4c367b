"""The sources of a workbook that is filled in advance: last year's workbook or package, and lists
that are no templates of ours. What belongs together is joined."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from converter import workbook
from converter.api import read
from converter.kinds import KINDS, name_field, unique_key
from converter.kinds.base import Cells
from converter.kinds.id_number import from_first_generation
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import Issue, Level
from converter.model.own_list import CHOSEN, CONTENT, DOUBTFUL, NEAR, FurtherRows, ListReport
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.text import characters, masking
from converter.text.headings import names_of
from converter.workbook.form.leftovers import Own
from converter.workbook.own_list import ReadList, try_reading
from converter.workbook.own_list.values import id_number, is_rounded
from converter.workers.requests.template import Comparison
from converter.workers.tasks.common import ReportProgress, is_sealed
from converter.workers.tasks.joined_sources import JoinedSources

_BLANK = ("", int(CellType.BLANK))
_REASON = ""  # under which a sheet keeps the reasons of its records
FIRST_GENERATION = 15  # digits
# People who are hidden, not read, or may have left.
ABOUT_PEOPLE = {"S007", "S024", "S027", "S028", "S029"}
Person = dict[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Source:
    """One file: as a submission, and the lists in it."""

    submission: Submission
    is_template: bool
    members: RawSheet | None
    list: ReadList | None = None


def read_sources(
    paths: Sequence[Path],
    definition: Form,
    choices: Mapping[str, str],
    report_progress: ReportProgress,
) -> JoinedSources:
    """Read and join. Never raises on bad data."""
    found = []
    for number, path in enumerate(paths):
        report_progress(number)
        found.append(_source(path, definition, choices))
    issues = tuple(issue for one in found for issue in (*_blocking(one.submission), *_told(one)))
    lists = tuple(one.list.report for one in found if one.list)
    if not found:
        return JoinedSources()
    if len(found) == 1 and not lists:
        data = found[0].submission
        return JoinedSources(data, issues, members=data.count(definition.main_table.key))
    return _joined(found, definition, issues, lists)


def _blocking(submission: Submission) -> list[Issue]:
    found = [i for i in submission.issues if i.code[0] in "FP" and i.level is Level.ERROR]
    return found + [replace(i, level=Level.ERROR) for i in submission.issues if is_sealed(i)]


def _told(source: _Source) -> Iterator[Issue]:
    """What there is to say of people on a form's own sheets: none of it would be seen any more in
    the workbook that is made from them."""
    read = {raw.name for raw in source.submission.sheets.values()}
    for issue in source.submission.issues if source.is_template else ():
        if issue.code in ABOUT_PEOPLE and issue.place.sheet in read:
            yield replace(issue, level=Level.WARNING)


def _source(path: Path, definition: Form, choices: Mapping[str, str]) -> _Source:
    table = definition.main_table
    nothing = Submission(str(path), {}, Stamp())
    is_text = workbook.detect_type(path) == "text"
    data = nothing if is_text else read(path, definition)
    members = data.sheets.get(table.key)
    is_template = data.from_package or data.stamp.form == definition.id
    if data.from_package or _blocking(data):
        return _Source(data, is_template, members)
    passed_over = _passed_over(data, definition, is_template)
    further = _further_sheets(data, definition)
    if not is_template:
        like = {raw.name for key, raw in further.items() if not _is_of(raw, key, definition)}
        data = _without_sheets(data, like)
        further = {key: raw for key, raw in further.items() if raw.name not in like}
    named = passed_over | {raw.name for raw in further.values()}
    read_as_list, issues = try_reading(path, definition, choices, named)
    if read_as_list is None:
        return _Source(replace(nothing, issues=tuple(issues)), False, None)
    rows = (FurtherRows(raw.name, key, len(raw)) for key, raw in further.items() if len(raw))
    report = replace(read_as_list.report, further=tuple(rows))
    read_as_list = replace(read_as_list, report=report)
    if is_template:
        has_people = report.members or report.unread or report.unnumbered
        return _Source(data, True, members, read_as_list if has_people else None)
    guessed = any(one.how in (NEAR, CONTENT, CHOSEN, DOUBTFUL) for one in report.columns)
    own_headings = not (guessed or report.side_by_side or report.unnumbered)
    is_form = _has_answers(data, definition)
    if is_form and members and len(members) >= report.members and own_headings:
        return _Source(data, True, members)  # our form's own headings, without its stamp
    return _Source(data, False, None, read_as_list)


def _passed_over(data: Submission, definition: Form, is_template: bool) -> set[str]:
    """The sheets of a file that are no lists: what has been read, and what we wrote ourselves."""
    from converter.report.annotate import own_sheets

    if not is_template:
        record = data.sheets.get(definition.record.key)
        return {record.name} if record else set()
    own: Own = own_sheets(definition)
    return {raw.name for raw in data.sheets.values()} | {*own.sheets, own.carried}


def _further_sheets(data: Submission, definition: Form) -> dict[str, RawSheet]:
    """The sheets that were read as the form's tables behind the first, by key."""
    keys = [table.key for table in definition.tables if table is not definition.main_table]
    return {key: data.sheets[key] for key in keys if key in data.sheets}


def _is_of(raw: RawSheet, key: str, definition: Form) -> bool:
    """Whether a list is what its headings say, by its answers: 职务 of a list of staff (工程师) is
    no post of a cadre. Asked are the items that only this table has, and must have."""
    main, right, answers = names_of(definition.main_table), 0, 0
    for field in definition.sheet(key):
        shared = any(main.field(word) for word in (field.title, *field.aliases))
        if field.key not in raw.columns or not field.required or shared:
            continue
        column, kind = raw.columns[field.key], KINDS[field.kind]
        typed = Cells(pd.Series(column.text, dtype=object), pd.Series(column.type))
        text = kind.normalise(typed, field, definition).text
        cells = Cells(text, typed.type)
        passing = (text != "").to_numpy(dtype=bool)
        answers += int(passing.sum())
        for check in kind.checks(field, definition):
            passing = passing & np.asarray(check.passes(cells), dtype=bool)
        right += int(passing.sum())
    return right * 2 >= answers


def _without_sheets(data: Submission, names: Collection[str]) -> Submission:
    kept = {key: raw for key, raw in data.sheets.items() if raw.name not in names}
    return replace(data, sheets=kept)


def _joined(
    found: Sequence[_Source],
    definition: Form,
    issues: tuple[Issue, ...],
    lists: tuple[ListReport, ...],
) -> JoinedSources:
    table = definition.main_table
    templates = [one for one in found if one.is_template]
    own_lists = [one for one in found if one.list and not one.is_template]
    earlier = [(one, _people(one, table, definition)) for one in templates]
    people = [person for one in own_lists for person in _people(one, table, definition)]
    compared: list[Comparison] = []
    lists = tuple(_overlapping(own_lists, lists, table, definition))
    if own_lists:
        for one, before in earlier:
            if before:
                compared.append(_compare(one.submission.file, before, people, table))
                _complete(people, before, table)
    else:
        people = [person for _, before in earlier for person in before]
    people = _once(people, table)
    record = next((one for one in found if _has_answers(one.submission, definition)), None)
    sheets = {}
    if record:
        raw = record.submission.sheets[definition.record.key]
        typed = record.submission.from_package
        sheets[definition.record.key] = _typed(raw, definition.record, definition) if typed else raw
    if people:
        leftovers = [one.members.leftovers for one in found if one.members]
        sheets[table.key] = _sheet(people, table, tuple(chain.from_iterable(leftovers)))
    for other in definition.tables:
        rows = _further_table(found, other, definition) if other is not table else None
        if rows:
            sheets[other.key] = rows
    stamp = record.submission.stamp if record else Stamp()
    file = " + ".join(one.submission.file for one in found)
    data = Submission(file, sheets, stamp, issues)
    return JoinedSources(data, issues, lists, tuple(compared), len(people))


def _overlapping(
    own_lists: Sequence[_Source], lists: Sequence[ListReport], table: Sheet, definition: Form
) -> Iterator[ListReport]:
    """The reports, with the people who stand in one list alone where that has most of its people in
    common with another: last year's list and this year's."""
    of_file = {
        one.list.report.file: {
            number: _name(person, table) or masking.text(number)
            for person in _people(one, table, definition)
            if (number := _number(person, table))
        }
        for one in own_lists
        if one.list
    }
    for report in lists:
        mine = of_file.get(report.file, {})
        others = {n for file, found in of_file.items() if file != report.file for n in found}
        only = [name for number, name in mine.items() if number not in others]
        overlaps = 0 < 2 * len(only) <= len(mine)
        yield replace(report, only_here=tuple(only)) if overlaps else report


def _has_answers(submission: Submission, definition: Form) -> bool:
    raw = submission.sheets.get(definition.record.key)
    return raw is not None and any(any(column.text) for column in raw.columns.values())


def _people(source: _Source, table: Sheet, definition: Form) -> list[Person]:
    found: list[Person] = []
    if source.members is not None:
        typed = source.submission.from_package
        raw = _typed(source.members, table, definition) if typed else source.members
        found += _rows(raw)
    if source.list:
        found += _rows(source.list.members)
    return found


def _further_table(found: Sequence[_Source], table: Sheet, definition: Form) -> RawSheet | None:
    """A table behind the first: of the lists' files, else of the earlier ones; each row once."""
    having = [one.submission for one in found if one.submission.count(table.key)]
    lists = [one.submission for one in found if not one.is_template and one.submission in having]
    rows: list[Person] = []
    leftovers: list[tuple[str, str]] = []
    for submission in lists or having:
        raw = submission.sheets[table.key]
        leftovers += raw.leftovers
        new = _rows(_typed(raw, table, definition) if submission.from_package else raw)
        rows += [row for row in new if row not in rows]
    return _sheet(rows, table, tuple(leftovers)) if rows else None


def _rows(raw: RawSheet) -> list[Person]:
    """Each record; a reason that was typed beside it stands under its key."""
    return [
        {key: (column.text[n], int(column.type[n])) for key, column in raw.columns.items()}
        | {_REASON: (raw.explanation(_REASON, n), int(CellType.TEXT))}
        for n in range(len(raw))
    ]


def _sheet(
    people: Sequence[Person], table: Sheet, leftovers: tuple[tuple[str, str], ...]
) -> RawSheet:
    columns = {}
    for field in table:
        cells = [person.get(field.key, _BLANK) for person in people]
        columns[field.key] = RawColumn([t for t, _ in cells], [kind for _, kind in cells])
    at = {key: (0, n) for n, key in enumerate(columns, 1)}
    reasons = [person.get(_REASON, _BLANK)[0] for person in people]
    explanations = {_REASON: reasons} if any(reasons) else {}
    return RawSheet(table.title, columns, range(2, 2 + len(people)), at, explanations, leftovers)


def _typed(raw: RawSheet, sheet: Sheet, definition: Form) -> RawSheet:
    """A package's canonical texts as a clerk would have typed them."""
    columns = {}
    for field in sheet:
        if field.key not in raw.columns:
            continue
        cells = []
        for text in raw.columns[field.key].text:
            value = KINDS[field.kind].cell(text, field, definition) if text else ""
            kind = CellType.TEXT if text else CellType.BLANK
            if isinstance(value, date):
                kind = CellType.DATE
            elif not isinstance(value, str):
                kind = CellType.NUMBER
            cells.append((value.isoformat() if isinstance(value, date) else str(value), int(kind)))
        columns[field.key] = RawColumn([t for t, _ in cells], [kind for _, kind in cells])
    return replace(raw, columns=columns)


def _number(person: Person, table: Sheet) -> str:
    text = _text(person, unique_key(table))
    number = id_number(text)
    return from_first_generation(number) if len(number) == FIRST_GENERATION else number or text


def _name(person: Person, table: Sheet) -> str:
    return _text(person, name_field(table))


def _text(person: Person, field: Field | None) -> str:
    return person.get(field.key, _BLANK)[0].strip() if field else ""


def _once(people: Sequence[Person], table: Sheet) -> list[Person]:
    """Without people who stand twice under one number, and one name where both have one; what one
    row does not say of a person, the other may."""
    seen: dict[str, dict[str, Person]] = {}  # number → name → person
    found = []
    for person in people:
        number, name = _number(person, table), characters.without_whitespace(_name(person, table))
        named = seen.setdefault(number, {}) if number else {}
        first = named.get(name) or named.pop("", None)
        if first is None and not name:
            first = next(iter(named.values()), None)
        if first is None:
            first = person
            found.append(person)
        if name or not named:
            named[name] = first
        first |= {key: cell for key, cell in person.items() if not first.get(key, _BLANK)[0]}
    return found


def names_by_number(data: Submission, table: Sheet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the people without an ID number, and of those whose number was rounded."""
    number, name = unique_key(table), name_field(table)
    raw = data.sheets.get(table.key)
    if raw is None or number is None or name is None:
        return (), ()
    unnumbered, rounded = [], []
    for person in _rows(raw):
        text, kind = person.get(number.key, _BLANK)
        if is_rounded(text, kind):
            rounded.append(_name(person, table))
        elif not text.strip() and _name(person, table):
            unnumbered.append(_name(person, table))
    return tuple(unnumbered), tuple(rounded)


def _compare(
    file: str, before: Sequence[Person], now: Sequence[Person], table: Sheet
) -> Comparison:
    old = {_number(person, table): _name(person, table) for person in before}
    new = {_number(person, table): _name(person, table) for person in now}
    return Comparison(
        file,
        tuple(name for number, name in new.items() if number not in old),
        tuple(name for number, name in old.items() if number not in new),
    )


def _complete(people: Sequence[Person], before: Sequence[Person], table: Sheet) -> None:
    """What the list does not say of a person, the earlier file may."""
    known = {number: one for one in before if (number := _number(one, table))}
    for person in people:
        for key, cell in known.get(_number(person, table), {}).items():
            if not person.get(key, _BLANK)[0]:
                person[key] = cell
