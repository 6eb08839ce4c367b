"""CSV code lists → `CodeList`. A broken list is refused with its line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import repeat, zip_longest
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
    # Column by column: a list of regions has seven thousand rows, and every command reads it.
    # What stands behind the last entry of a row may be left out.
    by_name = {name: cells for name, *cells in zip_longest(columns, *rows, fillvalue="")}
    codes, labels = (list(map(str.strip, by_name[name])) for name in REQUIRED)
    if max(map(len, rows)) > len(columns) or not all(codes) or not all(labels):
        raise _first_fault(path, columns, rows)
    if len(set(codes)) < len(codes):
        raise _first_fault(path, columns, rows)
    none = repeat("")
    aliases = map(_aliases, by_name["aliases"]) if "aliases" in by_name else repeat(())
    parents, groups = by_name.get("parent", none), by_name.get("group", none)
    further = [name for name in columns if name not in Code._fields]
    values = zip(*(by_name[name] for name in further), strict=True)
    extra = (dict(zip(further, row, strict=True)) for row in values) if further else repeat({})
    return CodeList(path.stem, tuple(map(Code, codes, labels, aliases, parents, groups, extra)))


def _aliases(cell: str) -> tuple[str, ...]:
    return tuple(alias.strip() for alias in cell.split("|")) if cell else ()


def _first_fault(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> FormError:
    """The first row at fault of a list that has one."""
    seen = set[str]()
    for number, row in enumerate(rows, 2):
        if len(row) > len(columns):
            counts = {"actual": len(row), "count": len(columns)}
            return _refused(path, number, row, "form_columns_count", **counts)
        cells = dict(zip_longest(columns, row, fillvalue=""))
        code = cells["code"].strip()
        if not code or not cells["label"].strip():
            return _refused(path, number, row, "form_code_blank")
        if code in seen:
            return _refused(path, number, row, "form_code_twice", code=cells["code"])
        seen.add(code)
    raise AssertionError(path)


def _refused(
    path: Path, line: int, row: Sequence[str], message_key: str, **params: str | int
) -> FormError:
    found = ",".join(row)
    return FormError(path, f"[{line}]", message_key, found=found, choices=(), **params)
