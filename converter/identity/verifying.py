"""Who issued an identity file, and whether it counts: signature, dates, ledger.

Without a union's keys a file can only be compared with itself: whether what it says was signed by
the key that it names finds every alteration, but not whole forgeries. With them (`Union`) it
must be that union's, and the one issued last to its unit.

Codes: I121 expired · I122 not yet good (a clock that is wrong, so only a warning) · I131 altered
after it was signed · I132 not signed · I133 another union's · I134 superseded by a higher
serial · I135 not in the ledger (warning: the ledger may be older than the file) · I136 another
file than the one that was issued under this serial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter.identity import keys, ledger
from converter.identity.files import IdentityRefused, Public, load, parse, public_bytes
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import Identity

WARNINGS = frozenset({"I122", "I135"})


@dataclass(frozen=True, slots=True)
class Union:
    """What is known of an upper union without its secrets."""

    keys: keys.PublicKeys
    issued: (
        Mapping[str, ledger.LedgerEntry] | None
    )  # what counts now, by unit code; None: no ledger


def union_of(folder: Path) -> Union:
    """A union's public keys and ledger. Raises KeysError, LedgerError, OSError."""
    return Union(keys.public(folder), ledger.by_unit(folder))


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
    return [
        Issue(code, Level.WARNING if code in WARNINGS else Level.ERROR, place, params=params)
        for code in codes
    ]


def _signature(public: Public, union: Union | None) -> str:
    """The code of what is wrong with who signed, '' where nothing is."""
    named = public.keys.union_signing
    if union is None and not public.signature:
        return ""
    if not public.signature:
        return "I132"
    if union is not None and named and not keys.same(named, union.keys.signing):
        return "I133"
    key = union.keys.signing if union else named
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
    holder = public.identity
    known = union.issued.get(holder.unit_code)
    if known is None or known.serial < holder.serial:
        return ["I135"]
    if known.serial > holder.serial:
        return ["I134"]
    return [] if keys.same(known.digest, holder.digest) else ["I136"]


def _issue(refused: IdentityRefused, place: Place) -> Issue:
    return Issue(refused.code, Level.ERROR, place, params=refused.params)
