"""Units and people of a register, as tables.

Every row names the file and the place that it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.messages.catalogue import message
from converter.model.forms import Field, Form
from converter.model.issues import column_letters
from converter.report.table import Table
from converter.text import masking

if TYPE_CHECKING:
    from converter.register import Snapshot


def units(register: Snapshot, wanted: str = "") -> Table:
    """Units whose code or name holds the text ('' = all), each submission on a line of its own;
    units of the roster that never sent anything too."""
    rows = register.query(
        "WITH every AS (SELECT id, code, name, superior FROM units UNION ALL"
        " SELECT 0, r.code, r.name, r.superior FROM roster r"
        " WHERE NOT EXISTS (SELECT 1 FROM units u WHERE u.code = r.code))"
        " SELECT e.code, e.name, e.superior, s.period, s.state, s.result, s.received, s.members,"
        " s.file FROM every e LEFT JOIN submissions s ON s.unit = e.id AND e.id <> 0"
        " WHERE contains(upper(e.code || ' ' || e.name), upper(?))"
        " ORDER BY e.superior, e.code, e.name, s.period, s.id",
        [wanted],
    )
    header = [
        message(f"store_column_{key}")
        for key in (
            "code", "unit", "superior", "period", "state", "result", "received", "members", "file",
        )
    ]  # fmt: skip
    lines = [
        [*row[:3], "", message("store_nothing"), "", "", "", ""]
        if row[3] is None
        else [
            *row[:4],
            message(f"receive_state_{row[4]}"),
            message(f"receive_result_{row[5]}"),
            *row[6:],
        ]
        for row in rows
    ]
    count = len({row[:3] for row in rows})
    return Table(message("store_units", count=count), header, lines)


def members(register: Snapshot, form: Form, wanted: str, *, show_ids: bool = False) -> Table:
    """Members whose name or number holds the text, in the current submissions of every period."""
    known = register.columns("members")
    fields = [f for f in form.member if f.key in known]
    searched = [f for f in fields if f.kind in ("person_name", "id_number")]
    columns = ", ".join(f'm."{f.key}"' for f in fields)
    found = " OR ".join(f'contains(upper(m."{f.key}"), upper($1))' for f in searched) or "false"
    rows = register.query(
        f"SELECT s.period, u.name, u.superior, s.file, s.member_sheet, m.source_row, s.id_column,"
        f" {columns} FROM members m JOIN submissions s ON s.id = m.submission"
        f" JOIN units u ON u.id = m.unit WHERE {found}"
        " ORDER BY s.period, u.superior, u.name, m.submission, m.record",
        [wanted],
    )
    header = [
        message("store_column_period"),
        message("store_column_unit"),
        message("store_column_superior"),
    ]
    header += [f.title for f in fields]
    header += [message("store_column_file"), message("store_column_place")]
    lines = []
    for period, unit, superior, file, sheet, row, column, *texts in rows:
        shown = [_shown(t or "", f, form, show_ids) for t, f in zip(texts, fields, strict=True)]
        place = f"{sheet}!{column_letters(column)}{row}" if column else f"{sheet} {row}"
        lines.append([period, unit, superior, *shown, file, place])
    return Table(message("store_found_members", count=len(lines)), header, lines)


def _shown(text: str, field: Field, form: Form, show_ids: bool) -> str:
    """Labels for codes; numbers masked unless asked for."""
    if field.kind == "id_number":
        return text if show_ids else masking.whole(text)
    codes = form.codes.get(str(field.options.get("codes", "")))
    entry = codes.find(text) if codes else None
    return entry.label if entry else text
