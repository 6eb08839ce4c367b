"""The tables of a verified forward → its partition, as the register reads it.

The database reads tables with the columns that are known, strictly, and says whether they
contradict one another or the descriptor.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converter.model.issues import Issue
from converter.register import asking, decisions, forwarded, schema
from converter.register.asking import UnionReply
from converter.register.decisions import Decision
from converter.register.inserting import TEXT
from converter.register.precedence import ANSWER, REVOKE
from converter.register.schema import name, quoted
from converter.upward import layout
from converter.upward.layout import ForwardTable

MEMORY = "400MB"


@dataclass(frozen=True, slots=True)
class ReadForward:
    """What a forward says of itself, and what was found. `partition`: whether its tables lie in
    the folder that was asked for."""

    issues: tuple[Issue, ...] = ()
    code: str = ""  # of the union that made it
    name: str = ""
    superior: str = ""
    period: str = ""
    created: str = ""
    signer: str = ""
    confirmed: bool = False
    interim: bool = False
    figures_only: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    standing: str = ""  # the list of the unions below it, as it came
    partition: bool = False
    replies: tuple[UnionReply, ...] = ()  # to questions of the union that receives


class ForwardRefused(Exception):
    """A forward cannot be taken over: the code of the issue and what fills in its text."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code, self.params = code, params


def disk_full(path: Path) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def write_partition(
    spooled: Mapping[str, Path],
    known: Sequence[ForwardTable],
    found: ReadForward,
    target: Path,
    number: int,
) -> tuple[UnionReply, ...]:
    """Write the tables as the register reads them; returns what the union replied to questions.
    Raises ForwardRefused where they cannot be read, or contradict one another or the
    descriptor."""
    errors = schema.database_errors()
    with schema.connect(None) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET threads = 2")
        connection.execute(f"SET temp_directory = '{quoted(target / 'sorting')}'")
        try:
            for one in known:
                connection.execute(f"CREATE VIEW {one.name} AS {_table(one, spooled[one.name])}")
            for one in known:
                if not one.partition:
                    continue
                path = quoted(target / f"{one.partition}.parquet")
                sql = _shifted(one, found, number)
                connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
            if found.figures_only:
                _no_members(connection, target)
            columns = ", ".join(decisions.COLUMNS)
            rows = connection.execute(
                f"SELECT {columns} FROM {layout.DECISIONS} WHERE action IN (?, ?) ORDER BY number",
                [ANSWER, REVOKE],
            ).fetchall()
            wrong = connection.execute(_contradictions(target, found)).fetchall()[0][0]
        except errors as error:
            if schema.is_full(error):
                raise disk_full(target) from error
            raise ForwardRefused("P208") from error
    for plain in spooled.values():
        plain.unlink()
    shutil.rmtree(target / "sorting", ignore_errors=True)
    if wrong:
        raise ForwardRefused("P208")
    return tuple(asking.replies_in(Decision(*row) for row in rows))


def _table(one: ForwardTable, path: Path) -> str:
    """A table's rows; a blank is '' as in the register."""
    columns = ", ".join(f"'{quoted(key)}': '{kind}'" for key, kind in one.columns.items())
    values = ", ".join(
        f"coalesce({name(key)}, '') AS {name(key)}" if kind == TEXT else name(key)
        for key, kind in one.columns.items()
    )
    return (
        f"SELECT {values} FROM read_csv('{quoted(path)}', auto_detect = false, header = true,"
        " compression = 'gzip', delim = ',', quote = '\"', escape = '\"', strict_mode = true,"
        f" nullstr = '', columns = {{{columns}}})"
    )


_NUMBERS = {
    (layout.UNITS, "id"), (layout.REPORTS, "id"), (layout.REPORTS, "unit"),
    (layout.REPORTS, "other"), (layout.ANSWERS, "unit"), (layout.ANSWERS, "submission"),
    (layout.FINDINGS, "submission"),
}  # fmt: skip

_OF_ROWS = ("unit", "submission")


def _shifted(one: ForwardTable, found: ReadForward, number: int) -> str:
    """Numbers moved apart from those of other forwards; where a unit came from."""
    columns = []
    for key in one.columns:
        value = name(key)
        numbered = (one.name, key) in _NUMBERS or ("record" in one.columns and key in _OF_ROWS)
        if numbered:
            value = f"CASE WHEN {value} = 0 THEN 0 ELSE {value} + {number * forwarded.SHIFT} END"
        elif key == "via":
            code = quoted(found.code)
            value = f"CASE WHEN {value} = '' THEN '{code}' ELSE '{code}/' || {value} END"
        columns.append(f"{value} AS {name(key)}")
    if one.name == layout.ROSTER:
        columns += ["'' AS contact", "'' AS phone"]
    return f"SELECT {', '.join(columns)} FROM {one.name}"


def _no_members(connection: schema.Connection, target: Path) -> None:
    path = quoted(target / "members.parquet")
    connection.execute(
        "COPY (SELECT period, unit, submission FROM answers WHERE false)"
        f" TO '{path}' (FORMAT parquet)"
    )


def _contradictions(target: Path, found: ReadForward) -> str:
    """SQL: whether the tables contradict one another or what the descriptor says."""
    of = {
        table: f"read_parquet('{quoted(target / table)}.parquet')"
        for table in (*forwarded.NO_ROWS, schema.MEMBERS)
    }
    reports = of["submissions"]
    counting = "state IN ('current', 'unconfirmed')"
    period = quoted(found.period)
    units, members = found.counts.get("units", -1), found.counts.get("members", -1)
    with_rows = members - found.counts.get(layout.WITHOUT_ROWS, 0)
    people = (
        "false"
        if found.figures_only
        # a report has all its rows or none
        else (
            f"(SELECT count(*) FROM {of['members']}) <> {with_rows}"
            f" OR EXISTS (SELECT 1 FROM (SELECT submission, count(*) AS n FROM {of['members']}"
            f" GROUP BY submission) m LEFT JOIN (SELECT id, members FROM {reports}"
            f" WHERE {counting}) r ON r.id = m.submission"
            " WHERE m.n IS DISTINCT FROM r.members)"
        )
    )
    return (
        f"SELECT EXISTS (SELECT 1 FROM {reports} WHERE period <> '{period}' OR unit IS NULL)"
        f" OR (SELECT count(*) <> count(DISTINCT id) FROM {reports})"
        f" OR (SELECT count(*) <> count(DISTINCT id) FROM {of['units']})"
        f" OR EXISTS (SELECT 1 FROM {reports} WHERE unit <> 0"
        f" AND unit NOT IN (SELECT id FROM {of['units']}))"
        f" OR (SELECT count(DISTINCT unit) FROM {reports} WHERE {counting}) <> {units}"
        f" OR (SELECT coalesce(sum(members), 0) FROM {reports} WHERE {counting}) <> {members}"
        f" OR EXISTS (SELECT 1 FROM {reports} WHERE {counting} GROUP BY unit HAVING count(*) > 1)"
        f" OR EXISTS (SELECT 1 FROM {of['answers']} a ANTI JOIN (SELECT id, unit FROM {reports}"
        f" WHERE {counting}) r ON r.id = a.submission AND r.unit = a.unit)"
        f" OR (SELECT count(*) <> count(DISTINCT submission) FROM {of['answers']})"
        f" OR (SELECT count(*) FROM {of['answers']}) <> {units}"
        f" OR EXISTS (SELECT 1 FROM {of['roster']} WHERE period <> '{period}')"
        f" OR {people}"
    )
