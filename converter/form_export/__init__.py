"""A form in other people's formats: what fields there are, of which type, within which limits.

Each module knows one format. All take types, limits, lists and keys from the Table Schema that
packages carry, so that they say the same. Rules between fields are in none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from converter.form_export import csvw, json_schema, table_schema, xlsform
from converter.model.forms import Form


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """How a form is written, and the suffix of the file."""

    suffix: str
    write: Callable[[Form], bytes]


FORMATS: Mapping[str, ExportFormat] = {
    "table-schema": ExportFormat(".json", table_schema.write),
    "csvw": ExportFormat(".json", csvw.write),
    "json-schema": ExportFormat(".json", json_schema.write),
    "xlsform": ExportFormat(".xlsx", xlsform.write),
}
