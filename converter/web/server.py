"""How the pages are served: one process, HTTP/1.1, HTTPS where there is a certificate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 1_000  # open at once, idle ones included
IDLE, HEADS = 15, 20  # seconds a connection may be kept idle, and until a request's head is whole
STOPPING = 20  # seconds for what is under way when the portal is stopped


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the pages are served."""

    host: str
    port: int  # 0 = any free one
    certificate: Path | None = None
    certificate_key: Path | None = None
    proxy: bool = False  # HTTPS ends at a proxy on this machine; it tells the visitor's address


class Impatient(H11Protocol):
    """Closes a connection whose request's head does not come whole in time: uvicorn waits for
    ever, and every such connection takes a place."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # the head is whole
            self._disarm()
        elif self._deadline is None:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(HEADS, self.transport.close)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bind(listening: Listening) -> socket.socket:
    """A listening socket. Raises OSError."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two programs share the port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((listening.host, listening.port))
        found.listen(2048)  # who comes before the server is ready waits
    except OSError:
        found.close()
        raise
    return found


def serve(app: Starlette, listening: Listening, sock: socket.socket) -> None:
    """Serve until the process is told to stop."""
    with _logging():
        prepared(app, listening).run(sockets=[sock])


def prepared(app: Starlette, listening: Listening) -> uvicorn.Server:
    """The server with our limits."""
    settings: dict[str, Any] = {}
    if listening.certificate:
        settings["ssl_certfile"] = str(listening.certificate)
        settings["ssl_keyfile"] = str(listening.certificate_key or listening.certificate)
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=listening.proxy,
        forwarded_allow_ips="127.0.0.1,::1" if listening.proxy else None,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=STOPPING,
        h11_max_incomplete_event_size=32 * 1024,
        **settings,
    )
    return uvicorn.Server(config)


class _OneLine(logging.Formatter):
    """What the server says about exceptions may quote anybody: of a traceback only its end's
    name is kept."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_info = record.exc_text = None
        first, *rest = super().format(record).strip().splitlines() or [""]
        return f"{first} {rest[-1].partition(':')[0]}" if rest else first


@contextlib.contextmanager
def _logging() -> Iterator[None]:
    """A line a request to stderr; of the server itself only what is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    ours, server = logging.getLogger("converter.web"), logging.getLogger("uvicorn")
    for logger, level in ((ours, logging.INFO), (server, logging.WARNING)):
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in (ours, server):
            logger.removeHandler(handler)
