"""What officers decided about units of the roster.

The roster that counts is the one that was given, with these changes.

>>> given = [RosterEntry("1", "甲厂工会"), RosterEntry("2", "乙厂工会")]
>>> made = [Decision(1, "", "", RENAME, "", "", period="2026", unit_code="1", unit_name="丙厂工会")]
>>> [one.name for one in changed(given, made, "2026").entries]
['丙厂工会', '乙厂工会']
>>> [one.name for one in changed(given, made, "2025").entries]
['甲厂工会', '乙厂工会']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from converter.register import decisions
from converter.register.decisions import Decision
from converter.register.precedence import (
    DISSOLVE,
    EXEMPT,
    MERGE,
    MOVE,
    RENAME,
    UNIT_ACTIONS,
    RosterEntry,
)
from converter.register.schema import COUNTS, RegisterTables

# What `mergers` found, as a table of a query: $1 its keys, $2 its values.
MERGED = "merged AS (SELECT unnest($1::VARCHAR[]) AS code, unnest($2::VARCHAR[]) AS last)"
ABOUT = "unit:"  # begins what stands for a file's content in a decision about a unit


@dataclass(frozen=True, slots=True)
class ChangedRoster:
    """The roster that counts, the codes of units that owe no report, and the names that units had
    before, each with the unit that has it now."""

    entries: Sequence[RosterEntry]
    exempt: frozenset[str]
    former: Sequence[tuple[RosterEntry, RosterEntry]]


def about(code: str) -> str:
    return f"{ABOUT}{code}"


def changed(
    given: Iterable[RosterEntry], in_force: Iterable[Decision], period: str
) -> ChangedRoster:
    """Apply what was decided for this period or an earlier one; an exemption holds for its own."""
    current = {one.code: one for one in given}
    before = dict(current)
    exempt: set[str] = set()
    for one in in_force:
        code = one.unit_code
        if one.action not in UNIT_ACTIONS or code not in current or one.period > period:
            continue
        entry = current[code]
        if one.action == EXEMPT:
            exempt |= {code} if one.period == period else set()
        elif one.action in (DISSOLVE, MERGE):
            del current[code]
        elif one.action == MOVE:
            current[code] = replace(entry, superior=one.superior, superior_code="")
        elif one.action == RENAME:
            current[code] = replace(entry, name=one.unit_name)
            for other in [o for o in current.values() if o.superior == entry.name]:
                current[other.code] = replace(other, superior=one.unit_name)
    former = [
        (replace(entry, name=name, superior=superior), entry)
        for code, entry in current.items()
        if entry != before[code]
        for name in {entry.name, before[code].name}
        for superior in {entry.superior, before[code].superior}
    ]
    return ChangedRoster(list(current.values()), frozenset(exempt), former)


def mergers(tables: RegisterTables, before: str, period: str) -> dict[str, str]:
    """Units that were merged since the period before: code → that of the unit which reports for
    both now, where it reported by itself then."""
    codes = dict(tables.query("SELECT name, code FROM roster_of(?)", [period]))
    into = {
        one.unit_code: str(codes.get(one.unit_name, ""))
        for one in decisions.in_force(decisions.read_from(tables))
        if one.action == MERGE and before < one.period <= period
    }
    reported = tables.query(
        "SELECT DISTINCT u.code FROM submissions s JOIN units u ON u.id = s.unit"
        f" WHERE s.period = ? AND u.via = '' AND {COUNTS}",
        [before],
    )
    known = {str(code) for (code,) in reported if code}
    found = {code: _last(code, into) for code in into}
    return {code: last for code, last in found.items() if last in known and code in known}


def _last(code: str, into: Mapping[str, str]) -> str:
    """The unit at the end of a chain of mergers; '' where it runs in a circle."""
    seen: set[str] = set()
    while code in into and code not in seen:
        seen.add(code)
        code = into[code]
    return "" if code in seen else code
