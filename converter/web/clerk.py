"""A unit's pages: name, password and picture → what the union has on record → the identity file
and the workbook; what was submitted and what became of it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter import identity
from converter.identity.ledger import LedgerEntry
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.register.precedence import same_name
from converter.report import register_text as report
from converter.usecases.receive import inbox
from converter.web import services as common
from converter.web import spool
from converter.web.attempts import BY_ADDRESS, BY_CAPTCHA, BY_UNIT
from converter.web.pages import attachment
from converter.web.services import in_thread, received, services_of, session_of, text, to, unit_of
from converter.web.sessions import UNIT
from converter.web.state import UploadRecord
from converter.web.units import Fetched
from converter.workers.pool import Task, Worker

XML, XLSX, JSON = (
    "application/xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/json",
)
IDENTITY, WORKBOOK = "identity", "workbook"


async def home(request: Request) -> Response:
    return services_of(request).pages.show(request, "home")


# --- the way in ------------------------------------------------------------------------------


async def sign_in_page(request: Request) -> Response:
    """单位名称, 单位密码, 验证码."""
    if session_of(request).role == UNIT:
        return to("/unit")
    return _sign_in_page(request)


def _sign_in_page(request: Request, name: str = "", status: int = 200, **values: Any) -> Response:
    services = services_of(request)
    riddle = services.captchas.new(session_of(request).sid, common.address(request))
    values = {"name": name, "riddle": riddle, "problem": "", "at": "", **values}
    answer = services.pages.show(request, "identity", status, **values)
    if values.get("wait"):
        answer.headers["retry-after"] = str(math.ceil(values["wait"]))
    return answer


async def captcha(request: Request) -> Response:
    services = services_of(request)
    name, sid = request.path_params["name"], session_of(request).sid
    picture = await in_thread(services.captchas.picture, name, sid)
    if not picture:
        raise HTTPException(404)
    return Response(picture, media_type="image/png")


async def sign_in(request: Request) -> Response:
    """The picture first, since it costs nothing to look at; then name and password as one."""
    services, form = services_of(request), await received(request)
    name, password = text(form, "name"), text(form, "password")
    address = common.address(request)
    if "again" in form:  # another picture, the name kept
        return _sign_in_page(request, name)
    if not services.captchas.solved(
        text(form, "riddle"), session_of(request).sid, text(form, "answer")
    ):
        wait = await common.waiting(request, [("captcha", address, BY_CAPTCHA)])
        if wait:
            return _wait(request, name, wait)
        return _sign_in_page(
            request, name, 400, problem=message("portal_wrong_picture"), at="answer"
        )
    if not name or not password:
        at = "password" if name else "name"
        return _sign_in_page(request, name, 400, problem=message("portal_blank"), at=at)
    unit = same_name(name)
    wait = await common.waiting(
        request, [("unit", unit, BY_UNIT), ("address", address, BY_ADDRESS)]
    )
    if wait:
        return _wait(request, name, wait)
    async with services.hashing:
        entry = await in_thread(services.units.open, name, password)
    if entry is None:
        return _sign_in_page(request, name, 403, problem=message("portal_wrong"), at="password")
    await in_thread(services.attempts.forgive, "unit", unit)
    await in_thread(services.attempts.undo, "address", address)
    mark = services.units.mark(entry)
    request.state.session = services.sessions.opened(services.now(), UNIT, entry.unit_code, mark)
    return to("/unit")


def _wait(request: Request, name: str, wait: float) -> Response:
    problem = message("portal_wait", minutes=math.ceil(wait / 60))
    return _sign_in_page(request, name, 429, problem=problem, at="name", wait=wait)


async def leave(request: Request) -> Response:
    await received(request)
    services, session = services_of(request), session_of(request)
    services.results.leave(session.sid)
    if session.role:
        await in_thread(services.state.leave, session.sid, services.now() + 86_400, services.now())
    request.state.session = services.sessions.new(services.now())
    return to("/")


# --- what is on record, and the files ------------------------------------------------------------


async def unit(request: Request) -> Response:
    """单位信息验证: 所属工会 and 单位名称, then the downloads; below what was submitted."""
    entry, services = unit_of(request), services_of(request)
    fetched = await in_thread(_fetched, request, entry)
    submitted = await in_thread(services.state.submissions, entry.unit_code)
    replies = await in_thread(spool.replies, submitted, services.settings)
    before = await in_thread(services.state.downloads, IDENTITY)
    return services.pages.show(
        request,
        "unit",
        entry=entry,
        holder=fetched.public.identity if fetched.public else None,
        refused=_refusal(request, fetched),
        before=before.get((entry.unit_code, entry.serial)),
        submitted=[(one, replies[one.number]) for one in submitted],
    )


def _fetched(request: Request, entry: LedgerEntry) -> Fetched:
    services = services_of(request)
    today = (datetime.fromtimestamp(services.now(), UTC) + timedelta(hours=8)).date()
    return services.units.fetch(entry, today)


def _refusal(request: Request, fetched: Fetched) -> str:
    issue = fetched.refused
    return catalogue.sentence(issue, services_of(request).form) if issue else ""


async def identity_file(request: Request) -> Response:
    """The identity file itself, secret and all: for its unit alone."""
    await received(request)
    entry, services = unit_of(request), services_of(request)
    fetched = await in_thread(_fetched, request, entry)
    if fetched.refused:
        return services.pages.problem(request, "no_file", 409, reason=_refusal(request, fetched))
    data = await in_thread(fetched.path.read_bytes)
    await in_thread(
        services.state.downloaded, entry.unit_code, entry.serial, IDENTITY, services.now()
    )
    return attachment(data, fetched.path.name, XML)


async def workbook(request: Request) -> Response:
    """A workbook with the unit's names written in."""
    await received(request)
    entry, services = unit_of(request), services_of(request)
    fetched = await in_thread(_fetched, request, entry)
    if fetched.refused or fetched.public is None:
        return services.pages.problem(request, "no_file", 409, reason=_refusal(request, fetched))
    public = fetched.public
    document = identity.compose(public.identity, public.keys, public.signature)
    _, folder = services.results.room()
    target = folder / "book.xlsx"

    def press(worker: Worker) -> bytes:
        args = {"form": str(services.settings.form), "rows": 0, "outputs": [str(target)]}
        worker.run(Task("templates", args, (), (document,)))
        return target.read_bytes()

    try:
        data = await services.queue.run(common.who(request), press)
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
        receipt_text = report.receipt(
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
    path = inbox.receipt(services.settings.reply or Path(), one.file)
    return attachment(await in_thread(path.read_bytes), path.name, JSON)


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
