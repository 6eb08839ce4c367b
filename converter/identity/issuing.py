"""The union's side: identity files for the units of a roster, passwords, the ledger.

All files are written under private names first, then the ledger with one write, then the files
get their names: what carries a name is in the ledger, however a process ends. A file that did
not get its name was never handed out; issuing again gives its unit the next serial.

The files hold secrets, so they and the list of passwords are their owner's alone (0600). Of the
passwords the folder of keys keeps hashes (`passwords`), by which the web pages know a unit.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from converter.files import safe_names, writing
from converter.files.csv_tables import csv_text
from converter.files.os_errors import is_open_elsewhere
from converter.identity import keys, ledger, passwords, subordinates
from converter.identity.elements import SIGNATURE, IdentityRefused
from converter.identity.files import Keys, compose, parse, public_bytes, with_digest
from converter.identity.links import UnionIdentity, covers
from converter.messages.catalogue import message
from converter.model.errors import UsageError
from converter.model.submissions import Identity, Unit

LONGEST_NAME = 40  # characters of a unit's name in a file's name


@dataclass(frozen=True, slots=True)
class Issued:
    """The result of issuing: files in the roster's order, and the list of passwords."""

    files: tuple[Path, ...]
    passwords: Path
    again: int  # units that had an identity before


@dataclass(frozen=True, slots=True)
class _Made:
    unit: Unit
    entry: ledger.LedgerEntry
    file: str
    document: bytes
    password: str


def issue(
    units: Sequence[Unit],
    folder: Path,
    target: Path,
    *,
    period: str,
    issued: date,
    valid_until: date,
    contact: str = "",
    passphrase: str = "",
) -> Issued:
    """Issue an identity file to every unit. `folder` holds the union's keys and ledger;
    `contact` is whom units ask of which the roster says nothing about that; `passphrase` opens the
    union's signing key.

    Raises KeysError, LedgerError, OSError; UsageError for a unit or a day beyond what the union
    above allows; ValueError for a unit that no identity file can name (a roster that was checked
    has none).
    """
    signer, public = keys.signer(folder, passphrase), keys.public(folder)
    chain = subordinates.superior(folder)
    _check_scope(units, chain, valid_until)
    writing.private_folder(target)
    with ledger.locked(folder):
        entries = ledger.read(folder) or []
        before = ledger.latest(entries)
        made = [
            _make(unit, before.get(unit.code), signer, public, period, issued, valid_until, chain)
            for unit in _with_contact(units, contact)
        ]
        _sweep(target)
        private = Path(tempfile.mkdtemp(prefix=writing.PREFIX, dir=target))
        listed = None
        try:
            for one in made:
                _write(private / one.file, one.document)
            writing.flush_all()
            listed = _write_passwords(made, target, issued)
            _keep_hashes(made, folder, before)
            ledger.write(folder, ledger.add(entries, (one.entry for one in made)))
        except BaseException:
            shutil.rmtree(private, ignore_errors=True)
            if listed:
                writing.remove(listed)
            raise
        issued_before = {entry.digest for entry in entries}
        files = tuple(_name(private / one.file, target / one.file, issued_before) for one in made)
        private.rmdir()
    return Issued(files, listed, sum(one.entry.serial > 1 for one in made))


def _with_contact(units: Sequence[Unit], contact: str) -> list[Unit]:
    return [replace(unit, superior_contact=unit.superior_contact or contact) for unit in units]


def _check_scope(units: Sequence[Unit], chain: Sequence[UnionIdentity], valid_until: date) -> None:
    """Whether the union above lets this one issue to these units for so long."""
    if not chain:
        return
    own = chain[0]
    outside = [unit.code for unit in units if not covers(own.scope, unit.code)]
    if outside:
        scope = "、".join(own.scope)
        raise UsageError("union_unit_outside", code=outside[0], count=len(outside), scope=scope)
    if valid_until.isoformat() > own.valid_until:
        raise UsageError("union_outlives", valid_until=own.valid_until)


def _name(private: Path, path: Path, issued_before: Collection[str]) -> Path:
    """Give a file its name. Only the file that it supersedes makes room for it; beside any other
    one, or one that is open in another program, it gets a number."""
    try:
        superseded = parse(path.read_bytes()).identity.digest in issued_before
    except (OSError, IdentityRefused):
        superseded = False
    if superseded:
        try:
            return writing.replace(private, path)
        except OSError as error:
            if not is_open_elsewhere(error):
                raise
    return writing.write_beside(path, private.rename)


def _sweep(target: Path) -> None:
    """Remove what a killed process left: the lock says that none is at work with these keys."""
    for stray in target.glob(f"{writing.PREFIX}*"):
        if stray.is_dir():
            shutil.rmtree(stray, ignore_errors=True)


def _make(
    unit: Unit,
    before: ledger.LedgerEntry | None,
    signer: keys.Signer,
    public: keys.PublicKeys,
    period: str,
    issued: date,
    valid_until: date,
    chain: Sequence[UnionIdentity],
) -> _Made:
    secret, unit_key = keys.new_pair()
    identity = Identity(
        unit_code=unit.code,
        unit_name=unit.name,
        superior_code=unit.superior_code,
        superior_name=unit.superior_name,
        period=period,
        serial=before.serial + 1 if before else 1,
        issued=issued.isoformat(),
        valid_until=valid_until.isoformat(),
        superior_contact=unit.superior_contact,
    )
    named = Keys(public.signing, public.sealing, unit_key)
    signature = keys.signature_text(signer.sign(public_bytes(identity, named)))
    document = compose(identity, named, signature, chain)
    end = b"</identity>"
    line = f'  <secret algorithm="{SIGNATURE}">{secret}</secret>\n'.encode()
    entry = ledger.LedgerEntry(
        unit.code,
        unit.name,
        identity.serial,
        identity.issued,
        with_digest(identity, named).digest,
        period=period,
    )
    whole = document.replace(end, line + end)
    return _Made(unit, entry, file_name(unit), whole, passwords.new())


def file_name(unit: Unit) -> str:
    """What a unit's file is called: its code and name, as far as any system takes them.

    >>> file_name(Unit("130102-7", "示例厂/一分厂 工会", ""))
    '130102-7-示例厂_一分厂 工会.xml'
    """
    name = safe_names.harmless(unit.name)[:LONGEST_NAME].strip(" .")
    return f"{unit.code}-{name}.xml"


def _write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)


def _keep_hashes(
    made: Sequence[_Made], folder: Path, before: Mapping[str, ledger.LedgerEntry]
) -> None:
    """Write the hashes of the new passwords; the files that count until now keep theirs."""
    new = {(one.entry.unit_code, one.entry.serial): one.password for one in made}
    names = [one.entry.unit_name for one in made]
    _write_hashes(folder, new, names, before)


def _write_hashes(
    folder: Path,
    new: Mapping[passwords.Key, str],
    names: Sequence[str],
    before: Mapping[str, ledger.LedgerEntry],
) -> None:
    known = passwords.read(folder)
    by_name = {
        entry.unit_name: line
        for entry in before.values()
        if (line := known.get((entry.unit_code, entry.serial)))
    }
    lines = passwords.all_hashed(list(new.values()), names, by_name)
    counting = ((entry.unit_code, entry.serial) for entry in before.values())
    hashed = dict(zip(new, lines, strict=True))
    passwords.write(folder, passwords.merged(known, hashed, counting))


def new_password(folder: Path, code: str) -> str:
    """A new password for a unit's current identity file; the one before opens nothing any more.

    Raises KeyError for a unit without an identity file, LedgerError, OSError.
    """
    with ledger.locked(folder):
        before = ledger.latest(ledger.read(folder) or [])
        entry = before[code]
        made = passwords.new()
        _write_hashes(folder, {(code, entry.serial): made}, [entry.unit_name], before)
    return made


def _write_passwords(made: Sequence[_Made], target: Path, issued: date) -> Path:
    """A list for handing out, under a name that no earlier list has."""
    rows = (
        (one.unit.code, one.unit.name, one.unit.contact, one.file, one.password) for one in made
    )
    text = csv_text(message("passwords_header").split("|"), rows)
    data = text.encode("utf-8-sig")  # a spreadsheet opens it by a double click
    path = target / f"{message('passwords_name')}-{issued.isoformat()}.csv"
    return writing.write_beside(path, lambda private: writing.write_new(private, data))
