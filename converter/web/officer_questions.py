"""The officer's questions and calls: files that wait for a decision, and units to telephone.

The pages read what was published. Where the portal was started with `--decide`, a decision is
written into a folder, for `receive --decisions` to take; the register is never touched.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.messages.catalogue import message
from converter.model.clock import utc_stamp
from converter.register import Snapshot, decisions
from converter.register import waiting as questions_of
from converter.register.decisions import Decision
from converter.register.precedence import ACCEPT, ASSIGN, REJECT, REVOKE
from converter.register.waiting import Question
from converter.report import audit_text
from converter.usecases.receive import orders
from converter.usecases.receive.orders import WaitingOrder
from converter.web import progress
from converter.web.officer import read, show
from converter.web.pages import in_thread, redirect
from converter.web.services import officer_only, read_form, services_of, text

LONGEST = 200  # characters of what an officer types
ANSWERS = (ACCEPT, REJECT, ASSIGN)
MOST_CALLS = 200  # units on the page
_TELEPHONE = re.compile(r"\+?[(（]?[0-9][0-9()（） \-－—]{5,24}[0-9]")


@dataclass(frozen=True, slots=True)
class Questions:
    """What waits, what was decided (newest first), and which of that is in force."""

    waiting: Sequence[Question]
    contents: dict[int, str]  # SHA-256 by the number of the receipt
    decided: Sequence[Decision]
    standing: frozenset[int]


NO_QUESTIONS = Questions((), {}, (), frozenset())


async def questions(request: Request) -> Response:
    """Files that are held, unopened or unconfirmed, and what was decided."""
    services, found, _ = await read(request)
    questions = await in_thread(_read, request)
    folder = services.settings.decisions
    ordered = await in_thread(orders.waiting, folder)
    return show(
        request,
        "officer_questions",
        found,
        questions=questions.waiting,
        decided=questions.decided,
        standing=questions.standing,
        ordered=ordered,
        answered={one.subject for one in ordered if one.action != REVOKE},
        revoked={one.subject for one in ordered if one.action == REVOKE},
        refused=await in_thread(orders.refused, folder),
        decides=services.settings.decides,
        decisions_folder=f"{folder.parent.name}/{folder.name}",  # no path of the machine
        decision_text=decision_text,
    )


def _read(request: Request) -> Questions:
    services = services_of(request)
    store = services.settings.published
    if not progress.is_published(store):
        return NO_QUESTIONS
    with Snapshot(store, services.form) as register:
        found = [*questions_of.questions(register, services.form, register.newest())]
        rows = register.query(
            "SELECT id, content FROM submissions WHERE list_contains(?::BIGINT[], id)",
            [[one.submission for one in found]],
        )
        columns = ", ".join(decisions.COLUMNS)
        made = [
            Decision(*row)
            for row in register.query(f"SELECT {columns} FROM decisions ORDER BY number")
        ]
    standing = frozenset(one.number for one in decisions.in_force(made))
    return Questions(found, {int(i): str(c) for i, c in rows}, made[::-1], standing)


async def decide(request: Request) -> Response:
    """Write a decision down for the next run of `receive`."""
    form = await read_form(request)
    officer_only(request)
    services = services_of(request)
    if not services.settings.decides:
        raise HTTPException(404)
    action, subject = text(form, "action"), text(form, "subject")
    questions = await in_thread(_read, request)
    unit = text(form, "unit")[:LONGEST] if action == ASSIGN else ""
    file, content = _subject(questions, action, subject)
    if action == ASSIGN and not unit:
        return services.pages.problem(request, "no_unit", 400)
    now = services.now()
    one = WaitingOrder(
        action,
        subject,
        file,
        content,
        utc_stamp(int(now)),
        unit,
        text(form, "why")[:LONGEST],
        text(form, "officer")[:LONGEST],
    )
    # In the order in which they were taken; the same answer again is one.
    name = f"{int(now * 1000):015d}-{time.monotonic_ns() % 1_000_000:06d}"
    if one.subject not in {w.subject for w in orders.waiting(services.settings.decisions)}:
        await in_thread(orders.write, services.settings.decisions, one, name)
    return redirect("/officer/questions")


def _subject(questions: Questions, action: str, subject: str) -> tuple[str, str]:
    """File and content of what is decided about. Raises HTTPException where no page offers it."""
    if action in ANSWERS:
        for one in questions.waiting:
            if str(one.submission) == subject:
                return one.file, questions.contents[one.submission]
    if action == REVOKE:
        for made in questions.decided:
            if str(made.number) == subject and made.number in questions.standing:
                return made.file, ""
    raise HTTPException(400)


def decision_text(one: Decision | WaitingOrder) -> str:
    """A decision in words."""
    if isinstance(one, WaitingOrder):
        return message(f"portal_order_{one.action}", file=one.file, unit=one.unit)
    return audit_text.decision_text(one)


# --- calling ---------------------------------------------------------------------------------


async def calls(request: Request) -> Response:
    """The units that have not reported, each with its telephone numbers to press."""
    _, found, listed = await read(request)
    missing = [line for line in listed if line.stage in progress.MISSING]
    shown = sorted(missing, key=lambda line: not telephones(line.contact))
    return show(
        request,
        "officer_calls",
        found,
        lines=[(line, telephones(line.contact)) for line in shown[:MOST_CALLS]],
        count=len(missing),
        more=len(missing) - MOST_CALLS,
    )


def telephones(contact: str) -> list[tuple[str, str]]:
    """The numbers in a contact: as written, and as a telephone dials them.

    >>> telephones("王示例 0311-85550001，手机13900000000")
    [('0311-85550001', '031185550001'), ('13900000000', '13900000000')]
    >>> telephones("（0311）8555 0001转12 / +86 139 0000 0000"), telephones("见群公告")
    ([('（0311）8555 0001', '031185550001'), ('+86 139 0000 0000', '+8613900000000')], [])
    >>> telephones("0311-85550001 13900000000")
    [('0311-85550001', '031185550001'), ('13900000000', '13900000000')]
    """
    found = []
    for match in _TELEPHONE.finditer(contact):
        for written in (match[0], *match[0].split()):
            dialled = re.sub("[^0-9+]", "", written)
            if 7 <= len(dialled.lstrip("+")) <= 15:
                found.append((written, dialled))
                if written == match[0]:  # else two numbers that only a blank sets apart
                    break
    return found
