"""The officer's pages: the progress of the collection. They read what `receive` published and
change nothing of it."""

from __future__ import annotations

import math
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.identity import passwords
from converter.identity.ledger import LedgerEntry
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.report import summary, table
from converter.text.characters import plain_name
from converter.web import progress
from converter.web.clerk import XLSX
from converter.web.pages import attachment, in_thread, redirect
from converter.web.progress import ProgressReader, Published, UnitProgress
from converter.web.services import (
    Services,
    attempt_of,
    officer_only,
    read_form,
    services_of,
    session_of,
    signed_in,
    text,
)
from converter.web.sessions import OFFICER as ROLE
from converter.web.state import State

A_PAGE = 100  # units on a page
LISTED = 40  # lines of a list among the figures
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
COST = 1 << 15  # of a guess at the officer's password: 32 MB


# --- signing in --------------------------------------------------------------------------------


def new_password(state: State) -> str:
    """Make the officer's password anew; it is shown once and kept as a hash."""
    made = passwords.new()
    state.put("officer", passwords.hashed(made, n=COST))
    return made


async def sign_in_page(request: Request) -> Response:
    if session_of(request).role == ROLE:
        return redirect("/officer")
    return services_of(request).pages.show(request, "officer_sign_in", problem="")


async def sign_in(request: Request) -> Response:
    services, form = services_of(request), await read_form(request)
    mark = services.officer_mark()
    attempt = attempt_of(request, ROLE, mark)
    wait = await in_thread(services.attempts.wait, attempt)
    if wait:
        problem = message("portal_wait", minutes=math.ceil(wait / 60))
        answer = services.pages.show(request, "officer_sign_in", 429, problem=problem)
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer
    async with services.hashing.turn(attempt.address):
        line = await in_thread(services.state.get, "officer")
        right = await in_thread(passwords.matches, text(form, "password"), line)
    if not right:
        problem = message("portal_officer_wrong")
        return services.pages.show(request, "officer_sign_in", 403, problem=problem)
    return await signed_in(
        request, attempt, services.sessions.opened(services.now(), ROLE, mark=mark)
    )


async def unlock(request: Request) -> Response:
    """Nobody has to wait any more for a unit's name, or, without one, because of an address."""
    form = await read_form(request)
    officer_only(request)
    services = services_of(request)
    entry = services.units.of(text(form, "unit"))
    if entry is None:
        await in_thread(services.attempts.unlock_addresses)
    else:
        await in_thread(services.attempts.unlock, *_attempted(services, entry.unit_name))
    return redirect("/officer/units")


def _attempted(services: Services, name: str) -> tuple[str, str]:
    """A unit's name as attempts are counted under it."""
    return f"unit {plain_name(name)}", services.units.name_mark(name)


def _locked(services: Services) -> list[LedgerEntry]:
    """The units that somebody has to wait for."""
    locked = services.state.locked(services.now())
    return [
        entry
        for entry in (services.units.all() if locked else [])
        if services.attempts.is_locked(*_attempted(services, entry.unit_name), locked)
    ]


# --- pages ---------------------------------------------------------------------------------------


async def read(request: Request) -> tuple[Services, Published, list[UnitProgress]]:
    officer_only(request)
    services = services_of(request)
    reader: ProgressReader = request.app.state.progress

    def read() -> tuple[Published, list[UnitProgress]]:
        found = reader.published(services.form_folder)
        return found, progress.lines(services, found)

    found, listed = await in_thread(read)
    return services, found, listed


def show(request: Request, name: str, found: Published, **values: Any) -> Response:
    return services_of(request).pages.show(request, name, found=found, **values)


async def overview(request: Request) -> Response:
    _, found, listed = await read(request)
    counts = progress.counted(listed)
    return show(
        request,
        "officer",
        found,
        counts=counts,
        total=len(listed),
        rate=100 * (counts[progress.ACCEPTED] + counts[progress.WARNINGS]) // max(1, len(listed)),
        missing=sum(counts[stage] for stage in progress.MISSING),
        figure=found.figure("progress"),
    )


async def units(request: Request) -> Response:
    """All units, or those at a stage, or those whose name or code holds a text."""
    services, found, listed = await read(request)
    query = request.query_params
    stage, wanted = query.get("stage", ""), query.get("text", "").strip()[:100]
    stages = progress.MISSING if stage == "missing" else (stage,)
    chosen = [
        line
        for line in listed
        if (not stage or line.stage in stages)
        and wanted.upper() in f"{line.code} {line.name} {line.superior}".upper()
    ]
    pages = max(1, math.ceil(len(chosen) / A_PAGE))
    number = query.get("page", "1")
    page = min(max(int(number) if number.isdecimal() and len(number) < 7 else 1, 1), pages)
    return show(
        request,
        "officer_units",
        found,
        locked=await in_thread(_locked, services),
        lines=chosen[(page - 1) * A_PAGE : page * A_PAGE],
        count=len(chosen),
        stage=stage,
        stages=progress.STAGES,
        wanted=wanted,
        page=page,
        pages=pages,
    )


async def faults(request: Request) -> Response:
    """What was found most often, in all that came."""
    _, found, _ = await read(request)
    return show(request, "officer_faults", found, figure=found.figure("faults"))


async def figures(request: Request) -> Response:
    _, found, _ = await read(request)
    tables = summary.tables(found.figures, listed=LISTED)
    parts = list(zip(found.figures, tables, strict=True))
    return show(request, "officer_figures", found, parts=parts)


async def chart(request: Request) -> Response:
    """A chart as a picture: as a document of its own it may have its own styles."""
    _, found, _ = await read(request)
    figure = found.figure(request.path_params["key"])
    drawing = await in_thread(summary.drawing, figure) if figure else ""
    if not drawing:
        raise HTTPException(404)
    return Response(
        drawing, media_type="image/svg+xml", headers={"content-security-policy": SVG_POLICY}
    )


# --- downloads ------------------------------------------------------------------------------------


async def download(request: Request) -> Response:
    """汇总.xlsx, 汇总.html, or the units that have not reported as CSV."""
    services, found, listed = await read(request)
    what = request.path_params["what"]
    if what == "missing.csv":
        missing = [line for line in listed if line.stage in progress.MISSING]
        data = table.write_csv([progress.table(missing)])
        return attachment(data, message("portal_missing_file"), "text/csv; charset=utf-8")
    if what not in ("summary.xlsx", "summary.html") or not found.figures:
        raise HTTPException(404)
    title = message("summary_title", period=found.period)
    name = f"{title}.{what.rpartition('.')[2]}"
    if what == "summary.xlsx":
        return attachment(await in_thread(summary.xlsx, found.figures, title), name, XLSX)
    made = message("summary_made", published=in_china(found.stamp))
    page = await in_thread(summary.html, found.figures, title, f"{services.form.title}　{made}")
    return attachment(page.encode("utf-8"), name, "text/html; charset=utf-8")
