"""Whether a chain of unions' identities holds, from the bottom up to the union that verifies.

A chain is followed in one direction: what stands at its bottom (a unit's identity, or a union's)
names the keys of its issuer; the first link must be of exactly these keys, and so on. Each link is
signed by the union above it, lies within that union's scope and time, and was neither superseded
nor withdrawn as far as is known (`standing`). No key and no union stands twice.

Codes, each with the union at which the chain does not hold: I161 broken (a link is missing, in
another place, altered, or one too many) · I162 outside the scope · I163 expired · I164 superseded
· I165 withdrawn · I166 a key or a union stands twice · I133 leads to another union at the top.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from converter.identity import keys
from converter.identity.links import UnionIdentity, covers, signed_bytes
from converter.identity.standing import StandingList

Fault = tuple[str, UnionIdentity]  # code, and the union at which the chain does not hold


@dataclass(frozen=True, slots=True)
class ChainBottom:
    """What a chain vouches for: its code, its own key, and the keys of whoever issued it."""

    code: str
    key: str
    issuer_signing: str
    issuer_sealing: str


def bottom_of(union: UnionIdentity) -> ChainBottom:
    """A union's own identity as a chain's first link: what stands below it lies in its scope."""
    return ChainBottom(union.scope[0], "", union.signing, union.sealing)


def faults(
    bottom: ChainBottom,
    chain: Sequence[UnionIdentity],
    day: date | None,
    lists: Mapping[str, StandingList],
) -> Iterator[Fault]:
    """Everything that is wrong with a chain up to the keys that its last link names. `day`: on
    which it must be good (None: dates do not matter); `lists`: what is known, by signer's key."""
    structure = next(_structure(bottom, chain), None)
    if structure:
        yield structure
        return
    for one in chain:
        if day is not None and day.isoformat() > one.valid_until:
            yield "I163", one
        yield from _standing(one, lists)


def _structure(bottom: ChainBottom, chain: Sequence[UnionIdentity]) -> Iterator[Fault]:
    """What does not depend on the day."""
    signing, sealing = bottom.issuer_signing, bottom.issuer_sealing
    used = {bottom.key} - {""}
    codes: set[str] = set()
    below: UnionIdentity | None = None
    for one in chain:
        if not keys.same(one.signing, signing) or not keys.same(one.sealing, sealing):
            yield "I161", one
        if below is not None and (one.code, one.name) != (below.superior_code, below.superior_name):
            yield "I161", one
        signature = keys.signature_bytes(one.signature)
        if not keys.fits(one.superior_signing, signature, signed_bytes(one)):
            yield "I161", one
        if {one.signing, one.sealing} & used or one.code in codes:
            yield "I166", one
        below_codes = (below.code, *below.scope) if below else (bottom.code,)
        if not all(covers(one.scope, code) for code in below_codes):
            yield "I162", one
        used |= {one.signing, one.sealing}
        codes |= {one.code}
        signing, sealing, below = one.superior_signing, one.superior_sealing, one
    if chain and ({signing, sealing} & used or chain[-1].superior_code in codes):
        yield "I166", chain[-1]


def _standing(one: UnionIdentity, lists: Mapping[str, StandingList]) -> Iterator[Fault]:
    by_issuer = lists.get(one.superior_signing)
    known = by_issuer.unions.get(one.code) if by_issuer else None
    if known is None:
        return
    if known.withdrawn:
        yield "I165", one
    elif one.serial < known.least or (one.serial == known.serial and one.digest != known.digest):
        yield "I164", one
