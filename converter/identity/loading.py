"""The unit's side: an identity file split into its public part and the key that signs.

This is the one place that reads a secret, and it belongs to the command's own process: what
goes to a worker, into a package or a workbook is `document`, which was written anew from the
public entries. A secret that does not belong to the file's public key is refused (I141).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter.identity import keys, passphrases
from converter.identity.elements import IdentityRefused
from converter.identity.files import Public, load, parse
from converter.identity.passphrases import OpenedSecrets
from converter.identity.verifying import validate
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import SigningUnit


@dataclass(frozen=True, slots=True)
class LoadedIdentity:
    """An identity file in the hands of its unit."""

    public: Public
    document: bytes  # without the secret
    signer: keys.Signer | None  # None: a file without the secret, or one that is locked
    is_locked: bool = False  # the secret carries a passphrase


def load_private(
    path: Path, today: date, passphrase: str | OpenedSecrets = ""
) -> tuple[LoadedIdentity | None, list[Issue]]:
    """Take a unit's identity file apart. Without its passphrase a locked one cannot sign. Never
    raises on bad files; no issue quotes a secret."""
    place = Place(str(path))
    try:
        data = load(path)
        public = parse(data)
        issues = validate(public, place, today)
        secret = passphrases.secret_of(data, passphrase)
        if secret == "" and passphrase:
            raise IdentityRefused("I144")
        signer = _signer(secret, public) if secret else None
    except IdentityRefused as refused:
        return None, [Issue(refused.code, Level.ERROR, place, params=refused.params)]
    document = public.document()
    return LoadedIdentity(public, document, signer, secret is not None and not secret), issues


def signing_unit(
    path: Path,
    today: date,
    *,
    seal: bool = False,
    to_sign: bool = True,
    passphrase: str | OpenedSecrets = "",
) -> SigningUnit:
    """What a unit's identity file brings to a package. `to_sign`: a file that could not sign it is
    worth a warning. Never raises on bad files."""
    loaded, issues = load_private(path, today, passphrase)
    if loaded is None:
        return SigningUnit(issues=tuple(issues))
    public, place = loaded.public.keys, Place(str(path))
    if to_sign and loaded.is_locked:
        issues.append(Issue("I143", Level.ERROR, place))
    elif to_sign and public.unit_signing and loaded.signer is None:
        issues.append(Issue("I142", Level.WARNING, place))
    if seal and not keys.is_recipient(public.union_sealing):
        issues.append(Issue("I151", Level.ERROR, place))
        seal = False
    sign = loaded.signer.sign if loaded.signer else None
    return SigningUnit(loaded.document, tuple(issues), sign, seal)


def _signer(secret: str, public: Public) -> keys.Signer:
    try:
        signer = keys.Signer.of(secret)
    except ValueError:
        raise IdentityRefused("I141") from None
    if not keys.same(signer.public, public.keys.unit_signing):
        raise IdentityRefused("I141")
    return signer
