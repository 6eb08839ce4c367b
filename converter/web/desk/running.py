"""The desk as it runs: one a place. The one that runs is found again by a private file with its
port and secret; whoever cannot read that file (another account of the machine) cannot ask it
anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from converter.files import writing
from converter.files.own_folder import state_folder
from converter.model.errors import RegisterBusy
from converter.register.lock import Lock
from converter.web import server
from converter.web.desk import app as application
from converter.web.desk.access import AGAIN, SECRET, Access
from converter.web.desk.commands import CommandHost
from converter.workers import open_pages
from converter.workers.pool import Shared, Worker

STARTING, PAUSE = 30.0, 0.1  # seconds for the first one to answer, and between two tries
LISTENING = server.Listening("127.0.0.1", 0)


class Instance:
    """The file by which a second start finds the first."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        name = hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:16]
        self.folder = folder or state_folder()
        self.state = self.folder / f"desk-{name}"
        self._file, self._lock = self.folder / f"desk-{name}.json", f"desk-{name}.lock"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Raises RegisterBusy where another one runs, or starts."""
        writing.private_folder(self.folder)
        with Lock(self.folder / self._lock):
            self._file.unlink(missing_ok=True)
            try:
                yield
            finally:
                self._file.unlink(missing_ok=True)

    def write(self, port: int, access: Access, commands: int = 0) -> None:
        """`commands`: the port of the process that runs commands, 0 where there is none."""
        ports = {open_pages.WORK: port} | ({open_pages.COMMANDS: commands} if commands else {})
        data = json.dumps({**ports, open_pages.SECRET: access.secret}).encode()
        writing.write_bytes_atomically(self._file, data, private=True)

    def address(self) -> str:
        """An address that opens the desk that runs; '' where none answers in time."""
        until = time.monotonic() + STARTING
        while time.monotonic() < until:
            with contextlib.suppress(OSError, ValueError, KeyError, http.client.HTTPException):
                return self._ask()
            time.sleep(PAUSE)
        return ""

    def _ask(self) -> str:
        found = json.loads(self._file.read_bytes())
        connection = http.client.HTTPConnection("127.0.0.1", int(found[open_pages.WORK]), timeout=5)
        try:
            connection.request("POST", AGAIN, headers={SECRET: str(found[open_pages.SECRET])})
            answer = connection.getresponse()
            text = answer.read(1_000).decode("ascii")
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(answer.status)
        return text


def run(form: str | None, root: Path, worker: Worker, ready: Callable[[str], None]) -> bool:
    """Serve until the page has been closed for a while. `ready` gets an address that opens the desk
    once; false where another one runs already, whose address `ready` got. Raises OSError."""
    instance = Instance(root)
    try:
        with (
            server.stoppable(),
            instance.alone(),
            contextlib.closing(server.bind(LISTENING)) as sock,
        ):
            _serve(form, root, worker, instance, sock, ready)
            return True
    except RegisterBusy:
        ready(instance.address())
        return False


def _serve(
    form: str | None,
    root: Path,
    worker: Worker,
    instance: Instance,
    sock: socket.socket,
    ready: Callable[[str], None],
) -> None:
    port = sock.getsockname()[1]
    access = Access(port)

    def end() -> None:
        running.should_exit = True

    def commands(port_of_commands: int) -> None:
        instance.write(port, access, port_of_commands)

    host = CommandHost(access.secret, instance.folder, commands)
    shared = Shared([worker])
    app = application.build(
        form, root, instance.state, access, shared, borrowed=host.start, ended=end
    )
    running = server.prepared(app, LISTENING)
    instance.write(port, access)
    with host, contextlib.suppress(KeyboardInterrupt):  # Ctrl+C is one way to end it
        ready(access.address())  # a browser that comes before it serves waits
        running.run(sockets=[sock])
