"""The register's tables and how older registers become newer ones.

Each step of `STEPS` leads from one version to the next and is never changed once released. The
columns for the form's fields are not part of it: they follow the form, and a field that is new
gets its column when the register is opened. docs/register.md describes every table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from converter.kinds.amounts import database_type
from converter.model.errors import RegisterError, UsageError
from converter.model.forms import Field, Form
from converter.register import own_form, unit_lookup

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

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

# What counts is decided anew from what came (converter/register/precedence.py): what a file claims
# and what was known when it came are kept apart from what became of it. `periods` and `decisions`
# only grow; the last line of a period says whether it is open.
VERSION_4 = """
CREATE TABLE periods (
    period VARCHAR NOT NULL, state VARCHAR NOT NULL, changed VARCHAR NOT NULL,
    officer VARCHAR NOT NULL
);
CREATE TABLE decisions (
    number BIGINT NOT NULL, decided VARCHAR NOT NULL, officer VARCHAR NOT NULL,
    action VARCHAR NOT NULL, file VARCHAR NOT NULL, content VARCHAR NOT NULL,
    after BIGINT NOT NULL, period VARCHAR NOT NULL, unit_code VARCHAR NOT NULL,
    unit_name VARCHAR NOT NULL, superior VARCHAR NOT NULL, why VARCHAR NOT NULL,
    revokes BIGINT NOT NULL
);
ALTER TABLE submissions ADD COLUMN claimed_period VARCHAR DEFAULT '';
ALTER TABLE submissions ADD COLUMN collected VARCHAR DEFAULT '';
ALTER TABLE submissions ADD COLUMN barred VARCHAR DEFAULT '';
ALTER TABLE submissions ADD COLUMN reason VARCHAR DEFAULT '';
ALTER TABLE units ADD COLUMN serial BIGINT DEFAULT 0;
UPDATE submissions SET claimed_period = period, collected = period;
"""

# Where a unit stands in its roster and whom to call there; what was removed for good: the members
# of a whole period, of a unit in a period, or of submissions that do not count in a closed period.
VERSION_5 = """
ALTER TABLE roster ADD COLUMN position BIGINT DEFAULT 0;
ALTER TABLE roster ADD COLUMN contact VARCHAR DEFAULT '';
ALTER TABLE roster ADD COLUMN phone VARCHAR DEFAULT '';
ALTER TABLE submissions ADD COLUMN forgotten VARCHAR DEFAULT '';
CREATE TABLE forgotten (
    period VARCHAR NOT NULL, scope VARCHAR NOT NULL, unit BIGINT NOT NULL,
    unit_name VARCHAR NOT NULL, forgotten VARCHAR NOT NULL, officer VARCHAR NOT NULL,
    why VARCHAR NOT NULL, submissions BIGINT NOT NULL, members BIGINT NOT NULL,
    finished BOOLEAN NOT NULL
);
"""

# Officers decide about units, too: `roster` is what was given (kept here) with their changes.
VERSION_6 = """
CREATE TABLE roster_given AS SELECT code, name, superior_code, superior, contact, phone, period,
    position FROM roster;
ALTER TABLE roster ADD COLUMN exempt BOOLEAN DEFAULT false;
"""

# What units explained in 情况说明, for the officer to read.
VERSION_7 = """
CREATE TABLE explanations (
    submission BIGINT NOT NULL, place VARCHAR NOT NULL, fault VARCHAR NOT NULL,
    explanation VARCHAR NOT NULL
);
"""

# What unions below have forwarded (`converter/upward`). `via` names them for units that came so,
# '130102', or '1301/130102' through two; '' is the register's own.
VERSION_8 = """
CREATE TABLE forwards (
    number BIGINT NOT NULL, code VARCHAR NOT NULL, name VARCHAR NOT NULL, superior VARCHAR NOT NULL,
    period VARCHAR NOT NULL, file VARCHAR NOT NULL, content VARCHAR NOT NULL,
    received VARCHAR NOT NULL, created VARCHAR NOT NULL, signer VARCHAR NOT NULL,
    confirmed BOOLEAN NOT NULL, interim BOOLEAN NOT NULL, figures_only BOOLEAN NOT NULL,
    state VARCHAR NOT NULL, reason VARCHAR NOT NULL, other BIGINT NOT NULL,
    units BIGINT NOT NULL, listed BIGINT NOT NULL, members BIGINT NOT NULL
);
ALTER TABLE units ADD COLUMN via VARCHAR DEFAULT '';
ALTER TABLE submissions ADD COLUMN via VARCHAR DEFAULT '';
ALTER TABLE roster ADD COLUMN via VARCHAR DEFAULT '';
"""

# What unions below replied to questions that they were asked.
VERSION_9 = """
CREATE TABLE replies (
    question VARCHAR NOT NULL, forward BIGINT NOT NULL, answered VARCHAR NOT NULL,
    officer VARCHAR NOT NULL, reply VARCHAR NOT NULL
);
"""

# What units are looked up by (`unit_lookup`).
VERSION_10 = """
ALTER TABLE units ADD COLUMN name_key UINTEGER;
ALTER TABLE units ADD COLUMN code_key UINTEGER;
ALTER TABLE roster ADD COLUMN name_key UINTEGER;
ALTER TABLE roster ADD COLUMN code_key UINTEGER;
"""
KEYED = 10

# Which form the register is of (`own_form`).
VERSION_11 = """
CREATE TABLE form (id VARCHAR NOT NULL, title VARCHAR NOT NULL);
"""

# What an older publication lacks: table → column → its value there.
ADDED = {
    "roster": {
        "period": "''", "position": "0", "contact": "''", "phone": "''", "exempt": "false",
        "via": "''",
    },
    "submissions": {
        "file_time": "''", "claimed_period": "period", "collected": "period", "barred": "''",
        "reason": "''", "forgotten": "''", "via": "''",
    },
    "units": {"serial": "0", "via": "''"},
}  # fmt: skip
# Tables that an older publication lacks: their columns.
ADDED_TABLES = {
    "periods": ("period", "state", "changed", "officer"),
    "decisions": (
        "number", "decided", "officer", "action", "file", "content", "after", "period",
        "unit_code", "unit_name", "superior", "why", "revokes",
    ),
    "forgotten": (
        "period", "scope", "unit", "unit_name", "forgotten", "officer", "why", "submissions",
        "members", "finished",
    ),
    "explanations": ("submission", "place", "fault", "explanation"),
    "forwards": (
        "number", "code", "name", "superior", "period", "file", "content", "received", "created",
        "signer", "confirmed", "interim", "figures_only", "state", "reason", "other", "units",
        "listed", "members",
    ),
    "replies": ("question", "forward", "answered", "officer", "reply"),
}  # fmt: skip

# Of a submission s: it is a rejected workbook with one of the two sheets alone.
HALVES = (
    "(s.result = 'rejected' AND NOT s.package AND (s.unit_sheet = '') <> (s.member_sheet = ''))"
)
# Of a submission s: it counts; it is one of a unit that counts, and had no errors.
COUNTS = "s.state IN ('current', 'unconfirmed')"
SOUND = (
    "s.state IN ('current', 'unconfirmed', 'superseded', 'older', 'identical')"
    " AND EXISTS (SELECT 1 FROM submissions c WHERE c.unit = s.unit AND c.period = s.period"
    " AND c.state IN ('current', 'unconfirmed'))"
)

# SQL functions that every connection to a register has.
# The roster of a period: the one that was given for it, else the newest before it. `owes` is
# false for a union that others report to (it is listed to say where it belongs) and for a unit that
# an officer exempted. The units in a
# period have the names that its roster gives them; those that no roster lists, what counts says.
MACROS = """
CREATE TEMP MACRO roster_of(of_period) AS TABLE
    WITH newest AS (SELECT via, max(period) AS period FROM roster WHERE period <= of_period
        GROUP BY via),
    chosen AS (SELECT roster.* FROM roster JOIN newest USING (via, period))
    SELECT r.code, r.name, r.superior_code, r.superior, r.position, r.contact, r.phone, r.via,
        NOT (r.exempt AND r.period = of_period) AND NOT EXISTS (SELECT 1 FROM forwards f
        WHERE f.code = r.code AND r.via = '' AND f.period = of_period
        AND f.state IN ('current', 'unconfirmed')) AND NOT EXISTS (SELECT 1 FROM chosen below
        WHERE below.superior = r.name AND below.code <> r.code) AS owes FROM chosen r;
CREATE TEMP MACRO units_in(of_period) AS TABLE
    WITH claims AS (SELECT s.unit, arg_max(s.unit_name, s.id) AS name,
        arg_max(s.superior, s.id) AS superior FROM submissions s
        WHERE s.period = of_period AND s.state IN ('current', 'unconfirmed') AND s.unit_name <> ''
        GROUP BY s.unit)
    SELECT u.id, u.code, coalesce(r.name, c.name, u.name) AS name,
        coalesce(r.superior, c.superior, u.superior) AS superior, r.code IS NOT NULL AS listed,
        coalesce(r.position, 0) AS position, coalesce(r.contact, '') AS contact,
        coalesce(r.phone, '') AS phone, u.via
    FROM units u LEFT JOIN roster_of(of_period) r
        ON r.code = u.code AND r.via = u.via AND u.code <> ''
    LEFT JOIN claims c ON c.unit = u.id;
-- What tells that two numbers of a unit are one unit: what came through unions below has other
-- numbers in each period.
CREATE TEMP MACRO unit_keys() AS TABLE
    SELECT id, CASE WHEN code <> '' THEN 'c ' || code WHEN via = '' THEN 'u ' || id
        ELSE concat_ws(' ', via, superior, name) END AS unit_key FROM units;
"""
# When a submission was sent: by its signed time, else by the time of its file, else when it was
# received. A clock that is ahead proves nothing: nothing is sent after it was received; nor does
# one whose battery is empty: nothing is sent more than a year before the year of its period.
_RECEIVED = "CAST(s.received AS TIMESTAMP)"
_SIGNED, _SAVED = "TRY_CAST(s.created AS TIMESTAMP)", "TRY_CAST(s.file_time AS TIMESTAMP)"
_YEAR = "TRY_CAST(regexp_extract(s.period, '^[12][0-9]{3}') AS BIGINT)"
_EARLIEST = f"coalesce(make_timestamp({_YEAR} - 1, 1, 1, 0, 0, 0), TIMESTAMP '0001-01-01')"


def _by_source(signed: str, saved: str, received: str) -> str:
    return (
        f"CASE WHEN {_SIGNED} BETWEEN {_EARLIEST} AND {_RECEIVED} THEN {signed}"
        f" WHEN {_SAVED} BETWEEN {_EARLIEST} AND {_RECEIVED} THEN {saved} ELSE {received} END"
    )


SENT = _by_source(_SIGNED, _SAVED, _RECEIVED)
TIMED_BY = _by_source("'signature'", "'file'", "'receipt'")

MEMORY = "1GB"  # beyond it DuckDB works on the disk
SPARING = "160MB"  # where nothing is lost but time: what is written in order

UNREADABLE = "unreadable"  # stands for the content of files that cannot be opened

ROWS_AT_ONCE = 2_048  # of a long answer

STEPS = (
    VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6, VERSION_7, VERSION_8,
    VERSION_9, VERSION_10, VERSION_11,
)  # fmt: skip
LATEST = len(STEPS)
ANSWERS, MEMBERS, ROWS = "answers", "members", "rows_"
ROW_COLUMNS = ("submission", "record", "source_row")
RESERVED = {ANSWERS: ROW_COLUMNS[:1]}  # column names that no field may have; of all others: …


class RegisterTables(Protocol):
    """Answers SQL over the register's tables."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]: ...


def is_full(error: BaseException) -> bool:
    """Whether the data base could not write: a fault of the disk, not of the register."""
    return any(word in str(error) for word in ("No space left", "Could not write", "disk full"))


def prepare(connection: Connection, form: Form, folder: Path, named: object = None) -> bool:
    """Bring a new or older register up to date, in one transaction. `named`: the form that its
    publication names. Whether it was another form's, of which nothing was accepted. Raises
    RegisterError."""
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
    ((latest,),) = connection.execute("SELECT max(version) FROM schema_version").fetchall()
    found = latest or 0
    if found > LATEST:
        connection.execute("ROLLBACK")
        raise RegisterError("store_newer", found=found, known=LATEST)
    for version in range(found, LATEST):
        connection.execute(STEPS[version])
        connection.execute("INSERT INTO schema_version VALUES (?)", [version + 1])
    if found < KEYED:
        unit_lookup.fill(connection)
    was_other = own_form.is_other(connection, form, folder, named)
    for table in (ANSWERS, *row_tables(connection)) if was_other else ():
        connection.execute(f"DROP TABLE {table}")
    for sheet in form.sheets:
        table = table_of(form, sheet.key)
        own = RESERVED.get(table, ROW_COLUMNS)
        ours = ", ".join(f"{column} BIGINT NOT NULL" for column in own)
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({ours})")
        present = {str(row[0]) for row in connection.execute(f"DESCRIBE {table}").fetchall()}
        for field in sheet:
            if field.key in own:
                raise RegisterError("store_reserved", key=field.key)
            if field.key not in present:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {name(field.key)} VARCHAR")
    connection.execute("COMMIT")
    return was_other


def table_of(form: Form, sheet: str) -> str:
    """The table that holds what stands on a sheet: `answers` of the record sheet, `members` of the
    form's first table, one of its own for each further table."""
    if sheet == form.record.key:
        return ANSWERS
    return MEMBERS if sheet == form.main_table.key else ROWS + sheet


def row_tables(connection: Connection) -> list[str]:
    """Every table that holds rows of submissions, those of an older form's sheets too."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, ?) ORDER BY 1", [ROWS]
    ).fetchall()
    return [MEMBERS, *(str(table) for (table,) in found)]


def name(key: str) -> str:
    """A field's key as a column's name.

    >>> name('staff')
    '"staff"'
    """
    return '"' + key.replace('"', '""') + '"'


def number_sql(field: Field, table: str = "") -> str:
    """A field's number (NULL where there is none) in a table that is called `table`."""
    column = f"{table}.{name(field.key)}" if table else name(field.key)
    return f"TRY_CAST({column} AS {database_type(field)})"


def connect(path: Path | None) -> Connection:
    """A connection that takes nothing from the network and little memory. Raises UsageError in the
    clerks' program, which leaves the database out."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise UsageError("officers_program") from None
    connection = duckdb.connect(str(path) if path else ":memory:")
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute("SET autoinstall_known_extensions = false")
    return connection


def database_errors() -> tuple[type[Exception], ...]:
    """What the database raises; nothing where it is left out."""
    try:
        import duckdb
    except ModuleNotFoundError:
        return ()
    return (duckdb.Error,)


def copy(
    connection: Connection,
    sql: str,
    path: Path,
    options: str = "",
    parameters: Sequence[Any] = (),
) -> None:
    """Write an answer as a Parquet file, with more memory only where little is not enough."""
    statement = f"COPY ({sql}) TO '{quoted(path)}' (FORMAT parquet{options})"
    try:
        connection.execute(f"SET memory_limit = '{SPARING}'")
        connection.execute(statement, list(parameters))
        return
    except database_errors() as error:
        if type(error).__name__ != "OutOfMemoryException":
            raise
    finally:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute(statement, list(parameters))


def streamed(
    connection: Connection, sql: str, parameters: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """The rows of an answer, some at a time."""
    answer = connection.cursor().execute(sql, list(parameters))
    while rows := answer.fetchmany(ROWS_AT_ONCE):
        yield from rows


def quoted(text: object) -> str:
    """A text as the inside of an SQL string, where no parameter can stand."""
    return str(text).replace("'", "''")
