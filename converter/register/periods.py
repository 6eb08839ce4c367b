"""Periods: which one is collected, and which are closed.

`periods` is a log: a line whenever a period was opened, closed, or collected for the first time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from converter.register.schema import COUNTS, RegisterTables

if TYPE_CHECKING:
    from converter.register.schema import Connection


OPEN, CLOSED, COLLECTED = "open", "closed", "collected"


@dataclass(frozen=True, slots=True)
class Period:
    """A period as it stands: open, closed, or only collected so far."""

    period: str
    state: str
    changed: str  # ISO time
    officer: str


def read(connection: Connection) -> list[Period]:
    """The periods that a register knows, oldest first."""
    rows = connection.execute(
        "SELECT period, state, changed, officer FROM periods ORDER BY rowid"
    ).fetchall()
    return sorted(in_force(rows).values(), key=lambda one: one.period)


def in_force(rows: Iterable[Sequence[str]]) -> dict[str, Period]:
    """Each period as it was put last. The order of the rows decides: times may be equal, or of a
    clock that was set back."""
    return {row[0]: Period(*row) for row in rows}


def canonical(tables: RegisterTables, given: str, *further: str) -> str:
    """The period that an officer means by what she typed: one that the register knows, or one of
    `further`, however it is spelled. Of a new one the characters are made half-width; its year
    stands alone where the others' do."""
    rows = tables.query(
        f"SELECT period FROM periods UNION SELECT period FROM submissions s WHERE {COUNTS}"
    )
    return spelled(given, [*(str(row[0]) for row in rows), *further])


class CollectedTables(RegisterTables, Protocol):
    """Tables of a register that know the period to show where nobody asks for one."""

    def newest(self) -> str: ...


def chosen(tables: CollectedTables, given: str) -> str:
    """The period that an officer means, the newest where she names none."""
    return canonical(tables, given) or tables.newest()


def spelled(given: str, known: Sequence[str]) -> str:
    """
    >>> known = ["2025", "2026上半年"]
    >>> [spelled(text, known) for text in ("２０２５年度", "2026年-上半年", "2027年")]
    ['2025', '2026上半年', '2027年']
    """
    text = unicodedata.normalize("NFKC", given).strip()
    wanted = _key(text)
    meant = [one for one in known if one and _key(one) == wanted]
    for one in (given, text, *meant):
        if not text or one in known:
            return one
    plain = wanted.isdecimal() and all(one.isdecimal() for one in known if one)
    return wanted if plain else text


def _key(period: str) -> str:
    """What tells two periods apart: 2026 of 2026年度, 2026上半年 of 2026 年-上半年."""
    text = "".join(unicodedata.normalize("NFKC", period).casefold().split())
    text = re.sub(r"(?<=[0-9]{4})年度?", "", text)
    return re.sub(r"(?<![0-9])[-_./]|[-_./](?![0-9])", "", text)


def append(connection: Connection, period: Period) -> None:
    connection.execute(
        "INSERT INTO periods VALUES (?, ?, ?, ?)",
        [period.period, period.state, period.changed, period.officer],
    )


def open_one(connection: Connection) -> str:
    """The period that is open; '' = none."""
    return next((one.period for one in read(connection) if one.state == OPEN), "")


def newest(connection: Connection) -> str:
    """What pages show: the open period, else the newest that was collected; '' = none."""
    known = [one.period for one in read(connection)]
    if not known:  # an older register
        ((period,),) = connection.execute("SELECT max(period) FROM submissions").fetchall()
        known = [period or ""]
    return open_one(connection) or max(known)
