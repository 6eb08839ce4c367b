"""The desk as an application: routes, and pages for exceptions."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from converter.files import writing
from converter.files.opening import open_file
from converter.model.errors import ConverterError, InternalError
from converter.usecases import failures
from converter.usecases.form_choice import named_form
from converter.web import correcting, guard
from converter.web.correcting import EditsFull
from converter.web.desk import checking, corrections, forms, handing, keeping, lending, viewing
from converter.web.desk.access import Access, LocalOnly
from converter.web.desk.desk import FILES, LARGEST, Desk, desk_of, problem, show
from converter.web.desk.desk_forms import DeskForms
from converter.web.desk.place import ClerkFolder
from converter.web.desk.presence import LOOK
from converter.web.pages import STATIC
from converter.workers import warm
from converter.workers.pool import Shared

Endpoint = Callable[[Request], Awaitable[Response]]
SILENCE = 60.0  # seconds between two pieces of what the own browser sends

GET: dict[str, Endpoint] = {
    "/": viewing.home,
    "/unit": viewing.unit_page,
    "/form": forms.start,
    "/form/sources": forms.sources,
    "/check": checking.start,
    "/check/{key}": checking.page,
    "/check/{key}/verdict": checking.verdict,
    "/check/{key}/correct": checking.correct,
    "/export": keeping.start,
    "/export/{key}": keeping.page,
    "/package/{key}": viewing.package,
    "/statistics": viewing.latest,
    "/statistics/{key}": viewing.statistics,
    "/statistics/{key}/chart/{chart}": viewing.chart,
    "/print": viewing.latest,
    "/print/{key}": viewing.print_page,
    "/find": viewing.latest,
    "/find/{key}": viewing.find,
    "/backups": keeping.backups,
    "/help": viewing.help_page,
    "/alive": viewing.alive,
}
POST: dict[str, Endpoint] = {
    "/drop": handing.drop,
    "/unit": viewing.change_unit,
    "/form": forms.make,
    "/check/{key}/open": checking.open_document,
    "/check/{key}/marked": checking.marked,
    "/check/{key}/correct": checking.correct,
    "/export/{key}": keeping.export,
    "/backups": keeping.make_backup,
    "/backups/{key}/restore": keeping.restore,
    "/folder": keeping.open_folder,
    "/closed": viewing.closed,
}


def build(
    form: str | None,
    root: Path,
    state: Path,
    access: Access,
    worker: Shared,
    *,
    opener: Callable[[Path], None] = open_file,
    borrowed: Callable[[], None] = lambda: None,
    ended: Callable[[], None] = lambda: None,
) -> Starlette:
    """The application of one desk. `form`: its name or folder, None for the default; `root`: her
    place; `state`: what this desk keeps beside it, and removes what a crash left there; `borrowed`
    is called whenever a command has used the worker, `ended` once no page is open any more."""
    place = ClerkFolder(root, "")
    private, unfinished = state / "open", state / "corrections"
    shutil.rmtree(private, ignore_errors=True)
    writing.private_folder(private)
    desk = Desk(DeskForms(form), place, access, worker, private, unfinished, opener, borrowed)
    desk.unit = place.latest_unit()
    if identity := desk.identity():  # a folder's name may be shorter than the unit's
        desk.unit = identity[1].identity.unit_name
    if form is None and (last := named_form(place.latest_forms()[:1])):
        desk.use(last)
    app = Starlette(
        routes=[
            *(Route(path, page, methods=["GET"]) for path, page in GET.items()),
            *(Route(path, page, methods=["POST"]) for path, page in POST.items()),
            Route(warm.PATH, lending.lend, methods=["POST"]),
            Route("/static/{name}", _static),
            Route("/favicon.ico", _icon),
        ],
        middleware=[
            Middleware(guard.Headers, secure=False),
            Middleware(guard.Log, failed=_failed),
            Middleware(LocalOnly, access=access, stranger=_stranger),
            Middleware(guard.Limits, largest=_largest, silence=SILENCE),
            Middleware(_Requests, desk=desk),
        ],
        exception_handlers={
            HTTPException: _http_error,
            guard.UploadTooLarge: _too_large,
            EditsFull: _edits_full,
            ConverterError: _refused,
            OSError: _refused,
            ClientDisconnect: _gone,
        },
        lifespan=lambda app: _lifespan(desk, ended),
    )
    app.router.redirect_slashes = False
    app.state.desk = desk
    return app


class _Requests:
    """Notes that a page is there; what was installed meanwhile is used from a request on, but never
    while another one is under way."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app, self._desk, self._open = app, desk, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] != warm.PATH:  # a command is no page
            self._desk.presence.seen()
        if not self._open:
            self._desk.follow()
        self._open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open -= 1


@contextlib.asynccontextmanager
async def _lifespan(desk: Desk, ended: Callable[[], None]) -> AsyncIterator[None]:
    async def watch() -> None:
        while not desk.presence.look():
            await asyncio.sleep(LOOK)
        ended()

    corrections.sweep(desk.unfinished)
    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        corrections.sweep(desk.unfinished)
        shutil.rmtree(desk.private, ignore_errors=True)


def _largest(path: str) -> int:
    """Bytes that may come in."""
    if path == "/drop":
        return LARGEST * FILES
    return correcting.LARGEST if path.endswith("/correct") else guard.SMALL


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    return desk_of(request).loaded.templates.static(name)


async def _icon(request: Request) -> Response:
    """Browsers ask for it by themselves."""
    return desk_of(request).loaded.templates.static("icon.svg")


# --- pages for exceptions -------------------------------------------------------------------------


def _stranger(request: Request) -> Response:
    """A page for somebody who may see nothing of the desk."""
    return show(request, "stranger", 403, key="stranger")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = {403: "forbidden", 404: "not_found", 405: "not_found"}.get(error.status_code, "bad")
    return problem(request, key, error.status_code)


async def _too_large(request: Request, error: Exception) -> Response:
    return problem(request, "too_large", 413, limit=LARGEST >> 20)


async def _edits_full(request: Request, error: Exception) -> Response:
    return problem(request, "edits_full", 413)


async def _refused(request: Request, error: Exception) -> Response:
    """What a command would print and end with."""
    if isinstance(error, InternalError) or not isinstance(error, ConverterError | OSError):
        raise error
    return problem(request, "refused", 409, reason=failures.explain(error)[0])


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody reads this."""
    return Response(status_code=499)


def _failed(request: Request, error: Exception) -> Response:
    return problem(request, "failed", 500)
