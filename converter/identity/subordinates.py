"""The unions below an upper union: their requests, the identities that it issues, its ledger.

A union below asks with a request: its code, its name and its public keys, signed with its own key,
so that nobody asks for keys that he does not hold. The upper union issues an identity for it and
keeps `unions.csv` in its folder of keys: a line an identity, code, name, serial, issued,
valid_until, digest, status, least, signing, sealing, scope. Of each union the highest serial
counts. `least` is the lowest serial that is still good: an identity that is renewed for the same
keys, name and scope supersedes nothing.

    superior.xml   the identity that the union above issued to this one, with the chain above it
    union.json     the code and name of the union at the top, which has no superior
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from pathlib import Path

from converter.files import writing
from converter.files.csv_tables import csv_text
from converter.identity import chains, files, keys, ledger, links, standing
from converter.identity.elements import (
    CODE,
    NAMESPACE,
    SEALING,
    SIGNATURE,
    IdentityRefused,
    attribute,
    child,
    is_name,
    signed_text,
    text_of,
    written,
)
from converter.identity.links import UnionIdentity, covers
from converter.identity.standing import Standing
from converter.model.errors import KeysError, LedgerError, UsageError

NAME, SUPERIOR, OWN_NAME = "unions.csv", "superior.xml", "union.json"
CURRENT, SUPERSEDED, WITHDRAWN = ledger.CURRENT, ledger.SUPERSEDED, "withdrawn"


@dataclass(frozen=True, slots=True)
class UnionName:
    """What a union is called."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class UnionRequest:
    """A union below that asks for an identity, with its public keys."""

    union: UnionName
    keys: keys.PublicKeys


@dataclass(frozen=True, slots=True)
class SubordinateEntry:
    """An identity that was issued to a union below. Its fields are the ledger's columns."""

    code: str
    name: str
    serial: int
    issued: str
    valid_until: str
    digest: str
    status: str
    least: int
    signing: str
    sealing: str
    scope: str

    @property
    def standing(self) -> Standing:
        withdrawn = self.status == WITHDRAWN
        return Standing(self.code, self.serial, self.digest, self.least, withdrawn)


HEADER = [field.name for field in fields(SubordinateEntry)]


# --- who this union is ----------------------------------------------------------------------


def superior(folder: Path) -> tuple[UnionIdentity, ...]:
    """The chain from the union whose folder of keys this is up to the top: its own identity
    first; () where no superior issued one. Raises KeysError for one that cannot be read."""
    path = folder / SUPERIOR
    if not path.is_file():
        return ()
    try:
        return files.parse_union(files.load(path))
    except IdentityRefused as refused:
        raise KeysError("broken", path) from refused


def own_name(folder: Path) -> UnionName | None:
    """The union's name, as its superior or it itself gave it; None where neither did."""
    chain = superior(folder)
    if chain:
        return UnionName(chain[0].code, chain[0].name)
    try:
        found = json.loads((folder / OWN_NAME).read_text(encoding="utf-8"))
        return UnionName(str(found["code"]), str(found["name"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError("broken", folder / OWN_NAME) from error


def keep_name(folder: Path, union: UnionName) -> None:
    """Remember what the union is called. Raises UsageError, OSError."""
    if not CODE.fullmatch(union.code) or not is_name(union.name):
        raise UsageError("union_bad_name", code=union.code, name=union.name)
    text = json.dumps({"code": union.code, "name": union.name}, ensure_ascii=False) + "\n"
    writing.write_bytes_atomically(folder / OWN_NAME, text.encode())


# --- asking ----------------------------------------------------------------------------------


def _request_bytes(request: UnionRequest) -> bytes:
    entries = (
        ("union-code", request.union.code),
        ("union-name", request.union.name),
        ("union-signing", request.keys.signing),
        ("union-sealing", request.keys.sealing),
    )
    lines = ["gonghui-union-request 1", *(f"{name}={value}" for name, value in entries)]
    return "".join(f"{line}\n" for line in lines).encode()


def request(folder: Path, union: UnionName, passphrase: str = "") -> bytes:
    """A request for an identity, signed with the union's own key. Raises KeysError."""
    signer = keys.signer(folder, passphrase)
    request = UnionRequest(union, keys.public(folder))
    signature = keys.signature_text(signer.sign(_request_bytes(request)))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<request xmlns="{NAMESPACE}">',
        written("unit", union.name, indent="  ", code=union.code),
        written("unit-signing", request.keys.signing, indent="  ", algorithm=SIGNATURE),
        written("unit-sealing", request.keys.sealing, indent="  ", algorithm=SEALING),
        written("signature", signature, indent="  ", algorithm=SIGNATURE),
        "</request>",
    ]
    return ("\n".join(lines) + "\n").encode()


def parse_request(data: bytes) -> UnionRequest:
    """Raises IdentityRefused for what is no request, or was altered."""
    root = files.tree(data, "request", ("unit", "unit-signing", "unit-sealing", "signature"))
    unit = child(root, "unit")
    found = UnionRequest(
        UnionName(attribute(unit, "code"), text_of(unit, "code")),
        keys.PublicKeys(
            signed_text(root, "unit-signing", SIGNATURE), signed_text(root, "unit-sealing", SEALING)
        ),
    )
    if not CODE.fullmatch(found.union.code) or not is_name(found.union.name):
        raise IdentityRefused("I107", element="unit", value=found.union.name[:40])
    if not keys.is_recipient(found.keys.sealing):
        raise IdentityRefused("I107", element="unit-sealing", value=found.keys.sealing[:40])
    signature = keys.signature_bytes(signed_text(root, "signature", SIGNATURE))
    if not keys.fits(found.keys.signing, signature, _request_bytes(found)):
        raise IdentityRefused("I111")
    return found


# --- the ledger --------------------------------------------------------------------------------


def read(folder: Path) -> list[SubordinateEntry]:
    """All entries, in the order of issuing. Raises LedgerError, OSError."""
    path = folder / NAME
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerError(path, 0) from error
    if not rows or rows[0] != HEADER:
        raise LedgerError(path, 1)
    found = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(HEADER) or not (row[2].isdecimal() and row[7].isdecimal()):
            raise LedgerError(path, line)
        code, name, serial, issued, until, digest, status, least, signing, sealing, scope = row
        found.append(
            SubordinateEntry(
                code, name, int(serial), issued, until, digest, status, int(least),
                signing, sealing, scope,
            )
        )  # fmt: skip
        if row[6] not in (CURRENT, SUPERSEDED, WITHDRAWN) or not CODE.fullmatch(row[0]):
            raise LedgerError(path, line)
    return found


def latest(entries: Iterable[SubordinateEntry]) -> dict[str, SubordinateEntry]:
    """The entry with the highest serial of each union."""
    return {one.code: one for one in sorted(entries, key=lambda one: one.serial)}


def _write(folder: Path, entries: Sequence[SubordinateEntry], signer: keys.Signer, at: str) -> None:
    """Write the list first: it names what the ledger is about to say."""
    made = standing.make((e.standing for e in latest(entries).values()), signer, at)
    writing.write_bytes_atomically(folder / standing.NAME, made)
    text = csv_text(HEADER, map(astuple, entries))
    writing.write_bytes_atomically(folder / NAME, text.encode("utf-8-sig"))


# --- issuing, withdrawing, joining -------------------------------------------------------------


def endorse(
    request: UnionRequest,
    folder: Path,
    *,
    scope: Sequence[str],
    issued: date,
    valid_until: date,
    now: str,
    passphrase: str = "",
) -> bytes:
    """Issue an identity to a union below: its file, with the chain above it. `scope`: how the
    codes begin for which it may issue; none: with its own code. Raises UsageError, KeysError,
    LedgerError, OSError."""
    signer, public, chain = keys.signer(folder, passphrase), keys.public(folder), superior(folder)
    name = own_name(folder)
    if name is None:
        raise UsageError("union_no_name")
    scope = tuple(dict.fromkeys(scope)) or (request.union.code,)
    with ledger.locked(folder):
        entries = read(folder)
        _check(request, public, chain, name, scope, latest(entries).values())
        if chain and valid_until.isoformat() > chain[0].valid_until:
            raise UsageError("union_outlives", valid_until=chain[0].valid_until)
        before = latest(entries).get(request.union.code)
        made = UnionIdentity(
            request.union.code,
            request.union.name,
            name.code,
            name.name,
            scope,
            before.serial + 1 if before else 1,
            issued.isoformat(),
            valid_until.isoformat(),
            request.keys.signing,
            request.keys.sealing,
            public.signing,
            public.sealing,
        )
        signature = signer.sign(links.signed_bytes(made))
        made = replace(made, signature=keys.signature_text(signature))
        document = links.compose((made, *chain))
        kept = [replace(e, status=SUPERSEDED) if e.code == made.code else e for e in entries]
        _write(folder, [*kept, _entry(made, before)], signer, now)
    return document


def _entry(made: UnionIdentity, before: SubordinateEntry | None) -> SubordinateEntry:
    entry = SubordinateEntry(
        made.code,
        made.name,
        made.serial,
        made.issued,
        made.valid_until,
        made.digest,
        CURRENT,
        made.serial,
        made.signing,
        made.sealing,
        " ".join(made.scope),
    )
    if before is None or before.status == WITHDRAWN:
        return entry
    terms = (before.name, before.signing, before.sealing, before.scope)
    same = terms == (entry.name, entry.signing, entry.sealing, entry.scope)
    return replace(entry, least=before.least) if same else entry


def _check(
    request: UnionRequest,
    public: keys.PublicKeys,
    chain: Sequence[UnionIdentity],
    own: UnionName,
    scope: Sequence[str],
    others: Iterable[SubordinateEntry],
) -> None:
    """Whether this union may issue such an identity. Raises UsageError."""
    code = request.union.code
    above = {own.code, *(one.superior_code for one in chain)}
    keys_above = {public.signing, public.sealing}
    for one in chain:
        keys_above |= {one.superior_signing, one.superior_sealing}
    if code in above or {request.keys.signing, request.keys.sealing} & keys_above:
        raise UsageError("union_itself", code=code)
    if not all(CODE.fullmatch(prefix) for prefix in scope):
        raise UsageError("union_bad_scope", scope=" ".join(scope))
    if chain and not all(covers(chain[0].scope, prefix) for prefix in (code, *scope)):
        raise UsageError("union_scope", code=code, scope="、".join(chain[0].scope))
    for other in others:
        if other.code == code or other.status == WITHDRAWN:
            continue
        if request.keys.signing == other.signing or request.keys.sealing == other.sealing:
            raise UsageError("union_same_keys", name=other.name, code=other.code)
        theirs = other.scope.split()
        if any(covers((a,), b) or covers((b,), a) for a in scope for b in theirs):
            scope_text = "、".join(theirs)
            raise UsageError("union_overlap", name=other.name, code=other.code, scope=scope_text)


def withdraw(folder: Path, code: str, now: str, passphrase: str = "") -> SubordinateEntry:
    """Withdraw every identity of a union below; a new one may be issued later. Raises UsageError,
    KeysError, LedgerError, OSError."""
    signer = keys.signer(folder, passphrase)
    with ledger.locked(folder):
        entries = read(folder)
        known = latest(entries).get(code)
        if known is None:
            raise UsageError("union_unknown", code=code)
        gone = [replace(e, status=WITHDRAWN) if e.code == code else e for e in entries]
        _write(folder, gone, signer, now)
    return known


def join(folder: Path, document: bytes) -> tuple[UnionIdentity, ...]:
    """Take over the identity that the union above issued: the chain, this union first. Raises
    IdentityRefused, UsageError, KeysError, OSError."""
    chain = files.parse_union(document)
    own, public = chain[0], keys.public(folder)
    if own.signing != public.signing or own.sealing != public.sealing:
        raise UsageError("union_other_keys", name=own.name, code=own.code)
    before = superior(folder)
    same = before and before[0].superior_signing == own.superior_signing
    if same and before[0].serial > own.serial:
        raise UsageError("union_older", serial=own.serial, known=before[0].serial)
    broken = next(chains.faults(chains.bottom_of(own), chain, None, {}), None)
    if broken:
        raise IdentityRefused(broken[0], union=broken[1].name)
    writing.write_bytes_atomically(folder / SUPERIOR, links.compose(chain))
    return chain
