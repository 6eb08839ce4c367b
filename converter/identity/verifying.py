"""Who issued an identity file, and whether it counts: signature, dates, ledger.

Without a union's keys a file can only be compared with itself: whether what it says was signed by
the key that it names finds every alteration, but not whole forgeries. With them (`Union`) it
must be that union's, and the one issued last to its unit.

Codes: I121 expired · I122 not yet good (a clock that is wrong, so only a warning) · I131 altered
after it was signed · I132 not signed · I133 another union's · I134 superseded by a higher
serial · I135 not in the ledger (warning: the ledger may be older than the file) · I136 another
file than the one that was issued under this serial · I161 to I166 the chain of unions above it
(`chains`).

Where a union below issued the file, the chain in it leads from that union to the one that
verifies; what lies above the verifying union is that one's superiors' affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from converter.identity import chains, keys, ledger, standing, subordinates
from converter.identity.chains import ChainBottom, Fault
from converter.identity.elements import IdentityRefused
from converter.identity.files import Public, load, parse, public_bytes
from converter.identity.links import UnionIdentity
from converter.identity.standing import StandingList
from converter.identity.subordinates import SubordinateEntry
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Identity

WARNINGS = frozenset({"I122", "I135"})


@dataclass(frozen=True, slots=True)
class Union:
    """What is known of an upper union without its secrets."""

    keys: keys.PublicKeys
    # What counts now, by unit code; None: no ledger.
    issued: Mapping[str, ledger.LedgerEntry] | None
    unions: Mapping[str, SubordinateEntry] = field(default_factory=dict)  # those below, by code
    lists: Mapping[str, StandingList] = field(default_factory=dict)  # by signer's key
    is_top: bool = True  # no union above it issued it an identity


def union_of(folder: Path) -> Union:
    """A union's public keys and ledgers. Raises KeysError, LedgerError, OSError."""
    return Union(
        keys.public(folder),
        ledger.by_unit(folder),
        subordinates.latest(subordinates.read(folder)),
        standing.newest(standing.known(folder)),
        not subordinates.superior(folder),
    )


def read(path: Path, today: date, union: Union | None = None) -> tuple[Public | None, list[Issue]]:
    """The public part of a file, verified; None where it cannot be read. One that does not count
    is returned together with its issues. Never raises on bad files."""
    try:
        data = load(path)
    except IdentityRefused as refused:
        return None, [_issue(refused, Place(str(path)))]
    return inspect(data, Place(str(path)), today, union)


def inspect(
    data: bytes, place: Place, today: date | None = None, union: Union | None = None
) -> tuple[Public | None, list[Issue]]:
    """The public part of identity bytes, verified; without `today` its dates are not checked."""
    try:
        public = parse(data)
    except IdentityRefused as refused:
        return None, [_issue(refused, place)]
    return public, validate(public, place, today, union)


def validate(
    public: Public, place: Place, today: date | None = None, union: Union | None = None
) -> list[Issue]:
    """What is wrong with a public part; nothing more once it is not what was signed."""
    chain = public.chain
    false = _signature(public, union)
    codes = [false] if false else [*_dates(public.identity, today), *_issued(public, union)]
    holder = public.identity
    known = union.issued.get(holder.unit_code) if union and union.issued is not None else None
    params: dict[str, str | int] = {
        "unit": holder.unit_name,
        "superior": holder.superior_name,
        "issued": holder.issued,
        "valid_until": holder.valid_until,
        "serial": holder.serial,
        "current": known.serial if known else 0,
    }
    found = [_found(code, place, params) for code in codes]
    if chain and not false:
        named = public.keys
        bottom = ChainBottom(
            holder.unit_code, named.unit_signing, named.union_signing, named.union_sealing
        )
        found += validate_chain(bottom, chain, place, today, union)
    return found


def validate_chain(
    bottom: ChainBottom,
    chain: Sequence[UnionIdentity],
    place: Place,
    today: date | None = None,
    union: Union | None = None,
) -> list[Issue]:
    """What is wrong with a chain of unions. With a union's keys it must lead to them; without, it
    is only held against itself."""
    reached = len(chain)
    if union is not None:
        own = union.keys.signing
        issuers = [bottom.issuer_signing, *(one.superior_signing for one in chain)]
        if not any(keys.same(key, own) for key in issuers):
            return [_found("I133", place, {"superior": chain[-1].superior_name})]
        reached = next(n for n, key in enumerate(issuers) if keys.same(key, own))
        if union.is_top and reached < len(chain):
            return [_union_issue("I161", place, chain[-1])]  # nothing leads beyond the top
    lists = union.lists if union else {}
    found = list(
        chains.faults(bottom, chain, None, {})
    )  # consistent in itself, without any key of ours
    if not found:
        found += chains.faults(bottom, chain[:reached], today, lists)
    if union is not None and reached and not found:
        found += _known(chain[reached - 1], union)
    return [_union_issue(code, place, one) for code, one in dict.fromkeys(found)]


def _known(one: UnionIdentity, union: Union) -> Iterator[Fault]:
    """Whether the ledger of unions below knows this identity as good."""
    entry = union.unions.get(one.code)
    if entry is None or entry.serial < one.serial:
        yield "I135", one
    elif entry.status == subordinates.WITHDRAWN:
        yield "I165", one
    elif one.serial < entry.least:
        yield "I164", one
    elif one.serial == entry.serial and not keys.same(one.digest, entry.digest):
        yield "I136", one


def _union_issue(code: str, place: Place, one: UnionIdentity) -> Issue:
    params: dict[str, str | int] = {
        "unit": one.name,
        "superior": one.superior_name,
        "scope": "、".join(one.scope),
        "valid_until": one.valid_until,
        "serial": one.serial,
    }
    return _found(code, place, params)


def _found(code: str, place: Place, params: Mapping[str, str | int]) -> Issue:
    level = Level.WARNING if code in WARNINGS else Level.ERROR
    return Issue(code, level, place, params=params)


def _signature(public: Public, union: Union | None) -> str:
    """The code of what is wrong with who signed, '' where nothing is."""
    named = public.keys.union_signing
    if union is None and not public.signature:
        return ""
    if not public.signature:
        return "I132"
    is_own = union is None or not named or keys.same(named, union.keys.signing)
    if not is_own and not public.chain:
        return "I133"
    key = union.keys.signing if union and is_own else named
    signed = keys.signature_bytes(public.signature)
    fits = keys.fits(key, signed, public_bytes(public.identity, public.keys))
    return "" if fits else "I131"


def _dates(holder: Identity, today: date | None) -> list[str]:
    if today is None:
        return []
    if today.isoformat() > holder.valid_until:
        return ["I121"]
    return ["I122"] if today.isoformat() < holder.issued else []


def _issued(public: Public, union: Union | None) -> list[str]:
    if union is None or union.issued is None:
        return []
    if public.chain and not keys.same(public.keys.union_signing, union.keys.signing):
        return []  # the ledger of the union below says so
    holder = public.identity
    known = union.issued.get(holder.unit_code)
    if known is None or known.serial < holder.serial:
        return ["I135"]
    if known.serial > holder.serial:
        return ["I134"]
    return [] if keys.same(known.digest, holder.digest) else ["I136"]


def _issue(refused: IdentityRefused, place: Place) -> Issue:
    return Issue(refused.code, Level.ERROR, place, params=refused.params)
