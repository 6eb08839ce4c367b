"""Table Schema (https://datapackage.org/standard/table-schema/): one for each table, in a Data
Package of the files that a unit sends."""

from __future__ import annotations

from converter.model.forms import Form
from converter.package.descriptor import PROFILE, table_schema, to_bytes


def write(form: Form) -> bytes:
    return to_bytes(
        {
            "$schema": PROFILE,
            "name": form.id,
            "title": form.title,
            "version": form.version,
            "resources": [
                {
                    "name": resource.name,
                    "path": resource.path,
                    "title": form.sheet(resource.sheet).title,
                    "type": "table",
                    "format": "csv",
                    "mediatype": "text/csv",
                    "encoding": form.package.encoding,
                    "schema": table_schema(resource, form),
                }
                for resource in form.package.resources
            ],
        }
    )
