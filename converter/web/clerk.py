"""A unit's pages: signing in, its names as the union has them, the identity file and the workbook;
what was submitted and the receipts."""

from __future__ import annotations

import math
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from converter.messages.catalogue import message
from converter.report import receipt_page as as_page
from converter.report import register_text as report
from converter.report import reply_files
from converter.text.characters import plain_name
from converter.web import spool
from converter.web.pages import attachment, in_thread, redirect
from converter.web.services import (
    attempt_of,
    read_form,
    services_of,
    session_of,
    signed_in,
    text,
    unit_of,
    visitor_of,
    while_connected,
)
from converter.web.sessions import UNIT
from converter.web.state import UploadRecord
from converter.workers.pool import Worker
from converter.workers.requests.template import BlankWorkbook, TemplatesRequest

XML, XLSX, JSON = (
    "application/xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/json",
)
IDENTITY, WORKBOOK = "identity", "workbook"


async def home(request: Request) -> Response:
    return services_of(request).pages.show(request, "home")


# --- signing in ------------------------------------------------------------------------------


async def sign_in_page(request: Request) -> Response:
    """单位名称, 单位密码."""
    if session_of(request).role == UNIT:
        return redirect("/unit")
    return _sign_in_page(request)


def _sign_in_page(
    request: Request, name: str = "", status: int = 200, problem: str = "", at: str = ""
) -> Response:
    return services_of(request).pages.show(
        request, "identity", status, name=name, problem=problem, at=at
    )


async def sign_in(request: Request) -> Response:
    services, form = services_of(request), await read_form(request)
    name, password = text(form, "name"), text(form, "password")
    if not name or not password:
        at = "password" if name else "name"
        return _sign_in_page(request, name, 400, message("portal_blank"), at)
    known = plain_name(name)
    attempt = attempt_of(request, f"unit {known}", services.units.name_mark(name))
    wait = await in_thread(services.attempts.wait, attempt)
    if wait:
        problem = message("portal_wait", minutes=math.ceil(wait / 60))
        answer = _sign_in_page(request, name, 429, problem, "name")
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer
    async with services.hashing.turn(attempt.address):
        entry = await in_thread(services.units.open, name, password)
    if entry is None:
        return _sign_in_page(request, name, 403, message("portal_wrong"), "password")
    mark = services.units.mark(entry)
    return await signed_in(
        request, attempt, services.sessions.opened(services.now(), UNIT, entry.unit_code, mark)
    )


async def leave(request: Request) -> Response:
    await read_form(request)
    services, session = services_of(request), session_of(request)
    services.results.leave(session.sid)
    if session.role:
        await in_thread(services.state.leave, session.sid, services.now() + 86_400, services.now())
    request.state.session = services.sessions.new(services.now())
    return redirect("/")


# --- what is on record, and the files ------------------------------------------------------------


async def unit(request: Request) -> Response:
    """单位信息验证: 所属工会 and 单位名称, then the downloads; below what was submitted."""
    entry, services = unit_of(request), services_of(request)
    fetched = await in_thread(services.fetched, entry)
    submitted = await in_thread(services.state.submissions, entry.unit_code)
    replies = await in_thread(spool.replies, submitted, services.settings)
    before = await in_thread(services.state.downloads, IDENTITY)
    return services.pages.show(
        request,
        "unit",
        entry=entry,
        holder=fetched.public.identity if fetched.public else None,
        refused=services.refusal(fetched),
        before=before.get((entry.unit_code, entry.serial)),
        submitted=[(one, replies[one.number]) for one in submitted],
    )


async def identity_file(request: Request) -> Response:
    """The identity file itself, secret and all: for its unit alone."""
    await read_form(request)
    entry, services = unit_of(request), services_of(request)
    fetched = await in_thread(services.fetched, entry)
    if fetched.refused:
        return services.pages.problem(request, "no_file", 409, reason=services.refusal(fetched))
    data = await in_thread(fetched.path.read_bytes)
    await in_thread(
        services.state.downloaded, entry.unit_code, entry.serial, IDENTITY, services.now()
    )
    return attachment(data, fetched.path.name, XML)


async def workbook(request: Request) -> Response:
    """A workbook with the unit's names written in."""
    await read_form(request)
    entry, services = unit_of(request), services_of(request)
    fetched = await in_thread(services.fetched, entry)
    if fetched.refused or fetched.public is None:
        return services.pages.problem(request, "no_file", 409, reason=services.refusal(fetched))
    public = fetched.public
    document = public.document()
    _, folder = services.results.new_folder()
    target = folder / "book.xlsx"

    def render(worker: Worker) -> bytes:
        books = (BlankWorkbook(target, document),)
        worker.run(TemplatesRequest(services.form_folder, books))
        return target.read_bytes()

    try:
        data = await while_connected(request, services.queue.run(visitor_of(request), render))
    finally:
        services.results.discard(folder)
    await in_thread(
        services.state.downloaded, entry.unit_code, entry.serial, WORKBOOK, services.now()
    )
    return attachment(data, fetched.path.with_suffix(".xlsx").name, XLSX)


# --- what was submitted ------------------------------------------------------------------------


async def submission(request: Request) -> Response:
    """One submission and its receipt, once `receive` has written it."""
    one, reply = await _submission(request)
    receipt_text = ""
    if reply.receipt is not None:
        verdict = "genuine" if reply.genuine else "signed"
        receipt_text = report.receipt_text(
            reply.receipt, verdict if reply.receipt.get("signature") else "unsigned"
        )
    return services_of(request).pages.show(
        request, "submission", one=one, reply=reply, receipt_text=receipt_text
    )


async def receipt(request: Request) -> Response:
    one, reply = await _submission(request)
    if reply.receipt is None:
        raise HTTPException(404)
    services = services_of(request)
    path = reply_files.receipt(services.settings.reply or Path(), one.file)
    return attachment(await in_thread(path.read_bytes), path.name, JSON)


async def receipt_page(request: Request) -> Response:
    """The receipt as one page to read and print, as it lies in the folder of replies. It brings its
    own styles."""
    _, reply = await _submission(request)
    if reply.receipt is None:
        raise HTTPException(404)
    annotated = reply.marked.name if reply.marked else ""
    data = await in_thread(as_page.render, reply.receipt, annotated)
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return HTMLResponse(data, headers={"content-security-policy": policy})


async def marked(request: Request) -> Response:
    _, reply = await _submission(request)
    if reply.marked is None:
        raise HTTPException(404)
    return attachment(await in_thread(reply.marked.read_bytes), reply.marked.name, XLSX)


async def _submission(request: Request) -> tuple[UploadRecord, spool.Reply]:
    entry, services = unit_of(request), services_of(request)
    wanted = request.path_params["number"]
    own = await in_thread(services.state.submissions, entry.unit_code)
    for one in own:
        if one.number == wanted:
            found = await in_thread(spool.replies, [one], services.settings)
            return one, found[one.number]
    raise HTTPException(404)
