"""CSV on the Web (https://www.w3.org/TR/tabular-metadata/): metadata of the files of a package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from converter.model.forms import Form, Resource
from converter.package.descriptor import table_schema, to_bytes

CONTEXT = ["http://www.w3.org/ns/csvw", {"@language": "zh"}]
_TYPES = {"yearmonth": "gYearMonth"}


def write(form: Form) -> bytes:
    paths = {resource.name: resource.path for resource in form.package.resources}
    return to_bytes(
        {
            "@context": CONTEXT,
            "dc:title": form.title,
            "dc:identifier": f"{form.id} {form.version}",
            "dialect": {"encoding": form.package.encoding, "lineTerminators": ["\r\n", "\n"]},
            "tables": [_table(one, form, paths) for one in form.package.resources],
        }
    )


def _table(resource: Resource, form: Form, paths: Mapping[str, str]) -> dict[str, Any]:
    schema = table_schema(resource, form)
    found: dict[str, Any] = {"columns": [_column(field) for field in schema["fields"]]}
    if keys := schema.get("primaryKey"):
        found["primaryKey"] = keys
    if foreign := schema.get("foreignKeys"):
        found["foreignKeys"] = [
            {
                "columnReference": one["fields"],
                "reference": {
                    "resource": paths[one["reference"]["resource"]],
                    "columnReference": one["reference"]["fields"],
                },
            }
            for one in foreign
        ]
    title = form.sheet(resource.sheet).title
    return {"url": resource.path, "dc:title": title, "tableSchema": found}


def _column(field: Mapping[str, Any]) -> dict[str, Any]:
    """Headings of the files are the columns' names; the title goes along as a label."""
    limits = field.get("constraints", {})
    datatype: dict[str, Any] = {"base": _TYPES.get(field["type"], field["type"])}
    if datatype["base"] not in _TYPES.values():  # readers take limits of months for a mistake
        datatype |= {key: limits[key] for key in ("minimum", "maximum") if key in limits}
    if pattern := _pattern(limits):
        datatype["format"] = pattern
    column = {
        "name": field["name"],
        "titles": field["name"],
        "rdfs:label": field["title"],
        "datatype": datatype,
        "required": bool(limits.get("required")),
        "null": "",
    }
    if "description" in field:
        column["dc:description"] = field["description"]
    return column


def _pattern(limits: Mapping[str, Any]) -> str:
    """What a text must match as a whole: a pattern, or one of a list's codes."""
    if "enum" in limits:
        return "|".join(map(re.escape, limits["enum"]))
    return str(limits.get("pattern", "")).removeprefix("^").removesuffix("$")
