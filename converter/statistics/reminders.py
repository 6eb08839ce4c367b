"""Whom to call: units that do not count yet or are to say more, with whom to ask for, and why."""

from __future__ import annotations

import re
from datetime import date

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.register import Snapshot, decisions
from converter.register.precedence import ASK
from converter.register.schema import COUNTS
from converter.statistics.figure import Figure, Row, StatisticsTable, catalogue_columns
from converter.statistics.progress import KNOWN_UNITS, WHY_MISSING, Tree

REASONS = 3  # that are named of a file
# Units that do not count, each with the last file that it sent, and those that were asked about a
# file that counts and have sent none since. $1 is the period, $2 the contents of those files, $3
# the last submission there was when each was asked about.
_TO_CALL = (
    f"{KNOWN_UNITS}, last AS (SELECT unit, max(id) AS id FROM submissions WHERE period = $1"
    "  AND unit <> 0 GROUP BY unit),"
    " asked_about AS (SELECT unnest($2::VARCHAR[]) AS content, unnest($3::BIGINT[]) AS after),"
    " asked AS (SELECT unit, max(id) AS id FROM submissions s WHERE s.period = $1"
    f"  AND {COUNTS} AND EXISTS (SELECT 1 FROM asked_about a WHERE a.content = s.content"
    "   AND NOT EXISTS (SELECT 1 FROM submissions n WHERE n.unit = s.unit"
    "    AND n.period = $1 AND n.id > a.after)) GROUP BY unit),"
    " faults AS (SELECT submission, list(code ORDER BY code) AS codes FROM findings"
    "  WHERE level = 'error' GROUP BY submission)"
    " SELECT k.superior, k.code, k.name, k.contact, k.phone,"
    f" CASE WHEN a.unit IS NOT NULL THEN 'asked' {WHY_MISSING} END, coalesce(f.content, ''),"
    " coalesce(f.file, ''), coalesce(f.reason, ''), coalesce(f.received, ''), f.state, x.codes"
    " FROM known k LEFT JOIN sent s ON s.unit = k.unit"
    " LEFT JOIN last l ON l.unit = k.unit LEFT JOIN asked a ON a.unit = k.unit"
    " LEFT JOIN submissions f ON f.id = coalesce(a.id, l.id)"
    " LEFT JOIN faults x ON x.submission = f.id"
    " WHERE s.unit IS NULL OR NOT s.counts OR a.unit IS NOT NULL"
    " ORDER BY k.position, k.code, k.name"
)
_PHONE = re.compile(r"[+（(]?[0-9][0-9 （()）*#/、,，;；转-]{5,}[0-9]")


def reminders(
    register: Snapshot, form: Form, period: str, today: date, due: date | None = None
) -> Figure:
    """A row a unit, by union in the roster's order. Days count from the last file that came, for a
    unit of which nothing came from the day when the period was first collected; `due` adds the
    days since."""
    decided = decisions.rulings(decisions.read_from(register)).decided
    asked = {content: one for content, one in decided.items() if one.action == ASK}
    tree = Tree.of(register, period)
    after = [one.after for one in asked.values()]
    answer = register.query(_TO_CALL, [period, list(asked), after])
    begun = _begun(register, period)
    keys = ["superior", "code", "unit", "contact", "phone", "how", "reason", "days"]
    keys += (["overdue"] if due else []) + ["received", "file"]
    rows: list[Row] = []
    answer.sort(key=lambda row: tree.place(str(row[0])))
    for superior, code, unit, contact, phone, how, content, *last in answer:
        file, reason, at, state, codes = last
        why = message(f"reason_{reason or state}") if how == "held" else _faults(codes or (), form)
        if how == "asked" or (how in ("refused", "withdrawn") and not why and content in decided):
            why = decided[content].why
        since = _days(in_china(at or begun)[:10], today)
        overdue = (max((today - due).days, 0),) if due else ()
        person = split_contact(contact, phone)
        status = message(f"summary_missing_{how}")
        received = in_china(at) if at else ""
        rows.append((superior, code, unit, *person, status, why, since, *overdue, received, file))
    title = message("remind_title", period=period, count=len(rows))
    columns = catalogue_columns("remind", *keys)
    return Figure(StatisticsTable("remind", title, columns, tuple(rows)))


def split_contact(contact: str, phone: str) -> tuple[str, str]:
    """A name and a number, where the roster has both in one cell.

    >>> split_contact("王示例 0311-85551234", "")
    ('王示例', '0311-85551234')
    >>> split_contact("王示例", "13000000000")
    ('王示例', '13000000000')
    """
    if phone:
        return contact, phone
    found = _PHONE.search(contact)
    if not found:
        return contact, ""
    rest = f"{contact[: found.start()]} {contact[found.end() :]}"
    return " ".join(rest.split()).strip("，,、；;:： "), found[0]


def _begun(register: Snapshot, period: str) -> str:
    """When the period was first collected, as an ISO time."""
    rows = register.query("SELECT min(changed) FROM periods WHERE period = ?", [period])
    return str(rows[0][0] or "")


def _days(day: str, today: date) -> int | str:
    try:
        return max((today - date.fromisoformat(day)).days, 0)
    except ValueError:
        return ""


def _faults(codes: list[str] | tuple[str, ...], form: Form) -> str:
    titles = []
    for code in codes:
        try:
            titles.append(catalogue.heading(code, form))
        except KeyError:  # of an older or newer program
            titles.append(code)
    kinds = list(dict.fromkeys(titles))
    return "、".join(kinds[:REASONS]) + (message("and_more") if kinds[REASONS:] else "")
