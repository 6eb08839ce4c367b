"""Findings that no single submission shows: stage C, over the current ones of a period.

One ID number in two units; a unit that reported twice; numbers that jump against the period
before; units of the roster that are missing, late, or known under another name; old forms. Each
is a question to a person, never a reason to reject: the upper union decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from datetime import date
from itertools import chain, groupby
from typing import NamedTuple

from converter.kinds import unique_key
from converter.kinds.amounts import amount, worded
from converter.messages import catalogue
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.model.issues import Issue, Issues, Place
from converter.register import halves, jumps, unit_changes, waiting
from converter.register.nearest import Nearest
from converter.register.precedence import HELD
from converter.register.schema import (
    COUNTS,
    HALVES,
    SENT,
    SOUND,
    TIMED_BY,
    RegisterTables,
    name,
    number_sql,
)
from converter.text.characters import plain_name

WAITING = {
    "held_stranger": "C108",
    "held_merged": "C120",
    "held_unsigned": "C111",
    "held_period": "C112",
    "held_closed": "C113",
    "held_signed-only": "C114",
    "unopened": "C115",
    "unconfirmed": "C116",
    "unverified": "C118",
}
MOST_SHARING = 100_000  # groups of units that are listed; the findings have every number
CURRENT = f"s.period = ? AND {COUNTS}"


class Sharing(NamedTuple):
    """Units that have some members in common."""

    units: tuple[str, ...]
    numbers: int  # ID numbers that all of them have


def findings(tables: RegisterTables, form: Form, period: str, due: date | None = None) -> Issues:
    """All findings about a period, by code. Packed: an inbox that came twice under two names has a
    finding for each of its members."""
    found = [
        *_repeated(tables, form, period),
        *_jumps(tables, form, period),
        *_missing(tables, form, period),
        *_renamed(tables, form, period),
        *_waiting(tables, form, period),
        *_halves(tables, form, period),
        *_stale(tables, form, period),
    ]
    if due:
        found += _late(tables, form, period, due)
    found.sort(key=lambda issue: issue.code)
    return Issues.of(chain(_twice(tables, form, period), found))


def issue_of(code: str, form: Form, place: Place, value: str = "", **params: str | int) -> Issue:
    return Issue(code, catalogue.entry(code, form).level, place, value, params)


# --- people --------------------------------------------------------------------------------


def _twice(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """C101: one ID number among the members of two units, every place named."""
    shared = _shared(form)
    if not shared:
        return
    key, sql = shared
    rows = tables.stream(
        f"{sql} SELECT m.id, m.file, m.member_sheet, m.source_row, m.id_column, m.unit"
        " FROM m JOIN several USING (id) ORDER BY m.id, m.submission, m.source_row",
        [period, period],
    )
    names: dict[int, Sequence[str]] = {}  # of the few that share somebody, out of millions
    for number, group in groupby(rows, key=lambda row: row[0]):
        if not names:
            sharers = tables.query(
                f"{sql} SELECT DISTINCT unit FROM m JOIN several USING (id)", [period, period]
            )
            names = _names(tables, period, {unit for (unit,) in sharers})
        entries = [(*row[:5], *names[row[5]]) for row in group]
        places = [Place(row[1], row[2], row[3], row[4], key) for row in entries]
        units = list(dict.fromkeys(row[5] for row in entries))
        other = next(n for n, row in enumerate(entries) if row[5] != units[0] or n == 1)
        issue = issue_of(
            "C101",
            form,
            places[0],
            number,
            unit=units[0],
            superior=entries[0][6],
            other_unit=entries[other][5],
            other_file=places[other].file,
            other_cell=places[other].cell,
            count=len(units),
        )
        yield Issue(
            issue.code, issue.level, issue.place, issue.value, issue.params, tuple(places[1:])
        )


def _shared(form: Form) -> tuple[str, str] | None:
    """The field of ID numbers, and SQL that names the members `m` whose number is another's, too,
    and the numbers that `several` units have. The period is its parameter, twice."""
    field = unique_key(form.main_table)
    if field is None:
        return None
    key = name(field.key)
    # Millions of numbers are compared by hashes of eight bytes; only the few whose hash repeats
    # are compared in full.
    return field.key, (
        f"WITH suspects AS MATERIALIZED (SELECT hash(m.{key}) AS h FROM members m"
        f"  JOIN submissions s ON s.id = m.submission WHERE {CURRENT} AND m.{key} <> ''"
        "   GROUP BY h HAVING count(*) > 1),"
        f" m AS (SELECT m.{key} AS id, m.source_row, s.unit, s.file, s.member_sheet,"
        "   s.id_column, s.id AS submission FROM members m JOIN submissions s"
        f"  ON s.id = m.submission SEMI JOIN suspects ON suspects.h = hash(m.{key})"
        f"  WHERE {CURRENT} AND m.{key} <> ''),"
        " several AS (SELECT id FROM m GROUP BY id HAVING count(DISTINCT unit) > 1)"
    )


def sharing(tables: RegisterTables, form: Form, period: str) -> list[Sharing]:
    """Which units have ID numbers in common, and how many: the most first. An inbox that came
    twice under two names is a row a unit, where the findings have one a member."""
    shared = _shared(form)
    if not shared:
        return []
    rows = tables.query(
        f"{shared[1]}, groups AS (SELECT list_sort(list(DISTINCT unit)) AS units"
        "  FROM m JOIN several USING (id) GROUP BY id)"
        " SELECT units, count(*) AS shared FROM groups GROUP BY units"
        f" ORDER BY shared DESC, units LIMIT {MOST_SHARING}",
        [period, period],
    )
    names = _names(tables, period, {unit for units, _ in rows for unit in units})
    return [Sharing(tuple(names[unit][0] for unit in units), count) for units, count in rows]


def _names(tables: RegisterTables, period: str, units: Set[int]) -> dict[int, Sequence[str]]:
    """Name and union of units."""
    rows = tables.query(
        "SELECT id, name, superior FROM units_in(?) WHERE id IN (SELECT unnest(?::BIGINT[]))",
        [period, sorted(units)],
    )
    return {unit: named for unit, *named in rows}


# --- units ---------------------------------------------------------------------------------


def _repeated(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """A later submission took the place of an earlier one: C102 where only the order of arrival
    says which is later; C110 for one that was older and set aside."""
    rows = tables.query(
        "SELECT s.id, o.id, s.state, s.file, o.file, u.name, u.superior, o.created, s.created"
        " FROM submissions s JOIN submissions o ON o.id = s.other"
        " JOIN units_in($1) u ON u.id = s.unit"
        " WHERE s.period = $1 AND s.state IN ('superseded', 'older') ORDER BY s.id",
        [period],
    )
    differences = waiting.Differences(
        tables, form, (row[:2] for row in rows if row[2] == "superseded" and _by_arrival(*row[-2:]))
    )
    for number, by, state, file, other, unit, superior, *signed in rows:
        params = {"unit": unit, "superior": superior, "other": other}
        if state == "older":
            yield issue_of("C110", form, Place(file), **params)
        elif _by_arrival(*signed):
            differs = differences.between(number, by)
            params |= {"other": file, "differs": differs}
            variant = {"variant": "one_time"} if signed[0] else {}
            yield issue_of("C102", form, Place(other), **params, **variant)


def _by_arrival(later: str, earlier: str) -> bool:
    """Whether only the order of arrival says which of two reports is the later one."""
    return not later or later == earlier


def _jumps(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """C103: a figure that changed by more than the form's share since the period before."""
    chosen, before = list(jumps.watched(form)), previous(tables, period)
    if not chosen or not before:
        return
    merged = unit_changes.mergers(tables, before, period)
    for one in chosen:
        field, share = one.field, one.share
        rows = tables.query(
            f"WITH {unit_changes.MERGED}, a AS (SELECT s.unit, s.period, s.file, s.unit_sheet,"
            f"   {number_sql(field, 'a')} AS value FROM answers a JOIN submissions s"
            f"   ON s.id = a.submission WHERE {COUNTS}),"
            " o AS (SELECT coalesce(i.id, a.unit) AS unit, sum(a.value) AS value FROM a"
            "  LEFT JOIN units u ON u.id = a.unit LEFT JOIN merged m ON m.code = u.code"
            "  LEFT JOIN units i ON i.code = m.last AND i.via = u.via"
            "  WHERE a.period = $3 GROUP BY 1)"
            " SELECT n.file, n.unit_sheet, u.name, u.superior, o.value, n.value"
            " FROM a n JOIN o ON o.unit = n.unit JOIN units_in($4) u ON u.id = n.unit"
            " WHERE n.period = $4 AND abs(n.value - o.value) >= $5"
            "   AND abs(n.value - o.value) * 100 > abs(o.value) * $6 ORDER BY n.file",
            [[*merged], [*merged.values()], before, period, one.at_least, share],
        )
        for file, sheet, unit, superior, was, now in rows:
            place = Place(file, sheet, 0, 0, field.key)
            params = {"unit": unit, "superior": superior, "period": before}
            was, now = amount(was, field), amount(now, field)
            params |= {"before": worded(was, field), "now": worded(now, field), "share": share}
            yield issue_of("C103", form, place, str(now), **params)


def previous(tables: RegisterTables, period: str) -> str:
    """The newest period before this one that anybody reported for ('' = none)."""
    rows = tables.query(
        f"SELECT max(period) FROM submissions s WHERE {COUNTS} AND period < ?", [period]
    )
    return str(rows[0][0] or "")


def _missing(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """Units of the roster that do not count yet: C104 nothing came, C105 only files that were
    refused or withdrawn. Unions that stand on the roster as other units' superiors need not report.
    What waits for a decision is reported separately."""
    rows = tables.query(
        "WITH r AS (SELECT * FROM roster_of($1) l WHERE NOT EXISTS (SELECT 1 FROM units u"
        "  JOIN submissions s ON s.unit = u.id WHERE u.code = l.code AND s.period = $1"
        f"  AND ({COUNTS} OR s.state IN ('held', 'unopened'))))"
        " SELECT r.code, r.name, r.superior, arg_max(s.file, s.id), bool_and(s.state = 'withdrawn')"
        " FROM r LEFT JOIN units u ON u.code = r.code"
        " LEFT JOIN submissions s ON s.unit = u.id AND s.period = $1"
        " GROUP BY r.code, r.name, r.superior, r.owes"
        " HAVING count(s.id) > 0 OR r.owes ORDER BY r.superior, r.code",
        [period],
    )
    nearest = Nearest(waiting.strangers(tables, period))
    for code, unit, superior, file, withdrawn in rows:
        params = {"unit": unit, "superior": superior, "unit_code": code}
        if file:
            variant = {"variant": "withdrawn"} if withdrawn else {}
            yield issue_of("C105", form, Place(file), **params, **variant)
        else:
            similar = waiting.similar("similar_strangers", nearest.to(unit))
            yield issue_of("C104", form, Place(""), **params, similar=similar)


def _renamed(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """C109: a unit whose file gives another name than the roster does, perhaps made with another
    unit's identity file; unless an officer assigned it, or it is what the unit was called before
    an officer renamed or moved it."""
    # Names that are the same need no look, of millions of units hardly one is left.
    rows = tables.query(
        "SELECT s.file, r.code, r.name, r.superior, s.unit_name, s.superior"
        " FROM submissions s JOIN units u ON u.id = s.unit JOIN roster_of(?) r"
        f" ON r.code = u.code AND u.code <> '' WHERE {CURRENT} AND (s.unit_name <> r.name"
        " OR s.superior <> r.superior) AND NOT EXISTS (SELECT 1 FROM"
        " decisions d WHERE d.content = s.content AND d.action = 'assign') ORDER BY s.id",
        [period, period],
    )
    given = _names_given(tables, {row[1] for row in rows}) if rows else {}
    for file, code, listed, listed_superior, claimed, claimed_superior in rows:
        names = [(listed, listed_superior), *given.get(code, ())]
        if all(_differ(claimed, one) or _differ(claimed_superior, of) for one, of in names):
            params = {"unit": listed, "superior": listed_superior}
            params |= {"claimed": claimed, "claimed_superior": claimed_superior}
            yield issue_of("C109", form, Place(file), claimed, **params)


def _names_given(tables: RegisterTables, codes: Set[str]) -> dict[str, list[tuple[str, str]]]:
    """The names and unions of these units on the rosters that were given, by code. A publication
    has none of those."""
    given: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if tables.query("SELECT 1 FROM duckdb_tables() WHERE table_name = 'roster_given'"):
        for code, unit, superior in tables.query(
            "SELECT code, name, superior FROM roster_given"
            " WHERE code IN (SELECT unnest(?::VARCHAR[]))",
            [sorted(codes)],
        ):
            given[code].append((unit, superior))
    return given


def _waiting(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """What counts nowhere until somebody decides or brings the keys, a finding a file: C108 a
    unit that the roster does not list, C111 unsigned over signed, C112 another period, C113 a
    closed one, C114 unsigned where signatures alone count, C115 unopened; C116 what counts though
    nobody signed it, C118 though no key was held against its signature."""
    for one in waiting.questions(tables, form, period):
        code = f"held_{one.reason}" if one.state == HELD else one.reason or one.state
        yield issue_of(WAITING[code], form, Place(one.file), one.value, **one.params)


def _halves(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """C117: a file with one of the two sheets alone, and no telling where the other one is."""
    rows = tables.query(
        "SELECT s.id, u.name, u.superior FROM submissions s"
        f" LEFT JOIN units_in($1) u ON u.id = s.unit WHERE s.period = $1 AND {HALVES}",
        [period],
    )
    units = {number: (unit or "", superior or "") for number, unit, superior in rows}
    for half, others in halves.pair(halves.read(tables)).left if units else ():
        if half.number in units:
            unit, superior = units[half.number]
            names = "、".join(other.file for other in others[:3])
            why = catalogue.message("half_several", names=names) if names else ""
            why = why or catalogue.message("half_none")
            sheet = form.record if half.has_unit else form.main_table
            params = {"unit": unit, "superior": superior, "file": half.file, "sheet": sheet.title}
            issue = issue_of("C117", form, Place(half.file), **params, why=why)
            related = tuple(Place(other.file) for other in others)
            yield Issue(issue.code, issue.level, issue.place, "", issue.params, related)


def _differ(claimed: str, listed: str) -> bool:
    return bool(claimed and listed) and plain_name(claimed) != plain_name(listed)


def _stale(tables: RegisterTables, form: Form, period: str) -> Iterator[Issue]:
    """C107: made with another version of the form."""
    rows = tables.query(
        "SELECT s.file, u.name, u.superior, s.form_version FROM submissions s"
        f" JOIN units_in(?) u ON u.id = s.unit WHERE {CURRENT}"
        " AND s.form_version NOT IN ('', ?) ORDER BY s.id",
        [period, period, form.version],
    )
    for file, unit, superior, version in rows:
        params = {"unit": unit, "superior": superior}
        yield issue_of("C107", form, Place(file), version, **params, expected=form.version)


def _late(tables: RegisterTables, form: Form, period: str, due: date) -> Iterator[Issue]:
    """C106: whose first sound submission was sent after the day it was due, in China. What was
    corrected later is not late."""
    rows = tables.query(
        f"SELECT arg_min(s.file, {SENT}), u.name, u.superior, min({SENT}),"
        f" arg_min({TIMED_BY}, {SENT}) FROM submissions s"
        f" JOIN units_in($1) u ON u.id = s.unit WHERE s.period = $1 AND {SOUND}"
        " GROUP BY u.id, u.name, u.superior ORDER BY u.id",
        [period],
    )
    for file, unit, superior, sent, timed_by in rows:
        day = in_china(sent.isoformat())[:10]
        if day > due.isoformat():
            params = {"unit": unit, "superior": superior, "due": due.isoformat(), "sent": day}
            basis = catalogue.message(f"timed_by_{timed_by}")
            yield issue_of("C106", form, Place(file), timed_by=basis, **params)


def count(found: Issues) -> dict[str, int]:
    """How often each code was found."""
    return dict(found.counted(lambda head: head.code))
