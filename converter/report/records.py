"""A submission's contents for reading, querying and printing."""

from __future__ import annotations

from typing import Any

from converter.messages.catalogue import message
from converter.model.forms import Form, Sheet
from converter.report import table
from converter.report.page import tables_page
from converter.report.table import Table
from converter.text import masking


def text(
    found: dict[str, Any], form: Form, *, member: str = "", show_ids: bool = False, width: int = 0
) -> str:
    """The contents as terminal tables; with `member` only the members it finds."""
    return table.text(_tables(found, form, member, show_ids), width)


def html(found: dict[str, Any], form: Form, *, member: str = "", show_ids: bool = False) -> str:
    """The same as a page to print."""
    unit = found["outcome"].unit_name
    return tables_page(_tables(found, form, member, show_ids), form.title, unit)


def _tables(found: dict[str, Any], form: Form, member: str, show_ids: bool) -> list[Table]:
    tables = [
        _table(found["tables"][t.key], t, form, member.strip(), show_ids) for t in form.tables
    ]
    if member:
        return tables[:1]
    rows = [[field.title, found["record"][field.key]] for field in form.record]
    header = [message("show_item"), message("show_answer")]
    return [Table(message("show_unit"), header, rows), *tables]


def _table(
    columns: dict[str, list[str]], sheet: Sheet, form: Form, wanted: str, show_ids: bool
) -> Table:
    count = max(map(len, columns.values()), default=0)
    keys = [field.key for field in sheet]
    ids = {field.key for field in sheet if field.kind == "id_number"}
    chosen = [n for n in range(count) if not wanted or _holds(columns, keys, n, wanted)]
    header = [message("show_number"), *(field.title for field in sheet)]
    rows: list[list[str | int]] = []
    for n in chosen:
        texts = [columns[key][n] for key in keys]
        if not show_ids:
            texts = [
                masking.whole(t) if key in ids else masking.text(t)
                for key, t in zip(keys, texts, strict=True)
            ]
        rows.append([n + 1, *texts])
    name = "show_found" if wanted else "show_members" if sheet is form.main_table else "show_rows"
    title = message(name, count=len(rows), rows=sheet.rows_name, counter=sheet.counter)
    return Table(title, header, rows)


def _holds(columns: dict[str, list[str]], keys: list[str], row: int, wanted: str) -> bool:
    """Whether a member's name or number holds the text (letter case does not count)."""
    return any(wanted.upper() in columns[key][row].upper() for key in keys[:2])
