"""Decisions about files and periods: the register changes, and what others read is published."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from converter.messages.catalogue import message
from converter.model.clock import utc_stamp
from converter.model.errors import RegisterError, UsageError, WorkerDied
from converter.model.forms import Form
from converter.model.submissions import Outcome
from converter.register import (
    Register,
    Snapshot,
    asking,
    decisions,
    forgetting,
    forwarded,
    periods,
    questions,
    waiting,
)
from converter.register.deciding import WAITING, DecidedFile, Order, is_submission
from converter.register.deciding import decide as decide_in
from converter.register.decisions import Decision
from converter.register.forwarded import Forward
from converter.register.precedence import ANSWER, ASK, ASK_BELOW, ASSIGN, NOTE
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
    unfinished, unknown, not_offered, no_unit, no_reply or refused (`problem` says why)."""

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
    with Register(existing_store(store), form) as register:
        order = replace(order, period=periods.canonical(register, order.period))
        if order.action == ASK:
            order = _to_below(order, register, store)
        made = register.change(lambda known: decide_in(known, order, utc_stamp(now)))
        register.publish("", now)
        return made


def _to_below(order: Order, register: Register, store: Path) -> Order:
    """A question about a unit that a union below reported, or about that union, goes down to it."""
    counting = forwarded.counting(forwarded.read(register))
    if not counting or is_submission(register, order.subject):
        return order
    period = order.period or register.newest()
    unions = [(one.code, one.name) for one in counting if one.period == period]
    with Snapshot(store, as_named=True) as snapshot:
        units = snapshot.query(
            "SELECT DISTINCT split_part(u.via, '/', 1), u.name FROM units_in($1) u"
            " WHERE u.via <> '' AND u.name <> '' AND (u.code = $2 OR u.name = $2)",
            [period, order.subject],
        )
    found = [*units, *(one for one in unions if order.subject in one)]
    if not found:
        return order
    if len(found) > 1:
        codes = "、".join(str(code) for code, _ in found)
        raise UsageError("decide_many_below", unit=order.subject, codes=codes)
    if not order.why.strip():
        raise UsageError("decide_ask_what", unit=order.subject)
    ((code, unit),) = found
    about = questions.key_of("ask", "", (code, unit, order.why))
    return replace(
        order, action=ASK_BELOW, subject=about, unit=unit, period=period, below=str(code)
    )


def questions_of(store: Path, form: Form, period: str) -> tuple[str, list[OpenQuestion]]:
    """A period ('' = the newest), and the open questions of its collection."""
    with Register(existing_store(store), form) as register:
        chosen = periods.chosen(register, period)
        return chosen, _open_questions(register, store, form, chosen)


def _open_questions(register: Register, store: Path, form: Form, period: str) -> list[OpenQuestion]:
    found = questions.questions(register, form, period)
    if forwarded.counting(forwarded.read(register)):
        from converter.upward import asking as below  # few registers have forwards

        with Snapshot(store, form) as snapshot:
            found += below.questions(snapshot, form, period)
    return found


def write_questions_below(
    store: Path, folder: Path, union: str, period: str, output: Path, worker: Runner
) -> tuple[Path, int]:
    """Write what is asked of a union below, and waits for its reply, as a workbook for it to fill
    in. Raises UsageError, RegisterError, OSError."""
    from converter.upward import asking as below

    with Snapshot(existing_store(store)) as register:
        chosen = periods.chosen(register, period)
        code = register.via(union).partition("/")[0]
        (one,) = [
            one
            for one in forwarded.counting(register.forwards)
            if one.code == code and one.period == chosen
        ]
        found = below.for_union(asking.read(register, chosen), code, one.superior)
    if not found:
        raise UsageError("decide_nothing_asked", union=one.name)
    answer = worker.run(QuestionsRequest(folder, output, tuple(found)))
    return answer.path, len(found)


def write_questions(
    store: Path, folder: Path, form: Form, period: str, output: Path, worker: Runner
) -> tuple[Path, int]:
    """Write the open questions as a workbook, beside what is there. Where it is, how many they are.
    Raises RegisterError, OSError."""
    _, found = questions_of(store, form, period)
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
    with Register(existing_store(store), form) as register:
        chosen = periods.chosen(register, period)
        open_ones = {one.key: one for one in _open_questions(register, store, form, chosen)}
        made = register.change(lambda known: decisions.read(known.connection))
        results = []
        for row in rows:
            result = _refused(row, open_ones.get(row.key), decisions.in_force(made))
            if result is None:
                order = _order(row, open_ones.get(row.key), chosen, officer)
                result, decision = _decided(register, row, order, now)
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
    if asking.is_key(row.key):
        return _unanswered(row, standing)
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


def _unanswered(row: DecisionRow, standing: Sequence[Decision]) -> AppliedRow | None:
    """Why a row of the union above is not applied; None for a reply."""
    if row.action != ANSWER:
        return AppliedRow(row, "not_offered", choices=(ANSWER,))
    if not row.why:
        return AppliedRow(row, "no_reply")
    before = [one for one in standing if one.content == row.key and one.action == ANSWER]
    if before and before[-1].why == row.why:
        return AppliedRow(row, "before", before[-1].number)
    return None


def _order(row: DecisionRow, question: OpenQuestion | None, period: str, officer: str) -> Order:
    """What a row says. Of a question from the union above only the row is known."""
    if question is None:
        return Order(ANSWER, row.key, "", "", row.why, officer, file=row.file)
    unit = row.unit if row.action == ASSIGN else ""
    subject = question.key if row.action == NOTE else question.subject
    order = Order(row.action, subject, unit, "", row.why, officer)
    order = replace(order, file=question.file or question.unit)
    if row.action != ASK_BELOW:
        return order
    why = message("asked_more", asked=question.detail, why=row.why) if row.why else question.detail
    return replace(
        order, subject=question.subject, unit=question.unit, period=period, why=why,
        below=question.below,
    )  # fmt: skip


def _decided(
    register: Register, row: DecisionRow, order: Order, now: int
) -> tuple[AppliedRow, Decision | None]:
    try:
        made, outcomes = register.change(lambda known: decide_in(known, order, utc_stamp(now)))
    except UsageError as error:
        return AppliedRow(row, "refused", problem=error), None
    return AppliedRow(row, "made", made.number, outcomes[-1] if outcomes else None), made


def waiting_of(store: Path, form: Form, period: str) -> Waiting:
    """What waits in the collection of a period ('' = the newest)."""
    with Register(existing_store(store), form) as register:
        chosen = periods.chosen(register, period)
        made = register.change(lambda known: decisions.read(known.connection))
        questions = list(waiting.questions(register, form, chosen))
        forwards = [
            one
            for one in forwarded.read(register)
            if one.period == chosen and one.state in WAITING and not forwarded.is_accepted(one)
        ]
        return Waiting(chosen, questions, forwards, made, decisions.revoked(made))


def set_period(store: Path, form: Form, typed: str, state: str, officer: str, now: int) -> str:
    """Open or close a period; opening one may begin a register. Only one is open at a time. Returns
    its name as the register spells it. Raises UsageError."""
    with Register(store if state == periods.OPEN else existing_store(store), form) as register:
        period = periods.canonical(register, typed, str(form.prose["period"]))
        if state == periods.OPEN and register.open_period() not in ("", period):
            raise UsageError("period_other_open", other=register.open_period(), store=store)
        if state == periods.OPEN and period in forgetting.whole_periods(register):
            raise UsageError("period_forgotten", period=period)
        entry = periods.Period(period, state, utc_stamp(now), officer)
        register.change(lambda known: known.set_period(entry))
        register.publish("", now)
        return period


def periods_of(store: Path, form: Form) -> list[tuple[periods.Period, int]]:
    """The periods of a register, each with how many units count."""
    with Register(existing_store(store), form) as register:
        known = register.change(lambda known: periods.read(known.connection))
        counts = dict(
            register.query(
                f"SELECT period, count(DISTINCT unit) FROM submissions s WHERE {COUNTS}"
                " GROUP BY period"
            )
        )
    return [(one, int(counts.get(one.period, 0))) for one in known]


def existing_store(store: Path) -> Path:
    """The folder of a register that is there. Raises RegisterError."""
    if not (store / FILE).is_file():
        raise RegisterError("store_unpublished", path=str(store))
    return store
