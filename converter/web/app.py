"""The application: routes, pages for exceptions, and what runs beside the pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from converter.files import writing
from converter.model.errors import OutputError, RegisterError, RegisterOfOtherForm, UsageError
from converter.register import published
from converter.web import (
    check_page,
    clerk,
    correct_page,
    correcting,
    guard,
    officer,
    officer_questions,
    spool,
)
from converter.web.attempts import Attempts, Hashing
from converter.web.capacity import Capacity, CapacityExceeded
from converter.web.correcting import EditsFull
from converter.web.fair_queue import FairQueue, QueueFull
from converter.web.followed_form import FollowedForm
from converter.web.pages import STATIC, Pages, redirect
from converter.web.progress import ProgressReader
from converter.web.results import Results
from converter.web.services import Services, SignInRequired, services_of
from converter.web.sessions import Sessions
from converter.web.settings import Settings
from converter.web.state import State
from converter.web.units import IssuedUnits

RETRY = 30  # seconds after which the queue may have room
DRAINED, DRAINING = 2 << 20, 5  # bytes of a refused upload that are still read, and seconds
SWEEP = 20  # seconds between two searches for what has expired
PROBLEMS = {403: "forbidden", 404: "not_found", 405: "not_found", 415: "wrong_type"}
Endpoint = Callable[[Request], Awaitable[Response]]

GET: dict[str, Endpoint] = {
    "/": clerk.home,
    "/identity": clerk.sign_in_page,
    "/unit": clerk.unit,
    "/unit/submissions/{number}": clerk.submission,
    "/unit/submissions/{number}/receipt": clerk.receipt,
    "/unit/submissions/{number}/page": clerk.receipt_page,
    "/unit/submissions/{number}/marked": clerk.marked,
    "/check": check_page.start,
    "/check/{token}": check_page.result,
    "/check/{token}/marked": check_page.marked,
    "/check/{token}/package": check_page.package,
    "/check/{token}/corrected": check_page.corrected,
    "/check/{token}/correct": correct_page.show,
    "/officer": officer.overview,
    "/officer/sign-in": officer.sign_in_page,
    "/officer/units": officer.units,
    "/officer/faults": officer.faults,
    "/officer/figures": officer.figures,
    "/officer/questions": officer_questions.questions,
    "/officer/calls": officer_questions.calls,
    "/officer/chart/{key}": officer.chart,
    "/officer/download/{what}": officer.download,
}
POST: dict[str, Endpoint] = {
    "/identity": clerk.sign_in,
    "/leave": clerk.leave,
    "/unit/identity": clerk.identity_file,
    "/unit/workbook": clerk.workbook,
    "/check": check_page.upload,
    "/check/{token}/submit": check_page.submit,
    "/check/{token}/correct": correct_page.send,
    "/officer/sign-in": officer.sign_in,
    "/officer/unlock": officer.unlock,
    "/officer/questions": officer_questions.decide,
}


def build(settings: Settings) -> Starlette:
    """The application with all it needs. Raises KeysError, LedgerError, RegisterError, OSError."""
    followed = FollowedForm(settings.form)
    loaded = followed.now()
    published.check_form(settings.published, loaded.form)
    state = State(settings.state)
    secret = state.secret("cookies")
    sessions = Sessions(secret, secure=settings.secure)
    services = Services(
        settings=settings,
        form_folder=loaded.folder,
        form=loaded.form,
        state=state,
        sessions=sessions,
        attempts=Attempts(state, sessions, secret, settings.clock),
        units=IssuedUnits(settings.keys, settings.issued),
        queue=FairQueue(settings.jobs, settings.queue, settings.patience),
        results=Results(settings.private, settings.keep, settings.max_bytes, settings.clock),
        pages=Pages(loaded.templates, sessions),
        hashing=Hashing(settings.jobs),
        capacity=Capacity(settings.max_uploads, settings.max_bytes),
    )
    settings.inbox.mkdir(parents=True, exist_ok=True)
    if settings.decides:
        writing.private_folder(settings.decisions)
    spool.reconcile(settings, state)
    app = Starlette(
        routes=[
            *_routes(),
            Route("/static/{name}", _static),
            Route("/favicon.ico", _icon),
            Route("/health", _health),
        ],
        middleware=[
            Middleware(guard.Headers, secure=settings.secure),
            Middleware(_PinnedServices, followed=followed),
            Middleware(guard.Log, failed=_failed),
            Middleware(guard.Limits, largest=partial(_largest, settings), silence=settings.silence),
            Middleware(
                guard.Visitors, sessions=sessions, stands=services.stands, clock=settings.clock
            ),
        ],
        exception_handlers={
            HTTPException: _http_error,
            guard.UploadTooLarge: _too_large,
            guard.UploadTooSlow: _too_slow,
            QueueFull: _full,
            CapacityExceeded: _full,
            EditsFull: _edits_full,
            guard.StateUnavailable: _stopped,
            OSError: _stopped_or_raised,
            OutputError: _stopped,
            SignInRequired: _sign_in,
            RegisterError: _unpublished,
            RegisterOfOtherForm: _other_form,
            UsageError: _stopped,
            ClientDisconnect: _gone,
        },
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False  # it would send the visitor to the Host they named
    app.state.services = services
    app.state.progress = ProgressReader(settings.published)
    return app


class _PinnedServices:
    """Gives each request the form that is installed when it begins, to its end."""

    def __init__(self, app: ASGIApp, followed: FollowedForm) -> None:
        self.app, self._followed = app, followed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shared = scope["app"].state
            services, loaded = shared.services, self._followed.now()
            if loaded.folder != services.form_folder:
                shared.services = services = replace(
                    services,
                    form_folder=loaded.folder,
                    form=loaded.form,
                    pages=replace(services.pages, templates=loaded.templates),
                )
            scope.setdefault("state", {})["services"] = services
        await self.app(scope, receive, send)


def _routes() -> list[Route]:
    made = [Route(path, _named(path, page), methods=["GET"]) for path, page in GET.items()]
    return made + [Route(path, _named(path, page), methods=["POST"]) for path, page in POST.items()]


def _named(path: str, page: Endpoint) -> Endpoint:
    """Give the log the pattern of the address; the address itself may hold names."""

    async def named(request: Request) -> Response:
        request.state.route = path
        return await page(request)

    return named


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    services: Services = app.state.services
    services.queue.start()

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP)
            services.results.sweep()

    sweeping = asyncio.create_task(sweep())
    try:
        yield
    finally:
        sweeping.cancel()
        services.queue.stop()
        services.results.empty()
        services.state.close()


def _largest(settings: Settings, path: str) -> int:
    """Bytes that may come in: two halves and what frames them, where files are expected."""
    if path == "/check":
        return settings.largest * check_page.FILES + guard.SMALL
    if path.startswith("/check/") and path.endswith("/correct"):
        return correcting.LARGEST
    return guard.SMALL


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    request.state.route, request.state.public = "/static", True
    return services_of(request).pages.templates.static(name)


async def _icon(request: Request) -> Response:
    """Browsers ask for it by themselves."""
    request.state.route, request.state.public = "/favicon.ico", True
    return services_of(request).pages.templates.static("icon.svg")


async def _health(request: Request) -> Response:
    request.state.route, request.state.public = "/health", True
    return PlainTextResponse("ok")


# --- pages for exceptions ---------------------------------------------------------------


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = PROBLEMS.get(error.status_code, "bad")
    answer = services_of(request).pages.problem(request, key, error.status_code)
    if error.status_code == 415:  # the body is not worth reading
        answer.headers["connection"] = "close"
    return answer


async def _too_large(request: Request, error: Exception) -> Response:
    services = services_of(request)
    most = services.settings.largest >> 20
    answer = services.pages.problem(request, "too_large", 413, limit=most)
    answer.headers["connection"] = "close"
    return answer


async def _too_slow(request: Request, error: Exception) -> Response:
    answer = services_of(request).pages.problem(request, "too_slow", 408)
    answer.headers["connection"] = "close"
    return answer


async def _full(request: Request, error: Exception) -> Response:
    await _drain(request)
    answer = services_of(request).pages.problem(request, "full", 503, wait=RETRY)
    answer.headers["connection"] = "close"  # what is left of the body is not read
    return answer


async def _edits_full(request: Request, error: Exception) -> Response:
    return services_of(request).pages.problem(request, "edits_full", 413)


async def _drain(request: Request) -> None:
    """Read the rest of a small body: a browser that is still sending shows no answer."""
    left = int(request.headers.get("content-length", "0").strip() or "0")
    if not 0 < left <= DRAINED:
        return
    with contextlib.suppress(Exception):
        async with asyncio.timeout(DRAINING):
            while (await request.receive()).get("more_body"):
                pass


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInRequired)
    return redirect(error.page)


async def _unpublished(request: Request, error: Exception) -> Response:
    return services_of(request).pages.problem(request, "unpublished", 503, wait=RETRY)


async def _other_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RegisterOfOtherForm)
    return services_of(request).pages.problem(request, "other_form", 503, **error.params)


async def _stopped(request: Request, error: Exception) -> Response:
    return services_of(request).pages.problem(request, "stopped", 503, wait=RETRY)


async def _stopped_or_raised(request: Request, error: Exception) -> Response:
    """A full disk and its like; anything else is a fault of ours."""
    if not guard.is_shortage(error):
        raise error
    return await _stopped(request, error)


async def _gone(request: Request, error: Exception) -> Response:
    """The visitor has gone away: nobody reads this."""
    return Response(status_code=499)


def _failed(request: Request, error: Exception) -> Response:
    services = services_of(request)
    if not hasattr(request.state, "session"):
        request.state.session = services.sessions.new(services.now())
    if guard.is_shortage(error):
        return services.pages.problem(request, "stopped", 503, wait=RETRY)
    return services.pages.problem(request, "failed", 500)


def officer_password(app: Starlette, *, reset: bool) -> str:
    """The officer's password where it has just been made, to be shown once; '' where there is
    one already."""
    state = app.state.services.state
    return officer.new_password(state) if reset or not state.get("officer") else ""
