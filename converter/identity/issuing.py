"""The union's side: identity files for the units of a roster, passwords, the ledger.

All files are written under private names first, then the ledger with one write, then the files
get their names: what carries a name is in the ledger, however a process ends. A file that did
not get its name was never handed out; issuing again gives its unit the next serial.

The files hold secrets, so they and the list of passwords are their owner's alone (0600).
"""

from __future__ import annotations

import csv
import io
import re
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter import keys, ooxml
from converter.identity import ledger
from converter.identity.files import SIGNATURE, Keys, compose, public_bytes, with_digest
from converter.messages import say
from converter.model import Identity

# Without what is taken for one another in print: 0 O, 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 3, 4  # 31 ** 12: about 59 bits
LONGEST_NAME = 40  # characters of a unit's name in a file's name

# What Windows forbids in file names, and what would hide or split them.
_FORBIDDEN = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e]')


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the roster has it."""

    code: str
    name: str
    superior_name: str
    superior_code: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """What issuing came to: files in the roster's order, and the list of passwords."""

    files: tuple[Path, ...]
    passwords: Path
    again: int  # units that had an identity before


@dataclass(frozen=True, slots=True)
class _Made:
    unit: Unit
    entry: ledger.Entry
    file: str
    document: bytes


def issue(
    units: Sequence[Unit],
    folder: Path,
    target: Path,
    *,
    period: str,
    issued: date,
    valid_until: date,
) -> Issued:
    """Issue an identity file to every unit. `folder` holds the union's keys and ledger.

    Raises KeysError, LedgerError, Busy, OSError; ValueError for a unit that no identity file
    can name (a roster that was checked has none).
    """
    signer, public = keys.signer(folder), keys.public(folder)
    target.mkdir(parents=True, exist_ok=True)
    with ledger.locked(folder):
        entries = ledger.read(folder) or []
        before = ledger.latest(entries)
        made = [
            _make(unit, before.get(unit.code), signer, public, period, issued, valid_until)
            for unit in units
        ]
        _sweep(target)
        private = Path(tempfile.mkdtemp(prefix=ooxml.PREFIX, dir=target))
        passwords = None
        try:
            for one in made:
                _write(private / one.file, one.document)
            ooxml.flush_all()
            passwords = _write_passwords(made, target, issued)
            ledger.write(folder, ledger.add(entries, (one.entry for one in made)))
        except BaseException:
            shutil.rmtree(private, ignore_errors=True)
            if passwords:
                passwords.unlink(missing_ok=True)
            raise
        files = tuple((private / one.file).replace(target / one.file) for one in made)
        private.rmdir()
    return Issued(files, passwords, sum(one.entry.serial > 1 for one in made))


def _sweep(target: Path) -> None:
    """Remove what a killed process left: the lock says that none is at work with these keys."""
    for stray in target.glob(f"{ooxml.PREFIX}*"):
        if stray.is_dir():
            shutil.rmtree(stray, ignore_errors=True)


def _make(
    unit: Unit,
    before: ledger.Entry | None,
    signer: keys.Signer,
    public: keys.PublicKeys,
    period: str,
    issued: date,
    valid_until: date,
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
    )
    named = Keys(public.signing, public.sealing, unit_key)
    signature = keys.signature_text(signer.sign(public_bytes(identity, named)))
    document = compose(identity, named, signature)
    end = b"</identity>"
    line = f'  <secret algorithm="{SIGNATURE}">{secret}</secret>\n'.encode()
    entry = ledger.Entry(
        unit.code,
        unit.name,
        identity.serial,
        identity.issued,
        with_digest(identity, named).digest,
    )
    return _Made(unit, entry, file_name(unit), document.replace(end, line + end))


def file_name(unit: Unit, suffix: str = ".xml") -> str:
    """What a unit's file is called: its code and name, as far as any system takes them.

    >>> file_name(Unit("130102-7", "示例厂/一分厂 工会", ""))
    '130102-7-示例厂_一分厂 工会.xml'
    """
    name = _FORBIDDEN.sub("_", unit.name)[:LONGEST_NAME].strip(" .")
    return f"{unit.code}-{name}{suffix}"


def password() -> str:
    """A random password for handing out, in groups that can be read over the telephone."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def _write(path: Path, data: bytes) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)


def _write_passwords(made: Sequence[_Made], target: Path, issued: date) -> Path:
    """A list for handing out, under a name that no earlier list has."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(say("passwords_header").split("|"))
    for one in made:
        row = (one.unit.code, one.unit.name, one.unit.contact, one.file, password())
        writer.writerow(row)
    data = out.getvalue().encode("utf-8-sig")  # a spreadsheet opens it by a double click
    number = 1
    while True:
        again = f"-{number}" if number > 1 else ""
        path = target / f"{say('passwords_name')}-{issued.isoformat()}{again}.csv"
        try:
            return ooxml.write_new(path, data)
        except FileExistsError:
            number += 1
