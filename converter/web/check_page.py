"""Check in the browser: an upload leads to its faults, cell by cell, and to a marked copy; without
errors to a package, which goes into the inbox."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from converter.messages.catalogue import message
from converter.text import file_names
from converter.web import spool
from converter.web.guard import StateUnavailable, UploadTooLarge
from converter.web.pages import attachment, in_thread, redirect
from converter.web.results import Result
from converter.web.services import (
    read_form,
    services_of,
    session_of,
    unit_of,
    visitor_of,
    while_connected,
)
from converter.web.sessions import UNIT
from converter.web.upload_check import CORRECTED, MARKED, PACKAGE, UploadResult, Work, check_upload
from converter.web.upload_names import received_name
from converter.workers.pool import Worker

FILES = 2  # the two halves of one submission


async def start(request: Request) -> Response:
    return await _start(request)


async def _start(request: Request, status: int = 200, problem: str = "") -> Response:
    services = services_of(request)
    entry = services.units.of(session_of(request).unit)
    refused = services.refusal(await in_thread(services.fetched, entry)) if entry else ""
    return services.pages.show(
        request,
        "check",
        status,
        entry=entry,
        refused=refused,
        problem=problem,
        largest=services.settings.largest >> 20,
    )


async def upload(request: Request) -> Response:
    services = services_of(request)
    with services.capacity.upload(visitor_of(request)) as slot:
        request.state.slot = slot
        form = await read_form(request, files=FILES)
        try:
            return await _check(request, form)
        finally:
            await form.close()


async def _check(request: Request, form: FormData) -> Response:
    services = services_of(request)
    sent = [f for f in form.getlist("file") if isinstance(f, UploadFile) and f.filename]
    if not sent:
        return await _start(request, 400, message("portal_no_upload"))
    if any((one.size or 0) > services.settings.largest for one in sent):
        raise UploadTooLarge
    token, folder = services.results.new_folder()
    try:
        uploads = [await in_thread(_save, one, folder / str(n)) for n, one in enumerate(sent)]
        await form.close()
        return await checked(request, token, folder, uploads)
    finally:
        services.results.discard_unless_kept(token)


async def checked(
    request: Request,
    token: str,
    folder: Path,
    uploads: Sequence[Path],
    before: Callable[[Worker], object] = lambda _: None,
) -> Response:
    """Check uploads in a result's folder, after what has to be done `before` with the same worker;
    leads to the page of the result."""
    services, session = services_of(request), session_of(request)
    entry = unit_of(request) if session.role == UNIT else None
    identity = await in_thread(services.fetched, entry) if entry else None
    work = Work(
        folder,
        uploads,
        services.form_folder,
        services.settings.keys,
        entry,
        identity.path if identity and not identity.refused else None,
        services.settings.seal,
        services.settings.secrets,
    )

    def run(worker: Worker) -> UploadResult | None:
        before(worker)
        return check_upload(work, worker)

    visitor = visitor_of(request)
    result = await while_connected(request, services.queue.run(visitor, run))
    if result is None:
        return services.pages.problem(request, "two_units", 400)
    services.results.keep(
        token,
        session.sid,
        visitor,
        entry.unit_code if entry else "",
        tuple(path.name for path in uploads),
        result,
        spool.number(services.now()),
        tuple(uploads) if result.can_be_corrected else (),
    )
    return redirect(f"/check/{token}")


def _save(upload: UploadFile, folder: Path) -> Path:
    """An upload under its own name, as far as any system takes it, in a folder of its own."""
    folder.mkdir(mode=0o700)
    path = folder / received_name(upload.filename or "")
    with path.open("xb") as file:
        shutil.copyfileobj(upload.file, file, 1 << 20)
    return path


# --- what came of it ---------------------------------------------------------------------------


def result_of(request: Request) -> Result:
    """The result that an address names. Raises HTTPException."""
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
    entry = services.units.of(found.unit)
    refused = ""
    if entry is not None:
        refused = services.refusal(await in_thread(services.fetched, entry))
    return services.pages.show(
        request,
        "result",
        refused=refused,
        found=found,
        result=found.result,
        minutes=round(services.settings.keep / 60),
        submitted=submitted,
        corrected=(found.folder / CORRECTED).is_file(),
    )


async def marked(request: Request) -> Response:
    return _download(result_of(request), MARKED, message("annotated_suffix") + "-{stem}.xlsx")


async def corrected(request: Request) -> Response:
    return _download(result_of(request), CORRECTED, "{stem}.xlsx")


async def package(request: Request) -> Response:
    return _download(result_of(request), PACKAGE, "{stem}.zip")


def _download(result: Result, file: str, pattern: str) -> Response:
    path = result.folder / file
    if not path.is_file():
        raise HTTPException(404)
    as_ = pattern.format(stem=file_names.stem(result.names[0]))
    kind = attachment(b"", as_, "application/octet-stream")
    return FileResponse(path, headers={"content-disposition": kind.headers["content-disposition"]})


async def submit(request: Request) -> Response:
    """Into the inbox, under the number that the result was given: twice is once."""
    await read_form(request)
    services, found = services_of(request), result_of(request)
    entry = unit_of(request)
    if found.unit != entry.unit_code or not found.result.can_be_submitted:
        raise HTTPException(403)
    # Only with a good current identity file: it may have been replaced since the check.
    fetched = await in_thread(services.fetched, entry)
    if fetched.refused:
        return services.pages.problem(request, "no_identity", 409, reason=services.refusal(fetched))
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
    except (OSError, StateUnavailable):
        return services.pages.problem(request, "not_submitted", 503, wait=60)
    return redirect(f"/unit/submissions/{found.number}")
