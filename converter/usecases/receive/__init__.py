"""Receiving: inbox → checks → register → replies, and what shows across units.

`receive` is a whole run: it opens the register (one writer at a time), has workers validate every
file that is not yet registered, writes receipts and annotated copies, checks the units of the
period against one another, and publishes what others read.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from converter.forms import loading
from converter.model.clock import utc_stamp
from converter.model.issues import Issues
from converter.register import (
    Collection,
    Register,
    RosterEntry,
    Snapshot,
    audit,
    cross_unit_checks,
    forwarded,
    periods,
    published,
    questions,
    roster_changes,
)
from converter.register.cross_unit_checks import Sharing
from converter.register.deciding import rename_listed
from converter.register.halves import Pair
from converter.register.roster_changes import RosterChange
from converter.usecases.common import ProgressReporter, silent
from converter.usecases.receive import orders, run
from converter.usecases.receive.halves import receive_pairs
from converter.usecases.receive.inbox import InboxFile, InboxFiles, scan
from converter.usecases.receive.orders import WaitingOrder
from converter.usecases.receive.plan import NotReceived, Plan, Received
from converter.usecases.receive.replies import give_names
from converter.workers.pool import Worker

if TYPE_CHECKING:
    from converter.model.forms import Form
    from converter.usecases.receive.forwards import ReceivedForward
    from converter.usecases.receive.preparing import Prepared

# Seconds that a run which has read its forwards waits for another one to take in its own.
PATIENCE = 600

__all__ = ["Plan", "Received", "Summary", "receive"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was refused, as it is named to people: there may be thousands."""

    file: str
    unit_code: str
    unit_name: str
    codes: tuple[str, ...]  # of the errors
    receipt: str  # '' without a reply folder


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What became of files that were refused before and validated once more."""

    accepted: int
    refused: int
    missing: int  # no longer in the inbox


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a run."""

    seen: int  # files in the inbox; a zip counts as one
    fresh: int  # submissions that were registered now
    results: dict[str, int]  # accepted, warnings, rejected → how many
    states: dict[str, int]  # of these, at the end: current, superseded, … → how many
    refused: tuple[Refusal, ...]
    unmatched: tuple[str, ...]  # names of units that no roster and no identity knows
    findings: Issues
    sharing: tuple[Sharing, ...]  # units with members in common
    period: str
    waiting: int  # files of the period that are held or unopened
    paired: tuple[str, ...]  # two files that are one submission
    respelled: Mapping[str, str]  # codes of the roster without their zeros → as files spell them
    roster_changes: tuple[RosterChange, ...] = ()  # names and unions that the roster changed
    ordered: int = 0  # decisions that were taken on the web pages
    undecided: tuple[WaitingOrder, ...] = ()  # those of them that could not be done
    not_received: tuple[NotReceived, ...] = ()  # they can be read another time
    still_open: tuple[Path, ...] = ()  # replies that are out of date: another program has them open
    forwards: tuple[ReceivedForward, ...] = ()  # of unions below
    rejudged: Rejudged | None = None


class _Tally:
    """What became of the files of a run so far."""

    def __init__(self, again: Set[tuple[str, str]], before: int) -> None:
        """`again`: files, by name and content, that were refused before. `before`: number of the
        last submission so far."""
        self._again, self.before = again, before
        self._accepted_again: Counter[bool] = Counter()
        self.results: Counter[str] = Counter()
        self.taken_again: list[int] = []  # numbers of submissions that runs before this one gave
        self.refused: dict[str, Refusal] = {}  # by file
        self.unmatched: dict[str, None] = {}
        self.paired: list[str] = []
        self.still_open: list[Path] = []
        self.forwards: list[ReceivedForward] = []
        self.not_received: list[NotReceived] = []

    def add(self, one: Received | NotReceived) -> None:
        """A file."""
        if isinstance(one, NotReceived):
            self.not_received.append(one)
            return
        self._count(one, one.received.file, one.received.content)
        if one.registered.unit and not one.registered.code:
            self.unmatched[one.registered.name] = None

    def add_forward(self, one: ReceivedForward | NotReceived) -> None:
        """A file of a union below."""
        if isinstance(one, NotReceived):
            self.not_received.append(one)
        else:
            self.forwards.append(one)

    def add_pair(self, pair: Pair, one: Received) -> None:
        """Two files that are one submission; they may have been added as files of this run."""
        self.paired.append(pair.file)
        self.results["rejected"] -= sum(half.number > self.before for half in pair)
        for half in pair:
            self.refused.pop(half.file, None)
        self._count(one, pair.file, pair.content)

    def _count(self, one: Received, file: str, content: str) -> None:
        self.still_open += one.still_open
        if (file, content) in self._again:
            self._accepted_again[one.received.result != "rejected"] += 1
        self.results[one.received.result] += 1
        if one.registered.id <= self.before:
            self.taken_again.append(one.registered.id)
        if one.registered.state == "rejected":
            self.refused[file] = _refusal(one)

    def rejudged(self) -> Rejudged:
        """What became of the files that were refused before."""
        counted = self._accepted_again
        return Rejudged(counted[True], counted[False], len(self._again) - counted.total())


def receive(
    inbox: Path,
    store: Path,
    plan: Plan,
    worker: Worker,
    *,
    roster: Sequence[RosterEntry] | None = None,
    former_names: Mapping[str, str] | None = None,
    due: date | None = None,
    period: str = "",
    progress: ProgressReporter = silent,
) -> Summary:
    """Receive an inbox, then look across the units of the period that is collected: the given
    one, else the open one, else the ledger's newest, else the form's. `former_names`: what units of
    the roster (by code) were called before. Raises RegisterBusy, RegisterError, LedgerError,
    OSError."""
    left = [store, *filter(None, (plan.reply, plan.decisions))]
    items = scan(inbox, left)
    if not items:
        loading.load(plan.folder)  # a broken form ends a run without files, too
    changes: list[RosterChange] = []
    if plan.reply:
        give_names(plan.reply)
    of_unions = items.forwards()
    with (
        _prepared(of_unions, store, plan, worker) as prepared,
        Register(store, plan.form, PATIENCE if of_unions else 0) as register,
    ):
        collection = _collection(register, plan, period)
        chosen = collection.period
        register.collect(collection, utc_stamp(plan.now))
        if roster is not None:
            changes = _new_roster(register, roster, former_names or {}, plan, chosen)
        audit.append(store, audit.RECEIVE, plan.now, inbox=inbox, reply=plan.reply, period=chosen)
        ordered, undecided = 0, list[WaitingOrder]()
        if plan.decisions:
            ordered, undecided = orders.apply(plan.decisions, register)
        tally = _receive_files(items, prepared, register, plan, worker, progress)
        lists = _write_lists(register, plan.reply, chosen) if plan.reply else None
        states = register.states_of(tally.before, tally.taken_again)
        found, sharing = _across_units(register, plan, chosen, due)
        waiting = register.query(
            "SELECT count(*) FROM submissions WHERE period = ? AND state IN ('held', 'unopened')",
            [chosen],
        )
        register.publish(chosen, plan.now)
        found = _with_findings_across_unions(found, register, plan.form, chosen)
        seen, fresh = len(items), tally.results.total()
        audit.append(
            store, audit.RECEIVED, plan.now, seen=seen, fresh=fresh, period=chosen, lists=lists
        )
    return Summary(
        seen=seen,
        fresh=fresh,
        results=dict(+tally.results),
        states=states,
        refused=tuple(tally.refused.values()),
        unmatched=tuple(tally.unmatched),
        findings=found,
        sharing=tuple(sharing),
        period=chosen,
        waiting=int(waiting[0][0]),
        paired=tuple(tally.paired),
        respelled=register.respelled,
        roster_changes=tuple(changes),
        ordered=ordered,
        undecided=tuple(undecided),
        not_received=tuple(tally.not_received),
        still_open=tuple(dict.fromkeys(tally.still_open)),
        forwards=tuple(tally.forwards),
        rejudged=tally.rejudged() if plan.rejudge else None,
    )


def _receive_files(
    items: InboxFiles,
    prepared: Prepared,
    register: Register,
    plan: Plan,
    worker: Worker,
    progress: ProgressReporter,
) -> _Tally:
    """Register the files of an inbox, forwards first, and reply to them."""
    tally = _Tally(register.rejudge() if plan.rejudge else set(), register.last)
    forwarded.remove_unneeded(register.folder / published.FOLDER, forwarded.read(register))

    def take_forwards(found: Sequence[InboxFile]) -> set[str]:
        """Also those that a zip held. The files that are to be read again in another run."""
        again: set[str] = set()
        for one in _forwards(found, register, plan, worker, prepared):
            tally.add_forward(one)
            if isinstance(one, NotReceived):
                again.add(one.file)
        return again | {one.file for one in forwarded.read(register) if not forwarded.is_final(one)}

    take_forwards(items.forwards())
    for one in run.run(items, register, plan, worker, progress, take_forwards):
        tally.add(one)
    for pair, received in receive_pairs(items, register, plan, worker):
        tally.add_pair(pair, received)
    if plan.reply:
        tally.still_open += run.write_missing_receipts(
            items, register, plan, worker, tally.before, progress
        )
        if forwarded.read(register):
            from converter.usecases.receive import forward_receipts  # brings cryptography

            written = forward_receipts.write(items, register, plan, worker, tally.forwards)
            tally.still_open += written
    return tally


def _with_findings_across_unions(
    found: Issues, register: Register, form: Form, period: str
) -> Issues:
    """The findings, and those between unions below, of what was just published."""
    if not forwarded.read(register):
        return found
    from converter.upward import asking

    with Snapshot(register.folder, form) as snapshot:
        return Issues.of(chain(found, asking.findings(snapshot, form, period)))


@contextlib.contextmanager
def _prepared(
    forwards: Sequence[InboxFile], store: Path, plan: Plan, worker: Worker
) -> Iterator[Prepared]:
    """What can be read of forwards before the register is locked."""
    if not forwards:
        yield {}
        return
    from converter.usecases.receive import preparing  # brings cryptography

    with preparing.prepared(forwards, store, plan, worker) as made:
        yield made


def _forwards(
    forwards: Sequence[InboxFile],
    register: Register,
    plan: Plan,
    worker: Worker,
    prepared: Prepared,
) -> Iterator[ReceivedForward | NotReceived]:
    if forwards:
        from converter.usecases.receive.forwards import receive_forwards  # brings cryptography

        yield from receive_forwards(forwards, register, plan, worker, register.collected, prepared)


def _write_lists(register: Register, reply: Path, period: str) -> dict[str, str]:
    from converter.usecases.receive import answers  # brings statistics and workbooks

    return answers.write(register, reply, period)


def _refusal(one: Received) -> Refusal:
    codes = tuple(code for code, level, _ in one.received.found if level == "error")
    registered = one.registered
    return Refusal(one.received.file, registered.code, registered.name, codes, one.receipt)


def _new_roster(
    register: Register,
    roster: Sequence[RosterEntry],
    former_names: Mapping[str, str],
    plan: Plan,
    period: str,
) -> list[RosterChange]:
    """Take over a roster; what it changed is kept in the log."""
    before = roster_changes.listed(register, period)
    _set_roster(register, roster, former_names, plan.now)
    changes = roster_changes.between(before, roster_changes.listed(register, period))
    for change in changes:
        audit.append(register.folder, change.how, plan.now, period=period, **change._asdict())
    return changes


def _set_roster(
    register: Register, roster: Sequence[RosterEntry], former: Mapping[str, str], now: int
) -> None:
    """Give the period that is collected its roster. A unit with a former name (by code) is listed
    by that and renamed, as an officer would."""
    listed = [replace(one, name=former.get(one.code, one.name)) for one in roster]
    register.set_roster(listed, register.collected)
    names = {one.code: one.name for one in roster if one.code in former}
    register.change(lambda known: rename_listed(known, names, register.collected, utc_stamp(now)))


def _across_units(
    register: Register, plan: Plan, period: str, due: date | None
) -> tuple[Issues, Sequence[Sharing]]:
    """What shows across the units of a period, and those that have members in common."""
    found = cross_unit_checks.findings(register, plan.form, period, due)
    found = questions.unanswered(register, plan.form, period, found)
    if not cross_unit_checks.count(found).get("C101", 0):
        return found, []
    return found, cross_unit_checks.sharing(register, plan.form, period)


def _collection(register: Register, plan: Plan, given: str) -> Collection:
    """What is collected: for the given period, else the open one, else the one that the union
    issued identity files for last, else the form's."""
    serials, newest = None, ""
    if plan.keys:
        from converter.identity import ledger  # brings cryptography, which few runs need

        entries = ledger.read(plan.keys) or []
        serials = {code: one.serial for code, one in ledger.latest(entries).items()}
        newest = max(((one.issued, one.period) for one in entries), default=("", ""))[1]
    forms = str(plan.form.prose["period"])
    typed = periods.canonical(register, given, newest, forms)
    return Collection(typed or register.open_period() or newest or forms, plan.signed_only, serials)
