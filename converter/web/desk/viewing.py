"""Pages that only show: the first one, the unit, statistics, print, look up, help."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.model.submissions import Contents, Outcome
from converter.report import html, records, summary
from converter.statistics.figure import Figure
from converter.usecases.show import read_contents, read_statistics
from converter.web.desk.checking import moments
from converter.web.desk.desk import Desk, away, desk_of, document_of, problem, sent, show
from converter.web.desk.documents import Document
from converter.web.desk.place import shown
from converter.web.pages import contacts_of, in_thread, redirect

LISTED = 40  # lines of a list among the figures
RECENT = 5  # forms on the first page
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


async def home(request: Request) -> Response:
    desk = desk_of(request)
    forms = [desk.documents.of(path) for path in await in_thread(desk.forms)][:RECENT]
    orphaned = [(one, desk.typed(one)) for one in await in_thread(desk.orphaned)]
    return show(
        request,
        "home",
        forms=forms,
        moments=moments(forms),
        orphaned=orphaned,
        identity=desk.identity(),
        folder=shown(desk.place.root),
    )


async def unit_page(request: Request) -> Response:
    desk = desk_of(request)
    return show(
        request,
        "unit",
        identity=await in_thread(desk.identity),
        loaded="loaded" in request.query_params,
        shelf=desk.shelf,
        units=[one for one in desk.place.units() if one != desk.unit],
    )


async def change_unit(request: Request) -> Response:
    """Go to the place of another unit."""
    form, desk = await sent(request), desk_of(request)
    name = str(form.get("unit") or "")
    if name not in desk.place.units():
        raise HTTPException(400)
    desk.place.choose(name)
    desk.unit, desk.documents.current = name, ""
    return redirect("/unit")


async def help_page(request: Request) -> Response:
    desk = desk_of(request)
    identity = desk.identity()
    own = identity[1].identity.superior_contact if identity else ""
    contacts = contacts_of(desk.loaded.form, own)
    return show(request, "help", folder=shown(desk.place.root), contacts=contacts)


async def alive(request: Request) -> Response:
    """The sign of life of an open page."""
    return Response(status_code=204)


async def closed(request: Request) -> Response:
    """A page was left."""
    desk_of(request).presence.left()
    return Response(status_code=204)


# --- of one form ---------------------------------------------------------------------------------


async def latest(request: Request) -> Response:
    """Statistics, print, look up: of the form that was worked on last."""
    desk = desk_of(request)
    document = desk.documents.latest(await in_thread(desk.forms))
    return redirect(f"{request.url.path}/{document.key}" if document else "/check")


async def package(request: Request) -> Response:
    """What a package holds."""
    desk, document = desk_of(request), document_of(request)
    checked = await in_thread(desk.check, document)
    if checked is None:
        return away(request, document)
    return show(
        request,
        "package",
        document=document,
        checked=checked,
        summary=checked.summary,
        notes=document.take_notes(),
    )


async def statistics(request: Request) -> Response:
    document = document_of(request)
    outcome, figures = await in_thread(_figures, desk_of(request), document)
    if figures is None:
        return _unreadable(request, document, outcome)
    tables = summary.tables(figures, listed=LISTED)
    parts = list(zip(figures, tables, strict=True))
    return show(request, "statistics", document=document, parts=parts)


async def chart(request: Request) -> Response:
    """A chart as a picture: as a document of its own it may have its own styles."""
    _, figures = await in_thread(_figures, desk_of(request), document_of(request))
    key = request.path_params["chart"]
    figure = next((one for one in figures or () if one.key == key), None)
    drawing = await in_thread(summary.drawing, figure) if figure else ""
    if not drawing:
        raise HTTPException(404)
    policy = {"content-security-policy": SVG_POLICY}
    return Response(drawing, media_type="image/svg+xml", headers=policy)


async def print_page(request: Request) -> Response:
    """The whole form to be printed, ID numbers in full only where she asks for it."""
    document, full = document_of(request), "full" in request.query_params
    return await _contents(request, document, "print", "", full)


async def find(request: Request) -> Response:
    """The members whose name or number holds what she looks for."""
    document, wanted = document_of(request), request.query_params.get("member", "").strip()
    return await _contents(request, document, "find", wanted, "full" in request.query_params)


async def _contents(
    request: Request, document: Document, template: str, wanted: str, full: bool
) -> Response:
    desk = desk_of(request)
    outcome, contents = await in_thread(_read, desk, document)
    if contents is None:
        return _unreadable(request, document, outcome)
    with_rows = template == "print" or bool(wanted)
    tables = (
        records.tables(contents, desk.form_of(document).form, wanted, full) if with_rows else []
    )
    name = outcome.unit_name or desk.unit
    return show(
        request, template, document=document, tables=tables, name=name, wanted=wanted, full=full
    )


def _read(desk: Desk, document: Document) -> tuple[Outcome, Contents | None]:
    answer = read_contents(desk.form_of(document).folder, document.path, desk.worker)
    return answer.outcome, answer.contents if answer.outcome.readable else None


def _figures(desk: Desk, document: Document) -> tuple[Outcome, tuple[Figure, ...] | None]:
    answer = read_statistics(desk.form_of(document).folder, document.path, desk.worker)
    return answer.outcome, answer.figures if answer.outcome.readable else None


def _unreadable(request: Request, document: Document, outcome: Outcome) -> Response:
    desk = desk_of(request)
    found = html.summarize(outcome, desk.form_of(document).form, show_ids=False)
    return problem(request, "unreadable", file=document.name, summary=found)
