"""What unions below get back for what they forwarded, like units: signed, as a page and as JSON.

It is written once, and anew when a decision or a key has changed what became of the forward.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from converter.messages import catalogue
from converter.model.issues import Issue, Level
from converter.register import Register, forwarded
from converter.register.decisions import Decision
from converter.register.forwarded import HELD, REJECTED, Forward
from converter.register.precedence import (
    ACCEPTED,
    DECIDED,
    UNSIGNED,
    WITHDRAWN,
    ClaimedSender,
    ReceivedFile,
)
from converter.register.registered import KnownOutcome, RegisteredFile
from converter.usecases.receive import inbox as box
from converter.usecases.receive import preparing
from converter.usecases.receive.forwards import ReceivedForward
from converter.usecases.receive.inbox import InboxFile, InboxFiles
from converter.usecases.receive.plan import Plan
from converter.usecases.receive.replies import has_receipt, reply
from converter.workers.pool import Runner
from converter.workers.requests.receive import Problem, ValidatedFile


def write(
    items: InboxFiles,
    register: Register,
    plan: Plan,
    worker: Runner,
    received: Iterable[ReceivedForward],
) -> list[Path]:
    """Write the receipts that are missing or out of date, of what lies in the inbox, in zips too.
    `received`: what this run took in. Returns the replies that are open elsewhere."""
    assert plan.reply
    found = {(one.forward.file, one.forward.content): one.issues for one in received}
    decided = register.change(lambda known: known.rulings.decided)
    newest = {(one.file, one.content): one for one in forwarded.read(register)}
    names = {name for file, _ in newest for name in (file, *box.containers_of(file))}
    by_name = {item.name: item for item in items.named(names)}
    still_open: list[Path] = []
    for key, one in newest.items():
        if not any(name in by_name for name in (one.file, *box.containers_of(one.file))):
            continue
        registered = _registered(one, decided.get(one.content))
        known = KnownOutcome(*key, registered.state, registered.reason, registered.decision)
        if has_receipt(plan.reply, known):
            continue
        issues = found.get(key)
        if issues is None and forwarded.is_refused(one):
            issues = _read_again(by_name.get(one.file), one, register, plan, worker)
            if issues is None:
                continue
        still_open += _write(one, registered, issues or (), plan)
    return still_open


def _read_again(
    item: InboxFile | None, one: Forward, register: Register, plan: Plan, worker: Runner
) -> tuple[Issue, ...] | None:
    """What stands against a forward that an earlier run refused; None where it lies in a zip, or
    is another one by now."""
    if item is None or item.content != one.content:
        return None
    folder = register.spool / f"forward-{one.number}"
    found = preparing.read(item, folder, one.number, plan, worker)
    shutil.rmtree(folder, ignore_errors=True)
    return found.issues


def _registered(one: Forward, decision: Decision | None) -> RegisteredFile:
    reason = ""
    if one.state == HELD:
        reason = one.reason or UNSIGNED
    elif one.state in (REJECTED, WITHDRAWN) and not forwarded.is_refused(one):
        reason = DECIDED
    return RegisteredFile(
        one.number, 0, one.code, one.name, one.superior, one.state, one.other, "signature",
        one.period, reason, decision,
    )  # fmt: skip


def _write(
    one: Forward, registered: RegisteredFile, issues: Sequence[Issue], plan: Plan
) -> Sequence[Path]:
    errors = [issue for issue in issues if issue.level is Level.ERROR]
    problems = tuple(
        Problem(
            issue.code,
            str(issue.level),
            where="",
            message=catalogue.sentence(issue, plan.form),
            fix=catalogue.fix(issue, plan.form),
            count=1,
        )
        for issue in issues
    )
    file = ReceivedFile(
        file=one.file,
        content=one.content,
        result=one.state if forwarded.is_refused(one) else ACCEPTED,
        claim=ClaimedSender(one.code, one.name, "", one.superior),
        period=one.period,
        created=one.sent if one.confirmed else "",
        members=one.members,
        errors=len(errors),
        signed=bool(one.signer),
        package=True,
    )
    validated = ValidatedFile(one.file, "errors" if errors else "ok", problems, errors=len(errors))
    item = InboxFile(one.file, Path(), one.content)
    (answer,) = reply([(validated, item)], [(file, registered, one.received)], plan)
    return answer.still_open
