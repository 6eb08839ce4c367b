"""What a form definition is made of, as frozen data: fields, code lists, rules, the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from converter.model.issues import Level


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
    """A list of codes with their labels, from a CSV file."""

    name: str
    entries: tuple[Code, ...]

    def find(self, code: str) -> Code | None:
        return next((e for e in self.entries if e.code == code), None)


@dataclass(frozen=True, slots=True)
class Derivation:
    """A field that follows from another one of the same sheet and is never typed."""

    by: str  # a name in `converter.rules.derivations`
    source: str  # the other field's key
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One item that the form asks for."""

    key: str
    title: str
    kind: str
    sheet: str  # key of the sheet it stands on
    section: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()  # other headings that mean this field
    note: str = ""  # the 说明 column, in our own words
    options: Mapping[str, Any] = field(default_factory=dict)  # read by the kind
    levels: Mapping[str, Level] = field(default_factory=dict)  # overrides for this field
    derive: Derivation | None = None
    identity: str = ""  # the identity file's entry that fills and locks this field
    near: tuple[str, ...] = ()  # headings of other lists that are likely to mean this field …
    doubtful: tuple[str, ...] = ()  # … and those that are never taken for it without asking
    width: int = 0  # characters, for the template
    source: str = ""  # the public standard or notice that it rests on

    @property
    def path(self) -> str:
        """The name rules use: unit.staff, member.id_number."""
        return f"{self.sheet}.{self.key}"


def sheet_of(path: str) -> str:
    """The sheet in a field's path: `member` of `member.name`."""
    return path.partition(".")[0]


class SheetShape(StrEnum):
    """How a sheet holds its records."""

    RECORD = "record"  # one record, a field a line
    TABLE = "table"  # a record a row, a field a column


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook and what is asked on it."""

    key: str
    shape: SheetShape
    title: str
    fields: tuple[Field, ...]
    headings: Mapping[str, str]  # roles that are no field: number, check, explanation, …
    rows_name: str = ""  # of a table: what its rows are, e.g. 会员 …
    counter: str = ""  # … and the word they are counted by, e.g. 人
    aliases: tuple[str, ...] = ()  # other sheet names that are found by name
    remarks: tuple[str, ...] = ()  # how rows begin that are no records: totals, signatures
    further_remarks: tuple[str, ...] = ()  # the same, too rare for the workbook's formulas
    remark_endings: tuple[str, ...] = ()  # how names of departments and offices end
    other_people: tuple[str, ...] = ()  # what headings name whose numbers are no record's

    @property
    def is_record(self) -> bool:
        return self.shape is SheetShape.RECORD

    def field(self, key: str) -> Field:
        return next(f for f in self.fields if f.key == key)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


_NO_TABLE = Sheet("", SheetShape.TABLE, "", (), MappingProxyType({}))


class Certainty(StrEnum):
    """How certain it is that a rule is right."""

    STATED = "stated"  # its source says so
    INFERRED = "inferred"  # it follows from what the items mean
    UNCERTAIN = "uncertain"  # nothing says so: no more than a warning


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
    source: str = ""  # the law, standard or notice that it rests on
    certainty: Certainty | None = None
    beta: bool = False  # on trial: its findings are shown and counted, but are never errors


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change to one check while reports are being collected."""

    code: str
    level: Level | None  # None: the check is switched off
    since: str  # ISO date
    reason: str
    field: str = ""  # the path of the only field that it is about; '' = all

    @property
    def target(self) -> str:
        """What is amended, as commands take it: X101, K601, K601:unit.honour."""
        return f"{self.code}:{self.field}" if self.field else self.code


@dataclass(frozen=True, slots=True)
class Resource:
    """One table of the report package: which sheet, which file name, which columns."""

    name: str
    path: str
    sheet: str
    columns: tuple[tuple[str, str], ...]  # (column name, field key)


@dataclass(frozen=True, slots=True)
class PackageProfile:
    """How a report package is laid out: names of its members, encoding, tables."""

    descriptor: str
    identity: str
    signature: str
    encoding: str
    resources: tuple[Resource, ...]

    def signed(
        self, members: Iterable[tuple[str, bytes]], sign: Callable[[bytes], bytes]
    ) -> list[tuple[str, bytes]]:
        """The members of a package with a signature of its descriptor, which names the digests of
        the others."""
        members = list(members)
        return [*members, (self.signature, sign(dict(members)[self.descriptor]))]


class FormChange(NamedTuple):
    """One difference between two definitions of a form: of which kind, and what it is about."""

    kind: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EarlierForm:
    """A definition that a form replaced, and what is different now."""

    version: str
    digest: str  # of its cards
    changes: tuple[FormChange, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked and how it is checked: everything in the form's folder."""

    id: str
    version: str
    title: str
    sheets: tuple[Sheet, ...]  # in the order of the workbook
    codes: Mapping[str, CodeList]
    rules: tuple[Rule, ...]
    package: PackageProfile
    levels: Mapping[str, Level]  # overrides for the whole form
    prose: Mapping[str, Any]  # instructions, contacts, labels of the template
    limits: Mapping[str, int]  # e.g. rows beyond which Excel leaves duplicates alone
    digest: str = ""  # tells definitions of one version apart; '' where only cards were read
    cards_digest: str = ""  # the same without what was amended, which changes no workbook
    amendments: Mapping[str, Amendment] = field(default_factory=dict)  # by their targets
    earlier: tuple[EarlierForm, ...] = ()

    @property
    def news(self) -> str:
        """What its maintainer says is new in this version."""
        return str(self.prose.get("news", ""))

    @property
    def record(self) -> Sheet:
        """The sheet that describes the unit. Every form but the roster has exactly one."""
        return next(sheet for sheet in self.sheets if sheet.is_record)

    @property
    def tables(self) -> tuple[Sheet, ...]:
        return tuple(sheet for sheet in self.sheets if not sheet.is_record)

    @property
    def main_table(self) -> Sheet:
        """The first table, whose rows are what summaries, receipts and the register count; one
        without fields where the form has none."""
        return next(iter(self.tables), _NO_TABLE)

    @property
    def main_resources(self) -> tuple[str, ...]:
        """What a package calls the main table; nothing where there is none."""
        return tuple(r.name for r in self.package.resources if r.sheet == self.main_table.key)

    def main_rows(self, counts: Mapping[str, int]) -> int:
        """How many rows the main table has, by what a package says of its resources."""
        return sum(counts.get(name, 0) for name in self.main_resources)

    def sheet(self, key: str) -> Sheet:
        """Look a sheet up by its key. Raises StopIteration when unknown."""
        return next(sheet for sheet in self.sheets if sheet.key == key)

    def sheet_named(self, name: str) -> Sheet | None:
        """The sheet that goes by this name, in a workbook or as a package's table."""
        paths = {resource.path: resource.sheet for resource in self.package.resources}
        for sheet in self.sheets:
            if name == sheet.title or name in sheet.aliases or paths.get(name) == sheet.key:
                return sheet
        return None

    def field_at(self, sheet: str, key: str) -> Field | None:
        """The field of this key. Where several sheets have one, the sheet's name decides."""
        found = [field for one in self.sheets for field in one if field.key == key]
        if len(found) > 1 and (named := self.sheet_named(sheet)):
            found = [field for field in found if field.sheet == named.key] or found
        return found[0] if found else None

    def field(self, path: str) -> Field:
        """Look a field up by its path (unit.staff). Raises StopIteration when unknown."""
        sheet, _, key = path.partition(".")
        return self.sheet(sheet).field(key)

    def rule(self, code: str) -> Rule | None:
        return next((r for r in self.rules if r.code == code), None)
