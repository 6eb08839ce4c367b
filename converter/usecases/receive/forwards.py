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
from converter.identity import ledger, standing, subordinates
from converter.messages import catalogue
from converter.model.clock import utc_stamp
from converter.model.forms import Form
from converter.model.issues import Issue, Level, Place
from converter.register import (
    Register,
    asking,
    forgetting,
    forward_precedence,
    forward_removal,
    forwarded,
    periods,
    published,
)
from converter.register.again import CHANGING
from converter.register.asking import UnionReply
from converter.register.forwarded import (
    COUNTING,
    HELD,
    LISTED_UNIT,
    OLDER,
    REJECTED,
    SUPERSEDED,
    UNCONFIRMED,
    UNOPENED,
    Forward,
    has_partition,
)
from converter.register.knowledge import Knowledge
from converter.register.precedence import ACCEPT, CLOSED, STRANGER, Ruling
from converter.text.characters import plain_name
from converter.upward.partition import ReadForward
from converter.usecases.receive import preparing
from converter.usecases.receive.inbox import InboxFile
from converter.usecases.receive.plan import NotReceived, Plan
from converter.usecases.receive.preparing import Prepared, PreparedForward
from converter.workers.pool import Runner


@dataclass(frozen=True, slots=True)
class ReceivedForward:
    """A forward and what became of it."""

    forward: Forward
    issues: tuple[Issue, ...] = ()


def receive_forwards(
    items: Sequence[InboxFile],
    register: Register,
    plan: Plan,
    worker: Runner,
    period: str,
    prepared: Prepared,
) -> Iterator[ReceivedForward | NotReceived]:
    """Take in what is new among these forwards. `prepared`: those that were read before."""
    place = register.folder / published.FOLDER
    names = _KnownNames.read(register, plan, period)
    rulings = register.change(lambda known: known.rulings.verdicts)
    for item in items:
        known = forwarded.read(register)
        before = [one for one in known if (one.file, one.content) == (item.name, item.content)]
        lost = [one for one in before if one.state in COUNTING and not has_partition(place, one)]
        if not all(one in lost or _again(one, known, plan, names, rulings) for one in before):
            continue
        number, folder, found = _read(item, known, register, plan, worker, prepared, names)
        if not item.is_unchanged():
            yield NotReceived(item.name, CHANGING)
            continue
        new, issues = _settled(item, found, number, plan, period)
        if new.state and any((one.state, one.reason) == (new.state, new.reason) for one in before):
            shutil.rmtree(folder, ignore_errors=True)
            continue  # as it was
        if not new.state:
            new = replace(new, reason=names.bar(new, before))
        stays = () if forwarded.is_barred(new) else COUNTING  # it is no longer known
        gone = {one.number for one in before if one in lost or one.state not in stays}
        others = [
            one
            for one in known
            if (one.code, one.period) == (new.code, new.period) and one.number not in gone
        ]
        rows = [new] if new.state else forward_precedence.settle(new, others, rulings)
        if forwarded.keeps_tables(rows[0], ()):
            removed = register.change(lambda known: forward_removal.read(known.connection))
            concerned = [one for one in removed if one.concerns(rows[0])]
            forward_removal.purge(folder, concerned, forgetting.personal_keys(plan.form))
            _place(folder, place / forwarded.FOLDER / str(number))
        shutil.rmtree(folder, ignore_errors=True)
        register.change(partial(_take, rows, sorted(gone), found.replies))
        if found.standing and new.confirmed and plan.keys:
            made = standing.read(found.standing.encode())
            if made is not None:
                standing.learn(plan.keys, found.code, made)
        yield ReceivedForward(rows[0], issues)


def _place(folder: Path, target: Path) -> None:
    """Put the tables of a forward where they are read. They are on the disk before."""
    shutil.rmtree(target, ignore_errors=True)
    writing.private_folder(target.parent)
    writing.flush_all()
    writing.replace(folder, target)


def _read(
    item: InboxFile,
    known: Sequence[Forward],
    register: Register,
    plan: Plan,
    worker: Runner,
    prepared: Prepared,
    names: _KnownNames,
) -> PreparedForward:
    ready = prepared.get((item.name, item.content))
    numbers = {one.number for one in known}
    if (
        ready
        and ready.number not in numbers
        and (ready.folder.is_dir() or not ready.found.partition)
    ):
        return ready
    number = max([*numbers, *(one.number for one in prepared.values())], default=0) + 1
    folder = register.spool / f"forward-{number}"
    found = preparing.read(item, folder, number, plan, worker, names.codes)
    return PreparedForward(number, folder, found)


def _take(
    rows: Sequence[Forward], gone: Sequence[int], replies: Sequence[UnionReply], known: Knowledge
) -> None:
    forwarded.take(known.connection, rows, gone)
    asking.take(known, known.connection, rows[0], replies)


@dataclass(frozen=True, slots=True)
class _KnownNames:
    """Names by code: of unions that may have others below them, and of units that report
    themselves."""

    unions: Mapping[str, set[str]]
    units: Mapping[str, set[str]]
    is_closed: bool  # the period that is collected

    @classmethod
    def read(cls, register: Register, plan: Plan, period: str) -> _KnownNames:
        """By the roster, by the identities that this union issued, and by who has reported. A line
        of the roster is a union where others stand below it or an identity says so, a unit where it
        stands below another line, got a unit's identity or reported itself; else it may be one."""
        unions: dict[str, set[str]] = defaultdict(set)
        units: dict[str, set[str]] = defaultdict(set)
        listed = register.change(lambda known: known.roster_of(period))
        lines = {plain_name(one.name) for one in listed}
        above = {plain_name(one.superior) for one in listed}
        for entry in subordinates.read(plan.keys) if plan.keys else ():
            unions[entry.code].add(plain_name(entry.name))
        for one in listed:
            unions[one.superior_code].add(plain_name(one.superior))
        issued = {one.unit_code for one in ledger.read(plan.keys) or ()} if plan.keys else set()
        reported = {
            str(code)
            for (code,) in register.query(
                "SELECT DISTINCT u.code FROM units u JOIN submissions s ON s.unit = u.id"
                " WHERE u.code <> '' AND s.result <> 'rejected'"
            )
        }
        for one in listed:
            name = plain_name(one.name)
            is_known = one.code in issued or one.code in reported
            is_unit = is_known or plain_name(one.superior) in lines
            is_union = name in above or name in unions.get(one.code, ())
            (units if is_unit and not is_union else unions)[one.code].add(name)
        known = register.change(lambda known: periods.read(known.connection))
        is_closed = any((one.period, one.state) == (period, CLOSED) for one in known)
        return cls(dict(unions), dict(units), is_closed)

    @property
    def codes(self) -> tuple[tuple[str, str], ...]:
        """(Name, code) of every union."""
        return tuple(
            (name, code) for code, names in self.unions.items() for name in names if code and name
        )

    def bar(self, one: Forward, before: Sequence[Forward]) -> str:
        """Why a forward does not count by itself. `before`: what is known of the same file, which
        something has kept from counting where it has a reason; a closed period takes in nothing
        more."""
        late = self.is_closed and all(known.reason for known in before)
        return self._doubt(one) or (CLOSED if late else "")

    def _doubt(self, one: Forward) -> str:
        """Why a forward without a chain is not what it says: nobody knows such a union, or it is a
        unit. A union that lists nobody yet knows no strangers."""
        if one.confirmed or not (self.unions or self.units):
            return ""
        name = plain_name(one.name)
        if name in self.unions.get(one.code, ()):
            return ""
        return LISTED_UNIT if name in self.units.get(one.code, ()) else STRANGER


def _again(
    one: Forward,
    known: Sequence[Forward],
    plan: Plan,
    names: _KnownNames,
    rulings: Mapping[str, Ruling],
) -> bool:
    """Whether keys, the roster or a decision may tell more of a forward than was known when it
    came."""
    counts = one.state in COUNTING and not one.confirmed
    held = one.state == HELD and forwarded.is_barred(one)
    if (counts or held) and one.reason != names.bar(one, [one]) and not forwarded.is_accepted(one):
        return True
    if one.state in (SUPERSEDED, OLDER) and not forwarded.keeps_tables(one, known):
        of_union = [
            other for other in known if (other.code, other.period) == (one.code, one.period)
        ]
        ruling = rulings.get(one.content)
        if not forwarded.counting(of_union) or (
            ruling and ruling.action == ACCEPT and ruling.after >= one.number
        ):
            return True  # its tables were not kept
    if one.state == REJECTED and one.reason in forwarded.LATER:
        return True
    waits = counts or held or one.state == UNOPENED
    return plan.keys is not None and waits and not one.confirmed and bool(one.superior)


def _settled(
    item: InboxFile, found: ReadForward, number: int, plan: Plan, period: str
) -> tuple[Forward, tuple[Issue, ...]]:
    """The forward with the findings about it alone, and what stands against it."""
    issues = found.issues
    if found.partition and plain_name(found.period) != plain_name(period):
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
        created=found.created,
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


def sentence(one: ReceivedForward, form: Form) -> str:
    """What became of a forward, for the summary of the run."""
    forward = one.forward
    params: dict[str, str | int] = {
        "file": forward.file,
        "name": forward.name or forward.file,
        "code": forward.code,
    }
    rows = catalogue.rows_counted(form.main_table, forward.members)
    params |= {"units": forward.units, "rows": rows, "period": forward.period}
    errors = [i for i in one.issues if i.level is Level.ERROR]
    if errors:
        reason = catalogue.sentence(errors[0], form)
        fix = catalogue.fix(errors[0], form)
        return catalogue.message("forward_refused", reason=reason, fix=fix, **params)
    interim = catalogue.message("forward_interim") if forward.interim else ""
    state = (forward.reason or HELD) if forward.state == HELD else forward.state
    if state == UNCONFIRMED and not forward.signer:
        state = "unsigned"
    return catalogue.message(f"forward_{state}", interim=interim, **params)
