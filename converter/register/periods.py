"""Periods: which one is collected, and which are closed.

`periods` is a log: a line whenever a period was opened, closed, or collected for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
