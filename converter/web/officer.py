"""The officer's pages: how the collection goes. They read what `receive` published and change
nothing."""

from __future__ import annotations

import math
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.identity import passwords
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.report import summary, table
from converter.web import progress
from converter.web import services as common
from converter.web.attempts import ANY_OFFICER, OFFICER
from converter.web.clerk import XLSX
from converter.web.pages import attachment
from converter.web.progress import ProgressReader, Published, UnitProgress
from converter.web.services import (
    Services,
    in_thread,
    officer_only,
    received,
    services,
    session_of,
    text,
    to,
)
from converter.web.sessions import OFFICER as ROLE
from converter.web.state import State

A_PAGE = 100  # units on a page
LISTED = 40  # lines of a list among the figures
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
COST = 1 << 15  # of a guess at the officer's password: 32 MB


# --- the way in --------------------------------------------------------------------------------


def new_password(state: State) -> str:
    """Make the officer's password anew; it is told once and kept as a hash."""
    made = passwords.new()
    state.put("officer", passwords.hashed(made, n=COST))
    return made


async def door(request: Request) -> Response:
    if session_of(request).role == ROLE:
        return to("/officer")
    return services(request).pages.show(request, "officer_door", problem="")


async def sign_in(request: Request) -> Response:
    held, form = services(request), await received(request)
    here = common.address(request)
    wait = await common.waiting(request, [("officer", here, OFFICER), ("officer", "", ANY_OFFICER)])
    if wait:
        problem = message("portal_wait", minutes=math.ceil(wait / 60))
        answer = held.pages.show(request, "officer_door", 429, problem=problem)
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer
    async with held.hashing:
        line = await in_thread(held.state.get, "officer")
        right = await in_thread(passwords.matches, text(form, "password"), line)
    if not right:
        return held.pages.show(
            request, "officer_door", 403, problem=message("portal_officer_wrong")
        )
    await in_thread(held.attempts.forgive, "officer", here)
    await in_thread(held.attempts.undo, "officer", "")
    request.state.session = held.sessions.opened(held.now(), ROLE, mark=held.officer_mark())
    return to("/officer")


# --- pages ---------------------------------------------------------------------------------------


async def _read(request: Request) -> tuple[Services, Published, list[UnitProgress]]:
    officer_only(request)
    held = services(request)
    reader: ProgressReader = request.app.state.progress

    def read() -> tuple[Published, list[UnitProgress]]:
        found = reader.published()
        return found, progress.lines(held, found)

    found, listed = await in_thread(read)
    return held, found, listed


def _show(request: Request, name: str, found: Published, **words: Any) -> Response:
    return services(request).pages.show(request, name, found=found, **words)


async def overview(request: Request) -> Response:
    _, found, listed = await _read(request)
    counts = progress.counted(listed)
    return _show(
        request,
        "officer",
        found,
        counts=counts,
        total=len(listed),
        missing=sum(counts[stage] for stage in progress.MISSING),
        figure=found.figure("progress"),
    )


async def units(request: Request) -> Response:
    """All units, or those at a stage, or those whose name or code holds a text."""
    _, found, listed = await _read(request)
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
    return _show(
        request,
        "officer_units",
        found,
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
    _, found, _ = await _read(request)
    return _show(request, "officer_faults", found, figure=found.figure("faults"))


async def figures(request: Request) -> Response:
    _, found, _ = await _read(request)
    tables = summary.tables(found.figures, listed=LISTED)
    parts = list(zip(found.figures, tables, strict=True))
    return _show(request, "officer_figures", found, parts=parts)


async def chart(request: Request) -> Response:
    """A chart as a picture: as a document of its own it may have its own styles."""
    _, found, _ = await _read(request)
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
    held, found, listed = await _read(request)
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
    page = await in_thread(summary.html, found.figures, title, f"{held.form.title}　{made}")
    return attachment(page.encode("utf-8"), name, "text/html; charset=utf-8")
