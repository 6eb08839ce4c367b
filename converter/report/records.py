"""A submission's contents for reading, querying and printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.model.submissions import Contents
from converter.report import table
from converter.report.page import tables_page
from converter.report.table import Table
from converter.text import masking


def text(
    contents: Contents, form: Form, *, member: str = "", show_ids: bool = False, width: int = 0
) -> str:
    """The contents as terminal tables; with `member` only the members it finds."""
    return table.text(_tables(contents, form, member, show_ids), width)


def html(
    contents: Contents, form: Form, unit_name: str, *, member: str = "", show_ids: bool = False
) -> str:
    """The same as a page to print."""
    return tables_page(_tables(contents, form, member, show_ids), form.title, unit_name)


def find(contents: Contents, form: Form, wanted: str) -> list[int]:
    """The numbers of the members whose name or number holds the text (letter case does not
    count)."""
    count = max(map(len, contents.members.values()), default=0)
    columns = [contents.members[field.key] for field in form.member][:2]
    sought = wanted.strip().upper()
    return [n for n in range(count) if any(sought in texts[n].upper() for texts in columns)]


def _tables(contents: Contents, form: Form, member: str, show_ids: bool) -> list[Table]:
    chosen = find(contents, form, member)
    key = "show_found" if member.strip() else "show_members"
    members = _members(contents.members, chosen, form, message(key, count=len(chosen)), show_ids)
    if member:
        return [members]
    rows = [[field.title, contents.unit[field.key]] for field in form.unit]
    header = [message("show_item"), message("show_answer")]
    return [Table(message("show_unit"), header, rows), members]


def _members(
    columns: Mapping[str, Sequence[str]],
    chosen: Sequence[int],
    form: Form,
    title: str,
    show_ids: bool,
) -> Table:
    keys = [field.key for field in form.member]
    ids = {field.key for field in form.member if field.kind == "id_number"}
    header = [message("show_number"), *(field.title for field in form.member)]
    rows: list[list[str | int]] = []
    for n in chosen:
        texts = [columns[key][n] for key in keys]
        if not show_ids:
            texts = [
                masking.whole(t) if key in ids else masking.text(t)
                for key, t in zip(keys, texts, strict=True)
            ]
        rows.append([n + 1, *texts])
    return Table(title, header, rows)
