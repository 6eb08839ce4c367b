"""Correcting an upload where it was checked: the table of its faulty rows and items, each cell
checked again, and the corrected workbook to download or to go on with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.messages.catalogue import message
from converter.model.corrections import CellEdit
from converter.model.errors import WorkerDied
from converter.text import file_names
from converter.web import check_page
from converter.web.clerk import XLSX
from converter.web.correcting import FRAGMENT, LEAVE, edits_of
from converter.web.correcting.fields import FIELD, FIELDS
from converter.web.pages import attachment, in_thread, redirect
from converter.web.results import Result
from converter.web.services import read_form, services_of, session_of, visitor_of, while_connected
from converter.web.upload_check import CORRECTED
from converter.workers.pool import Worker
from converter.workers.requests.corrections import CorrectionAnswer, CorrectionRequest


async def show(request: Request) -> Response:
    """The table as it stands."""
    await request.body()  # nothing is left to come but the visitor's leaving
    found = _find(request)
    if found is None:
        return services_of(request).pages.problem(request, "expired", 404)
    return await _table(request, found, (), "correct")


async def send(request: Request) -> Response:
    """Take in what was typed; then show what is left, hand the workbook out, or go on with it."""
    form, found = await read_form(request, fields=FIELDS, field=FIELD), _find(request)
    if found is None:
        return services_of(request).pages.problem(request, "expired", 404)
    sent = _edits(form, request)
    found.edits.add(sent)
    if form.get("do") == LEAVE:
        return Response(status_code=204)
    if form.get("do") == "finish":
        return await _finish(request, found)
    if form.get("do") == "download":
        return await _download(request, found)
    if request.headers.get(FRAGMENT):
        return await _table(request, found, sent, "correct_form")
    await _table(request, found, sent, "correct_form")
    return redirect(f"/check/{found.token}/correct")


def _find(request: Request) -> Result | None:
    """The result that an address names, where its files can be corrected."""
    results, token = services_of(request).results, request.path_params["token"]
    found = results.find(token, session_of(request).sid)
    return found if found is not None and found.uploads else None


def _edits(form: FormData, request: Request) -> list[CellEdit]:
    sent = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    try:
        return edits_of(sent, services_of(request).form)
    except ValueError:  # no page of ours has such a field
        raise HTTPException(400) from None


async def _table(
    request: Request, found: Result, sent: Sequence[CellEdit], template: str
) -> Response:
    services = services_of(request)
    work = _request(request, found)
    try:
        answer: CorrectionAnswer = await while_connected(
            request, services.queue.run(visitor_of(request), lambda worker: worker.run(work))
        )
    except WorkerDied:
        return services.pages.problem(request, "not_corrected", 409)
    if answer.table is None:
        return services.pages.problem(request, "not_correctable", 409)
    found.edits.settle(sent, answer.edits)
    return services.pages.show(
        request,
        template,
        table=answer.table,
        found=found,
        minutes=round(services.settings.keep / 60),
    )


def _request(request: Request, found: Result, target: Path | None = None) -> CorrectionRequest:
    form = services_of(request).form_folder
    return CorrectionRequest(form, found.uploads, found.edits.all, target)


def _corrected_name(found: Result) -> str:
    return f"{message('fixed_suffix')}-{file_names.stem(found.names[0])}.xlsx"


async def _download(request: Request, found: Result) -> Response:
    """The corrected workbook as it stands, whatever is left to do."""
    services = services_of(request)
    _, folder = services.results.new_folder()
    try:
        target = folder / CORRECTED
        work = _request(request, found, target)
        await while_connected(
            request, services.queue.run(visitor_of(request), lambda worker: worker.run(work))
        )
        data = await in_thread(target.read_bytes)
    finally:
        services.results.discard(folder)
    return attachment(data, _corrected_name(found), XLSX)


async def _finish(request: Request, found: Result) -> Response:
    """Check the corrected workbook as if it had been uploaded."""
    results = services_of(request).results
    token, folder = results.new_folder()
    target, upload = folder / CORRECTED, folder / "0" / _corrected_name(found)
    upload.parent.mkdir(mode=0o700)
    work = _request(request, found, target)

    def write(worker: Worker) -> None:
        worker.run(work)
        shutil.copyfile(target, upload)

    try:
        return await check_page.checked(request, token, folder, [upload], write)
    finally:
        results.discard_unless_kept(token)
