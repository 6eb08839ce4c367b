"""The frozen data that flows: forms, places, issues, submissions.

Imports `issues` alone of this project and no heavy library, so that the command line can
load it at once and a worker can send any of it across a pipe.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from converter.issues import Issue as Issue
from converter.issues import Issues as Issues
from converter.issues import Level as Level
from converter.issues import Place as Place
from converter.issues import column_letters as column_letters


class CellType(IntEnum):
    """What a spreadsheet cell held before anything was made of it."""

    BLANK = 0
    TEXT = 1
    NUMBER = 2
    DATE = 3  # a number shown as a date; its text is ISO, with T and a time if it had one
    BOOL = 4
    ERROR = 5  # #N/A and its kin; its text is the error's name
    UNCALCULATED = 6  # a formula that no program has computed yet
    COVERED = 7  # inside a merged area, not its top-left cell


# --- the form definition -----------------------------------------------------------------


class Code(NamedTuple):
    """One entry of a code list. (A tuple: lists of regions hold thousands.)"""

    code: str
    label: str
    aliases: tuple[str, ...] = ()
    parent: str = ""  # the code of the parent list's entry this one belongs to
    group: str = ""  # e.g. 企业, for rules that hold for a group of codes
    extra: Mapping[str, str] = MappingProxyType({})  # further columns of the list


@dataclass(frozen=True, slots=True)
class CodeList:
    name: str
    entries: tuple[Code, ...]

    def find(self, code: str) -> Code | None:
        return next((e for e in self.entries if e.code == code), None)


@dataclass(frozen=True, slots=True)
class Derivation:
    """A field that follows from another one of the same sheet and is never typed."""

    by: str  # a name in `converter.derive`
    source: str  # the other field's key
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    title: str
    kind: str
    sheet: str  # 'unit' or 'member'
    section: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()  # other headings that mean this field
    note: str = ""  # the 说明 column, in our own words
    options: Mapping[str, Any] = field(default_factory=dict)  # read by the kind
    levels: Mapping[str, Level] = field(default_factory=dict)  # overrides for this field
    derive: Derivation | None = None
    identity: str = ""  # the identity file's entry that fills and locks this field
    width: int = 0  # characters, for the template

    @property
    def path(self) -> str:
        """The name rules use: unit.staff, member.id_number."""
        return f"{self.sheet}.{self.key}"


@dataclass(frozen=True, slots=True)
class Sheet:
    key: str  # 'unit' (one record, a field a line) or 'member' (one record a row)
    title: str
    fields: tuple[Field, ...]
    headings: Mapping[str, str]  # roles that are no field: number, check, explanation, …
    aliases: tuple[str, ...] = ()  # other sheet names that are found by name
    remarks: tuple[str, ...] = ()  # how rows begin that are no records: totals, signatures

    def field(self, key: str) -> Field:
        return next(f for f in self.fields if f.key == key)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


@dataclass(frozen=True, slots=True)
class Rule:
    """What several cells owe each other; `family` names the module that knows how."""

    code: str
    family: str
    level: Level
    at: tuple[str, ...]  # field paths at which it reports
    options: Mapping[str, Any]  # read by the family; field paths and limits
    explainable: bool = False
    title: str = ""  # prose that replaces the family's own
    brief: str = ""
    sentence: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One table of the report package: which sheet, which file name, which columns."""

    name: str
    path: str
    sheet: str
    columns: tuple[tuple[str, str], ...]  # (column name, field key)


@dataclass(frozen=True, slots=True)
class PackageProfile:
    descriptor: str
    identity: str
    signature: str
    encoding: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Form:
    id: str
    version: str
    title: str
    unit: Sheet
    member: Sheet
    codes: Mapping[str, CodeList]
    rules: tuple[Rule, ...]
    package: PackageProfile
    levels: Mapping[str, Level]  # overrides for the whole form
    prose: Mapping[str, Any]  # instructions, contacts, labels of the template
    limits: Mapping[str, int]  # e.g. rows beyond which Excel leaves duplicates alone

    @property
    def sheets(self) -> tuple[Sheet, Sheet]:
        return (self.unit, self.member)

    def sheet(self, key: str) -> Sheet:
        return self.unit if key == "unit" else self.member

    def field(self, path: str) -> Field:
        """Look a field up by its path (unit.staff). Raises StopIteration when unknown."""
        sheet, _, key = path.partition(".")
        return self.sheet(sheet).field(key)

    def rule(self, code: str) -> Rule | None:
        return next((r for r in self.rules if r.code == code), None)


# --- identity and submissions ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """The public part of an identity file. There is no field for the secret key."""

    unit_code: str
    unit_name: str
    superior_code: str
    superior_name: str
    period: str
    serial: int
    issued: str  # ISO dates
    valid_until: str
    digest: str = ""  # sha256 of the canonical public part


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a template says of itself: the form it is of and the unit it was made for."""

    form: str = ""
    version: str = ""
    unit_code: str = ""
    unit_name: str = ""
    superior_code: str = ""
    superior_name: str = ""
    period: str = ""
    serial: int = 0


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One field over the records of a sheet, as typed."""

    text: list[str]
    type: Sequence[int]  # CellType of each; bytes where there are many


@dataclass(frozen=True, slots=True)
class RawSheet:
    """The records found on one sheet, each cell with its address.

    A unit sheet has one record whose fields stand in different rows; a member sheet has
    many records whose fields stand in different columns.
    """

    name: str
    columns: Mapping[str, RawColumn]  # by field key; every column has the same length
    rows: Sequence[int]  # sheet row of each record (unit sheet: one entry, unused)
    at: Mapping[str, tuple[int, int]]  # field key → (row, column); row 0 = the record's row
    explanations: Mapping[str, list[str]]  # 情况说明 a record; unit: by field key, member: under ''
    extras: tuple[tuple[str, str], ...] = ()  # (cell, text) of what the form does not know

    def __len__(self) -> int:
        return len(self.rows)

    def explanation(self, key: str, record: int) -> str:
        """The reason typed beside a field (unit sheet) or a record (member sheet)."""
        texts = self.explanations.get(key) or self.explanations.get("")
        return texts[record] if texts else ""

    def record(self, row: int) -> int | None:
        """The number of the record in a row of a member sheet; records stand in order."""
        at = bisect_left(self.rows, row)
        return at if at < len(self.rows) and self.rows[at] == row else None

    def row(self, key: str, record: int) -> int:
        """The sheet row in which a field of a record stands."""
        return self.at.get(key, (0, 0))[0] or self.rows[record]

    def place(self, file: str, key: str, record: int) -> Place:
        column = self.at.get(key, (0, 0))[1]
        return Place(file, self.name, self.row(key, record), column, key)


@dataclass(frozen=True, slots=True)
class Submission:
    """One unit's answers as read from one file (or two halves), before they are judged."""

    file: str
    unit: RawSheet | None
    member: RawSheet | None
    stamp: Stamp
    issues: tuple[Issue, ...] = ()  # of the stages F, S, P
    files: Mapping[str, str] = field(default_factory=dict)  # sheet key → file, for two halves
    from_package: bool = False
    others: tuple[str, ...] = ()  # sheets of the file that are none of the form's

    def file_of(self, sheet: str) -> str:
        return self.files.get(sheet, self.file)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What checking one submission came to. Issues are packed, however they are given."""

    file: str
    issues: Issues
    unit_code: str = ""
    unit_name: str = ""
    members: int = 0
    readable: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "issues", Issues.of(self.issues))

    def after(self, issues: Iterable[Issue]) -> Outcome:
        """The same with issues in front of its own."""
        first = Issues.of(issues)
        return replace(self, issues=Issues.of(chain(first, self.issues))) if first else self

    @property
    def status(self) -> str:
        """ok, warnings, errors or unreadable: the JSON's word."""
        if not self.readable:
            return "unreadable"
        levels = self.issues.counted(lambda head: head.level)
        if Level.ERROR in levels:
            return "errors"
        return "warnings" if Level.WARNING in levels else "ok"


class Change(NamedTuple):
    """A mended cell: the note that says why (and what was typed), and what stands there now."""

    note: Issue
    new: str

    @property
    def old(self) -> str:
        return self.note.value


@dataclass(frozen=True, slots=True)
class Changes(Collection[Change]):
    """The changes of a copy, in order; their notes stay packed."""

    notes: Issues
    new: Sequence[str]

    def __len__(self) -> int:
        return len(self.notes)

    def __contains__(self, change: object) -> bool:
        return any(change == one for one in self)

    def __iter__(self) -> Iterator[Change]:
        return map(Change, self.notes, self.new)


@dataclass(frozen=True, slots=True)
class Records:
    """A judged submission in canonical text: what a package is made from."""

    unit: Mapping[str, str]  # field key → canonical text ('' = blank)
    members: Mapping[str, list[str]]  # field key → one text a member
    reasons: tuple[tuple[str, str, str], ...]  # (field path, record label, reason typed)
    stamp: Stamp
    today: date
