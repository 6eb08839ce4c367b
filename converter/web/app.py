"""The application: routes, what happens to exceptions, what runs beside the pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from converter.forms import loading
from converter.model.errors import RegisterError, UsageError
from converter.web import check_page, clerk, guard, officer, spool
from converter.web.attempts import Attempts
from converter.web.captchas import Captchas
from converter.web.fair_queue import FairQueue, QueueFull
from converter.web.pages import STATIC, Pages
from converter.web.progress import ProgressReader
from converter.web.results import Results
from converter.web.services import Services, SignInRequired, services, to
from converter.web.sessions import Sessions
from converter.web.settings import Settings
from converter.web.state import State
from converter.web.units import IssuedUnits

RETRY = 30  # seconds after which the queue may have room
SWEEP = 20  # seconds between two looks for what has expired
Endpoint = Callable[[Request], Awaitable[Response]]

GET: dict[str, Endpoint] = {
    "/": clerk.home,
    "/identity": clerk.door,
    "/captcha/{name}": clerk.captcha,
    "/unit": clerk.unit,
    "/unit/submissions/{number}": clerk.submission,
    "/unit/submissions/{number}/receipt": clerk.receipt,
    "/unit/submissions/{number}/marked": clerk.marked,
    "/check": check_page.start,
    "/check/{token}": check_page.result,
    "/check/{token}/marked": check_page.marked,
    "/check/{token}/package": check_page.package,
    "/officer": officer.overview,
    "/officer/sign-in": officer.door,
    "/officer/units": officer.units,
    "/officer/faults": officer.faults,
    "/officer/figures": officer.figures,
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
    "/officer/sign-in": officer.sign_in,
}


def build(settings: Settings) -> Starlette:
    """The application with all it needs. Raises KeysError, LedgerError, RegisterError, OSError."""
    definition = loading.read(settings.form)
    state = State(settings.state)
    sessions = Sessions(state.secret("cookies"), secure=settings.secure)
    held = Services(
        settings=settings,
        form=definition,
        state=state,
        sessions=sessions,
        attempts=Attempts(state, sessions),
        captchas=Captchas(settings.clock),
        units=IssuedUnits(settings.keys, settings.issued),
        desk=FairQueue(settings.jobs, settings.queue, settings.patience),
        results=Results(settings.private, settings.keep, settings.held, settings.clock),
        pages=Pages.of(definition, sessions),
        hashing=asyncio.Semaphore(settings.jobs),
    )
    settings.inbox.mkdir(parents=True, exist_ok=True)
    spool.reconcile(settings, state)
    app = Starlette(
        routes=[*_routes(), Route("/static/{name}", _static), Route("/health", _health)],
        middleware=[
            Middleware(guard.Headers, secure=settings.secure),
            Middleware(guard.Log, failed=_failed),
            Middleware(guard.Limits, largest=partial(_largest, settings), silence=settings.silence),
            Middleware(guard.Visitors, sessions=sessions, stands=held.stands, clock=settings.clock),
        ],
        exception_handlers={
            HTTPException: _told,
            guard.UploadTooLarge: _too_large,
            guard.UploadTooSlow: _too_slow,
            QueueFull: _full,
            SignInRequired: _sign_in,
            RegisterError: _unpublished,
            UsageError: _stopped,
            ClientDisconnect: _gone,
        },
        lifespan=_lifespan,
    )
    app.state.services = held
    app.state.progress = ProgressReader(settings.published, settings.form)
    return app


def _routes() -> list[Route]:
    made = [Route(path, _named(path, page), methods=["GET"]) for path, page in GET.items()]
    return made + [Route(path, _named(path, page), methods=["POST"]) for path, page in POST.items()]


def _named(path: str, page: Endpoint) -> Endpoint:
    """Let the log know the pattern of the address; the address itself is not for it."""

    async def named(request: Request) -> Response:
        request.state.route = path
        return await page(request)

    return named


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    held: Services = app.state.services
    held.desk.start()

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SWEEP)
            held.results.sweep()

    sweeping = asyncio.create_task(sweep())
    try:
        yield
    finally:
        sweeping.cancel()
        held.desk.stop()
        held.results.empty()
        held.state.close()


def _largest(settings: Settings, path: str) -> int:
    """Bytes that may come in: two halves and what frames them, where files are expected."""
    return settings.largest * check_page.FILES + guard.SMALL if path == "/check" else guard.SMALL


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    request.state.route, request.state.public = "/static", True
    return services(request).pages.static(name)


async def _health(request: Request) -> Response:
    request.state.route, request.state.public = "/health", True
    return PlainTextResponse("ok")


# --- what is in the way ---------------------------------------------------------------------------


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = {403: "forbidden", 404: "not_found", 405: "not_found"}.get(error.status_code, "bad")
    return services(request).pages.problem(request, key, error.status_code)


async def _too_large(request: Request, error: Exception) -> Response:
    held = services(request)
    most = held.settings.largest >> 20
    answer = held.pages.problem(request, "too_large", 413, limit=most)
    answer.headers["connection"] = "close"
    return answer


async def _too_slow(request: Request, error: Exception) -> Response:
    answer = services(request).pages.problem(request, "too_slow", 408)
    answer.headers["connection"] = "close"
    return answer


async def _full(request: Request, error: Exception) -> Response:
    return services(request).pages.problem(request, "full", 503, wait=RETRY)


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInRequired)
    return to(error.door)


async def _unpublished(request: Request, error: Exception) -> Response:
    return services(request).pages.problem(request, "unpublished", 503, wait=RETRY)


async def _stopped(request: Request, error: Exception) -> Response:
    return services(request).pages.problem(request, "stopped", 503, wait=RETRY)


async def _gone(request: Request, error: Exception) -> Response:
    """The visitor went away in the middle of an upload: nobody reads this."""
    return Response(status_code=499)


def _failed(request: Request) -> Response:
    return services(request).pages.problem(request, "failed", 500)


def officer_password(app: Starlette, *, reset: bool) -> str:
    """The officer's password where it has just been made, to be shown once; '' where there is
    one already."""
    state = app.state.services.state
    return officer.new_password(state) if reset or not state.get("officer") else ""
