"""What came of some units before: read from the tables as `settle` needs it, and settled anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converter.register import inserting
from converter.register.decisions import Rulings
from converter.register.inserting import NUMBER, TEXT
from converter.register.precedence import (
    ACCEPT,
    PAIRED,
    REJECTED,
    UNOPENED,
    KnownUnit,
    PriorSubmission,
    Settlement,
    made_at,
    settle,
)
from converter.register.schema import HALVES

if TYPE_CHECKING:
    from converter.register.schema import Connection

Know = Callable[[int, Iterable[str]], KnownUnit]  # a unit's number, periods it sent files for
State = tuple[str, str, int, str]  # period, state, other, reason

_COLUMNS = (
    "SELECT id, unit, collected, content, digest, created, received, result, barred,"
    f" {HALVES}, signed AND created = '', period, state, other, reason FROM submissions s"
)


@dataclass(slots=True)
class Histories:
    """The submissions of some units, what became of each, and what has changed."""

    rulings: Rulings
    know: Know
    past: dict[int, list[PriorSubmission]] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)
    changed: dict[int, State] = field(default_factory=dict)

    def read(self, connection: Connection, units: Iterable[int]) -> None:
        """What these units sent."""
        sql = f"{_COLUMNS} WHERE unit IN (SELECT unnest(?::BIGINT[])) ORDER BY id"
        for row in connection.execute(sql, [sorted(set(units) - {0})]).fetchall():
            number, unit, collected, content, digest, created, at, result, barred, half = row[:10]
            paired = row[-2] if result == PAIRED else 0
            made = made_at(created, at)
            self.past.setdefault(unit, []).append(
                self.prior(
                    number, content, digest, made, result, collected, barred, half, paired, row[10]
                )
            )
            self.states[number] = row[11:]

    def prior(
        self,
        number: int,
        content: str,
        digest: str,
        made: str,
        result: str,
        collected: str,
        barred: str,
        is_half: bool = False,
        paired: int = 0,
        unverified: bool = False,
    ) -> PriorSubmission:
        """A submission with what was decided about it."""
        ruling = self.rulings.verdicts.get(content)
        let_in = ruling is not None and ruling.action == ACCEPT
        return PriorSubmission(
            number,
            content,
            digest,
            made,
            accepted=result != REJECTED,
            period=ruling.period if ruling and let_in and ruling.period else collected,
            barred=barred,
            opened=result != UNOPENED,
            is_half=is_half,
            paired=paired,
            unverified=unverified,
            ruling=ruling,
        )

    def arrive(self, unit: int, one: PriorSubmission) -> None:
        """Settle what a unit has sent, with one more. Files of unknown senders are unrelated."""
        if unit:
            self.past.setdefault(unit, []).append(one)
            self.settle(unit)
        else:
            self._change([one], settle([one]))

    def settle(self, unit: int) -> None:
        past = self.past[unit]
        self._change(past, settle(past, self.know(unit, {one.period for one in past})))

    def settle_all(self) -> None:
        for unit in self.past:
            self.settle(unit)

    def _change(self, past: Iterable[PriorSubmission], settled: dict[int, Settlement]) -> None:
        for one in past:
            state = (one.period, *settled[one.id])
            if self.states.get(one.id) != state:
                self.states[one.id] = self.changed[one.id] = state

    def write(self, connection: Connection) -> None:
        """What has changed."""
        rows = [(number, *state) for number, state in self.changed.items()]
        columns = {"period": TEXT, "state": TEXT, "other": NUMBER, "reason": TEXT}
        inserting.update(connection, "submissions", columns, zip(*rows, strict=True))
