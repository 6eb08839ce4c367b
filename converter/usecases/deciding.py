"""Decisions about files and periods: the register changes, and what others read is published."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from converter.model.clock import utc_stamp
from converter.model.errors import RegisterError, UsageError, WorkerDied
from converter.model.forms import Form
from converter.model.submissions import Outcome
from converter.register import (
    Register,
    decisions,
    forgetting,
    forwarded,
    periods,
    questions,
    waiting,
)
from converter.register.deciding import WAITING, DecidedFile, Order
from converter.register.deciding import decide as decide_in
from converter.register.decisions import Decision
from converter.register.forwarded import Forward
from converter.register.precedence import ASSIGN, NOTE
from converter.register.questions import DecisionRow, OpenQuestion
from converter.register.schema import COUNTS
from converter.register.waiting import Question
from converter.register.writer import FILE
from converter.usecases.common import unread
from converter.workers.pool import Runner
from converter.workers.requests.roster import DecisionsRequest, QuestionsRequest


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a collection, all decisions, and the numbers of those that were revoked."""

    period: str
    questions: Sequence[Question]
    forwards: Sequence[Forward]  # of unions below, that wait like files of units
    decisions: Sequence[Decision]
    revoked: Set[int]


@dataclass(frozen=True, slots=True)
class AppliedRow:
    """What became of a row: `result` is made, before (it was decided just so), otherwise (it was
    decided in another way), moved_on (the question is not open any more, or another one), blank,
    unfinished, unknown, not_offered, no_unit or refused (`problem` says why)."""

    row: DecisionRow
    result: str
    decision: int = 0
    outcome: DecidedFile | None = None
    problem: UsageError | None = None
    choices: Sequence[str] = ()  # what may be decided where something else was chosen


def decide(
    store: Path, form: Form, order: Order, now: int
) -> tuple[Decision, Sequence[DecidedFile]]:
    """Decide about one file. Raises UsageError, RegisterBusy, RegisterError."""
    with Register(existing(store), form) as register:
        made = register.change(lambda known: decide_in(known, order, utc_stamp(now)))
        register.publish("", now)
        return made


def questions_of(store: Path, form: Form, period: str) -> tuple[str, list[OpenQuestion]]:
    """A period ('' = the newest), and the open questions of its collection."""
    with Register(existing(store), form) as register:
        chosen = period or register.newest()
        return chosen, questions.questions(register, form, chosen)


def write_questions(
    store: Path, folder: Path, form: Form, period: str, output: Path, worker: Runner
) -> tuple[Path, int]:
    """Write the open questions as a workbook, beside what is there. Where it is, how many they are.
    Raises RegisterError, OSError."""
    _, found = questions_of(store, form, period)
    output.parent.mkdir(parents=True, exist_ok=True)
    answer = worker.run(QuestionsRequest(folder, output, tuple(found)))
    return answer.path, len(found)


def read_decisions(
    folder: Path, path: Path, worker: Runner
) -> tuple[Outcome, Sequence[DecisionRow]]:
    """The rows of a workbook of decisions, and what is wrong with it."""
    try:
        answer = worker.run(DecisionsRequest(folder, path))
    except WorkerDied as died:
        return unread(str(path), died), ()
    return answer.outcome, answer.rows


def apply_rows(
    store: Path, form: Form, rows: Sequence[DecisionRow], period: str, officer: str, now: int
) -> list[AppliedRow]:
    """Decide what the rows of a workbook say, each in a transaction of its own: a run that is
    killed and repeated makes each decision once. A row whose question is no longer open, or is
    another one by now, changes nothing. Raises RegisterBusy, RegisterError."""
    with Register(existing(store), form) as register:
        chosen = period or register.newest()
        open_ones = {one.key: one for one in questions.questions(register, form, chosen)}
        made = register.change(lambda known: decisions.read(known.connection))
        results = []
        for row in rows:
            result = _refused(row, open_ones.get(row.key), decisions.in_force(made))
            if result is None:
                result, decision = _decided(register, row, open_ones[row.key], officer, now)
                made += [decision] if decision else []
            results.append(result)
        register.publish("", now)
        return results


def _refused(
    row: DecisionRow, question: OpenQuestion | None, standing: Sequence[Decision]
) -> AppliedRow | None:
    """Why a row is not applied; None for one that can be."""
    if not row.action:
        return AppliedRow(row, "unfinished" if row.unit or row.why else "blank")
    if question is None:
        content = questions.content_of(row.key)
        about = [
            one
            for one in standing
            if (content and one.content.startswith(content)) or one.content == row.key
        ]
        if about and about[-1].action == row.action:
            return AppliedRow(row, "before", about[-1].number)
        if about:
            return AppliedRow(row, "otherwise", about[-1].number)
        return AppliedRow(row, "moved_on" if row.key else "unknown")
    if row.action not in question.choices:
        return AppliedRow(row, "not_offered", choices=question.choices)
    if row.action == ASSIGN and not row.unit:
        return AppliedRow(row, "no_unit")
    return None


def _decided(
    register: Register, row: DecisionRow, question: OpenQuestion, officer: str, now: int
) -> tuple[AppliedRow, Decision | None]:
    unit = row.unit if row.action == ASSIGN else ""
    subject = question.key if row.action == NOTE else question.subject
    order = Order(row.action, subject, unit, "", row.why, officer)
    order = replace(order, file=question.file or question.unit)
    try:
        made, outcomes = register.change(lambda known: decide_in(known, order, utc_stamp(now)))
    except UsageError as error:
        return AppliedRow(row, "refused", problem=error), None
    return AppliedRow(row, "made", made.number, outcomes[-1] if outcomes else None), made


def waiting_of(store: Path, form: Form, period: str) -> Waiting:
    """What waits in the collection of a period ('' = the newest)."""
    with Register(existing(store), form) as register:
        chosen = period or register.newest()
        made = register.change(lambda known: decisions.read(known.connection))
        questions = list(waiting.questions(register, form, chosen))
        forwards = [
            one
            for one in forwarded.read(register)
            if one.period == chosen and one.state in WAITING and not forwarded.is_accepted(one)
        ]
        return Waiting(chosen, questions, forwards, made, decisions.revoked(made))


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
