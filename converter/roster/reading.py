"""A roster's workbook → units, checked like any other sheet, and against itself.

Reading, headings and kinds are those of the form's sheets (stages F, S, K). On top: a code that
stands twice (C801), a unit that stands twice under one upper union (C802), names of which spaces,
punctuation and width are the only difference (C803, C806), codes that no identity file can hold
(C804), long codes that were typed as numbers (C805), and codes without their zeros that may be one
of several that were issued (C807). Codes that differ only in case or leading zeros count as one: a
spreadsheet drops zeros, and Windows tells no cases apart. Upper unions that were guessed (C812) and
units that were known under another union (C815) are warnings. A file without the headings of a
roster is told so (C816), and so are characters that a text file lost (C817).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from converter import workbook
from converter.forms.roster import CONTACT, FORMER
from converter.identity.elements import CODE
from converter.kinds.base import Cells
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Issue, Issues, Level, Params, Place
from converter.model.submissions import LONGEST_CONTACT, Outcome, RawSheet, Unit
from converter.roster import codes
from converter.roster.codes import CodedUnit
from converter.roster.lists import UnitList, read_lists
from converter.roster.names import plain
from converter.validation import sheets
from converter.workbook.form import stamp
from converter.workbook.form.sheet_matching import read_sheets
from converter.workbook.issue_collector import IssueCollector

OPTIONAL_COLUMN, UNCLEAR_COLUMN = "S004", "S025"
NO_HEADINGS = (workbook.MISSING_SHEET, "S002")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DIGITS_KEPT = 15  # of a number in a spreadsheet


Texts = Mapping[str, list[str]]  # field key → canonical text of each record


@dataclass(frozen=True, slots=True)
class Roster:
    """What a roster's file came to; the units of the rows that are sound."""

    outcome: Outcome
    units: tuple[Unit, ...]
    fresh: int = 0  # units that got a code that nobody knew
    rows: tuple[Mapping[str, str], ...] = ()  # field key → text of each unit, its code included
    has_all_codes: bool = True  # as it was typed


def read(path: Path, table: Form, known: Sequence[Unit] = (), prefix: str = "") -> Roster:
    """Read and check a roster. Never raises on bad data. `known`: the units that identity files
    were issued to, or that the register knows; `prefix`: see `codes.coded`."""
    file = str(path)
    report = IssueCollector(table, file)
    lists = _lists(path, table, report)
    # Which columns an officer does without is her own affair.
    required = {field.key for field in table.main_table if field.required}
    issues = [
        issue
        for issue in report.issues
        if issue.code != OPTIONAL_COLUMN
        and (issue.code != UNCLEAR_COLUMN or issue.place.field in required)
    ]
    if not lists:
        readable = not any(i.code[0] == "F" and i.level is Level.ERROR for i in issues)
        return Roster(Outcome(file, Issues.of(issues), readable=readable), ())
    validated = [_validated(one.raw, table, file) for one in lists]
    texts = {
        field.key: [text for columns, _ in validated for text in columns[field.key]]
        for field in table.main_table
    }
    cell_issues = [issue for _, found in validated for issue in found]
    records = [_Record(one.raw, n, file) for one in lists for n in range(len(one.raw))]
    wrong = {
        (i.place.sheet, i.place.row, i.place.field) for i in cell_issues if i.level is Level.ERROR
    }
    own = list(_Rows(records, table, texts, wrong, {u.code for u in known}).issues())
    order = {one.raw.name: n for n, one in enumerate(lists)}
    found = [*cell_issues, *own]
    issues += sorted(found, key=lambda i: (order[i.place.sheet], i.place.row, i.place.column))
    issues += [issue for one in lists for issue in _guessed(one, table, file)]
    bad = {(i.place.sheet, i.place.row) for i in issues if i.level is Level.ERROR}
    sound = [n for n, one in enumerate(records) if one.key not in bad]
    units = _with_contacts([_unit(texts, n, table) for n in sound])
    results = list(codes.coded(units, known, prefix))
    sound_records = [records[n] for n in sound]
    issues += _moves(zip(sound_records, results, strict=True), table)
    code = _field(table, "unit_code").key
    rows = tuple(
        {key: column[n] for key, column in texts.items()} | {code: one.unit.code}
        for n, one in zip(sound, results, strict=True)
    )
    return Roster(
        Outcome(file, Issues.of(issues)),
        tuple(one.unit for one in results),
        sum(one.fresh for one in results),
        rows,
        all(one.code for one in units),
    )


def _moves(coded: Iterable[tuple[_Record, CodedUnit]], table: Form) -> Iterator[Issue]:
    """Units that stood under another union before."""
    name, superior = _field(table, "unit_name").key, _field(table, "superior_name").key
    for record, one in coded:
        if one.moved_from:
            params: Params = {"other": one.moved_from, "code": one.unit.code}
            place = record.place(superior if superior in record.raw.at else name)
            yield replace(_issue("C815", table, place, one.unit.name), params=params)


def _lists(path: Path, table: Form, report: IssueCollector) -> list[UnitList]:
    """The lists of a workbook; why there is none goes to the report."""
    lists: list[UnitList] = []
    try:
        with workbook.open_list(path) as book:
            fits = stamp.check_form(stamp.read_stamp(book.properties), table, report)
            if fits:
                lists = read_lists(book, table, report)
            if not fits:
                (found,) = report.issues
                report.issues[:] = [replace(found, params={**found.params, "variant": "roster"})]
            elif not lists:
                empty = read_sheets(book, table, report)
                for raw in (raw for raw in empty.values() if not len(raw)):
                    report.issues.append(_issue("C811", table, Place(report.file, raw.name)))
                if any(issue.code in NO_HEADINGS for issue in report.issues):
                    report.issues[:] = [_issue("C816", table, Place(report.file))]
    except workbook.UnreadableFile as error:
        report.issues.clear()
        report.add_unreadable(error)
        return []
    except OSError:  # it has gone since, or is no file
        report.issues[:] = workbook.read(path, table).issues
        return []
    return lists


def _guessed(one: UnitList, table: Form, file: str) -> Iterator[Issue]:
    """C812: one a run of rows whose upper union was found in the same place."""
    field = _field(table, "superior_name")
    for source, run in groupby(sorted(one.guessed), key=one.guessed.__getitem__):
        records = list(run)
        union = one.raw.columns[field.key].text[records[0]]
        place = one.raw.place(file, field.key, records[0])
        params: Params = {"count": len(records), "source": source, "union": union}
        yield replace(_issue("C812", table, place), params=params)


def _field(table: Form, entry: str) -> Field:
    return next(field for field in table.main_table if field.identity == entry)


def _validated(raw: RawSheet, table: Form, file: str) -> tuple[Texts, list[Issue]]:
    """Canonical texts by field key, and the issues of single cells."""
    index = pd.RangeIndex(len(raw))
    cells, absent = {}, {}
    for field in table.main_table:
        column = raw.columns.get(field.key)
        texts = column.text if column else [""] * len(raw)
        types = bytes(column.type) if column else bytes(len(raw))  # BLANK is 0
        cells[field.key] = Cells(
            pd.Series(texts, index=index, dtype=object),
            pd.Series(np.frombuffer(types, dtype=np.int8), index=index),
        )
        if column is None:
            absent[field.key] = pd.Series(True, index=index)
    validated = sheets.validate_sheet(table.main_table, cells, table, absent)
    issues = []
    for finding in (*validated.findings, *validated.notes):
        field = table.main_table.field(finding.field)
        level = catalogue.entry(finding.code, table, field).level
        place = raw.place(file, finding.field, finding.record)
        typed = raw.columns[finding.field].text[finding.record]
        issues.append(Issue(finding.code, level, place, typed, finding.params))
    return {key: column.text.tolist() for key, column in validated.columns.items()}, issues


def _unit(texts: Texts, record: int, table: Form) -> Unit:
    identity_texts = {f.identity: texts[f.key][record] for f in table.main_table if f.identity}
    contacts = [texts[f.key][record] for f in table.main_table if f.options.get(CONTACT)]
    former = [texts[f.key][record] for f in table.main_table if f.options.get(FORMER)]
    name = identity_texts["unit_name"]
    return Unit(
        code=identity_texts["unit_code"],
        name=name,
        superior_name=identity_texts["superior_name"],
        superior_code=identity_texts.get("superior_code", ""),
        contact=" ".join(filter(None, contacts)),
        former_name=next((one for one in former if one and plain(one) != plain(name)), ""),
        superior_contact=identity_texts.get("superior_contact", ""),
    )


def _with_contacts(units: Sequence[Unit]) -> list[Unit]:
    """An upper union's contact counts for all its units, though it stands beside one of them."""
    known: dict[str, str] = {}
    for unit in units:
        if unit.superior_contact:
            known.setdefault(plain(unit.superior_name), unit.superior_contact)
    return [
        replace(
            unit,
            superior_contact=unit.superior_contact or known.get(plain(unit.superior_name), ""),
        )
        for unit in units
    ]


def _issue(
    code: str,
    table: Form,
    place: Place,
    value: str = "",
    related: Place | None = None,
    other: str = "",
) -> Issue:
    level = catalogue.entry(code, table).level
    params: Params = {}
    if related:
        elsewhere = f"{related.sheet}!" if related.sheet != place.sheet else ""
        params = {"related_cell": f"{elsewhere}{related.cell}", "other": other}
    return Issue(code, level, place, value, params, (related,) if related else ())


@dataclass(frozen=True, slots=True)
class _Record:
    """A row of one of the lists."""

    raw: RawSheet
    number: int
    file: str

    @property
    def key(self) -> tuple[str, int]:
        return self.raw.name, self.raw.rows[self.number]

    def place(self, field: str) -> Place:
        return self.raw.place(self.file, field, self.number)

    def typed(self, field: str) -> tuple[str, int]:
        """Text and type of a cell."""
        column = self.raw.columns.get(field)
        return (column.text[self.number], column.type[self.number]) if column else ("", 0)


@dataclass(frozen=True)
class _Rows:
    """The rows of a roster compared with one another."""

    records: Sequence[_Record]
    table: Form
    texts: Texts
    wrong: set[tuple[str, int, str]]  # cells that raised an error: they set off no second alarm
    known: Collection[str] = ()  # codes

    def issues(self) -> Iterator[Issue]:
        fields = {field.identity: field for field in self.table.main_table if field.identity}
        for field in fields.values():
            if field.identity.endswith("_code"):
                yield from self._shapes(field)
            else:
                yield from self._damaged(field)
            if field.identity == "superior_contact":
                yield from self._long(field)
        yield from self._ambiguous(fields["unit_code"])
        twice = dict(self._codes(fields["unit_code"]))
        for record, first in twice.items():
            yield self._at("C801", fields["unit_code"], record, first)
        yield from self._names(fields["unit_name"], fields["superior_name"], twice)
        yield from self._spellings(fields["superior_name"])

    def _usable(self, field: Field) -> Iterator[tuple[int, str]]:
        for record, text in enumerate(self.texts[field.key]):
            if text and (*self.records[record].key, field.key) not in self.wrong:
                yield record, text

    def _at(self, code: str, field: Field, record: int, first: int | None = None) -> Issue:
        place = self.records[record].place(field.key)
        value, _ = self.records[record].typed(field.key)
        if first is None:
            return _issue(code, self.table, place, value)
        related = self.records[first].place(field.key)
        return _issue(code, self.table, place, value, related, self.texts[field.key][first])

    def _shapes(self, field: Field) -> Iterator[Issue]:
        for record, text in self._usable(field):
            number = self.records[record].typed(field.key)[1] == CellType.NUMBER
            if number and len(text) > DIGITS_KEPT:
                yield self._at("C805", field, record)
            elif not CODE.fullmatch(text):
                yield self._at("C804", field, record)

    def _damaged(self, field: Field) -> Iterator[Issue]:
        """C817: bytes of a text file that stand for no character."""
        for record, text in self._usable(field):
            if REPLACEMENT in text:
                yield self._at("C817", field, record)

    def _long(self, field: Field) -> Iterator[Issue]:
        """K008: more than an identity file holds."""
        for record, text in self._usable(field):
            if len(text) > LONGEST_CONTACT:
                params: Params = {"length": len(text), "limit": LONGEST_CONTACT}
                yield replace(self._at("K008", field, record), params=params)

    def _ambiguous(self, field: Field) -> Iterator[Issue]:
        """C807: a code that lost its zeros, and several were issued that it may have been."""
        issued: dict[str, list[str]] = {}
        for code in self.known:
            issued.setdefault(code.casefold().lstrip("0"), []).append(code)
        for record, text in self._usable(field):
            meant = issued.get(text.casefold().lstrip("0"), [])
            if text not in meant and len(meant) > 1:
                one = self._at("C807", field, record)
                yield replace(one, params={"codes": "、".join(sorted(meant))})

    def _codes(self, field: Field) -> Iterator[tuple[int, int]]:
        """(record, the first one with the same code)."""
        first: dict[str, int] = {}
        for record, text in self._usable(field):
            known = first.setdefault(text.casefold().lstrip("0"), record)
            if known != record:
                yield record, known

    def _names(self, name: Field, superior: Field, twice: Mapping[int, int]) -> Iterator[Issue]:
        first: dict[tuple[str, str], int] = {}
        above = dict(self._usable(superior))
        for record, text in self._usable(name):
            key = (plain(above.get(record, "")), plain(text) or text)
            known = first.setdefault(key, record)
            if known != record and twice.get(record) != known:  # else one fault is reported already
                same = self.texts[name.key][known] == text
                yield self._at("C802" if same else "C803", name, record, known)

    def _spellings(self, field: Field) -> Iterator[Issue]:
        first: dict[str, int] = {}
        for record, text in self._usable(field):
            known = first.setdefault(plain(text) or text, record)
            if self.texts[field.key][known] != text:
                yield self._at("C806", field, record, known)
