"""Which files are registered, and which submissions are to be validated once more."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from converter.register.precedence import REJECTED, UNOPENED
from converter.register.schema import RegisterTables

CHANGING = "F010"  # the code of a file that was written to while it was read

FILES_A_QUERY = 50_000

File = tuple[str, str]  # its name below the inbox, its content
Numbers = dict[File, int]  # → number of the submission


def done(tables: RegisterTables, files: Sequence[File], waiting: Set[File]) -> set[File]:
    """Which of these files, or zips as a whole, are registered; without those that are waiting to
    be validated once more, and zips that have one in them."""
    folders = {
        name[:at] for name, _ in waiting for at, character in enumerate(name) if character == "/"
    }
    found = set()
    for at in range(0, len(files), FILES_A_QUERY):
        part = files[at : at + FILES_A_QUERY]
        columns = [[name for name, _ in part], [content for _, content in part]]
        found |= {one for one in _among("submissions", tables, columns) if one not in waiting}
        found |= {one for one in _among("containers", tables, columns) if one[0] not in folders}
    return found


def _among(table: str, tables: RegisterTables, columns: list[list[str]]) -> list[tuple[Any, ...]]:
    return tables.query(
        f"SELECT file, content FROM {table} SEMI JOIN (SELECT unnest($1::VARCHAR[]) AS file,"
        " unnest($2::VARCHAR[]) AS content) USING (file, content)",
        columns,
    )


def unread(tables: RegisterTables) -> Numbers:
    """Where the reading itself failed: a machine short of memory, a file that was being written
    to."""
    return _numbers(
        tables,
        f"result = '{REJECTED}' AND EXISTS (SELECT 1 FROM findings f WHERE f.submission = s.id"
        f" AND (f.code LIKE 'F9%' OR f.code = '{CHANGING}'))",
    )


def locked(tables: RegisterTables) -> Numbers:
    """What was sealed or signed when no keys were at hand."""
    return _numbers(
        tables,
        f"result = '{UNOPENED}' OR (signed AND created = '' AND result <> '{REJECTED}')",
    )


def refused(tables: RegisterTables) -> Numbers:
    """What has errors."""
    return _numbers(tables, f"result = '{REJECTED}'")


def arrivals(tables: RegisterTables, numbers: Numbers) -> dict[int, str]:
    """When submissions came, by their numbers."""
    sql = "SELECT id, received FROM submissions WHERE id IN (SELECT unnest(?::BIGINT[]))"
    return {int(n): str(when) for n, when in tables.query(sql, [list(numbers.values())])}


def _numbers(tables: RegisterTables, condition: str) -> Numbers:
    rows = tables.query(f"SELECT file, content, id FROM submissions s WHERE {condition}")
    return {(file, content): number for file, content, number in rows}
