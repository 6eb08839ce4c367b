"""Findings that no union below can see: over all that they have forwarded, and what came here.

A unit that reported to two of them, a member of units in two, a union that forwarded an interim or
an unconfirmed state, a figure of a whole union that jumps. Read from the publication.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from converter.kinds import unique_key
from converter.kinds.amounts import amount, worded
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.model.issues import Issue, Place
from converter.register import Snapshot, cross_unit_checks, forward_decisions, jumps
from converter.register.forwarded import counting
from converter.register.schema import COUNTS, name, number_sql

_BRANCH = "split_part({0}.via, '/', 1)"  # the union right below that a row came through


def findings(register: Snapshot, form: Form, period: str) -> Iterator[Issue]:
    """All findings about a period, by code."""
    names = {one.code: one.name for one in counting(register.forwards) if one.period == period}
    yield from _units(register, form, period, names)
    yield from _members(register, form, period, names)
    yield from forward_decisions.findings(register, form, period)
    yield from _jumps(register, form, period, names)


def _from(names: dict[str, str], branch: str) -> str:
    return names.get(branch, branch) or message("forward_here")


def _placed(names: dict[str, str], branch: str, place: Place) -> Place:
    """A place with the union whose file it is in front."""
    union = names.get(branch, branch)
    file = f"{union}/{place.file}" if union else place.file
    return Place(file, place.sheet, place.row, place.column, place.field)


def _units(register: Snapshot, form: Form, period: str, names: dict[str, str]) -> Iterator[Issue]:
    """C121: a unit, by its code, that counts through two unions."""
    branch = _BRANCH.format("u")
    rows = register.query(
        f"WITH known AS (SELECT u.code, u.name, {branch} AS branch, s.file, s.members"
        " FROM units_in($1) u JOIN submissions s ON s.unit = u.id AND s.period = $1"
        f" WHERE {COUNTS} AND u.code <> '')"
        " SELECT code, name, branch, file FROM known WHERE code IN (SELECT code FROM known"
        " GROUP BY code HAVING count(DISTINCT branch) > 1) ORDER BY code, branch, file",
        [period],
    )
    for code, group in groupby(rows, key=lambda row: row[0]):
        entries = list(group)
        places = [_placed(names, row[2], Place(row[3])) for row in entries]
        params = {"unit": entries[0][1], "unit_code": code, "superior": _from(names, entries[0][2])}
        params |= {"other_superior": _from(names, entries[-1][2]), "other": places[-1].file}
        issue = cross_unit_checks.issue_of("C121", form, places[0], code, **params)
        yield Issue(
            issue.code, issue.level, issue.place, issue.value, issue.params, tuple(places[1:])
        )


def _members(register: Snapshot, form: Form, period: str, names: dict[str, str]) -> Iterator[Issue]:
    """C122: one ID number among the members of units in two unions."""
    field = unique_key(form.main_table)
    if field is None or field.key not in register.columns("members"):
        return
    key, branch = name(field.key), _BRANCH.format("u")
    rows = register.stream(
        # Millions of numbers are compared by hashes; only those that repeat are compared in full.
        f"WITH suspects AS MATERIALIZED (SELECT hash({key}) AS h FROM members"
        f"  WHERE period = $1 AND {key} <> '' GROUP BY h HAVING count(*) > 1),"
        f" m AS (SELECT m.{key} AS number, m.source_row, m.submission, m.unit FROM members m"
        f"  SEMI JOIN suspects ON suspects.h = hash(m.{key})"
        f"  WHERE m.period = $1 AND m.{key} <> ''),"
        f" named AS (SELECT m.number, m.source_row, m.submission, u.name, {branch} AS branch,"
        "   s.file, s.member_sheet, s.id_column FROM m JOIN units_in($1) u ON u.id = m.unit"
        "   JOIN submissions s ON s.id = m.submission),"
        " several AS (SELECT number FROM named GROUP BY number HAVING count(DISTINCT branch) > 1)"
        " SELECT number, branch, name, file, member_sheet, source_row, id_column FROM named"
        " JOIN several USING (number) ORDER BY number, branch, submission, source_row",
        [period],
    )
    for number, group in groupby(rows, key=lambda row: row[0]):
        entries = list(group)
        places = [
            _placed(names, row[1], Place(row[3], row[4], row[5], row[6], field.key))
            for row in entries
        ]
        other = next(n for n, row in enumerate(entries) if row[1] != entries[0][1])
        issue = cross_unit_checks.issue_of(
            "C122",
            form,
            places[0],
            number,
            unit=entries[0][2],
            superior=_from(names, entries[0][1]),
            other_unit=entries[other][2],
            other_superior=_from(names, entries[other][1]),
            other_file=places[other].file,
            other_cell=places[other].cell,
        )
        yield Issue(
            issue.code, issue.level, issue.place, issue.value, issue.params, tuple(places[1:])
        )


def _jumps(register: Snapshot, form: Form, period: str, names: dict[str, str]) -> Iterator[Issue]:
    """C125: a figure of a whole union that changed by more than the form's share."""
    chosen, before = list(jumps.watched(form)), cross_unit_checks.previous(register, period)
    if not chosen or not before:
        return
    files = {one.code: one.file for one in counting(register.forwards) if one.period == period}
    branch = _BRANCH.format("u")
    for one in chosen:
        field, share = one.field, one.share
        rows = register.query(
            f"SELECT {branch} AS branch,"
            f" sum({number_sql(field, 'a')}) FILTER (a.period = $1) AS now,"
            f" sum({number_sql(field, 'a')}) FILTER (a.period = $2) AS was"
            " FROM answers a JOIN units u ON u.id = a.unit WHERE branch <> '' GROUP BY branch"
            " HAVING abs(now - was) >= $3 AND abs(now - was) * 100 > abs(was) * $4 ORDER BY branch",
            [period, before, one.at_least, share],
        )
        for code, now, was in rows:
            place = Place(files.get(code, ""), "", 0, 0, field.key)
            params = {"unit": names.get(code, code), "superior": "", "period": before}
            was, now = amount(was, field), amount(now, field)
            params |= {"before": worded(was, field), "now": worded(now, field), "share": share}
            yield cross_unit_checks.issue_of("C125", form, place, str(now), **params)
