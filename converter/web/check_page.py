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
from converter.web.services import in_thread, received, services_of, session_of, to, unit_of
from converter.web.sessions import UNIT
from converter.web.upload_check import MARKED, PACKAGE, Work, check_upload

FILES = 2  # the two halves of one submission
LONGEST_NAME = 80  # characters of a file's name
_ODD = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e]')


async def start(request: Request) -> Response:
    services = services_of(request)
    entry = services.units.of(session_of(request).unit)
    return services.pages.show(
        request, "check", entry=entry, problem="", largest=services.settings.largest >> 20
    )


async def upload(request: Request) -> Response:
    services = services_of(request)
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else services.settings.largest * FILES
    load = services.load
    if (
        load.count >= services.settings.max_uploads
        or load.bytes + size > services.settings.max_bytes
    ):
        raise QueueFull
    load.count, load.bytes = load.count + 1, load.bytes + size
    try:
        form = await received(request, files=FILES)
        try:
            return await _check(request, form)
        finally:
            await form.close()
    finally:
        load.count, load.bytes = load.count - 1, load.bytes - size


async def _check(request: Request, form: FormData) -> Response:
    services, session = services_of(request), session_of(request)
    sent = [f for f in form.getlist("file") if isinstance(f, UploadFile) and f.filename]
    if not sent:
        entry = services.units.of(session.unit)
        values = {"entry": entry, "problem": message("portal_no_upload")}
        largest = services.settings.largest >> 20
        return services.pages.show(request, "check", 400, largest=largest, **values)
    if any((one.size or 0) > services.settings.largest for one in sent):
        raise UploadTooLarge
    token, folder = services.results.room()
    kept = False
    try:
        uploads = [await in_thread(_save, one, folder / str(n)) for n, one in enumerate(sent)]
        await form.close()
        entry, identity = None, None
        if session.role == UNIT:
            entry = unit_of(request)
            name = services.units.path(entry)
            identity = name if name.is_file() else None
        work = Work(
            folder, uploads, services.settings.form, entry, identity, services.settings.seal
        )
        result = await services.queue.run(
            common.who(request), lambda worker: check_upload(work, worker)
        )
        if result is None:
            return services.pages.problem(request, "two_units", 400)
        names = tuple(path.name for path in uploads)
        code = entry.unit_code if entry else ""
        number = spool.number(services.now())
        services.results.keep(token, session.sid, code, names, result, number)
        kept = True
    finally:
        if not kept:
            services.results.discard(folder)
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
    services = services_of(request)
    found = services.results.find(request.path_params["token"], session_of(request).sid)
    if found is None:
        raise HTTPException(404)
    return found


async def result(request: Request) -> Response:
    services = services_of(request)
    found = services.results.find(request.path_params["token"], session_of(request).sid)
    if found is None:
        return services.pages.problem(request, "expired", 404)
    submitted = found.unit and any(
        one.number == found.number
        for one in await in_thread(services.state.submissions, found.unit)
    )
    return services.pages.show(
        request,
        "result",
        found=found,
        result=found.result,
        minutes=round(services.settings.keep / 60),
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
    services, found = services_of(request), _result(request)
    entry = unit_of(request)
    if found.unit != entry.unit_code or not found.result.can_be_submitted:
        raise HTTPException(403)
    try:
        await in_thread(
            spool.submit,
            found.folder / PACKAGE,
            found.number,
            entry.unit_code,
            found.result.members,
            services.settings,
            services.state,
        )
    except OSError:
        return services.pages.problem(request, "not_submitted", 503, wait=60)
    return to(f"/unit/submissions/{found.number}")
