"""JSON Schema (https://json-schema.org, 2020-12): an object with the record and the lists of rows,
by the names of their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.kinds.options import YEAR_MONTH
from converter.model.forms import Form, Resource
from converter.package.descriptor import table_schema, to_bytes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "yearmonth": {"type": "string", "pattern": YEAR_MONTH},
}


def write(form: Form) -> bytes:
    tables = {resource.name: _table(resource, form) for resource in form.package.resources}
    return to_bytes(
        {
            "$schema": DIALECT,
            "$id": f"urn:form:{form.id}:{form.version}",
            "title": form.title,
            "type": "object",
            "properties": tables,
            "required": list(tables),
            "additionalProperties": False,
        }
    )


def _table(resource: Resource, form: Form) -> dict[str, Any]:
    fields = table_schema(resource, form)["fields"]
    needed = [one["name"] for one in fields if one.get("constraints", {}).get("required")]
    record = {
        "type": "object",
        "properties": {one["name"]: _property(one) for one in fields},
        "required": needed,
        "additionalProperties": False,
    }
    sheet = form.sheet(resource.sheet)
    if sheet.is_record:
        return {"title": sheet.title, **record}
    return {"title": sheet.title, "type": "array", "items": record}


def _property(field: Mapping[str, Any]) -> dict[str, Any]:
    limits = field.get("constraints", {})
    found: dict[str, Any] = {"title": field["title"]}
    if "description" in field:
        found["description"] = field["description"]
    found |= _TYPES.get(field["type"], {"type": "string", "minLength": 1})
    keys = ("pattern",) if field["type"] == "yearmonth" else ("minimum", "maximum", "pattern")
    found |= {key: limits[key] for key in keys if key in limits}
    if "enum" in limits:
        labels = {one["value"]: one["label"] for one in field.get("categories", ())}
        found["oneOf"] = [{"const": c, "title": labels.get(c, c)} for c in limits["enum"]]
    return found
