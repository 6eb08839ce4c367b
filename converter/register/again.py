"""Which submissions are to be validated once more, by what is known of them."""

from __future__ import annotations

from converter.register.precedence import REJECTED, UNOPENED
from converter.register.schema import RegisterTables

CHANGING = "F010"  # the code of a file that was written to while it was read

Numbers = dict[tuple[str, str], int]  # (file, content) → number of the submission


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
