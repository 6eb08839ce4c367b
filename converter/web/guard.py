"""What stands between the network and the pages: limits, headers, the log of requests.

Plain ASGI, outermost first: `Headers`, `Log` (a line a request, and the page for what nobody
expected), `Limits` (size and speed of what comes in), `Visitors` (the session's cookie).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from starlette.datastructures import Headers as Received
from starlette.datastructures import MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from converter.model.errors import InternalError
from converter.usecases import failures
from converter.web.sessions import OFFICER, UNIT, Session, Sessions

logger = logging.getLogger("converter.web")

SMALL = 64 * 1024  # bytes of a form without files
SLOWEST, GRACE = 2_000, 60  # bytes a second that an upload must keep after so many seconds
DRAINED = 4  # times the limit that is still read, so that a browser shows our answer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
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


class UploadTooLarge(Exception):
    """More than may come in."""


class UploadTooSlow(Exception):
    """An upload that stands still."""


class Log:
    """One line a request: method, route, status, milliseconds, bytes. No address, no name, no
    query: the route is the pattern, what stands in its places is left out."""

    def __init__(self, app: ASGIApp, failed: Callable[[Request], Response]) -> None:
        self.app, self._failed = app, failed

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
            # Neither its words nor its values are for the log: a note keeps them, masked.
            detail = (
                str(error) if isinstance(error, InternalError) else failures.traceback_of(error)
            )
            logger.error("%s: %s", type(error).__name__, failures.crash_note(detail))
            if not status:
                await self._failed(Request(scope))(scope, receive, counted)
        finally:
            took = 1000 * (time.monotonic() - started)
            route = scope["state"].get("route", "-")
            logger.info("%s %s %s %.0fms %dB", scope["method"], route, status, took, sent)


class Headers:
    """What every answer carries. Only files that belong to everybody may be kept by a browser."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if self._secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, dressed)


class Limits:
    """How much may come in and how slowly. Raises TooLarge or TooSlow where the page reads."""

    def __init__(self, app: ASGIApp, largest: Callable[[str], int], silence: float) -> None:
        """`largest`: bytes, by path. `silence`: seconds between two pieces."""
        self.app, self._largest, self._silence = app, largest, silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._largest(scope["path"])
        declared = Received(scope=scope).get("content-length", "")
        told = int(declared) if declared.isdecimal() else 0
        started, got, whole = time.monotonic(), 0, False

        async def piece() -> Message:
            nonlocal got, whole
            if whole:  # from now on it can only say that the visitor has gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._silence)
            except TimeoutError:
                raise UploadTooSlow from None
            got += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            late = time.monotonic() - started - GRACE
            if late > 0 and got < SLOWEST * late:
                raise UploadTooSlow
            return message

        async def limited() -> Message:
            message = await piece()
            if got > limit or told > limit:
                while not whole and got < DRAINED * limit:
                    message = await piece()
                raise UploadTooLarge
            return message

        await self.app(scope, limited, send)


class Visitors:
    """Finds the session of a request and sends its cookie back. What a page puts in its place
    (`scope["state"]["session"]`) counts from then on."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        stands: Callable[[Session], bool],
        clock: Callable[[], float],
    ) -> None:
        self.app, self._sessions, self._stands, self._clock = app, sessions, stands, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        jar = cookie_parser(Received(scope=scope).get("cookie", ""))
        now = self._clock()
        session = self._sessions.read(jar.get(self._sessions.name, ""), now)
        if session is None or (session.role in (UNIT, OFFICER) and not self._stands(session)):
            session = self._sessions.new(now)
        scope["state"]["session"] = session

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not scope["state"].get("public"):
                header = self._sessions.header(scope["state"]["session"])
                MutableHeaders(scope=message).append("set-cookie", header)
            await send(message)

        await self.app(scope, receive, with_cookie)
