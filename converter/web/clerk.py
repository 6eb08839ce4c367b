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
from converter.web.services import in_thread, received, services, session_of, text, to, unit_of
from converter.web.sessions import UNIT
from converter.web.state import UploadRecord
from converter.web.units import Fetched
from converter.workers.pool import Worker
from converter.workers.requests.template import BlankWorkbook, TemplatesRequest

XML, XLSX, JSON = (
    "application/xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/json",
)
IDENTITY, WORKBOOK = "identity", "workbook"


async def home(request: Request) -> Response:
    return services(request).pages.show(request, "home")


# --- the way in ------------------------------------------------------------------------------


async def door(request: Request) -> Response:
    """单位名称, 单位密码, 验证码."""
    if session_of(request).role == UNIT:
        return to("/unit")
    return _door(request)


def _door(request: Request, name: str = "", status: int = 200, **told: Any) -> Response:
    held = services(request)
    riddle = held.captchas.new(session_of(request).sid, common.address(request))
    words = {"name": name, "riddle": riddle, "problem": "", "at": "", **told}
    answer = held.pages.show(request, "identity", status, **words)
    if told.get("wait"):
        answer.headers["retry-after"] = str(math.ceil(told["wait"]))
    return answer


async def captcha(request: Request) -> Response:
    held = services(request)
    name, sid = request.path_params["name"], session_of(request).sid
    picture = await in_thread(held.captchas.picture, name, sid)
    if not picture:
        raise HTTPException(404)
    return Response(picture, media_type="image/png")


async def sign_in(request: Request) -> Response:
    """The picture first, since it costs nothing to look at; then name and password as one."""
    held, form = services(request), await received(request)
    name, password = text(form, "name"), text(form, "password")
    here = common.address(request)
    if "again" in form:  # another picture, the name kept
        return _door(request, name)
    if not held.captchas.solved(
        text(form, "riddle"), session_of(request).sid, text(form, "answer")
    ):
        wait = await common.waiting(request, [("captcha", here, BY_CAPTCHA)])
        if wait:
            return _wait(request, name, wait)
        return _door(request, name, 400, problem=message("portal_wrong_picture"), at="answer")
    if not name or not password:
        at = "password" if name else "name"
        return _door(request, name, 400, problem=message("portal_blank"), at=at)
    unit = same_name(name)
    wait = await common.waiting(request, [("unit", unit, BY_UNIT), ("address", here, BY_ADDRESS)])
    if wait:
        return _wait(request, name, wait)
    async with held.hashing:
        entry = await in_thread(held.units.open, name, password)
    if entry is None:
        return _door(request, name, 403, problem=message("portal_wrong"), at="password")
    await in_thread(held.attempts.forgive, "unit", unit)
    await in_thread(held.attempts.undo, "address", here)
    mark = held.units.mark(entry)
    request.state.session = held.sessions.opened(held.now(), UNIT, entry.unit_code, mark)
    return to("/unit")


def _wait(request: Request, name: str, wait: float) -> Response:
    problem = message("portal_wait", minutes=math.ceil(wait / 60))
    return _door(request, name, 429, problem=problem, at="name", wait=wait)


async def leave(request: Request) -> Response:
    await received(request)
    held, session = services(request), session_of(request)
    held.results.leave(session.sid)
    if session.role:
        await in_thread(held.state.leave, session.sid, held.now() + 86_400, held.now())
    request.state.session = held.sessions.new(held.now())
    return to("/")


# --- what is on record, and the files ------------------------------------------------------------


async def unit(request: Request) -> Response:
    """单位信息验证: 所属工会 and 单位名称, then the downloads; below what was submitted."""
    entry, held = unit_of(request), services(request)
    fetched = await in_thread(_fetched, request, entry)
    submitted = await in_thread(held.state.submissions, entry.unit_code)
    replies = await in_thread(spool.replies, submitted, held.settings)
    before = await in_thread(held.state.downloads, IDENTITY)
    return held.pages.show(
        request,
        "unit",
        entry=entry,
        holder=fetched.public.identity if fetched.public else None,
        refused=_refusal(request, fetched),
        before=before.get((entry.unit_code, entry.serial)),
        submitted=[(one, replies[one.number]) for one in submitted],
    )


def _fetched(request: Request, entry: LedgerEntry) -> Fetched:
    held = services(request)
    today = (datetime.fromtimestamp(held.now(), UTC) + timedelta(hours=8)).date()
    return held.units.fetch(entry, today)


def _refusal(request: Request, fetched: Fetched) -> str:
    issue = fetched.refused
    return catalogue.sentence(issue, services(request).form) if issue else ""


async def identity_file(request: Request) -> Response:
    """The identity file itself, secret and all: for its unit alone."""
    await received(request)
    entry, held = unit_of(request), services(request)
    fetched = await in_thread(_fetched, request, entry)
    if fetched.refused:
        return held.pages.problem(request, "no_file", 409, reason=_refusal(request, fetched))
    data = await in_thread(fetched.path.read_bytes)
    await in_thread(held.state.downloaded, entry.unit_code, entry.serial, IDENTITY, held.now())
    return attachment(data, fetched.path.name, XML)


async def workbook(request: Request) -> Response:
    """A workbook with the unit's names written in."""
    await received(request)
    entry, held = unit_of(request), services(request)
    fetched = await in_thread(_fetched, request, entry)
    if fetched.refused or fetched.public is None:
        return held.pages.problem(request, "no_file", 409, reason=_refusal(request, fetched))
    public = fetched.public
    document = identity.compose(public.identity, public.keys, public.signature)
    _, folder = held.results.room()
    target = folder / "book.xlsx"

    def press(worker: Worker) -> bytes:
        books = (BlankWorkbook(target, document),)
        worker.run(TemplatesRequest(held.settings.form, books))
        return target.read_bytes()

    try:
        data = await held.desk.run(common.who(request), press)
    finally:
        held.results.discard(folder)
    await in_thread(held.state.downloaded, entry.unit_code, entry.serial, WORKBOOK, held.now())
    return attachment(data, fetched.path.with_suffix(".xlsx").name, XLSX)


# --- what was submitted ------------------------------------------------------------------------


async def submission(request: Request) -> Response:
    """One submission and its receipt, once `receive` has written it."""
    one, reply = await _submission(request)
    told = ""
    if reply.receipt is not None:
        verdict = "genuine" if reply.genuine else "signed"
        told = report.receipt_text(
            reply.receipt, verdict if reply.receipt.get("signature") else "unsigned"
        )
    return services(request).pages.show(request, "submission", one=one, reply=reply, told=told)


async def receipt(request: Request) -> Response:
    one, reply = await _submission(request)
    if reply.receipt is None:
        raise HTTPException(404)
    held = services(request)
    path = inbox.receipt(held.settings.reply or Path(), one.file)
    return attachment(await in_thread(path.read_bytes), path.name, JSON)


async def marked(request: Request) -> Response:
    _, reply = await _submission(request)
    if reply.marked is None:
        raise HTTPException(404)
    return attachment(await in_thread(reply.marked.read_bytes), reply.marked.name, XLSX)


async def _submission(request: Request) -> tuple[UploadRecord, spool.Reply]:
    entry, held = unit_of(request), services(request)
    wanted = request.path_params["number"]
    own = await in_thread(held.state.submissions, entry.unit_code)
    for one in own:
        if one.number == wanted:
            found = await in_thread(spool.replies, [one], held.settings)
            return one, found[one.number]
    raise HTTPException(404)
