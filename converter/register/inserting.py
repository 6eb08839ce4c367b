"""Rows into the register's tables, many at a time: one by one they take milliseconds each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter.register.schema import name, quoted

if TYPE_CHECKING:
    from converter.register.schema import Connection

TEXT, NUMBER, FLAG = "VARCHAR", "BIGINT", "BOOLEAN"
UNIT = dict.fromkeys(("code", "name", "superior_code", "superior"), TEXT)
SUBMISSION = {
    "id": NUMBER, "unit": NUMBER, "period": TEXT, "file": TEXT, "content": TEXT,
    "digest": TEXT, "result": TEXT, "state": TEXT, "other": NUMBER, "received": TEXT,
    "created": TEXT, "ordered_by": TEXT, "unit_code": TEXT, "unit_name": TEXT,
    "superior": TEXT, "form_version": TEXT, "serial": NUMBER, "members": NUMBER,
    "errors": NUMBER, "warnings": NUMBER, "signed": FLAG, "sealed": FLAG, "package": FLAG,
    "unit_sheet": TEXT, "member_sheet": TEXT, "id_column": NUMBER, "file_time": TEXT,
    "claimed_period": TEXT, "collected": TEXT, "barred": TEXT,
    "forgotten": TEXT, "reason": TEXT,
}  # fmt: skip
FINDING = {"submission": NUMBER, "code": TEXT, "level": TEXT, "count": NUMBER}

Columns = Iterable[Sequence[Any]]


def insert(connection: Connection, table: str, columns: Mapping[str, str], data: Columns) -> None:
    """Add rows, given as whole columns."""
    lists = [list(column) for column in data]
    if lists and lists[0]:
        values = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
        named = ", ".join(map(name, columns))
        connection.execute(f"INSERT INTO {table} ({named}) SELECT {values}", lists)


def update(connection: Connection, table: str, columns: Mapping[str, str], data: Columns) -> None:
    """Change rows of a table with an `id`, given as whole columns, the ids first."""
    lists = [list(column) for column in data]
    if lists and lists[0]:
        values = ", ".join(
            f"unnest(?::{kind}[]) AS {name(column)}"
            for column, kind in {"id": NUMBER, **columns}.items()
        )
        changes = ", ".join(f"{name(column)} = n.{name(column)}" for column in columns)
        connection.execute(
            f"UPDATE {table} SET {changes} FROM (SELECT {values}) n WHERE {table}.id = n.id", lists
        )


def delete(connection: Connection, table: str, column: str, numbers: Iterable[int]) -> None:
    """Remove the rows that have one of these numbers."""
    chosen = list(numbers)
    if chosen:
        connection.execute(
            f"DELETE FROM {table} WHERE {name(column)} IN (SELECT unnest(?::BIGINT[]))", [chosen]
        )


def rows(
    connection: Connection,
    table: str,
    ours: Sequence[str],
    keys: Sequence[str],
    spool: Path,
    submissions: Mapping[int, int],
    blank: Collection[str] = (),
) -> None:
    """Take over a sheet's rows from a worker's gzipped CSV (no heading), in their order:
    number of the file, then columns of `ours` after `submission`, then the sheet's fields.
    `submissions`: number of a file → the submission that it became; others are left out.
    Fields that are to stay `blank` are."""
    columns = dict.fromkeys(ours, NUMBER) | dict.fromkeys(keys, TEXT)
    described = ", ".join(f"'{quoted(c)}': '{kind}'" for c, kind in columns.items())
    named = ", ".join(map(name, columns))
    texts = ["''" if key in blank else f"coalesce({name(key)}, '')" for key in keys]
    became = "($2::BIGINT[])[submission + 1]"
    numbers = [submissions.get(number) for number in range(max(submissions, default=-1) + 1)]
    connection.execute(
        f"INSERT INTO {table} ({named}) SELECT {', '.join((became, *ours[1:], *texts))}"
        " FROM read_csv($1, auto_detect = false, header = false, parallel = false,"
        f" delim = ',', quote = '\"', escape = '\"', columns = {{{described}}})"
        f" WHERE {became} IS NOT NULL",
        [str(spool), numbers],
    )
