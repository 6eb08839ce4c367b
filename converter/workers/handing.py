"""A small command is handed over to a process that the open page of the clerk keeps for it
(`cli.hosted`): that one has imported already what a command needs. It runs the same command line,
in the same folder and environment, and what it prints is printed here.

Only what is known beforehand to be quick and to ask nothing is handed over; whatever is not as
it should be (no page, another program, user or folder, a busy process), the command quietly runs
here, as it would without a page.

What travels, each piece after its length: a number used once; the process's proof that it knows the
page's secret, and a number of its own; our proof, and the `Command` as JSON; what became of it, and
the process's proof again. Nothing but numbers leaves before the process has shown who it is.

The process interrupts a command, as Ctrl+C does, once its caller closes the connection or its own
direction of it. So a caller that is killed takes the command along, and one that is interrupted
still learns what became of it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from converter.files import windows_console
from converter.workers import open_pages
from converter.workers.open_pages import is_proof, proof

if TYPE_CHECKING:
    import socket

COMMANDS = ("check", "convert")
CONNECTING = 0.5  # seconds for the process to show itself
FEW = 7  # arguments; with more files a bar would be shown
LENGTH, NUMBER, PROOF = 4, 32, 64  # bytes of a length, characters of a number and a proof
LARGEST = 64 << 20  # bytes of a piece
# What only the start of a process looks at: it has to be the same for both.
AT_START = ("TZ", "LANG", "LC_")


def handed_over(arguments: Sequence[str]) -> int | None:
    """The exit code of a command that ran there; None where it has to run here. Raises OSError
    where what it printed cannot be printed."""
    if not _is_small(arguments):
        return None
    for port, secret in open_pages.open_pages(open_pages.COMMANDS):
        import json
        import socket

        answer = None
        try:
            with socket.socket() as connection:
                connection.settimeout(CONNECTING)
                connection.connect((open_pages.LOCAL, port))
                if command := _command(arguments):
                    answer = _ask(connection, secret, json.dumps(command).encode())
        except (OSError, ValueError, EOFError):
            continue
        if answer is not None:
            return _print(answer)
    return None


def needs_worker(arguments: Sequence[str]) -> bool:
    """Whether a command will start a worker of its own as the first thing it does."""
    if len(arguments) < 2 or arguments[0] not in COMMANDS:
        return False
    if any(text in ("-h", "--help") or text.startswith("--cluster") for text in arguments):
        return False
    return not any(open_pages.open_pages(open_pages.WORK))


def _is_small(arguments: Sequence[str]) -> bool:
    if not arguments or arguments[0] not in COMMANDS or len(arguments) > FEW:
        return False
    if any("*" in text or "?" in text or text.startswith("--cluster") for text in arguments):
        return False
    try:
        return sum(map(_size, arguments[1:])) <= open_pages.BYTES
    except (OSError, ValueError):
        return False


def _size(name: str) -> int:
    """Bytes of a file, 0 of what is none. Raises ValueError for a folder, OSError."""
    if name.startswith("-") or not os.path.exists(name):  # noqa: PTH110
        return 0
    if not os.path.isfile(name):  # noqa: PTH113
        raise ValueError(name)
    return os.path.getsize(name)  # noqa: PTH202


def _command(arguments: Sequence[str]) -> dict[str, object] | None:
    """All that a command depends on; None where its output needs care that is taken only here."""
    streams = (sys.stdout, sys.stderr)
    if not all((sys.stdin, *streams)) or windows_console.is_own_window():
        return None
    windows_console.prepare(streams)
    encodings = [stream.encoding.lower() for stream in streams]
    if any(name == "utf-8-sig" or "ascii" in name for name in encodings):
        return None
    try:
        size = os.get_terminal_size(streams[0].fileno())
    except (OSError, ValueError):
        size = os.terminal_size((80, 24))  # as everywhere
    mask = os.umask(0o077)  # can only be asked by setting it
    os.umask(mask)
    return {
        "arguments": list(arguments),
        "folder": os.getcwd(),  # noqa: PTH109
        "mask": mask,
        "environment": {
            "COLUMNS": str(size.columns), "LINES": str(size.lines), **os.environ,
        },
        "encodings": encodings,
        "terminals": [stream.isatty() for stream in (sys.stdin, *streams)],
        "colours": [one.isatty() and windows_console.shows_colours(one) for one in streams],
        "surroundings": surroundings(os.environ),
    }  # fmt: skip


def surroundings(environment: Mapping[str, str]) -> list[object]:
    """What has to be the same for both: the program, the user, the folder, and what is read from
    the environment when a process begins."""
    state = os.stat(".")  # noqa: PTH116
    user = [os.geteuid(), os.getegid()] if hasattr(os, "geteuid") else []
    fixed = sorted([name, text] for name, text in environment.items() if name.startswith(AT_START))
    return [open_pages.program(), *user, state.st_dev, state.st_ino, fixed]


def _ask(connection: socket.socket, secret: str, command: bytes) -> bytes | None:
    """What became of a command; None where the process did not run it. Raises OSError."""
    import socket

    number = os.urandom(NUMBER // 2).hex().encode()
    send(connection, number)
    shown = receive(connection)
    given, theirs = shown[:PROOF], shown[PROOF:]
    if not is_proof(given, secret, b"process", number, theirs):
        return None
    send(connection, proof(secret, b"command", theirs, command).encode() + command)
    connection.settimeout(None)  # it has begun: a second one beside it would be worse than waiting
    try:
        return _answer(connection, secret, number)
    except KeyboardInterrupt:
        with contextlib.suppress(OSError, ValueError, EOFError):
            connection.shutdown(socket.SHUT_WR)
            if (answer := _answer(connection, secret, number)) is not None:
                return answer
        raise


def _answer(connection: socket.socket, secret: str, number: bytes) -> bytes | None:
    """Raises OSError, ValueError, EOFError."""
    open_pages.wait_for(connection)
    answer = receive(connection)
    given, rest = answer[:PROOF], answer[PROOF:]
    return rest if is_proof(given, secret, b"answer", number, rest) else None


def send(connection: socket.socket, data: bytes) -> None:
    """Raises OSError."""
    connection.sendall(len(data).to_bytes(LENGTH, "big") + data)


def receive(connection: socket.socket) -> bytes:
    """What the other side sent. Raises OSError, ValueError."""
    size = int.from_bytes(_exactly(connection, LENGTH), "big")
    if size > LARGEST:
        raise ValueError(size)
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), 1 << 16))
        if not piece:
            raise EOFError("the connection ended")
        data += piece
    return bytes(data)


def _print(answer: bytes) -> int:
    """Print what a command printed, in its order; its exit code."""
    import json

    found = json.loads(answer)
    for number, text in found["printed"]:
        stream = (sys.stdout, sys.stderr)[number]
        stream.write(text)
        stream.flush()
    return int(found["code"])
