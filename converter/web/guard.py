"""Middleware: headers, the log of requests, limits on what comes in and goes out, sessions.

Plain ASGI, outermost first: `Headers`, `Log` (a line a request, and the page for an unexpected
exception), `Limits` (size and speed of bodies), `Visitors` (the session's cookie).
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from converter.model.errors import InternalError, OutputError
from converter.usecases import failures
from converter.web.capacity import UploadSlot
from converter.web.sessions import OFFICER, UNIT, Session, Sessions
from converter.web.visitor import neighbourhood

logger = logging.getLogger("converter.web")

SMALL = 64 * 1024  # bytes of a form without files
SMALL_TIME = 30  # seconds in which such a form has to be there
SLOWEST, GRACE = 2_000, 20  # bytes a second that an upload must keep after so many seconds
LONGEST = 600  # seconds for an upload of any size: a large one must be faster
DRAINED = 4  # times the limit that is still read, so that a browser shows our answer
METHODS = ("GET", "HEAD", "POST")
SHORTAGES = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE,
    errno.ENOMEM, errno.EACCES, errno.EPERM,
)  # fmt: skip
PACE, AT_ONCE = 20, 300  # requests a second of one address, and that it may be ahead
LONGEST_PAUSE, ADDRESSES = 10, 10_000  # seconds; addresses that are remembered
CRASH_NOTES = 20  # that one process writes; one a fault

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers would call the origin of our own forms unknown.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class StateUnavailable(Exception):
    """What the pages remember could not be read or written: the disk is full, or gone."""


class UploadTooLarge(Exception):
    """A body is larger than the page takes."""


class UploadTooSlow(Exception):
    """A body comes in more slowly than the page waits for."""


def is_shortage(error: Exception) -> bool:
    """Whether the machine is short of something (disk, descriptors) and the program is not at
    fault: the same request works once there is room."""
    return isinstance(error, StateUnavailable | OutputError) or (
        isinstance(error, OSError) and error.errno in SHORTAGES
    )


class Log:
    """One line a request: method, route, status, milliseconds, bytes. No address, no name, no
    query; the route is the pattern, without the values that filled it."""

    def __init__(self, app: ASGIApp, failed: Callable[[Request, Exception], Response]) -> None:
        self.app, self._failed = app, failed
        self._noted: dict[str, int] = {}  # times that a fault was seen, by where it arose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, sent = time.monotonic(), 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        scope.setdefault("state", {})
        try:
            await self.app(scope, receive, counted)
        except Exception as error:
            if is_shortage(error):
                logger.error("%s", type(error).__name__)
            else:
                self._note(error)
            if not status:
                await self._failed(Request(scope), error)(scope, receive, counted)
        finally:
            took = 1000 * (time.monotonic() - started)
            route = scope["state"].get("route", "-")
            method = scope["method"] if scope["method"] in METHODS else "-"
            logger.info("%s %s %s %.0fms %dB", method, route, status, took, sent)

    def _note(self, error: Exception) -> None:
        """Write a crash note for a fault that has none yet: a stranger who finds one must not
        fill the disk by repeating it."""
        # Neither message nor values are for the log: a note has them, masked.
        frames = traceback.extract_tb(error.__traceback__)
        fault = f"{type(error).__name__} {[(f.filename, f.lineno) for f in frames]}"
        if isinstance(error, InternalError):
            fault = str(error)[-2_000:]
        times = self._noted[fault] = self._noted.get(fault, 0) + 1
        if times == 1 and len(self._noted) <= CRASH_NOTES:
            inside = isinstance(error, InternalError)
            detail = str(error) if inside else failures.traceback_of(error)
            try:
                note = str(failures.crash_note(detail))
            except OSError:
                note = "-"
            logger.error("%s: %s", type(error).__name__, note)
        elif times & (times - 1) == 0:  # 2, 4, 8 …
            logger.error("%s again, %d times", type(error).__name__, times)
        if len(self._noted) > 10 * CRASH_NOTES:
            del self._noted[next(iter(self._noted))]


class Headers:
    """The headers of every answer. Browsers may keep only files that are the same for all."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if self._secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, with_headers)


class Limits:
    """How large a body may be and how slowly it may come. Raises UploadTooLarge or UploadTooSlow
    where the page reads; the bytes of an upload are charged to its slot as they come."""

    def __init__(self, app: ASGIApp, largest: Callable[[str], int], silence: float) -> None:
        """`largest`: bytes, by path. `silence`: seconds between two pieces."""
        self.app, self._largest, self._silence = app, largest, silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._largest(scope["path"])
        header = RequestHeaders(scope=scope).get("content-length", "")
        # Without a length an upload has to be as fast as the largest one.
        announced = int(header) if header.isdecimal() else 0
        rate = max(SLOWEST, min(announced or limit, limit) / LONGEST)
        started, got, whole = time.monotonic(), 0, False

        async def piece() -> Message:
            nonlocal got, whole
            if whole:  # from now on it can only say that the visitor has gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._silence)
            except TimeoutError:
                raise UploadTooSlow from None
            size = len(message.get("body", b""))
            got += size
            whole = not message.get("more_body", False)
            took = time.monotonic() - started
            if limit <= SMALL and took > SMALL_TIME and not whole:
                raise UploadTooSlow
            if took > GRACE and got < rate * (took - GRACE) and not whole:
                raise UploadTooSlow
            slot: UploadSlot | None = scope["state"].get("slot")
            if slot is not None and got <= limit:
                slot.add(size)
            return message

        async def limited() -> Message:
            message = await piece()
            if got > limit or announced > limit:
                while not whole and got < DRAINED * limit:
                    message = await piece()
                raise UploadTooLarge
            return message

        await self.app(scope, limited, send)


class Pace:
    """How fast one address may send requests without signing in. A faster one is not refused: its
    requests wait, so that a program which sends one after the other slows down to the pace."""

    def __init__(self) -> None:
        self._next: OrderedDict[str, float] = OrderedDict()  # when the next one is due, by address

    def wait(self, address: str, now: float) -> float:
        """Seconds that a request from an address has to wait."""
        due = max(self._next.pop(address, now), now)
        self._next[address] = due + 1 / PACE
        if len(self._next) > ADDRESSES:
            self._next.popitem(last=False)
        return min(max(0.0, due - now - AT_ONCE / PACE), LONGEST_PAUSE)


class Visitors:
    """Finds the session of a request and sends its cookie back. A page may replace it
    (`scope["state"]["session"]`)."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        stands: Callable[[Session], bool],
        clock: Callable[[], float],
    ) -> None:
        self.app, self._sessions, self._stands, self._clock = app, sessions, stands, clock
        self._pace = Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        jar = cookie_parser(RequestHeaders(scope=scope).get("cookie", ""))
        now = self._clock()
        session = self._sessions.read(jar.get(self._sessions.name, ""), now)
        if session is None or (session.role in (UNIT, OFFICER) and not self._stands(session)):
            session = self._sessions.new(now)
        scope["state"]["session"] = session
        if not session.role and scope["path"] != "/health":
            address = neighbourhood((scope.get("client") or ("", 0))[0])
            pause = self._pace.wait(address, time.monotonic())
            if pause:
                await asyncio.sleep(pause)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not scope["state"].get("public"):
                header = self._sessions.header(scope["state"]["session"])
                MutableHeaders(scope=message).append("set-cookie", header)
            await send(message)

        await self.app(scope, receive, with_cookie)
