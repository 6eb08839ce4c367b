"""What unions below have forwarded: a partition of Parquet files each, read in place.

    published/forwards/<number>/units.parquet, submissions.parquet, answers.parquet, …

The register's table `forwards` says which of them count; a partition that it does not name is
passed over, and removed by the next run. So a forward counts whole or not at all, and a later one
of the same union takes its place as a whole. Nothing of a partition enters the register's own
tables: what the union below decided about its units stands.

Numbers of units and submissions count from 1 in every forward; here they are moved apart by
`SHIFT` times its number.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from converter.model.errors import RegisterError
from converter.register import inserting
from converter.register.decisions import DecisionTables
from converter.register.inserting import FLAG, NUMBER, TEXT
from converter.register.precedence import CLOSED, STRANGER, WITHDRAWN
from converter.register.schema import COUNTS, MEMBERS, ROWS, RegisterTables, name, quoted

if TYPE_CHECKING:
    from converter.register.schema import Connection

FOLDER = "forwards"  # below the published folder
SHIFT = 1 << 32
BELOW = "/"  # `via` of lines of the roster that stand for the unions below: no unit comes through
NO_ROWS = ("units", "submissions", "answers", "findings", "roster")
WITH_VIA = ("units", "submissions", "roster")

CURRENT, UNCONFIRMED = "current", "unconfirmed"
SUPERSEDED, OLDER, IDENTICAL, HELD = "superseded", "older", "identical", "held"
REJECTED, UNOPENED = "rejected", "unopened"
COUNTING = (CURRENT, UNCONFIRMED)
LISTED_UNIT = "listed_unit"  # why one is held that says it is from a unit of the roster
BARRED = (STRANGER, LISTED_UNIT, CLOSED)
# Refused for now: by a newer program or another form, of another period, sealed with no key.
LATER = ("P202", "P203", "P207", "P141")


def is_rows(table: str) -> bool:
    """Whether it is a table of a form's rows other than members."""
    return table.startswith(ROWS)


@dataclass(frozen=True, slots=True)
class Forward:
    """What a union below forwarded, and what became of it. Its fields are the table's columns."""

    number: int
    code: str  # of the union below
    name: str
    superior: str  # whom it names as its superior; '' = nobody
    period: str
    file: str
    content: str  # SHA-256
    received: str
    created: str  # ISO time, signed: as it stands, however late
    signer: str  # the key that signed it
    confirmed: bool  # a chain leads from that key to this union
    interim: bool  # the period was not yet closed
    figures_only: bool
    state: str
    reason: str  # the code of what stands against it, or why it does not count by itself
    other: int  # the forward that explains its state
    units: int  # that reported
    listed: int  # that owe a report
    members: int

    @property
    def sent(self) -> str:
        """ISO time: the signed one, at most that of its arrival."""
        return min(self.created, self.received)


COLUMNS = {
    field.name: {"int": NUMBER, "bool": FLAG}.get(str(field.type), TEXT)
    for field in fields(Forward)
}
READ = f"SELECT {', '.join(map(name, COLUMNS))} FROM forwards ORDER BY number"


def read(tables: DecisionTables) -> list[Forward]:
    """All that were received, in order of arrival."""
    return [Forward(*row) for row in tables.query(READ)]


def take(connection: Connection, found: Iterable[Forward], gone: Iterable[int]) -> None:
    """Write what became of forwards in place of the rows of their numbers and of these."""
    rows = list(map(astuple, found))
    inserting.delete(connection, "forwards", "number", [*(row[0] for row in rows), *gone])
    inserting.insert(connection, "forwards", COLUMNS, zip(*rows, strict=True))


def counting(found: Iterable[Forward]) -> list[Forward]:
    return [one for one in found if one.state in COUNTING]


def members_without_rows(tables: RegisterTables, period: str) -> int:
    """How many members count of whom there is no row: removed for good, or never sent by a union
    below that forwarded figures alone."""
    ((found,),) = tables.query(
        "SELECT coalesce(sum(s.members), 0) FROM submissions s"
        " ANTI JOIN (SELECT DISTINCT submission FROM members) m ON m.submission = s.id"
        f" WHERE s.period = ? AND {COUNTS}",
        [period],
    )
    return int(found)


def is_barred(one: Forward) -> bool:
    """Whether it counts by an officer's decision alone."""
    return one.reason in BARRED


def is_accepted(one: Forward) -> bool:
    """Whether an officer decided that it counts: it would not do so by itself."""
    return one.state == CURRENT and (not one.confirmed or is_barred(one))


def is_refused(one: Forward) -> bool:
    """Whether something stands against it that no officer can decide."""
    return bool(one.reason) and not is_barred(one)


def is_final(one: Forward) -> bool:
    """Whether no key, roster, period or newer program can tell more of it."""
    if one.state == REJECTED:
        return one.reason not in LATER
    return one.confirmed or one.state in (IDENTICAL, OLDER, SUPERSEDED)


def keeps_tables(one: Forward, known: Iterable[Forward]) -> bool:
    """Whether its tables are kept: it counts, or a decision may yet make it count."""
    if one.state == SUPERSEDED:
        by = next((other for other in known if other.number == one.other), None)
        return by is not None and is_accepted(by)
    kept = (*COUNTING, HELD, WITHDRAWN, REJECTED)
    return one.state in kept and not is_refused(one)


def has_partition(folder: Path, one: Forward) -> bool:
    """Whether the tables of a forward are there. `folder`: the published one."""
    return (folder / FOLDER / str(one.number) / "units.parquet").is_file()


def remove_unneeded(folder: Path, found: Sequence[Forward]) -> None:
    """Remove the partitions that no forward needs. `folder`: the published one."""
    kept = {str(one.number) for one in found if keeps_tables(one, found)}
    for path in (folder / FOLDER).glob("*"):
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def sources(
    folder: Path, found: Sequence[Forward], own: Mapping[str, str], union: str = ""
) -> dict[str, str]:
    """The register's tables and the partitions as one: table → SQL. `own`: SQL of the register's
    own tables; `union`: only what came through this one (a code, or codes with / between them).
    Raises RegisterError for a forward whose tables are gone."""
    chosen = counting(found)
    if not chosen and not union:
        return dict(own)
    tables = [table for table in own if table in NO_ROWS or table == MEMBERS or is_rows(table)]
    views = {table: [] if union else [own[table]] for table in tables}
    for one in chosen:
        if not has_partition(folder, one):
            raise RegisterError("store_forward_missing", name=one.name, file=one.file)
        for table in tables:
            path = folder / FOLDER / str(one.number) / f"{table}.parquet"
            if path.is_file():
                views[table].append(_select(table, path, union))
    if not union:
        views["roster"].append(_unions(chosen, own["roster"]))
    made = {
        table: " UNION ALL BY NAME ".join(parts) if parts else f"{own[table]} WHERE false"
        for table, parts in views.items()
    }
    if union:
        made["periods"] = _periods(chosen, union) or f"{own['periods']} WHERE false"
    return {**own, **made}


def _select(table: str, path: Path, union: str) -> str:
    source = f"read_parquet('{quoted(path)}')"
    if not union:
        return f"SELECT * FROM {source}"
    within = f"(via = '{quoted(union)}' OR starts_with(via, '{quoted(union)}/'))"
    if table in WITH_VIA:
        via = f"substr(via, {len(union) + 2})"
        return f"SELECT * REPLACE ({via} AS via) FROM {source} WHERE {within}"
    reports = quoted(path.with_name("submissions.parquet"))
    chosen = f"(SELECT id FROM read_parquet('{reports}') WHERE {within})"
    return f"SELECT * FROM {source} WHERE submission IN {chosen}"


def _unions(chosen: Sequence[Forward], own: str) -> str:
    """The unions below as lines of the roster, where it lacks them: they stand in the tree of
    unions and owe no report themselves."""
    rows = ", ".join(
        "("
        + ", ".join(f"'{quoted(text)}'" for text in (f.code, f.name, f.superior, f.period))
        + ")"
        for f in chosen
    )
    return (
        "(SELECT code, name, '' AS superior_code, superior, period, 0 AS position, '' AS contact,"
        f" '' AS phone, true AS exempt, '{BELOW}' AS via"
        f" FROM (VALUES {rows}) f(code, name, superior, period) WHERE superior <> ''"
        f" AND NOT EXISTS (SELECT 1 FROM ({own}) r WHERE r.name = f.name AND r.period = f.period))"
    )


def _periods(chosen: Sequence[Forward], union: str) -> str:
    first = union.partition("/")[0]
    rows = ", ".join(
        f"('{quoted(f.period)}', '{'open' if f.interim else 'closed'}', '{quoted(f.sent)}')"
        for f in chosen
        if f.code == first
    )
    if not rows:
        return ""
    return f"SELECT *, '' AS officer FROM (VALUES {rows}) f(period, state, changed)"


def with_distinct_names(tables: RegisterTables, views: Mapping[str, str]) -> dict[str, str]:
    """Views in which two unions of one name are two, a township of one county and one of another:
    each gets in brackets the union that it came through. `views`: as `sources` has them."""
    both = f"SELECT superior, via FROM ({views['units']}) UNION SELECT superior, via"
    both += f" FROM ({views['roster']}) WHERE NOT ends_with(via, '{BELOW}')"
    rows = tables.query(
        f"WITH named AS ({both}) SELECT superior, via FROM named WHERE superior <> '' AND superior"
        " IN (SELECT superior FROM named GROUP BY superior HAVING count(DISTINCT via) > 1)"
    )
    if not rows:
        return {}
    unions = tables.query(
        f"SELECT code, name FROM ({views['roster']}) WHERE ends_with(via, '{BELOW}')"
        " UNION SELECT code, name FROM forwards"
    )
    names = {str(code): str(union) for code, union in unions}
    paths = [str(via) for _, via in rows if via]
    senders = {path: names.get(path.rpartition("/")[2], path) for path in paths}
    label = " ".join(f"WHEN '{quoted(via)}' THEN '{quoted(n)}'" for via, n in senders.items())
    alike = ", ".join(f"'{quoted(one)}'" for one in sorted({str(row[0]) for row in rows}))
    if not label:
        return {}

    def renamed(column: str) -> str:
        union = f"CASE via {label} END"
        return (
            f"CASE WHEN via <> '' AND {column} IN ({alike}) AND {column} <> coalesce({union},"
            f" {column}) THEN {column} || '（' || {union} || '）' ELSE {column} END AS {column}"
        )

    both_columns = f"{renamed('name')}, {renamed('superior')}"
    return {
        "units": f"SELECT * REPLACE ({both_columns}) FROM ({views['units']})",
        "roster": f"SELECT * REPLACE ({both_columns}) FROM ({views['roster']})",
        "submissions": f"SELECT * REPLACE ({renamed('superior')}) FROM ({views['submissions']})",
    }
