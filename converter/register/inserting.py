"""Rows into the register's tables, many at a time: one by one they take milliseconds each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter.model.forms import Sheet
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
    connection: Connection, table: str, sheet: Sheet, spool: Path, pairs: Sequence[tuple[int, int]]
) -> None:
    """Take over a sheet's rows from a worker's CSV (gzipped or not; no heading): number of the
    file, record, row of the sheet, then the sheet's fields. `pairs`: number of a file and of the
    submission that it became."""
    keys = [field.key for field in sheet]
    columns = {"number": NUMBER, "record": NUMBER, "source_row": NUMBER}
    columns |= dict.fromkeys(keys, TEXT)
    described = ", ".join(f"'{quoted(c)}': '{kind}'" for c, kind in columns.items())
    named = ", ".join(map(name, keys))
    texts = ", ".join(f"coalesce({name(key)}, '')" for key in keys)
    connection.execute(
        f"INSERT INTO {table} (submission, record, source_row, {named})"
        f" SELECT submission, record, source_row, {texts}"
        " FROM read_csv(?, auto_detect = false, header = false, parallel = false,"
        f" delim = ',', quote = '\"', escape = '\"', columns = {{{described}}})"
        " JOIN (SELECT unnest(?::BIGINT[]) AS number, unnest(?::BIGINT[]) AS submission)"
        " USING (number) ORDER BY submission, record",
        [str(spool), [n for n, _ in pairs], [submission for _, submission in pairs]],
    )
