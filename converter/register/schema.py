"""The register's tables and how older registers become newer ones.

Each step of `STEPS` leads from one version to the next and is never changed once released. The
columns for the form's fields are not part of it: they follow the form, and a field that is new
gets its column when the register is opened. docs/register.md describes every table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from converter.model.errors import RegisterError
from converter.model.forms import Form

VERSION_1 = """
CREATE TABLE units (
    id BIGINT NOT NULL, code VARCHAR NOT NULL, name VARCHAR NOT NULL,
    superior_code VARCHAR NOT NULL, superior VARCHAR NOT NULL
);
CREATE TABLE submissions (
    id BIGINT NOT NULL, unit BIGINT NOT NULL, period VARCHAR NOT NULL,
    file VARCHAR NOT NULL, content VARCHAR NOT NULL, digest VARCHAR NOT NULL,
    result VARCHAR NOT NULL, state VARCHAR NOT NULL, other BIGINT NOT NULL,
    received VARCHAR NOT NULL, created VARCHAR NOT NULL, ordered_by VARCHAR NOT NULL,
    unit_code VARCHAR NOT NULL, unit_name VARCHAR NOT NULL, superior VARCHAR NOT NULL,
    form_version VARCHAR NOT NULL, serial BIGINT NOT NULL,
    members BIGINT NOT NULL, errors BIGINT NOT NULL, warnings BIGINT NOT NULL,
    signed BOOLEAN NOT NULL, sealed BOOLEAN NOT NULL, package BOOLEAN NOT NULL,
    unit_sheet VARCHAR NOT NULL, member_sheet VARCHAR NOT NULL, id_column BIGINT NOT NULL
);
CREATE TABLE answers (submission BIGINT NOT NULL);
CREATE TABLE members (
    submission BIGINT NOT NULL, record BIGINT NOT NULL, source_row BIGINT NOT NULL
);
CREATE TABLE findings (
    submission BIGINT NOT NULL, code VARCHAR NOT NULL, level VARCHAR NOT NULL, count BIGINT NOT NULL
);
CREATE TABLE containers (file VARCHAR NOT NULL, content VARCHAR NOT NULL);
"""

# The roster, kept so that statistics know which units are missing.
VERSION_2 = """
CREATE TABLE roster (
    code VARCHAR NOT NULL, name VARCHAR NOT NULL,
    superior_code VARCHAR NOT NULL, superior VARCHAR NOT NULL
);
"""

# Each period keeps its own roster; and what a file's own time was when it lay in the inbox.
VERSION_3 = """
ALTER TABLE roster ADD COLUMN period VARCHAR DEFAULT '';
ALTER TABLE submissions ADD COLUMN file_time VARCHAR DEFAULT '';
"""

# What an older publication lacks: table → column → its value there.
ADDED = {"roster": {"period": "''"}, "submissions": {"file_time": "''"}}

# SQL functions that every connection to a register has.
# The roster of a period: the one that was given for it, else the newest before it. `owes` is
# false for a union that others report to: it is listed to say where it belongs.
MACROS = """
CREATE TEMP MACRO roster_of(of_period) AS TABLE
    WITH chosen AS (SELECT * FROM roster WHERE period =
        (SELECT max(period) FROM roster WHERE period <= of_period))
    SELECT r.code, r.name, r.superior_code, r.superior, NOT EXISTS (SELECT 1 FROM chosen below
        WHERE below.superior = r.name AND below.code <> r.code) AS owes FROM chosen r;
"""
# When a submission was sent: by its signed time, else by the time of its file, else when it was
# received. Nothing is sent after it was received: a clock that is ahead proves nothing.
_RECEIVED = "CAST(s.received AS TIMESTAMP)"
_SIGNED, _SAVED = "TRY_CAST(s.created AS TIMESTAMP)", "TRY_CAST(s.file_time AS TIMESTAMP)"
SENT = (
    f"CASE WHEN {_SIGNED} <= {_RECEIVED} THEN {_SIGNED}"
    f" WHEN {_SAVED} <= {_RECEIVED} THEN {_SAVED} ELSE {_RECEIVED} END"
)
TIMED_BY = (
    f"CASE WHEN {_SIGNED} <= {_RECEIVED} THEN 'signature'"
    f" WHEN {_SAVED} <= {_RECEIVED} THEN 'file' ELSE 'receipt' END"
)

MEMORY = "1GB"  # beyond it DuckDB works on the disk

UNREADABLE = "unreadable"  # stands for the content of files that cannot be opened

ROWS_AT_ONCE = 2_048  # of a long answer

STEPS = (VERSION_1, VERSION_2, VERSION_3)
LATEST = len(STEPS)
OURS = {
    "answers": ("submission",),
    "members": ("submission", "record", "source_row"),
}


def is_full(error: BaseException) -> bool:
    """Whether the data base could not write: a fault of the disk, not of the register."""
    return any(word in str(error) for word in ("No space left", "Could not write", "disk full"))


def prepare(connection: Any, form: Form) -> None:
    """Bring a new or older register up to date, in one transaction. Raises RegisterError."""
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
    found = connection.execute("SELECT max(version) FROM schema_version").fetchone()[0] or 0
    if found > LATEST:
        connection.execute("ROLLBACK")
        raise RegisterError("store_newer", found=found, known=LATEST)
    for version in range(found, LATEST):
        connection.execute(STEPS[version])
        connection.execute("INSERT INTO schema_version VALUES (?)", [version + 1])
    for sheet, table in ((form.record, "answers"), (form.main_table, "members")):
        for field in sheet:
            if field.key in OURS[table]:
                raise RegisterError("store_reserved", key=field.key)
            connection.execute(
                f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name(field.key)} VARCHAR"
            )
    connection.execute("COMMIT")


def name(key: str) -> str:
    """A field's key as a column's name.

    >>> name('staff')
    '"staff"'
    """
    return '"' + key.replace('"', '""') + '"'


def connect(path: Path | None) -> duckdb.DuckDBPyConnection:
    """A connection that takes nothing from the network and little memory."""
    connection = duckdb.connect(str(path) if path else ":memory:")
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute("SET autoinstall_known_extensions = false")
    return connection


def streamed(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """The rows of an answer, some at a time."""
    answer = connection.cursor().execute(sql, list(parameters))
    while rows := answer.fetchmany(ROWS_AT_ONCE):
        yield from rows


def quoted(text: object) -> str:
    """A text as the inside of an SQL string, where no parameter can stand."""
    return str(text).replace("'", "''")
