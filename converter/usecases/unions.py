"""What the commands around the unions below and above one do, without click.

Requests and identity files are small and read strictly in the command's own process, as rosters'
identity files are; packages are read by a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from converter import identity
from converter.files import safe_names, writing
from converter.identity import chains, files, keys, subordinates, verifying
from converter.identity.elements import IdentityRefused
from converter.identity.links import UnionIdentity
from converter.identity.subordinates import SubordinateEntry, UnionName
from converter.messages.catalogue import message
from converter.model.clock import today, utc_stamp
from converter.model.issues import Issue, Level, Place
from converter.text import file_names
from converter.usecases.identities import YEAR, last_day
from converter.workers.pool import Runner
from converter.workers.requests.proof import ProofRequest


@dataclass(frozen=True, slots=True)
class Requested:
    """The request that a union sends to the one above it."""

    path: Path
    fingerprint: str
    has_new_keys: bool


def request(folder: Path, union: UnionName, output: Path, passphrase: str = "") -> Requested:
    """Write a request; keys are made where there are none. Raises UsageError, KeysError,
    OSError."""
    fresh = not any((folder / name).exists() for name in (keys.SIGNING, keys.SIGNING_PUBLIC))
    public = keys.create(folder, passphrase) if fresh else keys.public(folder)
    subordinates.keep_name(folder, union)
    document = subordinates.request(folder, union, passphrase)
    return Requested(writing.write_output(output, [document]), public.fingerprint, fresh)


@dataclass(frozen=True, slots=True)
class EndorsementTerms:
    """What a union below may do, and until when."""

    scope: tuple[str, ...]
    valid_until: str  # '' = a year from today, at most as long as this union itself


@dataclass(frozen=True, slots=True)
class Endorsed:
    """An identity that was issued to a union below."""

    union: UnionIdentity
    fingerprint: str  # of its keys, to be compared by telephone
    path: Path
    wanted: Path  # the name that the file was to get


def endorse(
    request: Path,
    folder: Path,
    target: Path,
    terms: EndorsementTerms,
    own: UnionName | None,
    now: int,
    passphrase: str = "",
) -> Endorsed | Issue:
    """Issue an identity to the union that asks with this file, or say why the file is no request.
    Raises UsageError, KeysError, LedgerError, OSError."""
    try:
        found = subordinates.parse_request(files.load(request))
    except IdentityRefused as refused:
        return _issue(refused, request)
    chain = subordinates.superior(folder)
    if own is not None and not chain:
        subordinates.keep_name(folder, own)
    day = today()
    document = subordinates.endorse(
        found,
        folder,
        scope=terms.scope,
        issued=day,
        valid_until=_until(terms.valid_until, day, chain),
        now=utc_stamp(now),
        passphrase=passphrase,
    )
    made = files.parse_union(document)[0]
    name = safe_names.harmless(f"{made.code}-{made.name}")[:60].strip(" .")
    path = target / f"{message('union_file')}-{name}.xml"
    if file_names.suffix(target) == ".xml":
        path = target
    written = writing.write_output(path, [document])
    return Endorsed(made, found.keys.fingerprint, written, path)


def _until(text: str, day: date, chain: Sequence[UnionIdentity]) -> date:
    if not text:
        until = day + YEAR
        return min(until, date.fromisoformat(chain[0].valid_until)) if chain else until
    return last_day(text, day)


def join(document: Path, folder: Path) -> tuple[UnionIdentity, ...] | Issue:
    """Take over the identity that the union above issued. Raises UsageError, KeysError, OSError."""
    try:
        return subordinates.join(folder, files.load(document))
    except IdentityRefused as refused:
        return _issue(refused, document)


def withdraw(folder: Path, code: str, now: int, passphrase: str = "") -> SubordinateEntry:
    """Withdraw the identity of a union below."""
    return subordinates.withdraw(folder, code, utc_stamp(now), passphrase)


def _issue(refused: IdentityRefused, path: Path) -> Issue:
    return Issue(refused.code, Level.ERROR, Place(str(path)), params=refused.params)


# --- whether a file leads to the top -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose file it is, the unions above it, and what stands against it."""

    issues: tuple[Issue, ...]
    name: str = ""
    code: str = ""
    chain: tuple[UnionIdentity, ...] = ()
    top: str = ""  # the fingerprint of the keys at the top
    top_name: str = ""
    serial: int = 0  # of a unit's identity file

    @property
    def holds(self) -> bool:
        return bool(self.top) and not any(i.level is Level.ERROR for i in self.issues)


def prove(path: Path, folder: Path | None, fingerprint: str, form: Path, worker: Runner) -> Proof:
    """Follow the chain of an identity file or a signed package up to a union's keys, or to a
    fingerprint that somebody knows. Raises KeysError, LedgerError, UsageError, OSError."""
    if file_names.suffix(path) == ".zip":
        answer = worker.run(ProofRequest(form, path, folder))
        issues = answer.outcome.issues
        if not answer.document:
            return Proof(tuple(issues) or (Issue("P137", Level.ERROR, Place(str(path))),))
        try:
            proof = _of_unit(identity.parse(answer.document.encode()), tuple(issues))
        except IdentityRefused:
            return Proof(tuple(issues))
    else:
        proof = _of_file(path, folder)
    if fingerprint and proof.holds and not keys.same(plain(fingerprint), plain(proof.top)):
        params = {"superior": proof.top_name, "fingerprint": proof.top}
        wrong = Issue("I167", Level.ERROR, Place(str(path)), params=params)
        return replace(proof, issues=(*proof.issues, wrong))
    return proof


def plain(fingerprint: str) -> str:
    """A fingerprint as somebody types it, without what is between its characters."""
    return "".join(filter(str.isalnum, fingerprint)).lower()


def _of_file(path: Path, folder: Path | None) -> Proof:
    union = identity.union_of(folder) if folder else None
    place = Place(str(path))
    try:
        data = files.load(path)
        chain = files.parse_union(data) if files.is_union(data) else ()
    except IdentityRefused as refused:
        return Proof((_issue(refused, path),))
    if not chain:
        public, issues = identity.inspect(data, place, today(), union)
        return _of_unit(public, tuple(issues)) if public else Proof(tuple(issues))
    own = chain[0]
    found = verifying.validate_chain(chains.bottom_of(own), chain, place, today(), union)
    top = keys.fingerprint(chain[-1].superior_signing, chain[-1].superior_sealing)
    return Proof(tuple(found), own.name, own.code, chain[1:], top, chain[-1].superior_name)


def _of_unit(public: identity.Public, issues: tuple[Issue, ...]) -> Proof:
    holder, named = public.identity, public.keys
    signing, sealing = named.union_signing, named.union_sealing
    if public.chain:
        signing, sealing = public.chain[-1].superior_signing, public.chain[-1].superior_sealing
    top = keys.fingerprint(signing, sealing) if public.signature and signing else ""
    name = public.chain[-1].superior_name if public.chain else holder.superior_name
    return Proof(issues, holder.unit_name, holder.unit_code, public.chain, top, name, holder.serial)
