"""A submission's contents for reading, querying and printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.kinds import is_searched
from converter.kinds.amounts import amount_heading, shown_amount
from converter.messages.catalogue import message
from converter.model.forms import Form, Sheet
from converter.model.submissions import Contents
from converter.report import table
from converter.report.page import tables_page
from converter.report.personal import mask_of
from converter.report.table import Table


def text(
    contents: Contents, form: Form, *, member: str = "", show_ids: bool = False, width: int = 0
) -> str:
    """The contents as terminal tables; with `member` only the members it finds."""
    return table.text(tables(contents, form, member, show_ids), width)


def html(
    contents: Contents, form: Form, unit_name: str, *, member: str = "", show_ids: bool = False
) -> str:
    """The same as a page to print."""
    found = tables(contents, form, member, show_ids)
    return tables_page(found, form.title, unit_name, to_sign=not member)


def find(columns: Mapping[str, Sequence[str]], sheet: Sheet, wanted: str) -> list[int]:
    """The numbers of the rows whose name or number holds the text (letter case does not count).
    `columns` are the texts of the sheet by field key."""
    count = max(map(len, columns.values()), default=0)
    searched = [columns[field.key] for field in sheet if is_searched(field)]
    sought = wanted.strip().upper()
    if not sought:  # a table need not name anybody
        return list(range(count))
    return [n for n in range(count) if any(sought in texts[n].upper() for texts in searched)]


def tables(contents: Contents, form: Form, member: str, show_ids: bool) -> list[Table]:
    """What is shown of the contents; with `member` only the members it finds."""
    found = [
        _table(contents.tables[sheet.key], sheet, form, member.strip(), show_ids)
        for sheet in form.tables
    ]
    if member:
        return [table for table in found if table.rows] or found[:1]
    record = contents.record
    if not show_ids:
        record = {f.key: mask_of(f, form)(record[f.key]) for f in form.record}
    rows = [[amount_heading(f), shown_amount(record[f.key], f)] for f in form.record]
    header = [message("show_item"), message("show_answer")]
    return [Table(message("show_unit"), header, rows), *found]


def _table(
    columns: Mapping[str, Sequence[str]], sheet: Sheet, form: Form, wanted: str, show_ids: bool
) -> Table:
    hidden = [mask_of(field, form) for field in sheet]
    header = [message("show_number"), *map(amount_heading, sheet)]
    rows: list[list[str | int]] = []
    for n in find(columns, sheet, wanted):
        texts = [shown_amount(columns[field.key][n], field) for field in sheet]
        if not show_ids:
            texts = [mask(text) for mask, text in zip(hidden, texts, strict=True)]
        rows.append([n + 1, *texts])
    name = "show_found" if wanted else "show_rows"
    title = message(name, count=len(rows), rows=sheet.rows_name, counter=sheet.counter)
    return Table(title, header, rows)
