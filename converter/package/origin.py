"""Whose package it is: the identity file inside, the signature over the descriptor.

The signature is Ed25519 by the unit's key over the exact bytes of the descriptor that are read,
and the descriptor holds size and SHA-256 of everything else. The unit's key stands in the
identity file, which the union signed. Without the union's keys that chain is followed up to the
key that the file itself names: every alteration is found, a whole forgery is not.

A package without signature is fine; that an identity with a key travels beside it unsigned is
a warning. Dates are checked against the day on which the package was made, in China: a package may
wait for its reader. It may not wait for ever, since a clock is easily set back: who receives it
refuses it `GRACE` days after its identity file has expired.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from converter.model.forms import Form
from converter.model.issues import Level, Place
from converter.model.submissions import Stamp
from converter.package.archive import PackageFindings

if TYPE_CHECKING:
    from converter.identity import Public, Union

SIGNATURE_BYTES = 64
GRACE = 60  # days between the end of an identity file and the last receipt of what it signed
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def validate(
    members: Mapping[str, bytes],
    stamp: Stamp | None,
    created: str,
    form: Form,
    findings: PackageFindings,
    union: Union | None,
    received: date | None = None,
) -> bool:
    """Whether a signature proves who made the package. `stamp` is None where the descriptor
    itself is broken: comparing names would be a second alarm."""
    profile = form.package
    name, signature = profile.identity, members.get(profile.signature)
    if name not in members:
        if signature is not None:
            findings.note("P133", profile.signature)
        return False
    from converter import identity  # brings cryptography, which other packages need not load

    place = Place(findings.file, name)
    public, issues = identity.inspect(members[name], place, _day(created), union)
    findings.issues += issues
    if public is None:
        return False
    _expired(public, received, profile.identity, findings)
    if stamp is not None and _named(stamp) != _holder(public):
        unit = public.identity.unit_name
        findings.note("P126", name, found=unit, expected=stamp.unit_name)
    fits = _signed(members[profile.descriptor], signature, public, form, findings)
    return fits and not any(issue.level is Level.ERROR for issue in issues)


def _expired(public: Public, received: date | None, member: str, findings: PackageFindings) -> None:
    """Validate the identity file by the day of receipt, too."""
    until = public.identity.valid_until
    if received is None or received - timedelta(days=GRACE) <= date.fromisoformat(until):
        return
    day, unit = received.isoformat(), public.identity.unit_name
    findings.note("P136", member, unit=unit, valid_until=until, received=day, grace=GRACE)


def is_time(created: str) -> bool:
    """Whether this is a time as packages state it, in UTC.

    >>> is_time("2026-02-25T06:13:20Z"), is_time("2026-02-30T06:13:20Z"), is_time("zzz")
    (True, False, False)
    """
    return _TIME.fullmatch(created) is not None and _day(created) is not None


def _signed(
    data: bytes, signature: bytes | None, public: Public, form: Form, findings: PackageFindings
) -> bool:
    from converter.identity import keys

    profile, key = form.package, public.keys.unit_signing
    if signature is None:
        if key:
            findings.note("P134", unit=public.identity.unit_name)
    elif len(signature) != SIGNATURE_BYTES:
        findings.note("P131", profile.signature)
    elif not key or not public.signature:
        findings.note("P133", profile.signature)  # a key that no union has signed proves nothing
    elif not keys.fits(key, signature, data):
        findings.note("P132", profile.descriptor)
    else:
        return True
    return False


def _named(stamp: Stamp) -> tuple[str | int, ...]:
    names = (stamp.unit_code, stamp.unit_name, stamp.superior_code, stamp.superior_name)
    return (*names, stamp.period, stamp.serial)


def _holder(public: Public) -> tuple[str | int, ...]:
    of = public.identity
    names = (of.unit_code, of.unit_name, of.superior_code, of.superior_name)
    return (*names, of.period, of.serial)


def _day(created: str) -> date | None:
    """The day in China of a time in UTC; None for what is no time."""
    try:
        return (datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ") + timedelta(hours=8)).date()
    except (ValueError, OverflowError):
        return None
