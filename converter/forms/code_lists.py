"""CSV code lists → `CodeList`. A broken list is refused with its line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from converter.forms.toml_access import read_text
from converter.model.errors import FormError
from converter.model.forms import Code, CodeList

REQUIRED = ("code", "label")


def code_lists(folder: Path) -> dict[str, CodeList]:
    """All lists of a folder, by file name. Raises FormError."""
    return {path.stem: code_list(path) for path in sorted(folder.glob("*.csv"))}


def code_list(path: Path) -> CodeList:
    try:
        columns, *rows = list(
            csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
        ) or [[]]
    except csv.Error as error:  # a quotation mark that is never closed
        raise FormError(path, "", "form_not_csv") from error
    for column in REQUIRED:
        if column not in columns:
            found = ",".join(columns)
            raise FormError(path, "[1]", "form_no_column", found=found, column=column)
    if not rows:
        raise FormError(path, "", "form_no_codes")
    code, label = columns.index("code"), columns.index("label")
    further = {name: at for at, name in enumerate(columns) if name not in Code._fields}
    parts = [columns.index(n) if n in columns else -1 for n in ("aliases", "parent", "group")]
    entries: dict[str, Code] = {}
    for number, row in enumerate(rows, 2):
        given = row
        if len(row) > len(columns):
            counts = {"actual": len(row), "count": len(columns)}
            raise _refused(path, number, given, "form_columns_count", **counts)
        if len(row) < len(columns):  # what stands behind the last entry may be left out
            row = row + [""] * (len(columns) - len(row))
        key, name = row[code].strip(), row[label].strip()
        if not key or not name:
            raise _refused(path, number, given, "form_code_blank")
        if key in entries:
            raise _refused(path, number, given, "form_code_twice", code=row[code])
        aliases, parent, group = (row[at] if at >= 0 else "" for at in parts)
        entries[key] = Code(
            key,
            name,
            tuple(a.strip() for a in aliases.split("|")) if aliases else (),
            parent,
            group,
            {name: row[at] for name, at in further.items()} if further else {},
        )
    return CodeList(path.stem, tuple(entries.values()))


def _refused(
    path: Path, line: int, row: Sequence[str], message_key: str, **params: str | int
) -> FormError:
    found = ",".join(row)
    return FormError(path, f"[{line}]", message_key, found=found, choices=(), **params)
