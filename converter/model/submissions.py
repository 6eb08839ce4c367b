"""What was read of a file and what checking it came to: the data that flows, all of it frozen.

Imports no heavy library, so that the command line can load it at once and a worker can send any
of it across a pipe.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from converter.model.issues import Issue, Issues, Level, Place

LONGEST_CONTACT = 100  # characters of the line that says whom a unit asks


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
    superior_contact: str = ""  # whom the unit asks; '' = not given
    digest: str = ""  # sha256 of the canonical public part


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the roster has it."""

    code: str
    name: str
    superior_name: str
    superior_code: str = ""
    contact: str = ""
    former_name: str = ""  # where it was renamed
    superior_contact: str = ""  # whom the unit asks


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
    superior_contact: str = ""  # whom the unit asks
    digest: str = ""  # of the form

    def of_holder(self, holder: Identity) -> Stamp:
        """The stamp of a form, of the unit that holds an identity file."""
        return replace(
            self,
            unit_code=holder.unit_code,
            unit_name=holder.unit_name,
            superior_code=holder.superior_code,
            superior_name=holder.superior_name,
            period=holder.period,
            serial=holder.serial,
            superior_contact=holder.superior_contact or self.superior_contact,
        )


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One field over the records of a sheet, as typed."""

    text: list[str]
    type: Sequence[int]  # CellType of each; bytes where there are many


@dataclass(frozen=True, slots=True)
class RawSheet:
    """The records found on one sheet, each cell with its address.

    A record sheet has one record whose fields stand in different rows; a table has many
    records whose fields stand in different columns.
    """

    name: str
    columns: Mapping[str, RawColumn]  # by field key; every column has the same length
    rows: Sequence[int]  # sheet row of each record (record sheet: one entry, unused)
    at: Mapping[str, tuple[int, int]]  # field key → (row, column); row 0 = the record's row
    explanations: Mapping[str, list[str]]  # 情况说明: by field key; those of a table under ''
    leftovers: tuple[tuple[str, str], ...] = ()  # (cell, text) of what the form does not know

    def __len__(self) -> int:
        return len(self.rows)

    def explanation(self, key: str, record: int) -> str:
        """The reason typed beside a field (record sheet) or a record (table)."""
        texts = self.explanations.get(key) or self.explanations.get("")
        return texts[record] if texts else ""

    def record(self, row: int) -> int | None:
        """The number of the record in a row of a table; records stand in order."""
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
    """One unit's answers as read from one file (or two halves), before they are validated."""

    file: str
    sheets: Mapping[str, RawSheet]  # by sheet key, of those that could be read
    stamp: Stamp
    issues: tuple[Issue, ...] = ()  # of the stages F, S, P
    files: Mapping[str, str] = field(default_factory=dict)  # sheet key → file, for two halves
    from_package: bool = False
    others: tuple[str, ...] = ()  # sheets of the file that are none of the form's

    def file_of(self, sheet: str) -> str:
        return self.files.get(sheet, self.file)

    def count(self, sheet: str) -> int:
        """How many records a sheet has; 0 where it is missing."""
        return len(self.sheets.get(sheet, ()))


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


class CellFix(NamedTuple):
    """A fixed cell: the note that gives the reason (and what was typed), and the new text."""

    note: Issue
    new: str

    @property
    def old(self) -> str:
        return self.note.value


@dataclass(frozen=True, slots=True)
class CellFixes(Collection[CellFix]):
    """The changes of a copy, in order; their notes stay packed."""

    notes: Issues
    new: Sequence[str]

    def __len__(self) -> int:
        return len(self.notes)

    def __contains__(self, change: object) -> bool:
        return any(change == one for one in self)

    def __iter__(self) -> Iterator[CellFix]:
        return map(CellFix, self.notes, self.new)


@dataclass(frozen=True, slots=True)
class Records:
    """A validated submission in canonical text: what a package is made from."""

    record: Mapping[str, str]  # field key → canonical text ('' = blank)
    tables: Mapping[str, Mapping[str, list[str]]]  # sheet key → field key → one text a row
    reasons: tuple[tuple[str, str, str], ...]  # (field path, record label, reason typed)
    stamp: Stamp
    today: date

    def columns(self, sheet: str, keys: Sequence[str]) -> list[list[str]]:
        """Some fields of a sheet, each as a column; a field that nobody answered is blank."""
        if sheet not in self.tables:
            return [[self.record.get(key, "")] for key in keys]
        found = self.tables[sheet]
        blank = [""] * max(map(len, found.values()), default=0)
        return [found.get(key, blank) for key in keys]


@dataclass(frozen=True, slots=True)
class SigningUnit:
    """What a unit's identity file brings to a package; all blank without one."""

    document: bytes | None = None  # the file without its secret: what workers may see
    issues: tuple[Issue, ...] = ()
    sign: Callable[[bytes], bytes] | None = None
    seal: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """What a submission says, with labels in place of codes."""

    record: Mapping[str, str]  # field key → text
    tables: Mapping[str, Mapping[str, Sequence[str]]]  # sheet key → field key → one text a row
