"""The unit's side: an identity file split into its public part and the key that signs.

This is the one place that reads a secret, and it belongs to the command's own process: what
goes to a worker, into a package or a workbook is `document`, which was written anew from the
public entries. A secret that does not belong to the file's public key is refused (I141).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter.identity import keys
from converter.identity.files import (
    NAMESPACE,
    SIGNATURE,
    IdentityRefused,
    Public,
    compose,
    load,
    parse,
    tree,
)
from converter.identity.verifying import validate
from converter.model.issues import Issue, Level, Place
from converter.model.submissions import SigningUnit


@dataclass(frozen=True, slots=True)
class LoadedIdentity:
    """An identity file in the hands of its unit."""

    public: Public
    document: bytes  # without the secret
    signer: keys.Signer | None  # None: a file without the secret


def load_private(path: Path, today: date) -> tuple[LoadedIdentity | None, list[Issue]]:
    """Take a unit's identity file apart. Never raises on bad files; no issue quotes a secret."""
    place = Place(str(path))
    try:
        data = load(path)
        public = parse(data)
        issues = validate(public, place, today)
        signer = _signer(data, public)
    except IdentityRefused as refused:
        return None, [Issue(refused.code, Level.ERROR, place, params=refused.params)]
    document = compose(public.identity, public.keys, public.signature)
    return LoadedIdentity(public, document, signer), issues


def signing_unit(
    path: Path, today: date, *, seal: bool = False, to_sign: bool = True
) -> SigningUnit:
    """What a unit's identity file brings to a package. `to_sign`: a file that could not sign it is
    worth a warning. Never raises on bad files."""
    loaded, issues = load_private(path, today)
    if loaded is None:
        return SigningUnit(issues=tuple(issues))
    public, place = loaded.public.keys, Place(str(path))
    if to_sign and public.unit_signing and loaded.signer is None:
        issues.append(Issue("I142", Level.WARNING, place))
    if seal and not keys.is_recipient(public.union_sealing):
        issues.append(Issue("I151", Level.ERROR, place))
        seal = False
    sign = loaded.signer.sign if loaded.signer else None
    return SigningUnit(loaded.document, tuple(issues), sign, seal)


def _signer(data: bytes, public: Public) -> keys.Signer | None:
    element = tree(data).find(f"{{{NAMESPACE}}}secret")
    if element is None:
        return None
    well_formed = dict(element.attrib) == {"algorithm": SIGNATURE} and not len(element)
    try:
        signer = keys.Signer.of((element.text or "").strip() if well_formed else "")
    except ValueError:
        raise IdentityRefused("I141") from None
    if not keys.same(signer.public, public.keys.unit_signing):
        raise IdentityRefused("I141")
    return signer
