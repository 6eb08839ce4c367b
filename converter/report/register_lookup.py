"""Units and people of a register, as tables.

Every row names the file and the place that it comes from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from converter.kinds import is_searched
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import column_letters
from converter.register import decisions, other_names
from converter.register.schema import MEMBERS, name, table_of
from converter.register.unit_changes import about
from converter.report.audit_text import whole_decision
from converter.report.personal import mask_of
from converter.report.table import Table
from converter.text.display import visible, wrapped

if TYPE_CHECKING:
    from converter.register import Snapshot
    from converter.register.decisions import Decision

WIDEST = 100  # columns of a terminal line


class UnitRow(NamedTuple):
    """A submission of a unit, or a unit that sent nothing (`period` is '')."""

    code: str
    unit: str
    superior: str
    period: str
    state: str
    result: str
    received: str
    members: str
    file: str
    reason: str  # why it was rejected, or is held; what an officer decided about it


def units(register: Snapshot, form: Form, wanted: str = "") -> list[UnitRow]:
    """Units whose code or name, also a former one, holds the text ('' = all), each submission in
    a row of its own; units of the roster that never sent anything too."""
    rows = register.query(
        "WITH listed AS (SELECT id, code, name, superior, true AS owes FROM units_in($1) UNION ALL"
        " SELECT 0, r.code, r.name, r.superior, r.owes FROM roster_of($1) r"
        " WHERE NOT EXISTS (SELECT 1 FROM units u WHERE u.code = r.code AND u.via = r.via)),"
        " errors AS (SELECT submission, list(DISTINCT code ORDER BY code) AS codes FROM findings"
        "  WHERE level = 'error' GROUP BY submission)"
        " SELECT l.code, l.name, l.superior, l.owes, s.period, s.state, s.result, s.received,"
        " s.members, s.file, s.reason, e.codes, s.content FROM listed l"
        " LEFT JOIN submissions s ON s.unit = l.id AND l.id <> 0"
        " LEFT JOIN errors e ON e.submission = s.id AND s.result = 'rejected'"
        " ORDER BY l.superior, l.code, l.name, s.period, s.id",
        [register.newest()],
    )
    named = _NamedUnits(register, wanted)
    made = defaultdict(list)
    for one in decisions.in_force(decisions.read_from(register)):
        made[one.content].append(one)
    return [
        _unit_row((code, shown, *row[:-1]), form, made[about(code)] + made[row[-1]][-1:])
        for code, name, *row in rows
        if (shown := named.shown(str(code), str(name)))
    ]


class _NamedUnits:
    """Finds units by a part of their code or of any name that they ever had."""

    def __init__(self, register: Snapshot, wanted: str) -> None:
        self._wanted = other_names.folded(wanted)
        self._names = other_names.read(register) if wanted else {}

    def shown(self, code: str, name: str) -> str:
        """The unit's name; beside it the name that it was found by; '' where it is not meant."""
        if any(self._wanted in other_names.folded(text) for text in (code, name, code + name)):
            return name
        found = [n for n in self._names.get(code, ()) if self._wanted in other_names.folded(n)]
        return message("store_also_named", unit=name, other="、".join(found)) if found else ""


def _unit_row(row: Sequence[Any], form: Form, made: Sequence[Decision]) -> UnitRow:
    code, unit, superior, owes, period, state, result, received, members, file, reason, codes = row
    decided = [whole_decision(one) for one in made]
    if period is None:
        key = "store_nothing" if owes else "store_owes_nothing"
        return UnitRow(
            code, unit, superior, "", message(key), "", "", "", "", "；".join(decided)
        )  # fmt: skip
    why = "、".join(catalogue.code_and_heading(one, form) for one in codes or ())
    why = message(f"reason_{reason}") if reason else why
    return UnitRow(
        code,
        unit,
        superior,
        period,
        message(f"receive_state_{state}"),
        message(f"receive_result_{result}"),
        in_china(received),
        str(members),
        file,
        "；".join(filter(None, (why, *decided))),
    )


def units_table(rows: Sequence[UnitRow], form: Form) -> Table:
    """Units for a page."""
    named = {"members": form.main_table.rows_name}
    header = [named.get(key) or message(f"store_column_{key}") for key in UnitRow._fields]
    return Table(_units_title(rows), header, rows)


def units_text(rows: Sequence[UnitRow], form: Form, width: int = 0) -> str:
    """Units for a terminal: a line a unit, below it what it sent. No line is wider than the
    terminal (`width`, 0 = unknown) or than `WIDEST`."""
    wide = terminal_width(width)
    lines = [_units_title(rows)]
    for unit, sent in groupby(rows, key=lambda row: row[:3]):
        lines += wrapped("  ", [visible(text) for text in unit if text], wide)
        for row in sent:
            counted = row.members and form.tables
            members = f"{form.main_table.rows_name} {row.members}" if counted else ""
            parts = (row.period, row.state, row.result, row.received, members, row.file)
            # A file is in or out: the result adds nothing to a state of the same name.
            shown = dict.fromkeys(visible(part) for part in parts if part)
            lines += wrapped("    ", list(shown), wide)
            if row.reason:
                reason = f"{message('store_column_reason')}：{visible(row.reason)}"
                lines += wrapped("      ", [reason], wide)
    return "\n".join(lines) + "\n"


def terminal_width(width: int) -> int:
    """How wide a line may be on a terminal of `width` columns (0 = unknown)."""
    return min(width or WIDEST, WIDEST)


def _units_title(rows: Sequence[UnitRow]) -> str:
    return message("store_units", count=len({row[:3] for row in rows}))


def people(register: Snapshot, form: Form, wanted: str, *, show_ids: bool = False) -> list[Table]:
    """Rows whose name or number holds the text, in the current submissions of every period: a table
    for each of the form's that names people."""
    return [
        _people(register, form, sheet, wanted, show_ids)
        for sheet in form.tables
        if any(is_searched(field) for field in sheet)
    ]


def _people(register: Snapshot, form: Form, sheet: Sheet, wanted: str, show_ids: bool) -> Table:
    table = table_of(form, sheet.key)
    known = register.columns(table)
    fields = [f for f in sheet if f.key in known]
    searched = [f for f in fields if is_searched(f)]
    columns = "".join(f", m.{name(f.key)}" for f in fields)
    found = [f"contains(upper(m.{name(f.key)}), upper($1))" for f in searched]
    # What a file calls its sheet, and where the numbers stand on it, is known of the first table.
    place = (
        "s.member_sheet, m.source_row, s.id_column" if table == MEMBERS else "$2, m.source_row, 0"
    )
    parameters = [wanted] if table == MEMBERS else [wanted, sheet.title]
    rows = (
        register.query(
            f"SELECT s.period, u.name, u.superior, s.file, {place}{columns}"
            f" FROM {table} m JOIN submissions s ON s.id = m.submission"
            f" JOIN units u ON u.id = m.unit WHERE {' OR '.join(found)}"
            " ORDER BY s.period, u.superior, u.name, m.submission, m.record",
            parameters,
        )
        if found
        else []
    )
    header = [
        message("store_column_period"),
        message("store_column_unit"),
        message("store_column_superior"),
    ]
    header += [f.title for f in fields]
    header += [message("store_column_file"), message("store_column_place")]
    shows = [_shown(field, form, show_ids) for field in fields]
    lines = []
    for period, unit, superior, file, named, row, column, *texts in rows:
        shown = [show(text or "") for show, text in zip(shows, texts, strict=True)]
        place = f"{named}!{column_letters(column)}{row}" if column else f"{named} {row}"
        lines.append([period, unit, superior, *shown, file, place])
    title = message("store_found_rows", rows=sheet.rows_name, count=len(lines))
    return Table(title, header, lines)


def _shown(field: Field, form: Form, show_ids: bool) -> Callable[[str], str]:
    """Labels for codes; what is personal masked unless asked for."""
    codes = form.codes.get(str(field.options.get("codes", "")))
    mask = str if show_ids else mask_of(field, form)

    def show(text: str) -> str:
        entry = codes.find(text) if codes else None
        return entry.label if entry else mask(text)

    return show
