"""What the pages remember across restarts: one SQLite file, its owner's alone.

Wrong passwords (under keyed hashes, so that the file holds no names), first downloads, what was
submitted, sessions that were left, and the keys of cookies. Every call is one transaction: a
process killed at any moment, or a full disk, leaves the state before or after it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.web.guard import StateUnavailable

FILE = "portal.sqlite"
TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
DROP TABLE IF EXISTS attempts;
CREATE TABLE IF NOT EXISTS wrong_passwords (
    name TEXT NOT NULL, source TEXT NOT NULL,
    count INTEGER NOT NULL, until REAL NOT NULL, last REAL NOT NULL, PRIMARY KEY (name, source)
);
CREATE TABLE IF NOT EXISTS known_sources (
    name TEXT NOT NULL, source TEXT NOT NULL, last REAL NOT NULL, PRIMARY KEY (name, source)
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


@dataclass(frozen=True, slots=True)
class Limit:
    """Free attempts, then the first wait and the longest one in seconds."""

    free: int
    first: float
    most: float


class State:
    """The one connection to the file; may be used from several threads. Every method raises
    StateUnavailable."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, sqlite3.Error."""
        writing.private_folder(folder)
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
            try:
                self._base.execute("BEGIN IMMEDIATE")
                yield self._base
                self._base.execute("COMMIT")
            except BaseException as error:
                # A full disk may have ended the transaction by itself.
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise StateUnavailable(str(error)) from error
                raise

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._base.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StateUnavailable(str(error)) from error

    # --- settings ------------------------------------------------------------------------------

    def get(self, name: str) -> str:
        """'' where there is none."""
        rows = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def put(self, name: str, value: str) -> None:
        with self._change() as base:
            base.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def secret(self, name: str) -> str:
        """A random text that stays the same from its first use on."""
        with self._change() as base:
            made = secrets.token_urlsafe(32)
            base.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (name, made))
        return self.get(name)

    # --- wrong passwords -----------------------------------------------------------------------

    def attempt(self, tries: Sequence[tuple[str, str, Limit]], now: float) -> float:
        """Count an attempt under several (name, source) pairs, before the password is looked at:
        two at once cannot both be the last one.

        Seconds to wait where one of them has to, in which case nothing is counted; 0 where it
        may be made. Beyond the free attempts each doubles the wait; a day of quiet forgets all.
        """
        with self._change() as base:
            sql = "SELECT count, until, last FROM wrong_passwords WHERE name = ? AND source = ?"
            rows = [
                base.execute(sql, (name, source)).fetchone() or (0, 0.0, now)
                for name, source, _ in tries
            ]
            wait = max(until - now for _, until, _ in rows)
            if wait > 0:
                return float(wait)
            for (name, source, limit), (count, _, last) in zip(tries, rows, strict=True):
                count = 1 if now - last > 86_400 else count + 1
                beyond = min(count - limit.free, 30)
                until = now + min(limit.first * 2**beyond, limit.most) if beyond >= 0 else 0.0
                base.execute(
                    "INSERT OR REPLACE INTO wrong_passwords VALUES (?, ?, ?, ?, ?)",
                    (name, source, count, until, now),
                )
            base.execute("DELETE FROM wrong_passwords WHERE last < ?", (now - 7 * 86_400,))
        return 0.0

    def forgive(self, name: str, source: str = "") -> None:
        """Nothing is counted against a name any more, from one source or from all."""
        with self._change() as base:
            base.execute(
                "DELETE FROM wrong_passwords WHERE name = ? AND (source = ? OR ? = '')",
                (name, source, source),
            )

    def undo(self, name: str, source: str) -> None:
        """Take back one attempt, which was right; others may have made the wrong ones."""
        with self._change() as base:
            base.execute(
                "UPDATE wrong_passwords SET count = max(count - 1, 0), until = 0"
                " WHERE name = ? AND source = ?",
                (name, source),
            )

    def locked(self, now: float) -> set[str]:
        """The names that somebody has to wait for."""
        return {
            name for (name,) in self._rows("SELECT name FROM wrong_passwords WHERE until > ?", now)
        }

    def know(self, name: str, source: str, now: float) -> None:
        """A source has opened a name with the right password."""
        with self._change() as base:
            base.execute(
                "INSERT OR REPLACE INTO known_sources VALUES (?, ?, ?)", (name, source, now)
            )
            base.execute("DELETE FROM known_sources WHERE last < ?", (now - 400 * 86_400,))

    def knows(self, name: str, source: str) -> bool:
        sql = "SELECT 1 FROM known_sources WHERE name = ? AND source = ?"
        return bool(self._rows(sql, name, source))

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
        rows = self._rows(sql, what)
        return {(unit, serial): Download(*rest) for unit, serial, *rest in rows}

    # --- submissions ---------------------------------------------------------------------------

    def begin(self, one: UploadRecord) -> None:
        """About to be written into the inbox."""
        row = (one.number, one.unit, one.file, one.sha256, one.members, one.at)
        with self._change() as base:
            base.execute("INSERT OR REPLACE INTO submissions VALUES (?, ?, ?, ?, ?, ?, 0)", row)

    def settle(self, number: str, *, whole: bool) -> None:
        """It is in the inbox (`whole`), or it will never be."""
        change = "UPDATE submissions SET whole = 1" if whole else "DELETE FROM submissions"
        with self._change() as base:
            base.execute(f"{change} WHERE number = ?", (number,))

    def submissions(self, unit: str = "", *, whole: bool = True) -> list[UploadRecord]:
        """Newest first; of all units where none is named."""
        sql = (
            "SELECT number, unit, file, sha256, members, at FROM submissions"
            " WHERE whole = ? AND (unit = ? OR ? = '') ORDER BY at DESC, number"
        )
        return [UploadRecord(*row) for row in self._rows(sql, int(whole), unit, unit)]

    # --- sessions ------------------------------------------------------------------------------

    def leave(self, sid: str, until: float, now: float) -> None:
        """A session is over, even for a cookie that was kept."""
        with self._change() as base:
            base.execute("INSERT OR REPLACE INTO left_sessions VALUES (?, ?)", (sid, until))
            base.execute("DELETE FROM left_sessions WHERE until < ?", (now,))

    def has_left(self, sid: str) -> bool:
        return bool(self._rows("SELECT 1 FROM left_sessions WHERE sid = ?", sid))
