"""Files that wait for a decision: held, unopened, or counted though nobody signed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.kinds import unique_key
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.register import decisions
from converter.register.nearest import Nearest
from converter.register.precedence import HELD, MERGE, MERGED, STRANGER
from converter.register.schema import COUNTS, RegisterTables, name

CHANGES = 4  # answers that are named


@dataclass(frozen=True, slots=True)
class Question:
    """A file that waits, and what there is to say about it."""

    submission: int
    file: str
    state: str  # held, unopened, unconfirmed
    reason: str
    value: str
    params: Mapping[str, Any]


def questions(tables: RegisterTables, form: Form, period: str) -> Iterator[Question]:
    """What waits in the collection of a period, in order of arrival."""
    rows = tables.query(
        "SELECT s.id, s.file, s.state, s.reason, s.claimed_period, s.unit_name, s.superior,"
        " coalesce(nullif(u.name, ''), s.unit_name), coalesce(u.superior, s.superior),"
        " coalesce(u.code, ''), s.members, o.id, o.file"
        " FROM submissions s LEFT JOIN units_in($1) u ON u.id = s.unit"
        " LEFT JOIN submissions o ON o.id = s.other"
        " WHERE s.period = $1 AND s.state IN ('held', 'unopened', 'unconfirmed') ORDER BY s.id",
        [period],
    )
    merged = _merged(tables, period)
    nearest: Nearest | None = None
    differences = Differences(
        tables, form, ((row[-2], row[0]) for row in rows if row[-2] and row[2] == HELD)
    )
    for number, file, state, reason, claimed, *names, code, count, other, by in rows:
        claimed_name, claimed_superior, unit, superior = names
        params = {"unit": unit, "superior": superior, "period": period, "claimed": claimed}
        params |= {"other": by or "", "differs": "", "similar": ""}
        if state == HELD and other:
            params["differs"] = differences.between(other, number)
        if reason == STRANGER and code in merged:
            into = merged[code]
            params |= {"into": into, "count": count, "shared": _shared(tables, form, number, into)}
            reason = MERGED
        elif reason == STRANGER:
            nearest = nearest or Nearest(listed(tables, period))
            params |= {"unit": claimed_name or unit, "superior": claimed_superior or superior}
            params["similar"] = similar("similar_listed", nearest.to(claimed_name or unit))
        yield Question(number, file, state, reason, claimed_name, params)


def _merged(tables: RegisterTables, period: str) -> dict[str, str]:
    """Code of a unit that was merged into another → that one's name."""
    standing = decisions.in_force(decisions.read_from(tables))
    return {
        one.unit_code: one.unit_name
        for one in standing
        if one.action == MERGE and one.period <= period
    }


def _shared(tables: RegisterTables, form: Form, submission: int, into: str) -> str:
    """How many members of a submission the unit that it was merged into reports, too, as the end of
    a sentence; '' where it has not reported. (What others read lacks members that do not count.)"""
    field = unique_key(form.main_table)
    rows = tables.query(
        f"SELECT s.id FROM submissions s JOIN units_in(s.period) u ON u.id = s.unit"
        f" WHERE {COUNTS} AND u.name = ? AND s.period ="
        "  (SELECT period FROM submissions WHERE id = ?)",
        [into, submission],
    )
    if not rows or field is None:
        return message("merged_alone", into=into)
    key = name(field.key)
    if not tables.query("SELECT 1 FROM members WHERE submission = ? LIMIT 1", [submission]):
        return ""
    common = tables.query(
        f"SELECT count(DISTINCT a.{key}) FROM members a JOIN members b ON b.{key} = a.{key}"
        " WHERE a.submission = ? AND b.submission = ?",
        [submission, rows[0][0]],
    )
    return message("merged_shared", into=into, count=common[0][0])


def listed(tables: RegisterTables, period: str) -> list[str]:
    """The names of the roster's units."""
    return [str(row[0]) for row in tables.query("SELECT name FROM roster_of(?)", [period])]


def strangers(tables: RegisterTables, period: str) -> list[str]:
    """Names that are on no line of the roster."""
    rows = tables.query(
        "SELECT DISTINCT unit_name FROM submissions WHERE period = ? AND reason = ?",
        [period, STRANGER],
    )
    return [str(row[0]) for row in rows]


def similar(key: str, names: Sequence[str]) -> str:
    """Names to propose, as the end of a sentence."""
    return message(key, names="、".join(names)) if names else ""


class Differences:
    """What differs between submissions, read at once for all pairs of them."""

    def __init__(
        self, tables: RegisterTables, form: Form, pairs: Iterable[tuple[int, int]]
    ) -> None:
        known = {str(row[0]) for row in tables.query("DESCRIBE answers")}
        self._fields = [field for field in form.record if field.key in known]
        self._rows_name = form.main_table.rows_name
        columns = ", ".join(f"a.{name(field.key)}" for field in self._fields)
        self._rows = {
            row[0]: row[1:]
            for row in tables.query(
                f"SELECT s.id, s.members, a.submission IS NOT NULL, {columns} FROM submissions s"
                " LEFT JOIN answers a ON a.submission = s.id"
                " WHERE s.id IN (SELECT unnest(?::BIGINT[]))",
                [sorted({number for pair in pairs for number in pair})],
            )
        }

    def between(self, before: int, after: int) -> str:
        """Members, then answers, as a sentence; '' where nothing is known."""
        if before not in self._rows or after not in self._rows:
            return ""
        (members, is_known, *old), (now, is_known_now, *new) = self._rows[before], self._rows[after]
        parts = [_change(self._rows_name, members, now)] if members != now else []
        if is_known and is_known_now:
            pairs = zip(self._fields, old, new, strict=True)
            changed = [(f.title, was or "", is_ or "") for f, was, is_ in pairs]
            changed = [one for one in changed if one[1] != one[2]]
            parts += [_change(*one) for one in changed[:CHANGES]]
            if changed[CHANGES:]:
                parts.append(message("differs_more", count=len(changed) - CHANGES))
        return message("differs", parts="、".join(parts)) if parts else message("differs_not")


def _change(title: str, was: object, now: object) -> str:
    return message("differs_one", title=title, before=str(was) or "—", now=str(now) or "—")
