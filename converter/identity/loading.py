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
