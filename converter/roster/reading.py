"""A roster's workbook → units, checked like any other sheet, and against itself.

Reading, headings and kinds are those of the form's sheets (stages F, S, K). On top: a code that
stands twice (C801), a unit that stands twice under one upper union (C802), names of which blanks,
punctuation and width are the only difference (C803, C806), codes that no identity file can hold
(C804), long codes that were typed as numbers (C805), and codes without their zeros that may be one
of several that were issued (C807). Codes that differ only in case or leading zeros count as one: a
spreadsheet drops zeros, and Windows tells no cases apart.

>>> plain("示例厂 （一）工会"), plain("示例厂(一)工会")
('示例厂一工会', '示例厂一工会')
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from converter import workbook
from converter.forms.roster import CONTACT
from converter.identity.files import CODE
from converter.kinds.base import Cells
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome, RawSheet, Unit
from converter.validation import sheets

OPTIONAL_COLUMN = "S004"
DIGITS_KEPT = 15  # of a number in a spreadsheet


@dataclass(frozen=True, slots=True)
class Roster:
    """What a roster's file came to; the units of the rows that are sound."""

    outcome: Outcome
    units: tuple[Unit, ...]


def read(path: Path, table: Form, known: Collection[str] = ()) -> Roster:
    """Read and check a roster. Never raises on bad data. `known`: codes that were issued."""
    found = workbook.read(path, table)
    # Which columns an officer does without is his own affair.
    issues = [issue for issue in found.issues if issue.code != OPTIONAL_COLUMN]
    units: list[Unit] = []
    raw = found.sheets.get(table.main_table.key)
    if raw is not None and not len(raw):
        issues.append(_issue("C811", table, Place(str(path), raw.name)))
    elif raw is not None:
        texts, cell_issues = _validated(raw, table, str(path))
        own = list(_Rows(raw, table, str(path), texts, _wrong(cell_issues), known).issues())
        issues += sorted([*cell_issues, *own], key=lambda i: (i.place.row, i.place.column, i.code))
        bad = {i.place.row for i in issues if i.level is Level.ERROR}
        units = [_unit(texts, n, table) for n, row in enumerate(raw.rows) if row not in bad]
    readable = not any(i.code[0] == "F" and i.level is Level.ERROR for i in issues)
    return Roster(Outcome(str(path), Issues.of(issues), readable=readable), tuple(units))


def plain(text: str) -> str:
    """What counts in a name: neither blanks and punctuation nor width and case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _validated(
    raw: RawSheet, table: Form, file: str
) -> tuple[Mapping[str, list[str]], list[Issue]]:
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


def _wrong(issues: list[Issue]) -> set[tuple[int, str]]:
    """(row, field) of cells that raised an error: they set off no second alarm."""
    return {(i.place.row, i.place.field) for i in issues if i.level is Level.ERROR}


def _unit(texts: Mapping[str, list[str]], record: int, table: Form) -> Unit:
    identity_texts = {f.identity: texts[f.key][record] for f in table.main_table if f.identity}
    contacts = [texts[f.key][record] for f in table.main_table if f.options.get(CONTACT)]
    return Unit(
        code=identity_texts["unit_code"],
        name=identity_texts["unit_name"],
        superior_name=identity_texts["superior_name"],
        superior_code=identity_texts.get("superior_code", ""),
        contact=" ".join(filter(None, contacts)),
    )


def _issue(
    code: str,
    table: Form,
    place: Place,
    value: str = "",
    related: Place | None = None,
    other: str = "",
) -> Issue:
    level = catalogue.entry(code, table).level
    params = {"related_cell": related.cell, "other": other} if related else {}
    return Issue(code, level, place, value, params, (related,) if related else ())


@dataclass(frozen=True)
class _Rows:
    """The rows of a roster compared with one another."""

    raw: RawSheet
    table: Form
    file: str
    texts: Mapping[str, list[str]]
    wrong: set[tuple[int, str]]
    known: Collection[str] = ()

    def issues(self) -> Iterator[Issue]:
        fields = {field.identity: field for field in self.table.main_table if field.identity}
        for field in fields.values():
            if field.identity.endswith("_code"):
                yield from self._shapes(field)
        yield from self._ambiguous(fields["unit_code"])
        twice = dict(self._codes(fields["unit_code"]))
        for record, first in twice.items():
            yield self._at("C801", fields["unit_code"], record, first)
        yield from self._names(fields["unit_name"], fields["superior_name"], twice)
        yield from self._spellings(fields["superior_name"])

    def _usable(self, field: Field) -> Iterator[tuple[int, str]]:
        for record, (row, text) in enumerate(
            zip(self.raw.rows, self.texts[field.key], strict=True)
        ):
            if text and (row, field.key) not in self.wrong:
                yield record, text

    def _at(self, code: str, field: Field, record: int, first: int | None = None) -> Issue:
        place = self.raw.place(self.file, field.key, record)
        value = self.raw.columns[field.key].text[record]
        if first is None:
            return _issue(code, self.table, place, value)
        related = self.raw.place(self.file, field.key, first)
        return _issue(code, self.table, place, value, related, self.texts[field.key][first])

    def _shapes(self, field: Field) -> Iterator[Issue]:
        column = self.raw.columns.get(field.key)
        for record, text in self._usable(field):
            number = column is not None and column.type[record] == CellType.NUMBER
            if number and len(text) > DIGITS_KEPT:
                yield self._at("C805", field, record)
            elif not CODE.fullmatch(text):
                yield self._at("C804", field, record)

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
