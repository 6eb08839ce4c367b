"""Check in the browser: an upload → what is wrong at which cell → the marked copy, or the package
→ into the inbox."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath, PureWindowsPath

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from converter.messages.catalogue import message
from converter.web import services as common
from converter.web import spool
from converter.web.fair_queue import QueueFull
from converter.web.guard import UploadTooLarge
from converter.web.pages import attachment
from converter.web.results import Result
from converter.web.services import in_thread, received, services, session_of, to, unit_of
from converter.web.sessions import UNIT
from converter.web.upload_check import MARKED, PACKAGE, Work, check_upload

FILES = 2  # the two halves of one submission
LONGEST_NAME = 80  # characters of a file's name
_ODD = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e]')


async def start(request: Request) -> Response:
    held = services(request)
    entry = held.units.of(session_of(request).unit)
    return held.pages.show(
        request, "check", entry=entry, problem="", largest=held.settings.largest >> 20
    )


async def upload(request: Request) -> Response:
    held = services(request)
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else held.settings.largest * FILES
    load = held.load
    if load.count >= held.settings.uploads or load.bytes + size > held.settings.held:
        raise QueueFull
    load.count, load.bytes = load.count + 1, load.bytes + size
    try:
        form = await received(request, files=FILES)
        try:
            return await _judged(request, form)
        finally:
            await form.close()
    finally:
        load.count, load.bytes = load.count - 1, load.bytes - size


async def _judged(request: Request, form: FormData) -> Response:
    held, session = services(request), session_of(request)
    sent = [f for f in form.getlist("file") if isinstance(f, UploadFile) and f.filename]
    if not sent:
        entry = held.units.of(session.unit)
        words = {"entry": entry, "problem": message("portal_no_upload")}
        largest = held.settings.largest >> 20
        return held.pages.show(request, "check", 400, largest=largest, **words)
    if any((one.size or 0) > held.settings.largest for one in sent):
        raise UploadTooLarge
    token, folder = held.results.room()
    kept = False
    try:
        uploads = [await in_thread(_save, one, folder / str(n)) for n, one in enumerate(sent)]
        await form.close()
        entry, identity = None, None
        if session.role == UNIT:
            entry = unit_of(request)
            name = held.units.path(entry)
            identity = name if name.is_file() else None
        work = Work(folder, uploads, held.settings.form, entry, identity, held.settings.seal)
        verdict = await held.desk.run(
            common.who(request), lambda worker: check_upload(work, worker)
        )
        if verdict is None:
            return held.pages.problem(request, "two_units", 400)
        names = tuple(path.name for path in uploads)
        code = entry.unit_code if entry else ""
        number = spool.number(held.now())
        held.results.keep(token, session.sid, code, names, verdict, number)
        kept = True
    finally:
        if not kept:
            held.results.discard(folder)
    return to(f"/check/{token}")


def _save(upload: UploadFile, folder: Path) -> Path:
    """An upload under its own name, as far as any system takes it, in a folder of its own."""
    folder.mkdir(mode=0o700)
    path = folder / file_name(upload.filename or "")
    with path.open("xb") as file:
        shutil.copyfileobj(upload.file, file, 1 << 20)
    return path


def file_name(sent: str) -> str:
    """The last part of a name as browsers send it, without what could hide or climb.

    >>> file_name("C:\\\\fakepath\\\\填报.xlsx"), file_name("../../etc/passwd"), file_name("..")
    ('填报.xlsx', 'passwd', 'file')
    """
    last = PurePosixPath(PureWindowsPath(sent).name).name
    name = _ODD.sub("_", last).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return name[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - 10]}.{suffix[:9]}"


# --- what came of it ---------------------------------------------------------------------------


def _result(request: Request) -> Result:
    held = services(request)
    found = held.results.find(request.path_params["token"], session_of(request).sid)
    if found is None:
        raise HTTPException(404)
    return found


async def result(request: Request) -> Response:
    held = services(request)
    found = held.results.find(request.path_params["token"], session_of(request).sid)
    if found is None:
        return held.pages.problem(request, "expired", 404)
    submitted = found.unit and any(
        one.number == found.number for one in await in_thread(held.state.submissions, found.unit)
    )
    return held.pages.show(
        request,
        "result",
        found=found,
        verdict=found.verdict,
        minutes=round(held.settings.keep / 60),
        submitted=submitted,
    )


async def marked(request: Request) -> Response:
    return _download(_result(request), MARKED, message("annotated_suffix") + "-{stem}.xlsx")


async def package(request: Request) -> Response:
    return _download(_result(request), PACKAGE, "{stem}.zip")


def _download(found: Result, name: str, called: str) -> Response:
    path = found.folder / name
    if not path.is_file():
        raise HTTPException(404)
    as_ = called.format(stem=Path(found.names[0]).stem)
    kind = attachment(b"", as_, "application/octet-stream")
    return FileResponse(path, headers={"content-disposition": kind.headers["content-disposition"]})


async def submit(request: Request) -> Response:
    """Into the inbox, under the number that the result was given: twice is once."""
    await received(request)
    held, found = services(request), _result(request)
    entry = unit_of(request)
    if found.unit != entry.unit_code or not found.verdict.can_be_submitted:
        raise HTTPException(403)
    try:
        await in_thread(
            spool.submit,
            found.folder / PACKAGE,
            found.number,
            entry.unit_code,
            found.verdict.members,
            held.settings,
            held.state,
        )
    except OSError:
        return held.pages.problem(request, "not_submitted", 503, wait=60)
    return to(f"/unit/submissions/{found.number}")
