"""An officer decides about a file: what she means by a name, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from converter.messages.catalogue import message
from converter.model.errors import UsageError
from converter.register import (
    decisions,
    forgetting,
    forward_decisions,
    forwarded,
    periods,
    unit_changes,
)
from converter.register.decisions import Decision, DecisionTables
from converter.register.forwarded import Forward
from converter.register.knowledge import Knowledge
from converter.register.nearest import PROPOSED, Nearest
from converter.register.precedence import (
    ACCEPT,
    ANSWER,
    ASK_BELOW,
    ASSIGN,
    HELD,
    MERGE,
    MOVE,
    NOTE,
    PAIRED,
    REJECTED,
    RENAME,
    REVOKE,
    UNCONFIRMED,
    UNIT_ACTIONS,
    UNOPENED,
    ClaimedSender,
)
from converter.register.schema import UNREADABLE
from converter.register.waiting import similar

WAITING = (HELD, UNCONFIRMED, UNOPENED)


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer orders: an action, the file (its name or the number of its receipt) or the
    number of a decision, or a unit; perhaps another unit, a new name, a union, or a period."""

    action: str
    subject: str
    unit: str = ""
    period: str = ""
    why: str = ""
    officer: str = ""
    file: str = ""  # what a note, a question or a reply names
    below: str = ""  # the code of the union below that is asked


class DecidedFile(NamedTuple):
    """A file that the decision was about, as it stands now."""

    file: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Subject:
    number: int
    file: str
    content: str
    result: str
    state: str
    claimed_period: str
    collected: str


def decide(known: Knowledge, order: Order, when: str) -> tuple[Decision, list[DecidedFile]]:
    """Append a decision and settle the units that it concerns, within the caller's transaction.
    Raises UsageError."""
    made = decisions.read(known.connection)
    number = max((one.number for one in made), default=0) + 1
    forward: Forward | None = None
    if order.action == REVOKE:
        last = made[-1] if made else None
        if last and _is_revocation(last, order):  # its process was killed when it was done
            return last, _apply(known, last.content)
        decision = _revocation(made, order)
    elif order.action == NOTE:  # about a question, not about a file
        decision = Decision(0, "", "", NOTE, order.file, order.subject)
    elif order.action == ANSWER:  # to a question from the union above
        decision = Decision(0, "", "", ANSWER, order.file, order.subject)
    elif order.action == ASK_BELOW:
        decision = _question_below(known, order)
    elif order.action in UNIT_ACTIONS:
        decision = _about_unit(known, order)
    elif forward := _forward(known, order):
        decision = Decision(0, "", "", order.action, forward.file, forward.content)
        decision = replace(decision, period=forward.period)
    else:
        subject = _subject(known, order)
        decision = Decision(0, "", "", order.action, subject.file, subject.content)
        if order.action == ACCEPT:
            decision = replace(decision, period=order.period or _period(known, subject))
        elif order.action == ASSIGN:
            unit = _unit(known, order.unit)
            decision = replace(
                decision, unit_code=unit.code, unit_name=unit.name, superior=unit.superior
            )
    forgetting.refuse_decision(known, decision.content)
    of = ("number", "forwards") if forward else ("id", "submissions")
    newest = known.query("SELECT coalesce(max({}), 0) FROM {}".format(*of))[0][0]
    decision = replace(
        decision, number=number, decided=when, officer=order.officer, why=order.why, after=newest
    )
    standing = [one for one in decisions.in_force(made) if one.content == decision.content]
    if standing and _is_same(standing[-1], decision):  # its process was killed when it was done
        return standing[-1], _apply(known, decision.content)
    listed = {one.code for one in known.roster_of(decision.period)}
    if decision.action in UNIT_ACTIONS and decision.unit_code not in listed:
        raise UsageError("decide_not_listed", unit=order.subject)
    decisions.append(known.connection, [decision])
    settled = _apply(known, decision.content)
    return decision, [*settled, *_follow(known, made, decision)]


def rename_listed(known: Knowledge, names: Mapping[str, str], period: str, when: str) -> None:
    """Rename units (code → new name) that the roster of a period lists by their former names, as an
    officer would. What was once decided so, and perhaps revoked, is not decided again."""
    made = decisions.read(known.connection)
    before = {
        (one.unit_code, one.unit_name)
        for one in made
        if one.action == RENAME and one.period == period
    }
    for code, name in names.items():
        if (code, name) not in before:
            why = message("roster_renamed")
            decide(known, Order(RENAME, code, name, period, why), when)


def _is_same(one: Decision, other: Decision) -> bool:
    """Whether it was decided just so, and nothing has come since. A unit that was renamed goes by
    another name by now."""
    return one == replace(other, number=one.number, decided=one.decided, file=one.file)


def _follow(known: Knowledge, before: Sequence[Decision], decision: Decision) -> list[DecidedFile]:
    """What a merger brings about: what the unit reported counts for the one that it was merged
    into, where that has not reported. It is a decision of its own, and goes with the merger."""
    follows: list[Decision] = []
    if decision.action == MERGE:
        follows = list(_assignment(known, decision))
    elif decision.action == REVOKE:
        undone = next(one for one in before if one.number == decision.revokes)
        follows = [
            replace(one, action=REVOKE, revokes=one.number, after=decision.after)
            for one in decisions.in_force(before)
            if undone.action == MERGE and one.action == ASSIGN and one.number == undone.number + 1
            and one.decided == undone.decided
        ]  # fmt: skip
    found = []
    for number, one in enumerate(follows, decision.number + 1):
        made = replace(one, number=number, decided=decision.decided, officer=decision.officer)
        decisions.append(known.connection, [made])
        found += _apply(known, made.content)
    return found


def _assignment(known: Knowledge, merger: Decision) -> Iterator[Decision]:
    rows = known.query(
        "SELECT u.name, u.code, u.superior, s.file, s.content FROM submissions s"
        " JOIN units_in($1) u ON u.id = s.unit WHERE s.period = $1"
        " AND (s.state IN ('current', 'unconfirmed') OR s.reason = 'stranger') ORDER BY s.id",
        [merger.period],
    )
    into = known.find(merger.unit_name)
    own = [row for row in rows if row[1] == merger.unit_code]
    if own and len(into) == 1 and not any(row[1] == into[0].code for row in rows):
        *_, file, content = own[-1]
        yield Decision(
            0, "", "", ASSIGN, file, content, merger.after, unit_code=into[0].code,
            unit_name=into[0].name, superior=into[0].superior,
            why=message("merged_assigned", into=into[0].name),
        )  # fmt: skip


def _apply(known: Knowledge, content: str) -> list[DecidedFile]:
    """Settle anew what has this content, and the units that have it or had it."""
    known.load_decisions()
    if content.startswith(unit_changes.ABOUT):
        made = decisions.read(known.connection)
        known.change_units(min(one.period for one in made if one.content == content))
        return []
    rows = known.query(
        "SELECT id, unit, unit_code, unit_name, superior FROM submissions WHERE content = ?",
        [content],
    )
    claims = [(ClaimedSender(*claim), content) for _, _, *claim in _claims(rows)]
    senders = dict(zip((row[0] for row in rows), known.senders(claims), strict=True))
    moved = [(n, senders[n].unit) for n, unit, *_ in rows if senders[n].unit != unit]
    known.move(moved)
    known.settle({unit for _, unit, *_ in rows} | {one.unit for one in senders.values()})
    found = known.query(
        "SELECT file, state, reason FROM submissions WHERE content = ? ORDER BY id", [content]
    )
    forwards = forward_decisions.apply(known, content)
    held = [one.reason if one.state == HELD else "" for one in forwards]
    return [
        *(DecidedFile(*row) for row in found),
        *(DecidedFile(f.file, f.state, why) for f, why in zip(forwards, held, strict=True)),
    ]


def _claims(rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """(id, unit, code, name, superior's code, superior) as files claim them."""
    return [(number, unit, code, name, "", superior) for number, unit, code, name, superior in rows]


def _revocation(made: Sequence[Decision], order: Order) -> Decision:
    if not order.subject.isascii() or not order.subject.isdecimal():
        raise UsageError("decide_needs_number", text=order.subject)
    number = int(order.subject)
    undone = next((one for one in made if one.number == number), None)
    if undone is None:
        raise UsageError("decide_no_decision", number=number)
    if any(one.revokes == number for one in _standing(made)):
        raise UsageError("decide_revoked_before", number=number)
    return Decision(0, "", "", REVOKE, undone.file, undone.content, revokes=number)


def _is_revocation(one: Decision, order: Order) -> bool:
    asked = (order.subject, order.officer, order.why)
    return one.action == REVOKE and (str(one.revokes), one.officer, one.why) == asked


def _standing(made: Sequence[Decision]) -> list[Decision]:
    """Revocations that were not revoked themselves."""
    undone: set[int] = set()
    standing = []
    for one in reversed(made):
        if one.action == REVOKE and one.number not in undone:
            undone.add(one.revokes)
            standing.append(one)
    return standing


def _question_below(known: Knowledge, order: Order) -> Decision:
    names = {one.code: one.name for one in forwarded.read(known)}
    return Decision(
        0, "", "", ASK_BELOW, order.file, order.subject, period=order.period,
        unit_code=order.below, unit_name=order.unit, superior=names.get(order.below, order.below),
    )  # fmt: skip


def is_submission(tables: DecisionTables, name: str) -> bool:
    """Whether a file of a unit has this name in the inbox, or ends with it."""
    of_name = "SELECT 1 FROM submissions WHERE file = $1 OR ends_with(file, '/' || $1) LIMIT 1"
    return bool(tables.query(of_name, [name.replace("\\", "/")]))


def _forward(known: Knowledge, order: Order) -> Forward | None:
    """The forward of a union below that is meant, if no submission is."""
    if is_submission(known, order.subject):
        return None
    found = forward_decisions.find(known, order.subject)
    if found is not None:
        forward_decisions.refuse(order.action, found)
    return found


def _subject(known: Knowledge, order: Order) -> _Subject:
    """The file that is meant: by the number of its receipt, by its name in the inbox, or by the
    last part of it. Of several the ones that wait are meant."""
    columns = "id, file, content, result, state, claimed_period, collected FROM submissions"
    number = order.subject.removeprefix("#")
    rows = known.query(
        f"SELECT {columns} WHERE file = $1 OR ends_with(file, '/' || $1) ORDER BY id",
        [order.subject.replace("\\", "/")],
    )
    if not rows and number.isascii() and number.isdecimal():
        rows = known.query(f"SELECT {columns} WHERE id = ?", [int(number)])
    found = [_Subject(*row) for row in rows]
    exact = [one for one in found if one.file == order.subject] or found
    waiting = [one for one in exact if one.state in WAITING] or exact
    if exact and all(one.state == PAIRED for one in exact):  # halves: the whole is meant
        whole = known.query(
            f"SELECT {columns} WHERE id IN (SELECT other FROM submissions WHERE content = ?)",
            [exact[-1].content],
        )
        waiting = [_Subject(*row) for row in whole]
    different = list({one.content: one for one in waiting}.values())
    if not different:
        raise UsageError("decide_no_file", file=order.subject)
    if len(different) > 1:
        numbers = "、".join(str(one.number) for one in different)
        raise UsageError("decide_many", file=order.subject, numbers=numbers)
    subject = different[0]
    if subject.content == UNREADABLE:
        raise UsageError("decide_unreadable", file=subject.file)
    if order.action == ACCEPT and subject.result == REJECTED:
        raise UsageError("decide_errors", file=subject.file)
    if order.action == ACCEPT and subject.result == UNOPENED:
        raise UsageError("decide_unopened", file=subject.file)
    return subject


def _period(known: Knowledge, subject: _Subject) -> str:
    """What an accepted file counts for: the period that it claims where the union ever collected
    that, else the one that was collected when it came."""
    collected = {one.period for one in periods.read(known.connection)}
    collected |= {str(row[0]) for row in known.query("SELECT DISTINCT period FROM roster")}
    return subject.claimed_period if subject.claimed_period in collected else subject.collected


def _about_unit(known: Knowledge, order: Order) -> Decision:
    unit = _unit(known, order.subject)
    period = order.period or known.collection.period or periods.newest(known.connection)
    name, superior = unit.name, ""
    if order.action == RENAME:
        name = order.unit.strip()
    elif order.action == MOVE:
        superior = order.unit.strip()
    elif order.action == MERGE:
        into = _unit(known, order.unit)
        if into.code == unit.code:
            raise UsageError("decide_same_unit", unit=unit.name)
        name = into.name
    return Decision(
        0, "", "", order.action, unit.name, unit_changes.about(unit.code), period=period,
        unit_code=unit.code, unit_name=name, superior=superior,
    )  # fmt: skip


def _unit(known: Knowledge, text: str) -> ClaimedSender:
    found = known.find(text)
    if len(found) > 1:
        codes = "、".join(one.code or one.superior for one in found)
        raise UsageError("decide_many_units", unit=text, codes=codes)
    if not found:
        names = [one.name for one in known.roster_of(known.collection.period)]
        holding = [name for name in names if text.strip() and text.strip() in name]
        proposed = similar("similar_listed", holding[:PROPOSED] or Nearest(names).to(text))
        raise UsageError("decide_no_unit", unit=text, similar=proposed)
    return found[0]
