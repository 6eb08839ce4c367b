"""What unions below have forwarded: verified by a worker, then taken in one by one.

A forward's partition is made in the spool, moved to its place, and named by the register in one
transaction: before that nobody reads it, and a process that is killed leaves a folder that nobody
names. Its own transaction takes the place of the union's earlier forward as a whole.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from converter.files import writing
from converter.identity import standing, subordinates
from converter.messages import catalogue
from converter.model.clock import utc_stamp
from converter.model.errors import WorkerDied
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.register import Register, forwarded, published
from converter.register.forwarded import COUNTING, HELD, REJECTED, UNOPENED, Forward
from converter.register.knowledge import Knowledge
from converter.register.precedence import (
    ACCEPTED,
    STRANGER,
    UNSIGNED,
    ClaimedSender,
    ReceivedFile,
    same_name,
)
from converter.register.writer import RegisteredFile
from converter.upward import merging
from converter.upward.partition import ReadForward
from converter.usecases.common import LOST
from converter.usecases.receive.inbox import InboxFile
from converter.usecases.receive.plan import NotReceived, Plan
from converter.usecases.receive.replies import reply
from converter.workers.pool import Runner
from converter.workers.requests.forward import ForwardRequest
from converter.workers.requests.receive import Problem, ValidatedFile

CHANGING = "F010"


@dataclass(frozen=True, slots=True)
class ReceivedForward:
    """A forward and what became of it."""

    forward: Forward
    issues: tuple[Issue, ...] = ()


def receive_forwards(
    items: Sequence[InboxFile], register: Register, plan: Plan, worker: Runner, period: str
) -> Iterator[ReceivedForward | NotReceived]:
    """Take in what is new among these forwards."""
    place = register.folder / published.FOLDER
    names = _known_unions(register, plan, period)
    for item in items:
        known = forwarded.read(register)
        before = [one for one in known if (one.file, one.content) == (item.name, item.content)]
        lost = [one for one in before if one.state in COUNTING and not _is_there(place, one)]
        if not all(one in lost or _again(one, plan, names) for one in before):
            continue
        number = max((one.number for one in known), default=0) + 1
        folder = register.spool / f"forward-{number}"
        found = _read(item, folder, number, plan, worker)
        if not item.is_unchanged():
            yield NotReceived(item.name, CHANGING)
            continue
        new, issues = _settled(item, found, number, plan, period)
        others = [one for one in known if one not in lost]
        if not new.state and _is_stranger(new, names):
            new = replace(new, state=HELD, reason=STRANGER)
        rows = [new] if new.state else merging.merged(new, others)
        if rows[0].state in COUNTING:
            target = place / forwarded.FOLDER / str(number)
            shutil.rmtree(target, ignore_errors=True)
            writing.private_folder(target.parent)
            writing.flush_all()
            writing.replace(folder, target)
        shutil.rmtree(folder, ignore_errors=True)
        stays = () if rows[0].reason == STRANGER else COUNTING  # it is no longer known
        gone = [one.number for one in before if one in lost or one.state not in stays]
        register.change(partial(_take, rows, gone))
        if found.standing and new.confirmed and plan.keys:
            made = standing.read(found.standing.encode())
            if made is not None:
                standing.learn(plan.keys, found.code, made)
        if plan.reply:
            _write_receipt(item, rows[0], issues, plan)
        yield ReceivedForward(rows[0], issues)


_is_there = forwarded.has_partition


def _take(rows: Sequence[Forward], gone: Sequence[int], known: Knowledge) -> None:
    forwarded.take(known.connection, rows, gone)


def _known_unions(register: Register, plan: Plan, period: str) -> dict[str, set[str]]:
    """The names of every union and unit that the roster lists, or that has got an identity, by
    code."""
    names: dict[str, set[str]] = defaultdict(set)
    for one in register.change(lambda known: known.roster_of(period)):
        names[one.code].add(same_name(one.name))
        names[one.superior_code].add(same_name(one.superior))
    for entry in subordinates.read(plan.keys) if plan.keys else ():
        names[entry.code].add(same_name(entry.name))
    return dict(names)


def _is_stranger(one: Forward, names: Mapping[str, set[str]]) -> bool:
    """Whether nobody knows the union that a forward without a chain says it is from: what it says
    of itself is no reason to count it. A union that lists nobody yet knows no strangers."""
    return bool(names) and not one.confirmed and same_name(one.name) not in names.get(one.code, ())


def _again(one: Forward, plan: Plan, names: Mapping[str, set[str]]) -> bool:
    """Whether keys or the roster may tell more of a forward than was known when it came."""
    counts = one.state in COUNTING and not one.confirmed
    held = one.reason == STRANGER
    if (counts or held) and held != _is_stranger(one, names):
        return True
    waits = counts or held or one.state == UNOPENED
    return plan.keys is not None and waits and bool(one.superior)


def _read(item: InboxFile, folder: Path, number: int, plan: Plan, worker: Runner) -> ReadForward:
    try:
        request = ForwardRequest(plan.folder, item.path, item.name, folder, number, plan.keys)
        return worker.run(request).found
    except WorkerDied as died:
        return ReadForward((Issue(LOST[died.how], Level.ERROR, Place(item.name)),))


def _settled(
    item: InboxFile, found: ReadForward, number: int, plan: Plan, period: str
) -> tuple[Forward, tuple[Issue, ...]]:
    """The forward with what can be said of it alone, and what stands against it."""
    issues = found.issues
    if found.partition and same_name(found.period) != same_name(period):
        params = {"union": found.name, "period": found.period, "collected": period}
        wrong = Issue("P207", Level.ERROR, Place(item.name), params=params)
        issues = (*issues, wrong)
    errors = [one.code for one in issues if one.level is Level.ERROR]
    state = ""
    if errors:
        state = UNOPENED if errors == ["P141"] else REJECTED
    forward = Forward(
        number=number,
        code=found.code,
        name=found.name,
        superior=found.superior,
        period=found.period,
        file=item.name,
        content=item.content,
        received=utc_stamp(plan.now),
        created=min(found.created, utc_stamp(plan.now)),
        signer=found.signer,
        confirmed=found.confirmed,
        interim=found.interim,
        figures_only=found.figures_only,
        state=state,
        reason=errors[0] if errors else "",
        other=0,
        units=found.counts.get("units", 0),
        listed=found.counts.get("listed", 0),
        members=found.counts.get("members", 0),
    )
    return forward, issues


def _write_receipt(item: InboxFile, forward: Forward, issues: Sequence[Issue], plan: Plan) -> None:
    """What the union below gets back, like a unit: signed, as a page and as JSON."""
    errors = [one for one in issues if one.level is Level.ERROR]
    problems = tuple(
        Problem(
            one.code,
            str(one.level),
            where="",
            message=catalogue.sentence(one, plan.form),
            fix=catalogue.fix(one, plan.form),
            count=1,
        )
        for one in issues
    )
    result = forward.state if forward.state in (REJECTED, UNOPENED) else ACCEPTED
    file = ReceivedFile(
        file=item.name,
        content=item.content,
        result=result,
        claim=ClaimedSender(forward.code, forward.name, "", forward.superior),
        period=forward.period,
        created=forward.created if forward.confirmed else "",
        members=forward.members,
        errors=len(errors),
        signed=True,
        package=True,
    )
    reason = (forward.reason or UNSIGNED) if forward.state == HELD else ""
    registered = RegisteredFile(
        forward.number, 0, forward.code, forward.name, forward.superior, forward.state,
        forward.other, "signature", forward.period, reason,
    )  # fmt: skip
    status = "errors" if errors else "ok"
    validated = ValidatedFile(0, item.name, status, len(errors), (), problems)
    reply([(validated, item)], [(file, registered, forward.received)], plan)


def sentence(one: ReceivedForward, form: Form) -> str:
    """What became of a forward, as it is told."""
    forward = one.forward
    params: dict[str, str | int] = {
        "file": forward.file,
        "name": forward.name or forward.file,
        "code": forward.code,
    }
    params |= {"units": forward.units, "members": forward.members, "period": forward.period}
    errors = [i for i in one.issues if i.level is Level.ERROR]
    if errors:
        reason = catalogue.sentence(errors[0], form)
        fix = catalogue.fix(errors[0], form)
        return catalogue.message("forward_refused", reason=reason, fix=fix, **params)
    interim = catalogue.message("forward_interim") if forward.interim else ""
    state = forward.reason or forward.state
    return catalogue.message(f"forward_{state}", interim=interim, **params)
