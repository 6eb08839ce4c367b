"""Members are removed for good: of a whole period, of a unit, or of what does not count.

A removal leaves the submissions, their numbers of members and the units' figures; it deletes the
rows of every table, blanks the names, numbers and telephones in the units' answers and the roster's
contacts, and marks the submissions, so that the same files bring nothing back. `forgotten` lists
removals.
A removal is finished when neither the database's file nor a publication holds what was deleted
(`finish`); one that was interrupted is finished by the next run that writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from converter.files import writing
from converter.model.errors import UsageError
from converter.model.forms import Form
from converter.register import decisions, forward_removal, periods, published
from converter.register.decisions import Decision
from converter.register.knowledge import Knowledge
from converter.register.schema import COUNTS, connect, name, quoted, row_tables

PERIOD, UNIT, SUPERSEDED = "period", "unit", "superseded"


class _Tables(Protocol):
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be removed: everything of a period, of a unit (of one period or, with '', of all),
    or what does not count in a period."""

    kind: str
    period: str = ""
    unit: int = 0
    unit_name: str = ""


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """What a removal concerns: the files that hold members still, how many members there are, and
    the decisions that cannot be changed any more. `elsewhere`: all files of the scope, also those
    that were refused or whose members were removed before: their originals hold people, too."""

    scope: Scope
    files: Sequence[tuple[int, str, str]]  # submission, file, content
    members: int
    final: Sequence[Decision]
    elsewhere: Sequence[str]


class Removal(NamedTuple):
    """A line of `forgotten`."""

    period: str
    scope: str
    unit_name: str
    forgotten: str  # ISO time
    officer: str
    why: str
    submissions: int
    members: int


# Of a submission s: it is within the scope ($1 its period, $2 its unit, $3 whether only what does
# not count is meant). A file that is held goes by the period that it names, too.
_WITHIN = (
    f"($1 = '' OR s.period = $1 OR (s.claimed_period = $1 AND NOT ({COUNTS})))"
    f" AND ($2 = 0 OR s.unit = $2) AND (NOT $3 OR NOT ({COUNTS}))"
)


def plan(known: Knowledge, scope: Scope) -> RemovalPlan:
    """What a removal would do. Raises UsageError where the period is unknown or not closed."""
    if scope.period:
        states = {one.period: one.state for one in periods.read(known.connection)}
        if scope.period not in states:
            listed = "、".join(states) or "—"
            raise UsageError("forget_no_period", period=scope.period, periods=listed)
        if scope.kind != UNIT and states[scope.period] != periods.CLOSED:
            raise UsageError("forget_open", period=scope.period)
    parameters = _parameters(scope)
    rows = known.query(
        "SELECT s.id, s.file, s.content, count(m.submission) FROM submissions s"
        " LEFT JOIN members m ON m.submission = s.id"
        f" WHERE {_WITHIN} AND s.forgotten = '' AND s.result <> 'rejected'"
        " GROUP BY ALL ORDER BY s.id",
        parameters,
    )
    concerned = {
        str(content)
        for (content,) in known.query(
            "WITH gone AS (SELECT DISTINCT s.unit, s.period FROM submissions s"
            f" WHERE {_WITHIN} AND s.forgotten = '' AND s.result <> 'rejected')"
            " SELECT DISTINCT s.content FROM submissions s JOIN gone USING (unit, period)",
            parameters,
        )
    }
    standing = decisions.in_force(decisions.read(known.connection))
    elsewhere = known.query(
        f"SELECT DISTINCT s.file FROM submissions s WHERE {_WITHIN} ORDER BY s.file", parameters
    )
    return RemovalPlan(
        scope,
        [(int(number), str(file), str(content)) for number, file, content, _ in rows],
        sum(int(count) for *_, count in rows),
        [one for one in standing if one.content in concerned],
        [str(file) for (file,) in elsewhere],
    )


def remove(known: Knowledge, form: Form, made: Removal, scope: Scope) -> None:
    """Remove members, within the caller's transaction, and say so in the tables."""
    connection = known.connection
    parameters = _parameters(scope)
    within = f"(SELECT s.id FROM submissions s WHERE {_WITHIN})"
    for table in ("explanations", *row_tables(connection)):
        connection.execute(f"DELETE FROM {table} WHERE submission IN {within}", parameters)
    columns = {str(row[0]) for row in known.query("DESCRIBE answers")}
    blanked = ", ".join(f"{name(key)} = ''" for key in personal_keys(form) if key in columns)
    if blanked:
        connection.execute(f"UPDATE answers SET {blanked} WHERE submission IN {within}", parameters)
    if scope.kind != SUPERSEDED:
        for table in ("roster", "roster_given"):
            connection.execute(
                f"UPDATE {table} SET contact = '', phone = '' WHERE ($1 = '' OR period = $1)"
                " AND ($2 = 0 OR code IN (SELECT code FROM units WHERE id = $2 AND code <> ''))",
                parameters[:2],
            )
    connection.execute(
        "UPDATE submissions s SET forgotten = $4"
        f" WHERE {_WITHIN} AND s.forgotten = '' AND s.result <> 'rejected'",
        [*parameters, made.forgotten],
    )
    connection.execute(
        "INSERT INTO forgotten VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, false)",
        [
            made.period, made.scope, scope.unit, made.unit_name, made.forgotten, made.officer,
            made.why, made.submissions, made.members,
        ],
    )  # fmt: skip


def _parameters(scope: Scope) -> list[Any]:
    return [scope.period, scope.unit, scope.kind == SUPERSEDED]


def personal_keys(form: Form) -> list[str]:
    """The unit's fields that name a person, number one or reach one."""
    from converter import kinds

    return [field.key for field in form.record if kinds.is_about_a_person(field)]


# --- what stays removed ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is not taken in again."""

    periods: frozenset[str]
    contents: frozenset[str]
    digests: frozenset[tuple[str, str]]  # period, digest of the tables

    @classmethod
    def read(cls, tables: _Tables) -> Forgotten:
        rows = tables.query(
            "SELECT period, claimed_period, content, digest FROM submissions WHERE forgotten <> ''"
        )
        return cls(
            whole_periods(tables),
            frozenset(str(content) for _, _, content, _ in rows),
            frozenset((p, str(digest)) for *of, _, digest in rows if digest for p in of),
        )

    def covers(self, content: str, digest: str, *of_periods: str) -> bool:
        """Whether a file brings back what was removed: by its bytes, by its tables in the same
        period, or by a period all of which was removed."""
        return content in self.contents or any(
            period in self.periods or (period, digest) in self.digests for period in of_periods
        )


def whole_periods(tables: _Tables) -> frozenset[str]:
    """Periods all members of which were removed."""
    rows = tables.query("SELECT period FROM forgotten WHERE scope = ?", [PERIOD])
    return frozenset(str(period) for (period,) in rows)


def removals(tables: _Tables) -> list[Removal]:
    """All removals, in order."""
    columns = ", ".join(Removal._fields)
    return [Removal(*row) for row in tables.query(f"SELECT {columns} FROM forgotten ORDER BY 4")]


def refuse_decision(tables: _Tables, content: str) -> None:
    """Nothing is decided about what a removal made final. Raises UsageError."""
    rows = tables.query(
        "SELECT s.file FROM submissions s JOIN submissions g"
        " ON g.unit = s.unit AND g.period = s.period AND g.forgotten <> '' WHERE s.content = ?"
        " UNION ALL SELECT file FROM submissions WHERE content = ? AND forgotten <> ''",
        [content, content],
    )
    if rows:
        raise UsageError("decide_forgotten", file=rows[0][0])


def is_pending(tables: _Tables) -> bool:
    """Whether a removal is not finished: the database's file or a publication may hold it."""
    return bool(tables.query("SELECT 1 FROM forgotten WHERE NOT finished LIMIT 1"))


def finish(database: Path, spool: Path, publications: Path, form: Form) -> None:
    """Have no file of a closed register hold what was removed. Only the newest publication stays;
    the database is written anew, since deleted rows stay in its file where they were, and so are
    the partitions of unions below."""
    purged = published.keep_newest_only(publications)
    fresh = spool / database.name
    with connect(database) as connection:
        forward_removal.purge_all(connection, publications, personal_keys(form))
        (current,) = connection.execute("SELECT current_database()").fetchall()[0]
        connection.execute(f"ATTACH '{quoted(fresh)}' AS fresh")
        connection.execute(f'COPY FROM DATABASE "{current}" TO fresh')
        connection.execute("UPDATE fresh.forgotten SET finished = ?", [purged])
        connection.execute("DETACH fresh")
    writing.replace_durably(fresh, database)
    database.with_name(f"{database.name}.wal").unlink(missing_ok=True)
