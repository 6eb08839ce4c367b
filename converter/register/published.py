"""What others read: a published copy of the register, replaced as a whole.

Every publication is a folder of Parquet files of its own; `state.json` names the one that counts
and is replaced atomically. The one before is kept for those who still read it; older ones are
removed. `answers` and the tables of rows hold what counts (counting submissions of every period),
the other tables hold everything.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter.files import writing
from converter.files.os_errors import try_while_open
from converter.model.clock import utc_stamp
from converter.model.errors import RegisterError, RegisterOfOtherForm, UsageError
from converter.model.forms import Form
from converter.register import forwarded, own_form
from converter.register.schema import (
    ADDED,
    ADDED_TABLES,
    COUNTS,
    LATEST,
    MACROS,
    MEMBERS,
    ROWS,
    connect,
    copy,
    name,
    quoted,
    row_tables,
    streamed,
)

if TYPE_CHECKING:
    from converter.register.schema import Connection

FOLDER, STATE = "published", "state.json"  # below the register's folder
READ_AT_ONCE = 1 << 18  # bytes of all tables: some thousand people
# Answers and rows come nearly in the order of their submissions: sorting millions anew would
# take twice the time and four times the memory. A query that needs an order says so.
TABLES = {
    "units": "SELECT * EXCLUDE (name_key, code_key) FROM units ORDER BY id",
    "submissions": "SELECT * FROM submissions ORDER BY id",
    "findings": "SELECT * FROM findings ORDER BY submission, code",
    "roster": "SELECT * EXCLUDE (name_key, code_key) FROM roster",
    "answers": (
        "SELECT s.period, s.unit, a.* FROM answers a JOIN submissions s ON s.id = a.submission"
        f" WHERE {COUNTS}"
    ),
    "periods": "SELECT * FROM periods ORDER BY rowid",
    "decisions": "SELECT * FROM decisions ORDER BY number",
    "forgotten": "SELECT * FROM forgotten",
    "explanations": "SELECT * FROM explanations ORDER BY submission, place",
    "forwards": "SELECT * FROM forwards ORDER BY number",
    "replies": "SELECT * FROM replies ORDER BY question",
}
_COUNTING_ROWS = (
    "SELECT s.period, s.unit, m.* FROM {table} m JOIN submissions s ON s.id = m.submission"
    f" WHERE {COUNTS}"
)


def publish(connection: Connection, folder: Path, form: Form, period: str, when: int) -> None:
    """Write a new publication and let `state.json` name it. `when`: seconds since 1970."""
    writing.private_folder(folder)
    folder.chmod(0o700)  # ID numbers in full; an older program left it open
    before = sorted(int(f.name) for f in folder.iterdir() if f.is_dir() and f.name.isdigit())
    number = max(before, default=0) + 1
    target = folder / str(number)
    target.mkdir(0o700)
    rows = {table: _COUNTING_ROWS.format(table=table) for table in row_tables(connection)}
    for table, sql in (TABLES | rows).items():
        path = target / f"{table}.parquet"
        copy(connection, sql, path, ", COMPRESSION zstd")
        path.chmod(0o600)
    counted = connection.execute(
        "SELECT state, count(*) FROM submissions WHERE period = ? GROUP BY state ORDER BY state",
        [period],
    ).fetchall()
    state = {
        "version": 1,
        "schema": LATEST,
        "folder": str(number),
        "published": utc_stamp(when),
        "form": {"id": form.id, "version": form.version, "title": form.title},
        "period": period,
        "submissions": dict(counted),
    }
    text = json.dumps(state, ensure_ascii=False, indent=2) + "\n"
    writing.write_bytes_atomically(folder / STATE, text.encode("utf-8"), private=True)
    for old in before[:-1]:
        shutil.rmtree(folder / str(old), ignore_errors=True)


def keep_newest_only(folder: Path) -> bool:
    """Remove every publication but the newest, those that are still read too. Returns whether all
    of them are gone."""
    newest = str(json.loads((folder / STATE).read_text(encoding="utf-8"))["folder"])
    older = [one for one in folder.iterdir() if one.name.isdigit() and one.name != newest]
    for one in older:
        shutil.rmtree(one, ignore_errors=True)
    return not any(one.exists() for one in older)


def _missing_table(table: str) -> str:
    columns = ", ".join(f"'' AS {name(key)}" for key in ADDED_TABLES[table])
    return f"SELECT {columns} WHERE false"


def folder_of(store: Path) -> Path | None:
    """What a register's folder, or a copy of its published folder alone, has published; None where
    it is no such folder."""
    for place in (store / FOLDER, store):
        if (place / STATE).is_file() and any(place.glob("[0-9]*/units.parquet")):
            return place
    return None


def check_form(store: Path, form: Form) -> object:
    """What names the form of what a register published (None: nothing does). Raises
    RegisterOfOtherForm where something of another form was accepted."""
    place = folder_of(store)
    try:
        named: object = json.loads((place / STATE).read_text("utf-8"))["form"] if place else None
        if named and named["id"] != form.id:  # type: ignore[index]
            with Snapshot(store, form):
                pass
    except RegisterOfOtherForm:
        raise
    except (RegisterError, OSError, ValueError, KeyError, TypeError):
        return None  # a publication that cannot be read is made anew
    return named


def digest(place: Path) -> str:
    """SHA-256 of all that lies in a published folder."""
    found = hashlib.sha256()
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(place).as_posix()}\n{path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                found.update(piece)
    return found.hexdigest()


def _is_small(folder: Path, parts: Path) -> bool:
    """Whether to read all at once costs less than to open the files for each query."""
    files = [*parts.glob("*.parquet"), *folder.glob(f"{forwarded.FOLDER}/*/*.parquet")]
    return sum(file.stat().st_size for file in files) <= READ_AT_ONCE


class Snapshot:
    """The newest publication of a register, for reading. `store` is the register's folder, or
    a copy of its published folder alone; `form`: whose answers are read, None where none are;
    `union`: only what came from this union below, as it stood there; `as_named`: unions of one name
    in different places keep it.

    Raises RegisterError."""

    def __init__(
        self, store: Path, form: Form | None = None, union: str = "", *, as_named: bool = False
    ) -> None:
        folder = store if (store / STATE).is_file() else store / FOLDER
        try:
            # On Windows it cannot be opened in the moment in which it is replaced.
            text = try_while_open(lambda: (folder / STATE).read_text(encoding="utf-8"))
            self.state: dict[str, Any] = json.loads(text)
            parts = folder / str(int(self.state["folder"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RegisterError("store_unpublished", path=str(store)) from error
        rows = sorted(path.stem for path in parts.glob(f"{ROWS}*.parquet"))
        tables = [*TABLES, MEMBERS, *rows]
        missing = {table for table in tables if not (parts / f"{table}.parquet").is_file()}
        if missing - ADDED_TABLES.keys():
            raise RegisterError("store_unpublished", path=str(store))
        self._connection = connect(None)
        self._columns: dict[str, list[str]] = {table: [] for table in tables}
        self._small = _is_small(folder, parts)
        own = {
            table: _missing_table(table)
            if table in missing
            else self._select(table, parts / f"{table}.parquet")
            for table in tables
        }
        self._define("forwards", own.pop("forwards"))
        self.forwards = forwarded.read(self)
        if union:
            self._define("forwards", _missing_table("forwards"))
        views = forwarded.sources(folder, self.forwards, own, union)
        if forwarded.counting(self.forwards) and not as_named:
            views |= forwarded.with_distinct_names(self, views)
        for table, sql in views.items():
            self._define(table, sql)
        if form is not None:
            own_form.differs(self._connection, form, store, self.state.get("form"))
        # Not temporary here: `stream` reads through a connection of its own.
        self._connection.execute(MACROS.replace("CREATE TEMP MACRO", "CREATE MACRO"))

    def _define(self, table: str, sql: str) -> None:
        """A small table is read once, a large one by each query as far as that needs it."""
        kind = "TABLE" if self._small else "VIEW"
        self._connection.execute(f"CREATE OR REPLACE {kind} {table} AS {sql}")

    def _select(self, table: str, path: Path) -> str:
        source = f"read_parquet('{quoted(path)}')"
        if table not in ADDED:
            return f"SELECT * FROM {source}"
        stored = {str(row[0]) for row in self.query(f"DESCRIBE SELECT * FROM {source}")}
        added = ADDED[table].items()
        more = "".join(f", {value} AS {name(key)}" for key, value in added if key not in stored)
        return f"SELECT *{more} FROM {source}"

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, list(parameters)).fetchall()

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The same, some rows at a time: answers may be long."""
        return streamed(self._connection, sql, parameters)

    def via(self, union: str) -> str:
        """How units are marked that came through a union below, by its code or name. Raises
        UsageError for one that forwarded nothing."""
        wanted = union.strip()
        names = {one.name: one.code for one in forwarded.counting(self.forwards)}
        code = names.get(wanted, wanted)
        rows = self.query("SELECT DISTINCT via FROM units WHERE via <> ''")
        parts = [str(via).split("/") for (via,) in rows]
        steps = {"/".join(one[: n + 1]) for one in parts for n in range(len(one))}
        found = sorted(step for step in steps if step == code or step.endswith(f"/{code}"))
        if not found:
            known = "、".join(f"{name}（{code}）" for name, code in names.items()) or "—"
            raise UsageError("stats_no_union", union=wanted, unions=known)
        return found[0]

    def columns(self, table: str) -> list[str]:
        """The columns of a table, none where there is no such table: a register may be older than
        the form."""
        if table in self._columns and not self._columns[table]:
            self._columns[table] = [str(row[0]) for row in self.query(f"DESCRIBE {table}")]
        return self._columns.get(table, [])

    def newest(self) -> str:
        """The period that pages show; '' = none."""
        return str(self.state.get("period", ""))

    def periods(self) -> list[str]:
        """Periods that something counts for, oldest first."""
        rows = self.query(
            f"SELECT DISTINCT period FROM submissions s WHERE {COUNTS} ORDER BY period"
        )
        return [str(period) for (period,) in rows]
