"""A command borrows the warm worker of the clerk's page while that is open: it need not import
pandas a second time.

Request and answer each carry a proof made with the page's secret (`open_pages`). Whatever is not as
it should be (no page, another version or form, a busy worker, a worker that died), the command
quietly uses a worker of its own, which comes to the same result.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from converter.model.clock import DAY_VARIABLE
from converter.model.errors import WorkerDied
from converter.workers import limits, open_pages, protocol
from converter.workers.open_pages import BYTES, FILES, LOCAL, is_proof, proof
from converter.workers.pool import Worker
from converter.workers.process import MEMORY_VARIABLE
from converter.workers.requests.base import A, FormRequest, Request
from converter.workers.requests.check import CheckRequest

PATH, PROOF = "/work", "x-desk-proof"
CONNECTING, ANSWERING = 0.5, 20.0  # seconds to wait for a page
LARGEST = 64 << 20  # bytes of an answer
# Requests that write nothing: what is written has this process's rights and mode.
READING = ("CheckRequest", "ConvertRequest", "VerifyRequest")
SURROUNDINGS = ("SOURCE_DATE_EPOCH", "TZ", DAY_VARIABLE, MEMORY_VARIABLE)


@dataclass(frozen=True, slots=True)
class Loan:
    """Sent with a request: where its relative paths start, and what its results depend on."""

    folder: str
    fingerprint: str


def fingerprint(form: Path) -> str:
    """Two processes with the same one come to the same results: program, form and surroundings."""
    surroundings = [os.environ.get(name, "") for name in SURROUNDINGS]
    seen = [open_pages.program(), *surroundings, *open_pages.stamps(str(form))]
    return hashlib.sha256("\0".join(seen).encode(errors="surrogateescape")).hexdigest()


def may_be_borrowed(request: Request[Any], folder: str = "") -> bool:
    """Whether a request, whose paths start in `folder`, is small and only reads."""
    if type(request).__name__ not in READING:
        return False
    if isinstance(request, CheckRequest) and request.targets:
        return False
    sizes = [limits.size(Path(folder, path)) for path in request.sources]
    return len(sizes) <= FILES and sum(sizes) <= BYTES


class BorrowingWorker(Worker):
    """Runs what it may with the worker of an open page, everything else with its own process, which
    starts when it is first needed."""

    _pages: list[tuple[int, str]] | None = None  # port and secret of those not yet found useless
    _asked: socket.socket | None = None  # the connection to one of them
    _stopped = False

    def start(self) -> BorrowingWorker:
        self._stopped = False
        if self._pages is None:
            self._pages = list(open_pages.open_pages(open_pages.WORK))
        if not self._pages:
            super().start()
        return self

    def run(self, request: Request[A]) -> A:
        """The answer. Raises WorkerDied, FormError, OutputError or InternalError."""
        if self._pages and isinstance(request, FormRequest) and may_be_borrowed(request):
            for port, secret in self._pages:
                with (
                    contextlib.suppress(OSError, ValueError, EOFError, MemoryError),
                    socket.socket() as self._asked,
                ):
                    return cast("A", _borrow(self._asked, port, secret, request))
                if self._stopped:
                    raise WorkerDied("crash", None)
        self._pages = []
        return super().run(request)

    def stop(self) -> None:
        """As any worker; a page that was asked is not waited for."""
        self._stopped = True
        if self._asked is not None:
            with contextlib.suppress(OSError):
                self._asked.shutdown(socket.SHUT_RDWR)
            self._asked.close()  # of a connection that was only shut down Windows may say nothing
        super().stop()


def _borrow(connection: socket.socket, port: int, secret: str, request: FormRequest[A]) -> A:
    """The answer of a page. Raises OSError, ValueError, EOFError."""
    body = protocol.pack(Loan(str(Path.cwd()), fingerprint(request.form)), request)
    nonce = os.urandom(16).hex()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"{PROOF}: {nonce}{proof(secret, b'request', nonce.encode(), body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.settimeout(CONNECTING)
    connection.connect((LOCAL, port))
    connection.settimeout(ANSWERING)
    connection.sendall(head.encode() + body)
    open_pages.wait_for(connection, ANSWERING)
    data = b""
    while piece := connection.recv(1 << 16):
        data += piece
        if len(data) > LARGEST:
            raise ValueError("too much")
    status, _, rest = data.partition(b"\r\n")
    answer = rest.partition(b"\r\n\r\n")[2]
    given, packed = answer[:64], answer[64:]
    good = is_proof(given, secret, b"answer", nonce.encode(), packed)
    if status.split()[1:2] != [b"200"] or not good:
        raise ValueError("no answer of an open page")
    return protocol.unpack(packed).read(request.answer_class())
