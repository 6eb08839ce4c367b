"""Passwords for fetching identity files, kept as hashes: `passwords.csv` beside the ledger.

One line an identity file that may be fetched: unit_code, serial, hash. The hash is
`scrypt$N$r$p$salt$key` (RFC 7914; salt and key in base64), so what it costs may be raised later
and lines written before stay good. A password is known by its unit's current serial: issuing
writes the new lines before the ledger counts them, so that however it ends the password that
was handed out for the file that counts is the one that opens.

The passwords themselves stand in the list for handing out and nowhere else.

>>> matches("abcd efgh-2345", hashed("ABCD-EFGH-2345", n=16))
True
>>> matches("ABCD-EFGH-2346", hashed("ABCD-EFGH-2345", n=16))
False
"""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import os
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from converter.files import writing

NAME = "passwords.csv"
HEADER = ["unit_code", "serial", "hash"]

# Without what is taken for one another in print: 0 O, 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 3, 4  # 31 ** 12: about 59 bits

# 2 MB and some 5 ms a guess. Unlike what people think up, 59 random bits are far out of reach at
# that price, and ten thousand units are issued to in half a minute.
N, R, P = 1 << 11, 8, 1
_LENGTH, _SALT = 32, 16
_MOST = 256 << 20  # bytes that checking a line of the file may take

Key = tuple[str, int]  # unit code, serial


def new() -> str:
    """A random password for handing out, in groups that can be read over the telephone."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def hashed(password: str, *, n: int = N) -> str:
    """The line that knows a password. `n`: what a guess costs, a power of two."""
    salt = os.urandom(_SALT)
    key = _scrypt(typed(password), salt, n, R, P)
    return "$".join(("scrypt", str(n), str(R), str(P), _text(salt), _text(key)))


def all_hashed(passwords: Sequence[str]) -> list[str]:
    """The same for many, on all cores (the library lets go of Python's lock)."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(hashed, passwords))


def matches(password: str, line: str) -> bool:
    """Whether a password is the one that was hashed; False for a line that is none."""
    try:
        name, n, r, p, salt, key = line.split("$")
        if name != "scrypt" or 128 * int(n) * int(r) > _MOST:
            return False
        made = _scrypt(typed(password), _raw(salt), int(n), int(r), int(p))
        return hmac.compare_digest(made, _raw(key))
    except ValueError:
        return False


def typed(password: str) -> str:
    """A password as people type it, on any keyboard: case, width, blanks and dashes are the same.

    >>> typed("ａbcd—efgh 2345 ")
    'ABCDEFGH2345'
    """
    folded = unicodedata.normalize("NFKC", password).upper()
    return "".join(filter(str.isalnum, folded))


def read(folder: Path) -> dict[Key, str]:
    """The hashes in a folder of keys; lines that are none are left out. Raises OSError."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return {}
    rows = csv.reader(io.StringIO(text, newline=""))
    return {
        (row[0], int(row[1])): row[2]
        for row in rows
        if len(row) == len(HEADER) and row[1].isdecimal() and row[2].startswith("scrypt$")
    }


def write(folder: Path, lines: Mapping[Key, str]) -> None:
    """Write the whole file or nothing; it is its owner's alone. Raises OSError."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows((code, serial, line) for (code, serial), line in lines.items())
    data = out.getvalue().encode("utf-8")
    writing.write_bytes_atomically(folder / NAME, data, private=True)


def merged(
    before: Mapping[Key, str], new: Mapping[Key, str], counting: Iterable[Key]
) -> dict[Key, str]:
    """What is kept when new lines are added: they, and what counts until the ledger says
    otherwise."""
    kept = {key: before[key] for key in counting if key in before}
    return {**kept, **new}


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=r, p=p, maxmem=2 * _MOST, dklen=_LENGTH
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
