"""Connections: how many are open, and how long a visitor may take over each step.

asyncio's own server accepts every connection, also those whose TLS handshake never ends, until
the process has no file descriptor left. Here the number is bounded. When it is reached, the
oldest connection without a request makes room for a new one: one that has just come is about to
send its request, one that has been silent for long is not. So many idle connections keep nobody
out. Handshake, head of a request and reading of the answer have limits in time.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HANDSHAKE, HEAD = 10, 20  # seconds until TLS is agreed on, and until a request's head is whole
STALLED, TAKEN_UP = 30, 30_000  # seconds in which a visitor has to take up so many bytes
PAUSE = 0.2  # seconds between two tries to accept when the system refuses
UPLOADS = "/check"  # their places are bounded by `capacity`


class Connection:
    """An accepted socket and, once its handshake is done, its protocol."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.protocol: LimitedProtocol | None = None
        self.task: asyncio.Task[None] | None = None

    def drop(self) -> None:
        """End it at once, with whatever is still to be sent."""
        if self.protocol is not None:
            self.protocol.transport.abort()
        elif self.task is not None:
            self.task.cancel()

    def close_unless_started(self, _task: asyncio.Task[None]) -> None:
        """Close the socket if no protocol took it over: a task that is cancelled before its first
        step never reaches its own clean-up."""
        if self.protocol is None:
            self.sock.close()


class LimitedProtocol(H11Protocol):
    """HTTP for one connection, with limits in time for the head and for the answer."""

    listener: Listener
    connection: Connection
    _head: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # the head is whole
            self._disarm_head()
            self.listener.busy(self.connection)
        elif self._head is None:
            self._arm_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self.listener.idle(self.connection)
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm_head()
        if self._stall is not None:
            self._stall.cancel()
        self.listener.closed(self.connection)
        super().connection_lost(exc)

    @property
    def receives_form(self) -> bool:
        """Whether the body of a small form is still coming."""
        return (
            self.conn.their_state is h11.SEND_BODY
            and self.scope is not None
            and self.scope["path"] != UPLOADS
        )

    def _arm_head(self) -> None:
        self._head = self.loop.call_later(HEAD, self.transport.abort)

    def _disarm_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _watch(self) -> None:
        """End the connection unless enough of what waits to be sent is taken up in time."""
        size = self.transport.get_write_buffer_size()
        if self._stall is None and size:
            self._stall = self.loop.call_later(STALLED, self._end_if_stalled, size)

    def _end_if_stalled(self, before: int) -> None:
        self._stall = None
        if self.transport.get_write_buffer_size() > max(0, before - TAKEN_UP):
            self.transport.abort()
        else:
            self._watch()


class Listener:
    """Accepts the connections of one socket, `most` at once."""

    def __init__(
        self,
        sock: socket.socket,
        protocol: Callable[[], LimitedProtocol],
        context: ssl.SSLContext | None,
        most: int,
    ) -> None:
        self._sock, self._protocol, self._context, self._most = sock, protocol, context, most
        self._open: set[Connection] = set()
        self._idle: OrderedDict[Connection, None] = OrderedDict()  # without a request, oldest first
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        self._accepting = self._loop.create_task(self._accept())

    def close(self) -> None:
        """Accept no more; handshakes that are not done are given up."""
        self._accepting.cancel()
        for connection in list(self._open):
            if connection.protocol is None:
                connection.drop()

    async def wait_closed(self) -> None:
        """Wait until no more are accepted."""
        with contextlib.suppress(asyncio.CancelledError):
            await self._accepting

    def busy(self, connection: Connection) -> None:
        """A request has come."""
        self._idle.pop(connection, None)

    def idle(self, connection: Connection) -> None:
        """Its request is answered, and there is no other yet."""
        if connection in self._open:
            self._idle[connection] = None

    def closed(self, connection: Connection) -> None:
        """It is gone."""
        self._open.discard(connection)
        self._idle.pop(connection, None)

    async def _accept(self) -> None:
        while True:
            try:
                sock, _ = await self._loop.sock_accept(self._sock)
            except OSError:  # no descriptor left, or the visitor has gone again
                self._make_room()
                await asyncio.sleep(PAUSE)
                continue
            if len(self._open) >= self._most and not self._make_room():
                sock.close()
                continue
            connection = Connection(sock)
            self._open.add(connection)
            self._idle[connection] = None
            connection.task = self._loop.create_task(self._start(connection))
            connection.task.add_done_callback(connection.close_unless_started)
            await asyncio.sleep(0)  # sock_accept does not wait while visitors queue: others' turn

    def _make_room(self) -> bool:
        """Drop the connection that is least likely to be at work."""
        oldest = next(iter(self._idle), None) or next(
            (one for one in self._open if one.protocol and one.protocol.receives_form), None
        )
        if oldest is None:
            return False
        self.closed(oldest)
        oldest.drop()
        return True

    async def _start(self, connection: Connection) -> None:
        settings: dict[str, Any] = {}
        if self._context is not None:
            settings = {"ssl": self._context, "ssl_handshake_timeout": HANDSHAKE}

        def protocol() -> LimitedProtocol:
            made = self._protocol()
            made.listener, made.connection = self, connection
            return made

        try:
            _, made = await self._loop.connect_accepted_socket(
                protocol, connection.sock, **settings
            )
            connection.protocol = made
        except (OSError, asyncio.CancelledError):  # no TLS, too slow, or gone again
            self.closed(connection)
