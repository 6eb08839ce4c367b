"""What officers decided about files: appended to, never changed, each of them revocable.

A decision goes by the content of a file, so that it holds for the same file wherever it lies and
whenever it comes again. It never changes what a unit sent.

>>> accept = Decision(1, "t", "王", "accept", "a.zip", "sha")
>>> undo = Decision(2, "t", "王", "revoke", "a.zip", "sha", revokes=1)
>>> in_force([accept]) == [accept], in_force([accept, undo])
(True, [])
>>> again = Decision(3, "t", "王", "revoke", "a.zip", "sha", revokes=2)
>>> in_force([accept, undo, again]) == [accept]
True
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from converter.register import inserting
from converter.register.inserting import NUMBER, TEXT
from converter.register.precedence import (
    ACCEPT,
    ASSIGN,
    REJECT,
    REVOKE,
    WITHDRAW,
    ClaimedSender,
    Ruling,
)

if TYPE_CHECKING:
    from converter.register.schema import Connection


COLUMNS = {
    "number": NUMBER, "decided": TEXT, "officer": TEXT, "action": TEXT, "file": TEXT,
    "content": TEXT, "after": NUMBER, "period": TEXT, "unit_code": TEXT, "unit_name": TEXT,
    "superior": TEXT, "why": TEXT, "revokes": NUMBER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. Its fields are the columns of the table."""

    number: int
    decided: str  # ISO time
    officer: str
    action: str
    file: str
    content: str
    after: int = 0  # the newest submission at that time
    period: str = ""  # what an accepted file counts for
    unit_code: str = ""  # whom a file was assigned to, or what unit was decided about
    unit_name: str = ""
    superior: str = ""
    why: str = ""
    revokes: int = 0  # the number of the decision that is undone


@dataclass(frozen=True, slots=True)
class Rulings:
    """What holds of each file, by its content."""

    verdicts: dict[str, Ruling]
    senders: dict[str, ClaimedSender]
    decided: dict[str, Decision]  # the last decision of each


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """Those that nobody revoked, in order; who revokes a revocation brings back what was undone."""
    made = sorted(decisions, key=lambda one: one.number)
    undone = revoked(made)
    return [one for one in made if one.number not in undone and one.action != REVOKE]


def revoked(decisions: Iterable[Decision]) -> set[int]:
    """The numbers of those that were revoked."""
    found: set[int] = set()
    for one in sorted(decisions, key=lambda one: -one.number):
        if one.action == REVOKE and one.number not in found:
            found.add(one.revokes)
    return found


def rulings(decisions: Iterable[Decision]) -> Rulings:
    """The last word about each file."""
    verdicts, senders, decided = {}, {}, {}
    for one in in_force(decisions):
        decided[one.content] = one
        if one.action == ASSIGN:
            claim = ClaimedSender(one.unit_code, one.unit_name, "", one.superior)
            senders[one.content] = claim
        elif one.action in (ACCEPT, REJECT, WITHDRAW):
            verdicts[one.content] = Ruling(one.action, one.after, one.period)
    return Rulings(verdicts, senders, decided)


_READ = f"SELECT {', '.join(COLUMNS)} FROM decisions ORDER BY number"


class DecisionTables(Protocol):
    """Answers SQL over the register's tables."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...


def read(connection: Connection) -> list[Decision]:
    return [Decision(*row) for row in connection.execute(_READ).fetchall()]


def read_from(tables: DecisionTables) -> list[Decision]:
    """The same, from a register or its publication."""
    return [Decision(*row) for row in tables.query(_READ)]


def append(connection: Connection, made: Sequence[Decision]) -> None:
    rows = [astuple(one) for one in made]
    inserting.insert(connection, "decisions", COLUMNS, zip(*rows, strict=True))
