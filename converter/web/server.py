"""How the pages are served: one process, HTTP/1.1, HTTPS where there is a certificate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from converter.web.connections import LimitedProtocol, Listener

CONNECTIONS = 2_000  # open at once, idle ones included, where there are descriptors for them
ONE_ADDRESS = 1 / 4  # of these
DESCRIPTORS = 200  # of this process for other things than connections and uploads
IDLE = 15  # seconds that a connection is kept for a next request
LINES_A_SECOND, BURST, LONGEST_LINE = 50, 1_000, 300  # of the log; characters of a line
STOPPING = 20  # seconds for what is under way when the portal is stopped


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the pages are served."""

    host: str
    port: int  # 0 = any free one
    certificate: Path | None = None
    certificate_key: Path | None = None
    proxy: bool = False  # HTTPS ends at a proxy on this machine; it tells the visitor's address


class Server(uvicorn.Server):
    """uvicorn with connections that are bounded in number and time."""

    def __init__(self, config: uvicorn.Config, most: int) -> None:
        super().__init__(config)
        self._most = most

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])

        def protocol() -> LimitedProtocol:
            return LimitedProtocol(
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
            )

        context = self.config.ssl
        # Behind a proxy all come from one address.
        share = self._most if self.config.proxy_headers else max(1, int(self._most * ONE_ADDRESS))
        listeners = [Listener(sock, protocol, context, self._most, share) for sock in sockets or []]
        self.servers = cast("list[asyncio.base_events.Server]", listeners)


def most_connections() -> int:
    """How many connections may be open at once: every upload may need a second descriptor for
    its file, and registers, workers and logs need some as well. Raises this process's limit of
    descriptors as far as the system lets it."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + DESCRIPTORS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    return max(16, min(CONNECTIONS, (soft - DESCRIPTORS) // 2))


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


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """The process ends by KeyboardInterrupt when it is asked to stop, by Ctrl+C or SIGTERM.

    The server has handlers of its own while it serves. Before that, a signal would go astray where
    the process was started with it ignored, in the background of a script, and in a container,
    whose first process has no default for it.
    """
    stops = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.default_int_handler) for number in stops}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def serve(app: Starlette, listening: Listening, sock: socket.socket) -> None:
    """Serve until the process is asked to stop."""
    with _logging():
        prepared(app, listening).run(sockets=[sock])


def prepared(app: Starlette, listening: Listening) -> Server:
    """The server with our limits."""
    settings: dict[str, Any] = {}
    if listening.certificate:
        settings["ssl_certfile"] = str(listening.certificate)
        settings["ssl_keyfile"] = str(listening.certificate_key or listening.certificate)
    config = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=listening.proxy,
        forwarded_allow_ips="127.0.0.1,::1" if listening.proxy else None,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=STOPPING,
        **settings,
    )
    return Server(config, most_connections())


class _OneLine(logging.Formatter):
    """What the server logs of exceptions may quote anybody: of a traceback only the name at its
    end is kept."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_info = record.exc_text = record.stack_info = None
        first, *rest = super().format(record).strip().splitlines() or [""]
        return (f"{first} {rest[-1].partition(':')[0]}" if rest else first)[:LONGEST_LINE]


class _Bounded(logging.Filter):
    """So many lines a second in the long run, from all visitors together; counts those left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._last, self._left = clock, clock(), float(BURST)
        self._omitted = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._last) * LINES_A_SECOND)
        self._last = now
        if self._left < 1:
            self._omitted += 1
            return False
        self._left -= 1
        if self._omitted:
            record.msg = f"{record.msg} ({self._omitted} lines left out before this one)"
            self._omitted = 0
        return True


@contextlib.contextmanager
def _logging() -> Iterator[None]:
    """A line a request to stderr; of the server itself only what is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    handler.addFilter(_Bounded())
    levels = {"converter.web": logging.INFO, "uvicorn": logging.WARNING, "asyncio": logging.WARNING}
    loggers = {logging.getLogger(name): level for name, level in levels.items()}
    for logger, level in loggers.items():
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
