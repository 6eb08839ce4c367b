"""A submission's contents for reading, querying and printing."""

from __future__ import annotations

from typing import Any

from converter.kinds import is_searched
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.report import table
from converter.report.page import tables_page
from converter.report.personal import mask_of
from converter.report.table import Table


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
    members = _members(found["members"], form, member.strip(), show_ids)
    if member:
        return [members]
    unit = {field.key: found["unit"][field.key] for field in form.unit}
    if not show_ids:
        unit = {field.key: mask_of(field, form)(unit[field.key]) for field in form.unit}
    rows = [[field.title, unit[field.key]] for field in form.unit]
    header = [message("show_item"), message("show_answer")]
    return [Table(message("show_unit"), header, rows), members]


def _members(columns: dict[str, list[str]], form: Form, wanted: str, show_ids: bool) -> Table:
    count = max(map(len, columns.values()), default=0)
    keys = [field.key for field in form.member]
    searched = [field.key for field in form.member if is_searched(field)]
    hidden = [mask_of(field, form) for field in form.member]
    chosen = [n for n in range(count) if not wanted or _holds(columns, searched, n, wanted)]
    header = [message("show_number"), *(field.title for field in form.member)]
    rows: list[list[str | int]] = []
    for n in chosen:
        texts = [columns[key][n] for key in keys]
        if not show_ids:
            texts = [mask(text) for mask, text in zip(hidden, texts, strict=True)]
        rows.append([n + 1, *texts])
    title = message("show_found" if wanted else "show_members", count=len(rows))
    return Table(title, header, rows)


def _holds(columns: dict[str, list[str]], keys: list[str], row: int, wanted: str) -> bool:
    """Whether a member's name or number holds the text (letter case does not count)."""
    return any(wanted.upper() in columns[key][row].upper() for key in keys)
