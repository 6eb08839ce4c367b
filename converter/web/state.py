"""What the pages remember across restarts: one SQLite file, its owner's alone.

Failed attempts (under keyed hashes, so that the file tells no names), first downloads, what was
submitted, sessions that were left, and the keys of cookies. Every call is one transaction: a
process killed at any moment leaves the state before or after it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FILE = "portal.sqlite"
TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
    key TEXT PRIMARY KEY, failures INTEGER NOT NULL, until REAL NOT NULL, last REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS downloads (
    unit TEXT NOT NULL, serial INTEGER NOT NULL, what TEXT NOT NULL,
    first REAL NOT NULL, last REAL NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (unit, serial, what)
);
CREATE TABLE IF NOT EXISTS submissions (
    number TEXT PRIMARY KEY, unit TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL,
    members INTEGER NOT NULL, at REAL NOT NULL, whole INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_unit ON submissions (unit, at);
CREATE TABLE IF NOT EXISTS left_sessions (sid TEXT PRIMARY KEY, until REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Download:
    """How often a unit fetched something. Times are seconds since 1970."""

    first: float
    last: float
    count: int


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """A package that was put into the inbox."""

    number: str
    unit: str
    file: str  # below the inbox, with '/'
    sha256: str
    members: int
    at: float  # seconds since 1970


class State:
    """The one connection to the file; may be used from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, sqlite3.Error."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = threading.Lock()
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(TABLES)

    def close(self) -> None:
        self._base.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._base.execute(sql, values).fetchall()

    # --- settings ------------------------------------------------------------------------------

    def get(self, name: str) -> str:
        """'' where there is none."""
        rows = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def put(self, name: str, value: str) -> None:
        with self._change() as base:
            base.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def secret(self, name: str) -> str:
        """A random text that stays the same; made when it is first asked for."""
        with self._change() as base:
            made = secrets.token_urlsafe(32)
            base.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, made))
        return self.get(name)

    # --- failed attempts -----------------------------------------------------------------------

    def attempt(self, key: str, free: int, first: float, most: float, now: float) -> float:
        """Count an attempt, before it is looked at: two at once cannot both be the last one.

        Seconds to wait, in which case it does not count; 0 where it may be made. Beyond `free`
        attempts each doubles the wait, from `first` seconds up to `most`; a day of quiet
        forgets all.
        """
        with self._change() as base:
            sql = "SELECT failures, until, last FROM attempts WHERE key = ?"
            failures, until, last = base.execute(sql, (key,)).fetchone() or (0, 0.0, now)
            if until > now:
                return float(until - now)
            failures = 1 if now - last > 86_400 else failures + 1
            beyond = min(failures - free, 30)
            until = now + min(first * 2**beyond, most) if beyond >= 0 else 0.0
            row = (key, failures, until, now)
            base.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", row)
            base.execute("DELETE FROM attempts WHERE last < ?", (now - 7 * 86_400,))
        return 0.0

    def forgive(self, key: str) -> None:
        """An attempt that was right: nothing is held against who made it."""
        with self._change() as base:
            base.execute("DELETE FROM attempts WHERE key = ?", (key,))

    def undo(self, key: str) -> None:
        """An attempt that was right, where others may have made the wrong ones: it alone is
        taken back."""
        with self._change() as base:
            base.execute(
                "UPDATE attempts SET failures = max(failures - 1, 0), until = 0 WHERE key = ?",
                (key,),
            )

    # --- downloads -----------------------------------------------------------------------------

    def downloaded(self, unit: str, serial: int, what: str, now: float) -> None:
        with self._change() as base:
            base.execute(
                "INSERT INTO downloads VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE"
                " SET last = excluded.last, count = count + 1",
                (unit, serial, what, now, now),
            )

    def downloads(self, what: str) -> dict[tuple[str, int], Download]:
        """By unit and serial."""
        sql = "SELECT unit, serial, first, last, count FROM downloads WHERE what = ?"
        with self._lock:
            rows = self._base.execute(sql, (what,)).fetchall()
        return {(unit, serial): Download(*rest) for unit, serial, *rest in rows}

    # --- submissions ---------------------------------------------------------------------------

    def begin(self, one: UploadRecord) -> None:
        """About to be written into the inbox."""
        row = (one.number, one.unit, one.file, one.sha256, one.members, one.at)
        with self._change() as base:
            base.execute("INSERT OR REPLACE INTO submissions VALUES (?, ?, ?, ?, ?, ?, 0)", row)

    def settle(self, number: str, *, whole: bool) -> None:
        """It is in the inbox, or it never will be."""
        change = "UPDATE submissions SET whole = 1" if whole else "DELETE FROM submissions"
        with self._change() as base:
            base.execute(f"{change} WHERE number = ?", (number,))

    def submissions(self, unit: str = "", *, whole: bool = True) -> list[UploadRecord]:
        """Newest first; of all units where none is named."""
        sql = (
            "SELECT number, unit, file, sha256, members, at FROM submissions"
            " WHERE whole = ? AND (unit = ? OR ? = '') ORDER BY at DESC, number"
        )
        with self._lock:
            rows = self._base.execute(sql, (int(whole), unit, unit)).fetchall()
        return [UploadRecord(*row) for row in rows]

    # --- sessions ------------------------------------------------------------------------------

    def leave(self, sid: str, until: float, now: float) -> None:
        """A session counts no more, whoever kept its cookie."""
        with self._change() as base:
            base.execute("INSERT OR REPLACE INTO left_sessions VALUES (?, ?)", (sid, until))
            base.execute("DELETE FROM left_sessions WHERE until < ?", (now,))

    def has_left(self, sid: str) -> bool:
        return bool(self._rows("SELECT 1 FROM left_sessions WHERE sid = ?", sid))
