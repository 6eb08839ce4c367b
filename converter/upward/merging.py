"""Which forward of a union counts: the one decision of taking in what unions below have made.

A forward counts as a whole or not at all. The later signed time counts; nothing unconfirmed takes
the place of what a chain of identities confirms, nor what another key has signed.

>>> first = ArrivedForward("130102", "2026-05-01T00:00:00Z", "k", True, "aa")
>>> later = ArrivedForward("130102", "2026-05-02T00:00:00Z", "k", True, "bb")
>>> place(later, [(1, first)]), place(first, [(2, later)])
(('current', 0), ('older', 2))
>>> place(ArrivedForward("130102", "2026-06-01T00:00:00Z", "x", False, "cc"), [(1, first)])
('held', 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    counting,
)


class ArrivedForward(NamedTuple):
    """What decides about a forward."""

    code: str
    created: str
    signer: str
    confirmed: bool
    content: str


def place(new: ArrivedForward, counted: Sequence[tuple[int, ArrivedForward]]) -> tuple[str, int]:
    """What becomes of a forward, and the number of the one that explains it (0 = none). `counted`:
    what counts of this union and period, one at the most."""
    state = CURRENT if new.confirmed else UNCONFIRMED
    for number, one in counted:
        if one.content == new.content and (one.confirmed or not new.confirmed):
            return IDENTICAL, number
        if one.confirmed and not new.confirmed:
            return HELD, number
        if not new.confirmed and one.signer != new.signer:
            return HELD, number
        if one.confirmed == new.confirmed and new.created <= one.created:
            return OLDER, number
    return state, 0


def merged(new: Forward, known: Iterable[Forward]) -> list[Forward]:
    """The forward with what becomes of it, and those whose place it takes."""
    rivals = [one for one in counting(known) if one.code == new.code and one.period == new.period]
    state, other = place(_received(new), [(one.number, _received(one)) for one in rivals])
    settled = replace(new, state=state, other=other)
    if state not in (CURRENT, UNCONFIRMED):
        return [settled]
    replaced = [replace(one, state=SUPERSEDED, other=new.number) for one in rivals]
    return [settled, *replaced]


def _received(one: Forward) -> ArrivedForward:
    return ArrivedForward(one.code, one.created, one.signer, one.confirmed, one.content)
