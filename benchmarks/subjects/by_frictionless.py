"""frictionless with a Table Schema of the member sheet: required, pattern, unique, date.

Checksums, blanks in ID numbers, dates as clerks type them and rules between fields are beyond it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from converter.template.layout import FIRST_HELPER, MemberLayout
from tests.filling import FORM

MEMBER_SHEET = FORM.main_table.title
LAYOUT = MemberLayout(FORM.main_table, 1)
# It gives a sheet up at the first heading it does not know, and the live checks' columns have
# none: so rows are read below the headings, and every column has a field.
DIALECT: dict[str, Any] = {
    "header": False,
    "commentRows": list(range(1, LAYOUT.FIRST_ROW)),
    "excel": {"sheet": MEMBER_SHEET},
}
FIELDS: list[dict[str, Any]] = [
    {"name": "number", "type": "integer"},
    {"name": "name", "type": "string", "constraints": {"required": True, "maxLength": 60}},
    {
        "name": "id_number",
        "type": "string",
        "constraints": {"required": True, "unique": True, "pattern": "[0-9]{17}[0-9X]"},
    },
    {"name": "joined_on", "type": "any"},
    {"name": "sex", "type": "string", "constraints": {"enum": ["男", "女"]}},
    {"name": "birthday", "type": "any"},
    {"name": "check", "type": "string"},
    {"name": "explanation", "type": "string"},
]
LAST_COLUMN = FIRST_HELPER + LAYOUT.helper_count - 1
SCHEMA = {
    "fields": FIELDS
    + [{"name": f"column{n}", "type": "any"} for n in range(len(FIELDS) + 1, LAST_COLUMN + 1)]
}
MOST_ERRORS = 1_000_000


def command(path: Path, folder: Path) -> list[str]:
    """Arguments of `frictionless validate` for a workbook; its schema is put into the folder."""
    schema = folder / "schema.json"
    schema.write_text(json.dumps(SCHEMA, ensure_ascii=False), encoding="utf-8")
    return [
        "-m", "frictionless", "validate", str(path), "--trusted", "--json",
        "--dialect", json.dumps(DIALECT), "--schema", str(schema),
        "--limit-errors", str(MOST_ERRORS),
    ]  # fmt: skip


def in_process(paths: Sequence[str], warm: str) -> Iterator[dict[str, Any] | None]:
    """Validate the member sheets of workbooks, one after the other."""
    from frictionless import Checklist, Dialect, Resource, Schema, system

    def validate(path: str) -> Any:
        dialect, schema = Dialect.from_descriptor(DIALECT), Schema.from_descriptor(SCHEMA)
        with system.use_context(trusted=True):
            resource = Resource(path=path, dialect=dialect, schema=schema)
            return resource.validate(Checklist(), limit_errors=MOST_ERRORS)

    validate(warm)
    yield None
    reports = [validate(path) for path in paths]
    yield {"errors": sum(report.stats["errors"] for report in reports)}
