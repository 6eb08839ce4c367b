"""datapackage.json: what a package says of itself, for any Frictionless tool and for us.

Data Package v2 with Table Schemas derived from the form (required, enum, pattern, unique,
limits of counts), plus our own properties; docs/package-format.md names each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from converter import __version__
from converter.kinds import KINDS, tolerance
from converter.messages import catalogue
from converter.model.forms import Field, Form, Resource, Rule
from converter.model.issues import Level
from converter.model.submissions import Records, Stamp
from converter.package.archive import REASONS, SEALED
from converter.rules.found_in import FoundIn
from converter.rules.unique import Unique

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
FORMAT = "gonghui-report-package/1"


@dataclass(frozen=True, slots=True)
class Content:
    """One table as it travels."""

    resource: Resource
    data: bytes
    records: int
    sealed: bytes = b""  # the same for the upper union's eyes only; b'' = travels as it is


def descriptor(
    form: Form,
    contents: Iterable[Content],
    records: Records,
    stamp: Stamp,
    created: int,
    sealed_reasons: bytes = b"",
) -> dict[str, Any]:
    contents = list(contents)
    sealed = any(content.sealed for content in contents)
    resources = [_sealed(c, form) if c.sealed else _resource(c, form) for c in contents]
    if sealed_reasons:
        resources.append(_age(REASONS, sealed_reasons))
    return {
        "$schema": PROFILE,
        "format": FORMAT,
        "name": form.id,
        "title": form.title,
        "created": datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "generator": f"converter {__version__}",
        "form": {"id": form.id, "version": form.version, "digest": form.digest},
        "unit": {"code": stamp.unit_code, "name": stamp.unit_name},
        "superior": {"code": stamp.superior_code, "name": stamp.superior_name},
        "period": stamp.period,
        "serial": stamp.serial,
        "counts": {c.resource.name: c.records for c in contents},
        "digest": digest((c.resource.path, c.data) for c in contents),
        # What was typed may name people: it is sealed with the tables.
        "reasons": [] if sealed else reasons(records),
        "resources": resources,
    }


def to_bytes(description: Mapping[str, Any] | Sequence[Any]) -> bytes:
    text = json.dumps(description, ensure_ascii=False, indent=2) + "\n"
    # Half a character (a reason may hold one) becomes the JSON escape of the same spelling.
    return text.encode("utf-8", "backslashreplace")


def digest(tables: Iterable[tuple[str, bytes]]) -> str:
    """One digest of all tables, (path, bytes) in the profile's order: the SHA-256 of what
    `sha256sum` prints of them, so that it can be had without this program."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in tables)
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def hash_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def reasons(records: Records) -> list[dict[str, Any]]:
    return [_reason(*reason) for reason in records.reasons]


def _sealed(content: Content, form: Form) -> dict[str, Any]:
    title = form.sheet(content.resource.sheet).title
    return _age(content.resource.path, content.sealed, content.resource.name) | {"title": title}


def _age(path: str, sealed: bytes, name: str = "") -> dict[str, Any]:
    """A resource that only the upper union can read as a table: no schema."""
    return {
        "name": name or path.partition(".")[0],
        "path": path + SEALED,
        "format": SEALED.removeprefix("."),
        "mediatype": "application/octet-stream",
        "bytes": len(sealed),
        "hash": hash_of(sealed),
    }


def _reason(path: str, record: str, text: str) -> dict[str, Any]:
    """`row` is the line of the table, its heading being line 1; null for the record's fields."""
    return {"field": path, "row": int(record) + 1 if record else None, "reason": text}


def _resource(content: Content, form: Form) -> dict[str, Any]:
    resource = content.resource
    return {
        "name": resource.name,
        "path": resource.path,
        "title": form.sheet(resource.sheet).title,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": form.package.encoding,
        "dialect": {
            "header": True,
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminator": "\r\n",
            "skipInitialSpace": False,
        },
        "bytes": len(content.data),
        "hash": hash_of(content.data),
        "schema": table_schema(resource, form),
    }


def table_schema(resource: Resource, form: Form) -> dict[str, Any]:
    """The Table Schema of a table: types, constraints, keys."""
    sheet = form.sheet(resource.sheet)
    unique = [path for rule in _binding(form, Unique.name) for path in rule.at]
    columns = [(name, sheet.field(key)) for name, key in resource.columns]
    schema: dict[str, Any] = {
        "fields": [_field(name, field, field.path in unique, form) for name, field in columns],
        "missingValues": [""],
    }
    keys = [
        name
        for name, field in columns
        if field.path in unique and tolerance.REQUIRED not in tolerance.tolerated(field, form)
    ]
    if keys:
        schema["primaryKey"] = keys[:1]
    if foreign := [*_foreign_keys(resource, form)]:
        schema["foreignKeys"] = foreign
    return schema


def _binding(form: Form, family: str) -> Iterator[Rule]:
    """The rules of a family that every package keeps: those whose findings are errors."""
    for rule in form.rules:
        if rule.family == family and catalogue.entry(rule.code, form).level is Level.ERROR:
            yield rule


def _foreign_keys(resource: Resource, form: Form) -> Iterator[dict[str, Any]]:
    """The columns whose values stand in a column of another table, by the form's rules."""
    columns = {
        f"{one.sheet}.{key}": (one, column)
        for one in form.package.resources
        for column, key in one.columns
    }
    for rule in _binding(form, FoundIn.name):
        for path in rule.at:
            own, other = columns.get(path), columns.get(FoundIn.rows(rule))
            if own and other and own[0] == resource:
                if tolerance.REQUIRED in tolerance.tolerated(form.field(FoundIn.rows(rule)), form):
                    continue  # blank cells may be the missing ones: the rule is silent
                reference = {"resource": other[0].name, "fields": [other[1]]}
                yield {"fields": [own[1]], "reference": reference}


def _field(name: str, field: Field, unique: bool, form: Form) -> dict[str, Any]:
    kind, tolerated = KINDS[field.kind], tolerance.tolerated(field, form)
    constraints: dict[str, Any] = {}
    if tolerance.is_always_filled(field, form):
        constraints["required"] = True
    if unique:
        constraints["unique"] = True
    pattern = {"pattern": kind.schema_pattern} if kind.schema_pattern else {}
    for key, value in (pattern | dict(kind.schema_constraints(field, form))).items():
        if tolerated.isdisjoint(kind.loosened_by.get(key, tolerated)):
            constraints[key] = value
    described: dict[str, Any] = {"name": name, "type": kind.schema_type, "title": field.title}
    if field.note:
        described["description"] = field.note
    if codes := kind.code_list(field, form):
        described["categories"] = [{"value": e.code, "label": e.label} for e in codes.entries]
    if constraints:
        described["constraints"] = constraints
    return described
