"""A report package → Submission. Everything in it may come from a stranger.

Members are read into memory by their exact names, never extracted; what they inflate to is
counted while they inflate. The descriptor's schemas are for other tools: here the form alone
says what a table must be. `read` never raises on bad data; stage P issues tell what is wrong,
and a table is handed on wherever its records can be distinguished. Sealed tables are opened in
memory where an opener is given, and read like others once they were opened to their end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from converter.files import canonical_json
from converter.forms import earlier
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.forms import Form, Resource
from converter.model.issues import Issue, Place
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.package import descriptor, origin, tables
from converter.package.archive import (
    REASONS,
    SEALED,
    PackageFindings,
    PackageRefused,
    listed,
    members_of,
)
from converter.text import characters

if TYPE_CHECKING:
    from converter.identity import Union


SEALED_CODE = "P141"  # sealed, and nobody here has the key


class TableOpener(Protocol):
    """Opens what was sealed for somebody: `keys.Opener`."""

    def open(self, sealed: bytes) -> bytes | None:
        """The whole of what was sealed, or None: never a part of it."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A package and what its envelope proves."""

    submission: Submission
    created: str = ""  # UTC, as the descriptor says; nobody vouches for it unless `signed`
    signed: bool = False  # by the unit's key (and that union's unit, where a union was given)
    sealed: bool = False
    counts: Mapping[str, int] = field(
        default_factory=dict
    )  # records by resource, as the descriptor has it
    document: bytes = b""  # the identity file inside


def read(path: Path, form: Form) -> Submission:
    """Read a package. Its tables' cells are TEXT or BLANK; sheets bear their file's name
    (members.csv) and rows are its lines."""
    return examine(path, form).submission


def examine(
    path: Path,
    form: Form,
    *,
    union: Union | None = None,
    opener: TableOpener | None = None,
    received: date | None = None,
) -> Examined:
    """Read a package as its receiver does: issued by this union, opened with its key. `received`
    is the day when it came, where that matters."""
    findings = PackageFindings(str(path), form)
    try:
        members = members_of(path, form, findings)
        described = _descriptor(members, form, findings)
    except PackageRefused:
        nothing = Submission(str(path), {}, Stamp(), tuple(findings.issues))
        return Examined(replace(nothing, from_package=True))
    reader = _DescriptorReader(described, findings)
    before = len(findings.issues)
    stamp = _stamp(reader)
    created = reader.text("created")
    named = len(findings.issues) == before  # otherwise comparing names would be a second alarm
    sheets = _sheets(members, reader, form, findings, opener)
    if isinstance(described.get("created"), str) and not origin.is_time(created):
        findings.note("P135", form.package.descriptor, found=created[:40])
    signed = origin.validate(
        members, stamp if named else None, created, form, findings, union, received
    )
    record = sheets.get(form.record.key)
    if record is not None and named:
        _same_unit(record, stamp, form, findings)
    submission = Submission(str(path), sheets, stamp, tuple(findings.issues), from_package=True)
    counts = {r.name: reader.number("counts", r.name) or 0 for r in form.package.resources}
    sealed = any(name.endswith(SEALED) for name in members)
    document = members.get(form.package.identity, b"")
    return Examined(submission, created, signed, sealed, counts, document)


def same_contents(path: Path, form: Form, new: bytes) -> bool:
    """Whether a package has the contents (tables, reasons, names) of the descriptor `new`. Of
    sealed reasons nobody here can tell."""
    try:
        members = members_of(path, form, PackageFindings(str(path), form))
        old = canonical_json.read(members[form.package.descriptor])
    except (PackageRefused, ValueError):
        return False
    contents = _contents(old)
    return contents is not None and bool(contents == _contents(json.loads(new)))


def _contents(described: Any) -> Any:
    """A descriptor without what differs each time a package is made; None where that cannot be
    distinguished from what was typed."""
    resources = described.get("resources", ())
    if any(resource["path"] == REASONS + SEALED for resource in resources):
        return None
    kept = {key: value for key, value in described.items() if key not in ("created", "generator")}
    each_time = ("bytes", "hash")
    kept["resources"] = [
        {k: v for k, v in one.items() if k not in each_time or not one["path"].endswith(SEALED)}
        for one in resources
    ]
    return kept


# --- the descriptor ------------------------------------------------------------------------


def _descriptor(
    members: Mapping[str, bytes], form: Form, findings: PackageFindings
) -> dict[str, Any]:
    name = form.package.descriptor
    try:
        described = canonical_json.read(members[name])
    except ValueError as error:
        raise findings.refuse("P111", name) from error
    if not isinstance(described, dict) or described.get("format") != descriptor.FORMAT:
        raise findings.refuse("P112", name)
    of = described.get("form")
    of = of if isinstance(of, dict) else {}
    if of.get("id") != form.id:
        raise findings.refuse("P113", name, found=str(of.get("id", ""))[:40], expected=form.id)
    found, digest = (str(of.get(key, ""))[:40] for key in ("version", "digest"))
    if of.get("version") != form.version:
        changed = earlier.params_since(form, found, digest)
        findings.note("P114", name, found=found, expected=form.version, **changed)
    elif form.digest and of.get("digest", form.digest) != form.digest:
        findings.note("P119", name, **earlier.params_since(form, found, digest))
    return described


@dataclass(slots=True)
class _DescriptorReader:
    """Takes values of the right type from the descriptor, noting those that are not there."""

    described: Mapping[str, Any]
    findings: PackageFindings

    def text(self, *keys: str) -> str:
        value = self._find(keys)
        if isinstance(value, str):
            return value
        self._missing(".".join(keys))
        return ""

    def number(self, *keys: str) -> int | None:
        value = self._find(keys)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._missing(".".join(keys))
        return None

    def entries(self, key: str) -> list[dict[str, Any]]:
        value = self._find((key,))
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            return value
        self._missing(key)
        return []

    def _find(self, keys: tuple[str, ...]) -> Any:
        value: Any = self.described
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _missing(self, key: str) -> None:
        self.findings.note("P115", self.findings.form.package.descriptor, key=key)


def _stamp(reader: _DescriptorReader) -> Stamp:
    return Stamp(
        form=reader.text("form", "id"),
        version=reader.text("form", "version"),
        unit_code=reader.text("unit", "code"),
        unit_name=reader.text("unit", "name"),
        superior_code=reader.text("superior", "code"),
        superior_name=reader.text("superior", "name"),
        period=reader.text("period"),
        serial=reader.number("serial") or 0,
    )


# --- the tables ----------------------------------------------------------------------------


def _sheets(
    members: Mapping[str, bytes],
    reader: _DescriptorReader,
    form: Form,
    findings: PackageFindings,
    opener: TableOpener | None,
) -> dict[str, RawSheet]:
    entries = {str(entry.get("path")): entry for entry in reader.entries("resources")}
    known = members.keys() | entries.keys()
    paths = [resource.path for resource in form.package.resources]
    if REASONS + SEALED in known:
        paths.append(REASONS)
    names = {path: path + SEALED if path + SEALED in known else path for path in paths}
    checks = [_intact(n, members.get(n), entries.get(n), findings) for n in names.values()]
    found = {path: members[name] for path, name in names.items() if name in members}
    if any(path != name for path, name in names.items()):
        found = _opened(found, names, reader, findings, opener)
    paths = [resource.path for resource in form.package.resources]
    if all(checks) and all(path in found for path in paths):
        digest = descriptor.digest((path, found[path]) for path in paths)
        if reader.text("digest") != digest:
            findings.note("P116", form.package.descriptor)
    sheets: dict[str, RawSheet] = {}
    for resource in form.package.resources:
        if resource.path in found:
            sheet = _sheet(resource, found[resource.path], form, findings)
            if sheet is not None and _counted(resource, len(sheet), reader, form, findings):
                sheets[resource.sheet] = sheet
    reasons = reader.entries("reasons")
    if REASONS in found:
        reasons += _sealed_reasons(found[REASONS], reader)
    return _explain(sheets, reasons, form, findings)


def _opened(
    found: Mapping[str, bytes],
    names: Mapping[str, str],
    reader: _DescriptorReader,
    findings: PackageFindings,
    opener: TableOpener | None,
) -> dict[str, bytes]:
    """What was sealed, opened. A package is sealed whole: what stands beside it in plain sight
    is not what was sealed."""
    for path in found:
        if names[path] == path:
            findings.note("P143", path)
    sealed = {path: data for path, data in found.items() if names[path] != path}
    if opener is None:
        counts = (reader.number("counts", name) or 0 for name in findings.form.main_resources)
        findings.note(SEALED_CODE, count=sum(counts))
        return {}
    plain: dict[str, bytes] = {}
    for path, data in sealed.items():
        inside = opener.open(data)
        if inside is None:
            findings.note("P142", names[path])
        else:
            plain[path] = inside
    return plain


def _sealed_reasons(data: bytes, reader: _DescriptorReader) -> list[dict[str, Any]]:
    try:
        inside = canonical_json.read(data)
    except ValueError:
        inside = None
    return _DescriptorReader({"reasons": inside}, reader.findings).entries("reasons")


def _intact(
    path: str, data: bytes | None, entry: Mapping[str, Any] | None, findings: PackageFindings
) -> bool:
    """Whether a member is there and is what the descriptor says it is."""
    if data is None:
        findings.note("P120", path)
    elif entry is None:
        findings.note("P115", findings.form.package.descriptor, key=f"resources: {path}")
    elif entry.get("bytes") != len(data) or entry.get("hash") != descriptor.hash_of(data):
        findings.note("P116", path)
    else:
        return True
    return False


def _sheet(
    resource: Resource, data: bytes, form: Form, findings: PackageFindings
) -> RawSheet | None:
    try:
        table = tables.decode(data, form.package.encoding)
    except tables.MalformedCsv as error:
        params = dict(error.params)
        row = int(params.pop("row"))
        findings.note(error.code, resource.path, row, row=row, **params)
        return None
    if not _columns_fit(resource, table, findings):
        return None
    by_name = dict(zip(table.header, table.columns, strict=True))
    position = {name: number for number, name in enumerate(table.header, 1)}
    blank = [""] * len(table)
    columns, at = {}, {}
    row = 2 if form.sheet(resource.sheet).is_record else 0
    for name, key in resource.columns:
        columns[key] = _cells(by_name.get(name, blank))
        at[key] = (row, position.get(name, 0))
    rows = list(range(2, len(table) + 2))
    return RawSheet(resource.path, columns, rows, at, {})


def _columns_fit(resource: Resource, table: tables.CsvTable, findings: PackageFindings) -> bool:
    """A package of this very version has exactly the profile's columns; an older or newer one
    is read by the names that both know."""
    expected = [name for name, _ in resource.columns]
    missing = sorted(set(expected) - set(table.header))
    unknown = sorted(set(table.header) - set(expected))
    if len(set(table.header)) != len(table.header) or len(missing) == len(expected):
        findings.note("P118", resource.path, 1)
        return False
    if missing or unknown:
        other = any(issue.code == "P114" for issue in findings.issues)
        params = {"missing": listed(missing) or "—", "unknown": listed(unknown) or "—"}
        findings.note("P123" if other else "P122", resource.path, 1, **params)
    return True


def _cells(texts: list[str]) -> RawColumn:
    """Text of nothing but spaces is blank, here as in a workbook."""
    filled = ["" if characters.is_blank(text) else text for text in texts]
    return RawColumn(filled, [int(CellType.TEXT if t else CellType.BLANK) for t in filled])


def _counted(
    resource: Resource, found: int, reader: _DescriptorReader, form: Form, findings: PackageFindings
) -> bool:
    """Whether the number of records is one to go on with; a false total alone is only noted."""
    stated = reader.number("counts", resource.name)
    if stated is not None and stated != found:
        findings.note("P124", resource.path, declared=stated, found=found)
    if form.sheet(resource.sheet).is_record and found != 1:
        findings.note("P125", resource.path, found=found)
        return False
    return True


def _explain(
    sheets: Mapping[str, RawSheet],
    reasons: list[dict[str, Any]],
    form: Form,
    findings: PackageFindings,
) -> dict[str, RawSheet]:
    """The sheets with the reasons beside the fields of the record and the rows of tables."""
    texts: dict[str, dict[str, list[str]]] = {key: {} for key in sheets}
    for number, entry in enumerate(reasons, 1):
        path, row, reason = entry.get("field"), entry.get("row"), entry.get("reason")
        row = 2 if row is None else row
        if not (isinstance(path, str) and isinstance(row, int) and isinstance(reason, str)):
            findings.note("P115", form.package.descriptor, key=f"reasons[{number}]")
            continue
        key, _, field_key = path.partition(".")
        if key not in sheets or (field_key and field_key not in sheets[key].columns):
            continue  # of a table that could not be read, or of a field of another version
        if not 2 <= row < len(sheets[key]) + 2:
            findings.note("P115", form.package.descriptor, key=f"reasons[{number}]")
            continue
        column = texts[key].setdefault(field_key, [""] * len(sheets[key]))
        column[row - 2] = reason
    return {key: replace(sheet, explanations=texts[key]) for key, sheet in sheets.items()}


# --- who it is from --------------------------------------------------------------------------


def _same_unit(record: RawSheet, stamp: Stamp, form: Form, findings: PackageFindings) -> None:
    """The names in the table are those the descriptor goes by."""
    stamped = {"unit_name": stamp.unit_name, "superior_name": stamp.superior_name}
    for card in form.record:
        column, stamp_text = record.columns.get(card.key), stamped.get(card.identity, "")
        if column and column.text and stamp_text and column.text[0] not in ("", stamp_text):
            place = Place(findings.file, record.name, *record.at[card.key], card.key)
            level = catalogue.entry("P127", form).level
            params = {"expected": stamp_text}
            findings.issues.append(Issue("P127", level, place, column.text[0], params))
