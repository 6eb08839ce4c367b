"""`issued.csv` in the folder of keys: what was issued to whom, and which file counts now.

One line an identity file: unit_code, unit_name, serial, issued, digest (of the canonical
public part), status, period ('' in older ledgers). Of each unit the highest serial is `current`,
the others `superseded`.
UTF-8 with a byte order mark, so that a spreadsheet shows the names; a line that a spreadsheet
has spoilt (a date turned round, a code turned into a number) is refused, never guessed at.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from converter.files import locking, writing
from converter.files.csv_tables import csv_text
from converter.identity.elements import CODE, is_date
from converter.model.errors import LedgerBusy, LedgerError

NAME = "issued.csv"
LOCK = ".issuing"
CURRENT, SUPERSEDED = "current", "superseded"
_DIGEST = re.compile("sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One identity file that was issued."""

    unit_code: str
    unit_name: str
    serial: int
    issued: str
    digest: str
    status: str = CURRENT
    period: str = ""


HEADER = [field.name for field in fields(LedgerEntry)]
OLDER_HEADER = HEADER[:-1]  # before periods were noted


def read(folder: Path) -> list[LedgerEntry] | None:
    """All entries in the order of issuing; None without a ledger. Raises LedgerError, OSError."""
    path = folder / NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerError(path, 0) from error
    if not rows or rows[0] not in (HEADER, OLDER_HEADER):
        raise LedgerError(path, 1)
    width = len(rows[0])
    entries = []
    seen: set[tuple[str, int]] = set()
    for line, row in enumerate(rows[1:], 2):
        if len(row) != width or not _sound(row) or (row[0], int(row[2])) in seen:
            raise LedgerError(path, line)
        seen.add((row[0], int(row[2])))
        entries.append(LedgerEntry(row[0], row[1], int(row[2]), *row[3:]))
    return entries


def _sound(row: list[str]) -> bool:
    return (
        CODE.fullmatch(row[0]) is not None
        and re.fullmatch("[1-9][0-9]{0,8}", row[2]) is not None
        and is_date(row[3])
        and _DIGEST.fullmatch(row[4]) is not None
        and row[5] in (CURRENT, SUPERSEDED)
    )


def latest(entries: Iterable[LedgerEntry]) -> dict[str, LedgerEntry]:
    """The entry with the highest serial of each unit. The serial decides, not the status."""
    found: dict[str, LedgerEntry] = {}
    for entry in entries:
        known = found.get(entry.unit_code)
        if known is None or entry.serial > known.serial:
            found[entry.unit_code] = entry
    return found


def add(entries: Iterable[LedgerEntry], new: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The entries with new ones, those that they supersede marked so."""
    fresh = list(new)
    units = {entry.unit_code for entry in fresh}
    kept = [replace(e, status=SUPERSEDED) if e.unit_code in units else e for e in entries]
    return kept + fresh


def write(folder: Path, entries: Iterable[LedgerEntry]) -> None:
    """Write the whole ledger or nothing. Raises OSError."""
    text = csv_text(HEADER, map(astuple, entries))
    writing.write_bytes_atomically(folder / NAME, text.encode("utf-8-sig"))


def by_unit(folder: Path) -> Mapping[str, LedgerEntry] | None:
    """What counts now, by unit code; None without a ledger. Raises LedgerError, OSError."""
    entries = read(folder)
    return None if entries is None else latest(entries)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time: two that read the same ledger would give out one serial twice.

    The lock goes with the process, however it ends. Raises LedgerBusy, OSError.
    """
    with (folder / LOCK).open("a+b") as file:
        try:
            locking.acquire(file)
        except OSError as error:
            raise LedgerBusy(folder) from error
        yield
