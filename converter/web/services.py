"""What the pages of a running portal share, and how they read forms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from converter.identity.ledger import LedgerEntry
from converter.messages import catalogue
from converter.model.forms import Form
from converter.web.attempts import COOKIE_AGE, Attempt, Attempts, Hashing
from converter.web.capacity import Capacity
from converter.web.fair_queue import FairQueue
from converter.web.pages import Pages, day, in_thread, redirect
from converter.web.results import Results
from converter.web.sessions import OFFICER, UNIT, Session, Sessions
from converter.web.settings import Settings
from converter.web.state import State
from converter.web.units import Fetched, IssuedUnits
from converter.web.visitor import Visitor, neighbourhood

FIELDS, FIELD = 12, 4096  # fields of a form, bytes of one
FORMS = (b"application/x-www-form-urlencoded", b"multipart/form-data")
CHARSETS = (b"utf-8", b"utf8")
T = TypeVar("T")


class SignInRequired(Exception):
    """A page that only a unit, or only the officer, may open. `page`: where to sign in."""

    def __init__(self, page: str) -> None:
        self.page = page
        super().__init__(page)


@dataclass(frozen=True)
class Services:
    """Made by `app.build`; only the form and its pages change while the portal runs."""

    settings: Settings
    form_folder: Path
    form: Form
    state: State
    sessions: Sessions
    attempts: Attempts
    units: IssuedUnits
    queue: FairQueue
    results: Results
    pages: Pages
    hashing: Hashing
    capacity: Capacity

    def now(self) -> float:
        return self.settings.clock()

    def stands(self, session: Session) -> bool:
        """Whether a session that was signed in still is."""
        if self.state.has_left(session.sid):
            return False
        if session.role == OFFICER:
            return session.mark == self.officer_mark()
        entry = self.units.of(session.unit)
        return entry is not None and session.mark == self.units.mark(entry)

    def fetched(self, entry: LedgerEntry) -> Fetched:
        """A unit's identity file as of today, which is a day in China. Reads files."""
        return self.units.fetch(entry, day(self.now()))

    def refusal(self, fetched: Fetched) -> str:
        """Why an identity file cannot be used, '' where it can."""
        return catalogue.sentence(fetched.refused, self.form) if fetched.refused else ""

    def officer_mark(self) -> str:
        return self.sessions.hidden(self.state.get("officer"))[:16]


def services_of(request: Request) -> Services:
    """The same from a request's beginning to its end."""
    return cast(Services, request.state.services)


def session_of(request: Request) -> Session:
    return cast(Session, request.state.session)


def address(request: Request) -> str:
    return neighbourhood(request.client.host if request.client else "")


def unit_of(request: Request) -> LedgerEntry:
    """The unit that is signed in. Raises SignInRequired."""
    session = session_of(request)
    entry = services_of(request).units.of(session.unit) if session.role == UNIT else None
    if entry is None:
        raise SignInRequired("/identity")
    return entry


def officer_only(request: Request) -> None:
    """Raises SignInRequired."""
    if session_of(request).role != OFFICER:
        raise SignInRequired("/officer/sign-in")


def visitor_of(request: Request) -> Visitor:
    """Whose share of queue and room a request takes: the unit's that is signed in, else the
    address's."""
    session = session_of(request)
    if session.role == UNIT:
        return Visitor(f"unit {session.unit}", True)
    return Visitor(f"address {address(request)}", False)


def attempt_of(request: Request, name: str, mark: str) -> Attempt:
    """An attempt to open a name from where a request comes from."""
    cookie = request.cookies.get(services_of(request).sessions.known_name, "")
    return Attempt(name, mark, address(request), cookie)


async def signed_in(request: Request, attempt: Attempt, session: Session) -> Response:
    """Into the pages of a unit or the officer, after the right password. The browser is known
    from then on."""
    services = services_of(request)
    await in_thread(services.attempts.succeeded, attempt)
    request.state.session = session
    answer = redirect("/unit" if session.role == UNIT else "/officer")
    known = services.attempts.cookie(attempt)
    header = services.sessions.set_cookie(services.sessions.known_name, known, COOKIE_AGE)
    answer.headers.append("set-cookie", header)
    return answer


async def read_form(
    request: Request, files: int = 0, fields: int = FIELDS, field: int = FIELD
) -> FormData:
    """A form that was sent from a page of this session, of so many files and fields at the most,
    of so many bytes a field (as they are sent). Raises HTTPException."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403)
    try:
        kind, parameters = parse_options_header(request.headers.get("content-type"))
        charset = parameters.get(b"charset", b"utf-8").lower()
        expected = FORMS[-1:] if files else FORMS
        if kind.lower() not in expected or charset not in CHARSETS:
            raise HTTPException(415)
        form = await request.form(max_files=files, max_fields=fields, max_part_size=field)
    except (ValueError, LookupError):  # bytes that no browser sends
        raise HTTPException(400) from None
    if not services_of(request).sessions.is_token(session_of(request), form.get("token")):
        await form.close()
        raise HTTPException(403)
    return form


async def while_connected(request: Request, result: Awaitable[T]) -> T:
    """Await a result for as long as the visitor is there. The whole form has been read. Raises
    ClientDisconnect, after the work was cancelled, and what the work raises."""
    work = asyncio.ensure_future(result)
    gone = asyncio.ensure_future(request.receive())  # all that can come now is their leaving
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return work.result()
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)


def text(form: FormData, name: str) -> str:
    """A field's text, '' where there is none."""
    value = form.get(name)
    return value.strip()[:FIELD] if isinstance(value, str) else ""
