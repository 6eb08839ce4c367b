"""What the pages of a running portal share, and how they read forms."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from converter.identity.ledger import LedgerEntry
from converter.model.forms import Form
from converter.web.attempts import Attempts, Limit, neighbourhood
from converter.web.captchas import Captchas
from converter.web.fair_queue import FairQueue
from converter.web.pages import Pages
from converter.web.results import Results
from converter.web.sessions import OFFICER, UNIT, Session, Sessions
from converter.web.settings import Settings
from converter.web.state import State
from converter.web.units import IssuedUnits

FIELDS, FIELD = 12, 4096  # fields of a form, bytes of one
SEE_OTHER = 303


class SignInRequired(Exception):
    """A page that asks who is there. `page`: where that can be told."""

    def __init__(self, page: str) -> None:
        self.page = page
        super().__init__(page)


@dataclass
class PortalLoad:
    """Uploads that are under way, those that wait for a worker included."""

    count: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Services:
    """Made once, by `app.build`."""

    settings: Settings
    form: Form
    state: State
    sessions: Sessions
    attempts: Attempts
    captchas: Captchas
    units: IssuedUnits
    queue: FairQueue
    results: Results
    pages: Pages
    # Hashing a password takes memory and a core: never more at once than there are workers.
    hashing: asyncio.Semaphore
    load: PortalLoad = field(default_factory=PortalLoad)

    def now(self) -> float:
        return self.settings.clock()

    def stands(self, session: Session) -> bool:
        """Whether a session with rights still has them."""
        if self.state.has_left(session.sid):
            return False
        if session.role == OFFICER:
            return session.mark == self.officer_mark()
        entry = self.units.of(session.unit)
        return entry is not None and session.mark == self.units.mark(entry)

    def officer_mark(self) -> str:
        return self.sessions.hidden(self.state.get("officer"))[:16]


def services_of(request: Request) -> Services:
    return cast(Services, request.app.state.services)


def session_of(request: Request) -> Session:
    return cast(Session, request.state.session)


def address(request: Request) -> str:
    return neighbourhood(request.client.host if request.client else "")


def unit_of(request: Request) -> LedgerEntry:
    """The unit that is signed in. Raises SignIn."""
    session = session_of(request)
    entry = services_of(request).units.of(session.unit) if session.role == UNIT else None
    if entry is None:
        raise SignInRequired("/identity")
    return entry


def officer_only(request: Request) -> None:
    """Raises SignIn."""
    if session_of(request).role != OFFICER:
        raise SignInRequired("/officer/sign-in")


def who(request: Request) -> str:
    """For the queue: the unit that is signed in, else the address."""
    session = session_of(request)
    return f"unit {session.unit}" if session.role == UNIT else f"address {address(request)}"


def to(path: str) -> RedirectResponse:
    return RedirectResponse(path, SEE_OTHER)


async def received(request: Request, files: int = 0) -> FormData:
    """A form that was sent from a page of this session. Raises HTTPException."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403)
    form = await request.form(max_files=files, max_fields=FIELDS, max_part_size=FIELD)
    if not services_of(request).sessions.is_token(session_of(request), form.get("token")):
        await form.close()
        raise HTTPException(403)
    return form


def text(form: FormData, name: str) -> str:
    """A field's text, '' where there is none."""
    value = form.get(name)
    return value.strip()[:FIELD] if isinstance(value, str) else ""


async def waiting(request: Request, tries: list[tuple[str, str, Limit]]) -> float:
    """Count an attempt under several heads; the longest time to wait in seconds, 0 where the
    attempt may be made."""
    services = services_of(request)

    def count() -> float:
        return max(services.attempts.wait(*one, services.now()) for one in tries)

    return await run_in_threadpool(count)


async def in_thread(function: Any, *arguments: Any) -> Any:
    return await run_in_threadpool(function, *arguments)
