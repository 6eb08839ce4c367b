"""Which forward of a union counts: the one decision about what unions below have forwarded.

A forward counts as a whole or not at all. The later signed time counts; nothing unconfirmed takes
the place of what a chain of identities confirms or an officer accepted, nor of what another key has
signed. An officer's word stands above that.

>>> first = ArrivedForward("130102", "2026-05-01T00:00:00Z", "k", True, "aa")
>>> later = ArrivedForward("130102", "2026-05-02T00:00:00Z", "k", True, "bb")
>>> place(later, None), place(later, first), place(first, later)
('current', 'current', 'older')
>>> place(ArrivedForward("130102", "2026-06-01T00:00:00Z", "x", False, "cc"), first)
'held'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from converter.register.forwarded import (
    CURRENT,
    HELD,
    IDENTICAL,
    OLDER,
    SUPERSEDED,
    UNCONFIRMED,
    Forward,
    is_accepted,
    is_barred,
    is_refused,
    keeps_tables,
)
from converter.register.precedence import ACCEPT, REJECTED, WITHDRAW, WITHDRAWN, Ruling


class ArrivedForward(NamedTuple):
    """What decides about a forward."""

    code: str
    sent: str  # ISO time
    signer: str
    confirmed: bool
    content: str
    accepted: bool = False  # by an officer


def place(new: ArrivedForward, counted: ArrivedForward | None) -> str:
    """What becomes of a forward that nobody has decided about. `counted`: what counts of this union
    and period."""
    if counted is not None:
        if counted.content == new.content and (counted.confirmed or not new.confirmed):
            return IDENTICAL
        if counted.confirmed and not new.confirmed:
            return HELD
        if not new.confirmed and counted.signer != new.signer:
            return HELD
        alike = counted.confirmed == new.confirmed or counted.accepted
        if alike and new.sent <= counted.sent:
            return OLDER
    return CURRENT if new.confirmed else UNCONFIRMED


def settle(
    new: Forward | None, known: Iterable[Forward], rulings: Mapping[str, Ruling]
) -> list[Forward]:
    """The forwards of one union and period whose state changes, the `new` one first. `known`: those
    that came before it. `rulings`: what was decided, by content; of a ruling about a forward,
    `after` is the newest forward at that time. What has no tables any more explains what became of
    others, and stays as it is itself."""
    before = list(known)
    arrived = [one for one in before if not is_refused(one)]
    arrived += [new] if new else []
    settling = _Settling(rulings)
    events = [((one.number, 0), settling.arrive, one) for one in arrived]
    for one in arrived:
        ruling = rulings.get(one.content)
        if ruling and ruling.action == ACCEPT and ruling.after >= one.number:
            events.append(((ruling.after, 1), settling.let_in, one))
    for _, happens, one in sorted(events, key=lambda event: event[0]):
        happens(one)
    settled = settling.settled
    first = [settled[new.number]] if new else []
    changed = [
        settled[one.number]
        for one in before
        if keeps_tables(one, before) and settled[one.number] != one
    ]
    return first + changed


class _Settling:
    """The forwards of one union and period, one after the other."""

    def __init__(self, rulings: Mapping[str, Ruling]) -> None:
        self.settled: dict[int, Forward] = {}
        self._sent: dict[tuple[str, str], str] = {}  # by key and signed time, when it first came
        self._rulings = rulings
        self._counted = 0  # the number of the one that counts

    def arrive(self, one: Forward) -> None:
        self._sent.setdefault((one.signer, one.created), one.sent)
        ruling = self._rulings.get(one.content)
        action = ruling.action if ruling else ""
        counted = self.settled.get(self._counted)
        if ruling and action == ACCEPT and ruling.after < one.number:
            self.let_in(one)
        elif action and action != ACCEPT:
            self._put(one, WITHDRAWN if action == WITHDRAW else REJECTED)
        elif is_barred(one) and not (counted and counted.content == one.content):
            self._put(one, HELD, self._counted)
        else:
            state = place(self._arrived(one), self._arrived(counted) if counted else None)
            if state in (CURRENT, UNCONFIRMED):
                self._count(one, state)
            else:
                self._put(one, state, self._counted)

    def let_in(self, one: Forward) -> None:
        """An officer decided that it counts, whatever counted until then."""
        counted = self.settled.get(self._counted)
        if counted and counted.number != one.number and counted.content == one.content:
            self._put(one, IDENTICAL, counted.number)
        else:
            self._count(one, CURRENT)

    def _count(self, one: Forward, state: str) -> None:
        counted = self.settled.get(self._counted)
        if counted and counted.number != one.number:
            self._put(counted, SUPERSEDED, one.number)
        self._put(one, state)
        self._counted = one.number

    def _put(self, one: Forward, state: str, other: int = 0) -> None:
        self.settled[one.number] = replace(one, state=state, other=other)

    def _arrived(self, one: Forward) -> ArrivedForward:
        """What was signed by a clock ahead was sent when it first came: sent again, in another
        file, it is no newer than that."""
        sent = self._sent[one.signer, one.created]
        return ArrivedForward(
            one.code, sent, one.signer, one.confirmed, one.content, is_accepted(one)
        )
