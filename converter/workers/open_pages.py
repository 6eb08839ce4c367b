"""How a command finds the clerk's page that is open on this machine, and how both prove that they
belong to the same user.

The page (`web.desk`) leaves a private file with its ports and a secret, which only that user can
read. The secret itself never travels: whoever took over the port of a page that died learns
nothing, and cannot answer in its place.

Every command imports this module, before anything else of the program: what only an open page
needs is imported where it is used.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

PREFIX, SUFFIX = "desk-", ".json"  # of the names of such files
WORK, COMMANDS, SECRET = "port", "commands", "secret"  # what they hold: two ports, the secret
LOCAL = b"127.0.0.1"  # as bytes: a text would import what turns names into IDNA
A_TURN = 0.2  # seconds; see `wait_for`
FILES, BYTES = 20, 4 << 20  # of one command; more is worth a process of its own


def open_pages(port: str) -> Iterator[tuple[int, str]]:
    """That port (WORK, COMMANDS) and the secret of each page that seems to be open."""
    from converter.files.own_folder import state_folder

    folder = str(state_folder())
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 — this is the fast way
    except OSError:
        return
    for name in names:
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            import json

            try:
                with open(os.path.join(folder, name), "rb") as file:  # noqa: PTH118, PTH123
                    found = json.loads(file.read())
                yield int(found[port]), str(found[SECRET])
            except (OSError, ValueError, KeyError, TypeError):
                continue


def proof(secret: str, *parts: bytes) -> str:
    """64 characters that only somebody who knows the secret can write under these parts."""
    import hashlib
    import hmac

    return hmac.new(secret.encode(), b"\0".join(parts), hashlib.sha256).hexdigest()


def is_proof(given: bytes, secret: str, *parts: bytes) -> bool:
    """Whether somebody who knows the secret wrote this under these parts."""
    import hmac

    return hmac.compare_digest(given, proof(secret, *parts).encode())


def wait_for(connection: socket.socket, seconds: float = float("inf")) -> None:
    """Wait until something can be received, or the other side has ended. It waits in short turns,
    since on Windows Ctrl+C does not interrupt any waiting. Raises TimeoutError, OSError."""
    import select

    until = time.monotonic() + seconds
    while not select.select([connection], [], [], A_TURN)[0]:
        if time.monotonic() > until:
            raise TimeoutError(seconds)


def program() -> str:
    """Two processes with the same text run the same program."""
    frozen = getattr(sys, "frozen", False)
    path = sys.executable if frozen else os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    return "\0".join((sys.version, sys.executable, *stamps(path)))


def stamps(path: str) -> Iterator[str]:
    """Name, size and time of a file, or of each file of a folder."""
    if not os.path.isdir(path):  # noqa: PTH112
        yield _stamp(path, os.stat(path))  # noqa: PTH116
        return
    with os.scandir(path) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from stamps(entry.path)
        else:
            yield _stamp(entry.path, entry.stat())


def _stamp(path: str, state: os.stat_result) -> str:
    return f"{path} {state.st_size} {state.st_mtime_ns}"
