"""A process that the clerk's page keeps: it runs small commands for those that hand them over
(`workers.handing`), one at a time, having imported what they need.

It gets the page's secret on its stdin, prints its port, and ends when stdin does. Each command runs
in the folder and with the environment of its caller; what it prints is kept and sent back. It is
interrupted once its caller is, or is gone.
"""

from __future__ import annotations

import _thread
import contextlib
import gc
import io
import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from converter import cli
from converter.forms import loading
from converter.workers.handing import NUMBER, PROOF, receive, send, surroundings
from converter.workers.open_pages import is_proof, proof

STARTED_WITH = dict(os.environ)
SECONDS = 1.0  # that a caller may keep the others waiting
busy = threading.Lock()  # held while a caller is served


class _Unsuited(BaseException):  # nothing that a command catches
    """A command is better run by its caller."""


def main() -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # until a command runs
    secret = sys.stdin.readline().strip()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
        _prepare()
        while True:
            with contextlib.suppress(OSError, ValueError, EOFError):
                connection, _ = server.accept()
                with connection, busy:
                    serve(connection, secret)


def _end_with(stream: Any) -> None:
    """End after the stream, and after the command that runs."""
    with contextlib.suppress(OSError, ValueError):
        stream.read()
    with busy:
        os._exit(0)


def _prepare() -> None:
    """Import what commands import, and nothing of it again."""
    from converter.cli import clerk  # noqa: F401
    from converter.report import diff_text, terminal  # noqa: F401
    from converter.usecases import check, convert  # noqa: F401
    from converter.workers import warm  # noqa: F401

    if hasattr(click.utils, "auto_wrap_for_ansi"):  # a caller's terminal is not ours to be asked
        click.utils.auto_wrap_for_ansi = None
    gc.freeze()


def serve(connection: socket.socket, secret: str) -> None:
    """Answer one caller. Raises OSError, ValueError, EOFError."""
    connection.settimeout(SECONDS)
    theirs = receive(connection)
    number = os.urandom(NUMBER // 2).hex().encode()
    send(connection, proof(secret, b"process", theirs, number).encode() + number)
    given = receive(connection)
    shown, data = given[:PROOF], given[PROOF:]
    if not is_proof(shown, secret, b"command", number, data):
        return
    connection.settimeout(None)
    with _Caller(connection) as caller:
        if (answer := _answer(json.loads(data), caller)) is not None:
            packed = json.dumps(answer).encode()
            send(connection, proof(secret, b"answer", theirs, packed).encode() + packed)


class _Caller:
    """Whoever waits for a command. The command ends as by Ctrl+C once nobody does."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Caller:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        if self._watching.is_alive():
            self._watching.join(SECONDS)

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.recv(1)
        if sys.platform == "win32":
            _thread.interrupt_main()
        else:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def run(self, arguments: Sequence[str]) -> int:
        """A command's exit code."""
        try:
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                self._watching.start()
                return cli.run(arguments)
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt as error:  # it came just before the command or after its end
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return cli.ending(error)


def _answer(command: Mapping[str, Any], caller: _Caller) -> dict[str, Any] | None:
    """What a command printed, and its exit code; None where its caller has to run it."""
    with _surroundings(command):
        if surroundings(STARTED_WITH) != command["surroundings"]:
            return None
        printed: list[tuple[int, str]] = []
        asks, *terminals = command["terminals"]
        streams = [
            _Stream(printed, number, *kept)
            for number, kept in enumerate(
                zip(command["encodings"], terminals, command["colours"], strict=True)
            )
        ]
        before = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, sys.stdout, sys.stderr = _Typed(terminal=asks), *streams
        try:
            return {"code": caller.run(command["arguments"]), "printed": printed}
        except _Unsuited:
            return None
        finally:
            sys.stdin, sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _surroundings(command: Mapping[str, Any]) -> Iterator[None]:
    """Stand where the caller stands; nothing is remembered from another command."""
    loading.read.cache_clear()
    tempfile.tempdir = None
    environment, folder = dict(os.environ), os.getcwd()  # noqa: PTH109
    os.chdir(command["folder"])
    mask = os.umask(command["mask"])
    _set(command["environment"])
    try:
        yield
    finally:
        _set(environment)
        os.umask(mask)
        os.chdir(folder)
        gc.collect()


def _set(environment: Mapping[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


class _Stream(io.TextIOBase):
    """Keeps what is printed, and stands for the caller's stream."""

    errors = "replace"

    def __init__(
        self,
        printed: list[tuple[int, str]],
        number: int,
        encoding: str,
        terminal: bool,
        colours: bool,
    ) -> None:
        self._printed, self._number = printed, number
        self._encoding, self._terminal, self.shows_colours = encoding, terminal, colours

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):  # click finds out in this way what a stream takes
            raise TypeError(type(text))
        if text:
            self._printed.append((self._number, text))
        return len(text)


class _Typed(io.TextIOBase):
    """The caller's stdin: whoever wants to read it has to run there."""

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        if self._terminal:
            raise _Unsuited
        return False

    def readable(self) -> bool:
        raise _Unsuited

    def read(self, size: int | None = -1, /) -> str:
        raise _Unsuited

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        raise _Unsuited


if __name__ == "__main__":
    main()
