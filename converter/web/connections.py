"""Connections: how many are open, and how long a visitor may take over each step.

asyncio's own server accepts every connection, also those whose TLS handshake never ends, until
the process has no file descriptor left. Here the number is bounded. When it is reached, the address
with most connections makes room for a new one from another; among its own, the oldest without a
request goes first: one that has just come is about to send its request, one that has been silent
for long is not. So neither many idle connections nor many busy ones keep others out. Handshake,
head of a request, the rest of a body that nobody reads and reading of the answer have limits in
time.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from converter.web.visitor import neighbourhood

HANDSHAKE, HEAD = 10, 20  # seconds until TLS is agreed on, and until a request's head is whole
LARGEST_HEAD, HEADERS = 16 * 1024, 100  # bytes of a head, and lines
STALLED, TAKEN_UP = 30, 30_000  # seconds in which a visitor has to take up so many bytes
PAUSE = 0.2  # seconds between two tries to accept when the system refuses
UPLOADS = "/check"  # their places are bounded by `capacity`


_HEAD_END = re.compile(rb"\n\r?\n")


class StrictHttp(h11.Connection):
    """Refuses what no browser sends and what costs much to read: large heads, and bodies without a
    length, whose pieces may be single bytes (h11 needs 30 µs for each)."""

    def next_event(self) -> Any:
        """As h11 does. Raises RemoteProtocolError."""
        if self.their_state is h11.IDLE:
            # h11 bounds a head only while it is incomplete: one that came in one go is read whole.
            data, _ = self.trailing_data
            if len(data) > LARGEST_HEAD and not _HEAD_END.search(data, 0, LARGEST_HEAD):
                raise h11.RemoteProtocolError("the head is too large")
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = [name for name, _ in event.headers]
            if len(names) > HEADERS or b"transfer-encoding" in names:
                raise h11.RemoteProtocolError("no browser sends such a head")
        return event


class Connection:
    """An accepted socket and, once its handshake is done, its protocol."""

    def __init__(self, sock: socket.socket, source: str) -> None:
        """`source`: the address that it comes from."""
        self.sock, self.source = sock, source
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

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.conn = StrictHttp(h11.SERVER, LARGEST_HEAD)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.has_request:
            self._disarm_head()
            self.listener.busy(self.connection)
        elif self._head is None:  # of the next request, or what nobody reads of the last one's body
            self._arm_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()  # starts on a next request that has come already
        if not self.has_request:
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
    def has_request(self) -> bool:
        """Whether a request, its head whole, waits for its answer."""
        return self.cycle is not None and not self.cycle.response_complete

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
        share: int,
    ) -> None:
        """`share`: how many one address may have."""
        self._sock, self._protocol, self._context = sock, protocol, context
        self._most, self._share = most, share
        self._open: dict[Connection, None] = {}  # oldest first
        self._idle: dict[Connection, None] = {}  # without a request, the longest so first
        self._sources: Counter[str] = Counter()  # how many are open, by address
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
        if connection in self._open:
            del self._open[connection]
            self._sources -= Counter([connection.source])
        self._idle.pop(connection, None)

    async def _accept(self) -> None:
        while True:
            try:
                sock, address = await self._loop.sock_accept(self._sock)
            except OSError:  # no descriptor left, or the visitor has gone again
                self._make_room("")
                await asyncio.sleep(PAUSE)
                continue
            source = neighbourhood(address[0])
            full = len(self._open) >= self._most or self._sources[source] >= self._share
            if full and not self._make_room(source):
                sock.close()
                continue
            connection = Connection(sock, source)
            self._open[connection] = self._idle[connection] = None
            self._sources[source] += 1
            connection.task = self._loop.create_task(self._start(connection))
            connection.task.add_done_callback(connection.close_unless_started)
            await asyncio.sleep(0)  # sock_accept does not wait while visitors queue: others' turn

    def _make_room(self, newcomer: str) -> bool:
        """Drop a connection for one from the address `newcomer`: its own where it has its share,
        else one of the address that has most. Where no address has more than others, only one that
        is hardly at work."""
        own = self._sources[newcomer]
        largest, count = max(self._sources.items(), key=lambda one: one[1], default=("", 0))
        source = newcomer if own >= self._share else largest if count > own + 1 else None
        idle, others = (
            [one for one in those if source in (None, one.source)]
            for those in (self._idle, self._open)
        )
        forms = [one for one in others if one.protocol and one.protocol.receives_form]
        victims = idle or forms or (others if source is not None else [])
        if not victims:
            return False
        self.closed(victims[0])
        victims[0].drop()
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
