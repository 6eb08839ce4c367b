"""Decisions about files and periods: the register changes, and what others read is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.clock import utc_stamp
from converter.model.errors import RegisterError, UsageError
from converter.model.forms import Form
from converter.register import Register, decisions, forgetting, periods, waiting
from converter.register.deciding import DecidedFile, Order
from converter.register.deciding import decide as decide_in
from converter.register.decisions import Decision
from converter.register.schema import COUNTS
from converter.register.waiting import Question
from converter.register.writer import FILE


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a collection, all decisions, and those that are in force."""

    period: str
    questions: Sequence[Question]
    decisions: Sequence[Decision]
    standing: Sequence[Decision]


def decide(
    store: Path, form: Form, order: Order, now: int
) -> tuple[Decision, Sequence[DecidedFile]]:
    """Decide about one file. Raises UsageError, RegisterBusy, RegisterError."""
    with Register(existing(store), form) as register:
        made = register.change(lambda known: decide_in(known, order, utc_stamp(now)))
        register.publish("", now)
        return made


def waiting_of(store: Path, form: Form, period: str) -> Waiting:
    """What waits in the collection of a period ('' = the newest)."""
    with Register(existing(store), form) as register:
        chosen = period or register.newest()
        made = register.change(lambda known: decisions.read(known.connection))
        questions = list(waiting.questions(register, form, chosen))
        return Waiting(chosen, questions, made, decisions.in_force(made))


def set_period(store: Path, form: Form, period: str, state: str, officer: str, now: int) -> None:
    """Open or close a period; opening one may begin a register. Only one is open at a time.
    Raises UsageError."""
    with Register(store if state == periods.OPEN else existing(store), form) as register:
        if state == periods.OPEN and register.open_period() not in ("", period):
            raise UsageError("period_other_open", other=register.open_period(), store=store)
        if state == periods.OPEN and period in forgetting.whole_periods(register):
            raise UsageError("period_forgotten", period=period)
        entry = periods.Period(period, state, utc_stamp(now), officer)
        register.change(lambda known: known.set_period(entry))
        register.publish("", now)


def periods_of(store: Path, form: Form) -> list[tuple[periods.Period, int]]:
    """The periods of a register, each with how many units count."""
    with Register(existing(store), form) as register:
        known = register.change(lambda known: periods.read(known.connection))
        counts = dict(
            register.query(
                f"SELECT period, count(DISTINCT unit) FROM submissions s WHERE {COUNTS}"
                " GROUP BY period"
            )
        )
    return [(one, int(counts.get(one.period, 0))) for one in known]


def existing(store: Path) -> Path:
    """The folder of a register that is there. Raises RegisterError."""
    if not (store / FILE).is_file():
        raise RegisterError("store_unpublished", path=str(store))
    return store
