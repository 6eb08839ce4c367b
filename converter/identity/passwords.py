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
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from converter.files import writing
from converter.files.csv_tables import csv_text

NAME = "passwords.csv"
HEADER = ["unit_code", "serial", "hash"]

# Without what is taken for one another in print: 0 O, 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 3, 4  # 31 ** 12: about 59 bits

# 8 MB and some 20 ms a guess. Unlike what people think up, 59 random bits are far out of reach at
# that price, ten thousand units are issued to in two minutes on two cores, and hundreds of clerks
# who sign in within the same minute do not wait for one another.
N, R, P = 1 << 13, 8, 1
_LENGTH, _SALT = 32, 16
_MOST = 256 << 20  # bytes that checking a line of the file may take

Key = tuple[str, int]  # unit code, serial


def new() -> str:
    """A random password for handing out, in groups that can be read over the telephone."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def hashed(password: str, *, n: int = N, salt: bytes = b"") -> str:
    """The line that knows a password. `n`: what a guess costs, a power of two. `salt`: of its
    own, unless units of one name share it, so that one hash tells them apart."""
    salt = salt or new_salt()
    key = _scrypt(typed(password), salt, n, R, P)
    return "$".join(("scrypt", str(n), str(R), str(P), _text(salt), _text(key)))


def new_salt() -> bytes:
    """Random bytes, never the same twice."""
    return os.urandom(_SALT)


def all_hashed(
    passwords: Sequence[str], names: Sequence[str], before: Mapping[str, str]
) -> list[str]:
    """The same for many, on all cores (the library lets go of Python's lock). Units of one name
    share a salt, also with those that have a line already (`before`: by name)."""
    salts = {name: _salt_of(before.get(name, "")) or new_salt() for name in names}
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(
            threads.map(lambda password, name: hashed(password, salt=salts[name]), passwords, names)
        )


def _salt_of(line: str) -> bytes:
    """The salt of a line that costs what new ones do, else nothing."""
    cost, _, salt = line.rpartition("$")[0].rpartition("$")
    return _raw_or_nothing(salt) if cost == f"scrypt${N}${R}${P}" else b""


def matching(password: str, lines: Mapping[str, str]) -> str:
    """The key of the line whose password this is, '' where there is none. Lines of the same
    salt and cost take one hash."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, line in lines.items():
        cost, _, key = line.rpartition("$")
        groups.setdefault(cost, []).append((name, key))
    found = ""
    for cost, keys in groups.items():
        made = _made(password, cost)
        for name, key in keys:
            if made is not None and hmac.compare_digest(made, _raw_or_nothing(key)):
                found = name
    return found


def decoy(lines: Iterable[str]) -> str:
    """A line that nobody's password matches and that costs what most of the lines do."""
    costs = Counter(line.split("$")[1] for line in lines if line.count("$") == 5)
    common = costs.most_common(1)[0][0] if costs else str(N)
    salt = new_salt()
    return "$".join(("scrypt", common, str(R), str(P), _text(salt), _text(os.urandom(_LENGTH))))


def matches(password: str, line: str) -> bool:
    """Whether a password is the one that was hashed; False for a line that is none."""
    return bool(matching(password, {"line": line}))


def _made(password: str, cost: str) -> bytes | None:
    """The hash of a password for a line without its key; None for a line that is none."""
    try:
        name, n, r, p, salt = cost.split("$")
        if name != "scrypt" or 128 * int(n) * int(r) > _MOST:
            return None
        return _scrypt(typed(password), _raw(salt), int(n), int(r), int(p))
    except ValueError:
        return None


def _raw_or_nothing(text: str) -> bytes:
    try:
        return _raw(text)
    except ValueError:
        return b""


def typed(password: str) -> str:
    """A password as people type it, on any keyboard: case, width, spaces and dashes are the same.

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
    text = csv_text(HEADER, ((*key, line) for key, line in lines.items()))
    writing.write_bytes_atomically(folder / NAME, text.encode(), private=True)


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
