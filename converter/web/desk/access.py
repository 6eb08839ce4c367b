"""Who may ask: the browser that came with a one-time token. Any program on the machine and any
page in a browser can send a request to a local port; none of them knows the cookie.

Middleware, plain ASGI. `Host` must be ours (a name that was bound to 127.0.0.1 by a stranger's
name server is not), what changes anything must come from a page of ours (`Origin`).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from converter.workers.warm import PATH, PROOF

TICKETS = 20  # one-time tokens that may be waiting
ENTER, AGAIN = "/enter", "/again"
SECRET = "x-desk-secret"
SAFE = ("GET", "HEAD")


class Access:
    """The secrets of one running desk. `secret` is for the program that is started a second time,
    `form_token` for forms."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"
        self.secret, self.form_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._cookie = f"desk-{port}"  # browsers send cookies to every port of a host
        self._tickets: list[str] = []

    def address(self) -> str:
        """An address that opens the desk once."""
        ticket = secrets.token_urlsafe(32)
        self._tickets = [*self._tickets[1 - TICKETS :], ticket]
        return f"{self.origin}{ENTER}?token={ticket}"

    def redeem(self, ticket: str) -> bool:
        """Whether a one-time token is good; from then on it is not."""
        for waiting in self._tickets:
            if same(waiting, ticket):
                self._tickets.remove(waiting)
                return True
        return False

    def is_known(self, headers: Headers) -> bool:
        """Whether a request has the cookie."""
        cookies = cookie_parser(headers.get("cookie", ""))
        return same(self._session, cookies.get(self._cookie, ""))

    def welcome(self) -> Response:
        """Into the desk, with the cookie."""
        answer = RedirectResponse("/", 303)
        cookie = f"{self._cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict"
        answer.headers.append("set-cookie", cookie)
        return answer


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class LocalOnly:
    """Answers strangers; lets pass what comes from the desk's own pages."""

    def __init__(
        self, app: ASGIApp, access: Access, stranger: Callable[[Request], Response]
    ) -> None:
        """`stranger` makes the page for a browser without the cookie."""
        self.app, self._access, self._stranger = app, access, stranger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = self._answer(Request(scope))
        await (answer or self.app)(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        headers, access = request.headers, self._access
        if headers.getlist("host") != [access.host]:
            return PlainTextResponse("", 403)
        if request.url.path == PATH and PROOF in headers and "origin" not in headers:
            return None  # a command of the same user: it proves that it knows the secret
        if request.method not in SAFE and not self._is_own(headers):
            return PlainTextResponse("", 403)
        if request.url.path == ENTER and request.method == "GET":
            if access.redeem(request.query_params.get("token", "")):
                return access.welcome()
            return RedirectResponse("/", 303) if access.is_known(headers) else self._refuse(request)
        if request.url.path == AGAIN and same(access.secret, headers.get(SECRET, "")):
            return PlainTextResponse(access.address())
        if request.url.path.startswith("/static/"):
            return None
        if headers.get("sec-fetch-site", "none") in ("cross-site", "same-site"):
            return self._refuse(request)
        return None if access.is_known(headers) else self._refuse(request)

    def _is_own(self, headers: Headers) -> bool:
        """Whether a request that changes anything comes from a page of ours, or (no browser sends
        that header unasked) from the program started a second time."""
        if SECRET in headers:
            return "origin" not in headers
        origin = headers.getlist("origin") or [
            "/".join(referer.split("/")[:3]) for referer in headers.getlist("referer")
        ]
        return origin == [self._access.origin]

    def _refuse(self, request: Request) -> Response:
        request.state.stranger = True
        return self._stranger(request)
