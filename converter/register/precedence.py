"""What the register records, and its one decision: which submission counts.

What a file says about itself is evidence; what counts is what the union knows: the period that is
collected, the roster, the ledger, an officer's decisions. `settle` is a pure function of what
arrived for a unit, in order of arrival, and of what is known of the unit:

- what a decision puts away is *rejected* or *withdrawn*; what no key opened is *unopened*;
- the same file again (by content), the same signed report in another zip, or the same tables as
  the one that counts, is *identical*;
- *held*, counted nowhere until an officer decides, is a file of another or a closed period, of a
  unit that the roster does not list, or without a signature where a signed one came before;
- one whose signed time lies before the newest signed time seen is *older*, however late it came;
- any other one counts from now on and the one before is *superseded*;
- one without a signature counts as *unconfirmed* where the union issued an identity file, and so
  does a signed one until the union's keys were held against it.

>>> first, second = PriorSubmission(1, "c1", "d1"), PriorSubmission(2, "c2", "d2")
>>> for number, one in settle([first, second, PriorSubmission(3, "c3", "d2")]).items():
...     print(number, one.state, one.other)
1 superseded 2
2 current 0
3 identical 2
>>> signed = PriorSubmission(1, "c1", "d1", "2026-05-02")
>>> settle([signed, PriorSubmission(2, "c2", "d2")])[2]
Settlement(state='held', other=1, reason='unsigned')
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from converter.model.file_facts import FileFacts

ACCEPTED, WARNINGS, REJECTED = "accepted", "warnings", "rejected"  # how a file ended
UNOPENED, PAIRED = "unopened", "paired"  # results, and states
CURRENT, SUPERSEDED, IDENTICAL, OLDER = "current", "superseded", "identical", "older"
HELD, UNCONFIRMED, WITHDRAWN = "held", "unconfirmed", "withdrawn"
COUNTING = (CURRENT, UNCONFIRMED)

# Why a file is held.
UNSIGNED, SIGNED_ONLY, STRANGER = "unsigned", "signed-only", "stranger"
OTHER_PERIOD, CLOSED = "period", "closed"
UNVERIFIED = "unverified"  # why a file is unconfirmed that has a signature
HALF = "half"  # why a file is rejected that lacks one of the two sheets
MERGED = "merged"  # why a stranger is held that the roster listed until it was merged into another
DECIDED = "decision"  # why a file is rejected that has no errors

# What an officer may decide about a file.
ACCEPT, REJECT, WITHDRAW, ASSIGN, REVOKE = "accept", "reject", "withdraw", "assign", "revoke"
NOTE = "note"  # nothing changes: a question was looked into
ASK = "ask"  # nothing changes: the unit is to say more
ASK_BELOW = "ask_below"  # a union below is to say more
ANSWER = "answer"  # what is replied to a question from the union above
ACTIONS = (ACCEPT, REJECT, WITHDRAW, ASSIGN, NOTE, ASK, ASK_BELOW, ANSWER)

# What an officer may decide about a unit.
EXEMPT, DISSOLVE, MERGE, RENAME, MOVE = "exempt", "dissolve", "merge", "rename", "move"
UNIT_ACTIONS = (EXEMPT, DISSOLVE, MERGE, RENAME, MOVE)


@dataclass(frozen=True, slots=True)
class ClaimedSender:
    """The sender that a file names; the code is '' without an identity file."""

    code: str = ""
    name: str = ""
    superior_code: str = ""
    superior: str = ""


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A unit of the roster."""

    code: str
    name: str
    superior_code: str = ""
    superior: str = ""
    contact: str = ""  # whom to call
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedFile(FileFacts):
    """One file as it came, validated. `spool` holds its rows (see `Register.record`)."""

    file: str  # path below the inbox; members of zips below their zip
    content: str  # sha256 of the file's bytes
    result: str  # ACCEPTED, WARNINGS, REJECTED or UNOPENED
    claim: ClaimedSender = field(default_factory=ClaimedSender)
    file_time: str = ""  # ISO time of the file's last change, of a zip's member the zip's
    spool: str = ""  # folder with the rows of its batch, a CSV file a table

    @property
    def is_half(self) -> bool:
        """Whether it is a workbook with one of the two sheets alone."""
        one_sheet = bool(self.unit_sheet) != bool(self.member_sheet)
        return self.result == REJECTED and not self.package and one_sheet


class Ruling(NamedTuple):
    """What an officer decided about a file: ACCEPT, REJECT or WITHDRAW."""

    action: str
    after: int = 0  # the newest submission when it was decided
    period: str = ""  # what an accepted file counts for


@dataclass(frozen=True, slots=True)
class PriorSubmission:
    """What `settle` needs to know of a submission."""

    id: int
    content: str
    digest: str
    created: str = ""  # in the order of `made_at`; '' = unsigned
    accepted: bool = True
    period: str = ""  # what it counts for, if it counts
    barred: str = ""  # why it does not count by itself, by what was known when it came
    opened: bool = True
    is_half: bool = False  # it has one of the two sheets alone
    paired: int = 0  # the submission that it is a half of
    unverified: bool = False  # it has a signature that no key of the union was held against
    ruling: Ruling | None = None

    @property
    def is_let_in(self) -> bool:
        return self.ruling is not None and self.ruling.action == ACCEPT


class KnownUnit(NamedTuple):
    """What the union knows of a unit."""

    issued: bool = False  # it holds an identity file that counts, as the ledger says
    unlisted: Collection[str] = ()  # periods whose roster does not list it


class Settlement(NamedTuple):
    """What becomes of a submission."""

    state: str
    other: int = 0  # the other submission that explains it, 0 = none
    reason: str = ""  # why it is held, or unconfirmed though signed


def made_at(created: str, received: str) -> str:
    """What orders submissions by the time when they were made. Nothing is received before it
    was made: a clock that was ahead once would else make all that follows *older*.

    >>> early, late = "2026-03-01T06:13:20Z", "2026-03-07T06:13:20Z"
    >>> made_at("2031-01-01T00:00:00Z", early) < made_at("2031-01-02T00:00:00Z", early)
    True
    >>> made_at("2031-01-01T00:00:00Z", early) < made_at(late, late)
    True
    """
    return f"{min(created, received)} {created}" if created else ""


_UNKNOWN = KnownUnit()


@dataclass(slots=True)
class _Chain:
    """What counted for a period, one after the other."""

    current: PriorSubmission | None = None
    newest: str = ""  # the latest signed time seen
    signed: int = 0  # the last signed submission that counted


class _Settling:
    """One unit's submissions, one after the other."""

    def __init__(self, unit: KnownUnit) -> None:
        self.unit = unit
        self.settled: dict[int, Settlement] = {}
        self._contents: dict[str, int] = {}
        self._signed: dict[tuple[str, str, str], int] = {}
        self._chains: dict[str, _Chain] = {}

    def arrive(self, one: PriorSubmission) -> None:
        early = self._before_counting(one)
        if early:
            self.settled[one.id] = early
            return
        self._contents[one.content] = one.id
        chain = self._chains.setdefault(one.period, _Chain())
        self.settled[one.id] = self._place(one, chain)
        if self.settled[one.id].state != HELD:
            if one.created:
                self._signed.setdefault(_signed_report(one), one.id)
            chain.newest = max(chain.newest, one.created)
            chain.signed = one.id if one.created else chain.signed

    def _before_counting(self, one: PriorSubmission) -> Settlement | None:
        """What becomes of a file whatever else its unit sent; None for one that may count."""
        action = one.ruling.action if one.ruling else ""
        if action == WITHDRAW:
            return Settlement(WITHDRAWN, 0, DECIDED)
        if action == REJECT:
            return Settlement(REJECTED, 0, DECIDED)
        if one.paired:
            return Settlement(PAIRED, one.paired)
        if not one.accepted:
            return Settlement(REJECTED, 0, HALF if one.is_half else "")
        if not one.opened:
            return Settlement(UNOPENED)
        if one.content in self._contents:
            return Settlement(IDENTICAL, self._contents[one.content])
        if one.created and (earlier := self._signed.get(_signed_report(one))):
            return Settlement(IDENTICAL, earlier)
        return None

    def _place(self, one: PriorSubmission, chain: _Chain) -> Settlement:
        current = chain.current
        let_in = one.ruling is not None and one.is_let_in and one.ruling.after < one.id
        if not let_in and one.barred:
            return Settlement(HELD, current.id if current else 0, one.barred)
        if not let_in and one.period in self.unit.unlisted:
            return Settlement(HELD, current.id if current else 0, STRANGER)
        if current is not None and one.created and one.created < chain.newest:
            same = one.digest == current.digest
            return Settlement(IDENTICAL if same else OLDER, current.id)
        if current is not None and one.digest == current.digest:
            if current.created or not one.created:
                return Settlement(IDENTICAL, current.id)
            # The unit's own signature now vouches for the same tables.
            chain.current = one
            self.settled[current.id] = Settlement(IDENTICAL, one.id)
            return Settlement(CURRENT)
        if chain.signed and not one.created and not let_in:
            return Settlement(HELD, current.id if current else chain.signed, UNSIGNED)
        return self._count(one, chain)

    def _count(self, one: PriorSubmission, chain: _Chain) -> Settlement:
        if chain.current is not None and chain.current.id != one.id:
            self.settled[chain.current.id] = Settlement(SUPERSEDED, one.id)
        chain.current = one
        if one.created or one.is_let_in:
            return Settlement(CURRENT)
        if one.unverified:
            return Settlement(UNCONFIRMED, 0, UNVERIFIED)
        return Settlement(UNCONFIRMED if self.unit.issued else CURRENT)

    def let_in(self, one: PriorSubmission) -> None:
        """An officer decided that it counts, whatever counted until then."""
        state = self.settled[one.id].state
        if state not in (REJECTED, UNOPENED, IDENTICAL, WITHDRAWN):
            chain = self._chains.setdefault(one.period, _Chain())
            self.settled[one.id] = self._count(one, chain)


def _signed_report(one: PriorSubmission) -> tuple[str, str, str]:
    """What makes two signed packages one report in whatever zip each came: the time that was
    signed, not the time that orders it, and the tables."""
    return one.created.rpartition(" ")[2], one.digest, one.period


def settle(arrived: Iterable[PriorSubmission], unit: KnownUnit = _UNKNOWN) -> dict[int, Settlement]:
    """Submission → what becomes of it."""
    past = sorted(arrived, key=lambda one: one.id)
    settling = _Settling(unit)
    let_in = [one for one in past if one.is_let_in]
    if not let_in:
        for one in past:
            settling.arrive(one)
        return settling.settled
    events = [((one.id, 0), settling.arrive, one) for one in past]
    # A file that was decided about before this copy of it came is let in when it comes.
    events += [
        ((one.ruling.after, 1), settling.let_in, one)
        for one in let_in
        if one.ruling and one.ruling.after >= one.id
    ]
    for _, happens, one in sorted(events, key=lambda event: event[0]):
        happens(one)
    return settling.settled


@lru_cache(4_096)  # it is asked several times of each file
def plain_code(code: str) -> str:
    """What is left of a code where a spreadsheet took it for a number.

    >>> plain_code("001") == plain_code("1")
    True
    """
    return code.casefold().lstrip("0")
