"""CSV code lists → `CodeList`. A broken list is refused with its line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from converter.files.toml_access import read_text
from converter.model.errors import FormError
from converter.model.forms import Code, CodeList

REQUIRED = ("code", "label")
OPTIONAL = ("aliases", "parent", "group")


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
    alias, parent, group = (columns.index(n) if n in columns else -1 for n in OPTIONAL)
    entries: dict[str, Code] = {}
    for number, row in enumerate(rows, 2):
        if len(row) > len(columns):
            counts = {"actual": len(row), "count": len(columns)}
            raise _refused(path, number, row, "form_columns_count", **counts)
        # What stands behind the last entry may be left out; the last cell is that of columns which
        # the list does not have.
        cells = row + [""] * (len(columns) + 1 - len(row))
        key, name = cells[code].strip(), cells[label].strip()
        if not key or not name:
            raise _refused(path, number, row, "form_code_blank")
        if key in entries:
            raise _refused(path, number, row, "form_code_twice", code=cells[code])
        aliases = tuple(a.strip() for a in cells[alias].split("|")) if cells[alias] else ()
        extra = {name: cells[at] for name, at in further.items()} if further else {}
        entries[key] = Code(key, name, aliases, cells[parent], cells[group], extra)
    return CodeList(path.stem, tuple(entries.values()))


def _refused(
    path: Path, line: int, row: Sequence[str], message_key: str, **params: str | int
) -> FormError:
    found = ",".join(row)
    return FormError(path, f"[{line}]", message_key, found=found, choices=(), **params)
