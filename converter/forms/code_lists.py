"""CSV code lists → `CodeList`. A broken list is refused with its line and column."""

from __future__ import annotations

import csv
import io
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
    entries, seen = [], set()
    for number, row in enumerate(rows, 2):
        line, found = f"[{number}]", ",".join(row)
        if len(row) > len(columns):
            raise FormError(
                path, line, "form_columns_count", found=found, actual=len(row), count=len(columns)
            )
        row += [""] * (len(columns) - len(row))  # what stands behind the last entry may be left out
        if not row[code].strip() or not row[label].strip():
            raise FormError(path, line, "form_code_blank", found=found)
        if row[code].strip() in seen:
            raise FormError(path, line, "form_code_twice", found=found, code=row[code])
        seen.add(row[code].strip())
        aliases, parent, group = (row[at] if at >= 0 else "" for at in parts)
        entries.append(
            Code(
                row[code].strip(),
                row[label].strip(),
                tuple(a.strip() for a in aliases.split("|")) if aliases else (),
                parent,
                group,
                {name: row[at] for name, at in further.items()} if further else {},
            )
        )
    return CodeList(path.stem, tuple(entries))
