"""The check that follows each save, and correcting on the page."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from converter.messages.catalogue import message
from converter.messages.errors import reason
from converter.model.errors import WorkerDied
from converter.usecases.common import unread
from converter.web.correcting import FRAGMENT, LEAVE, edits_of
from converter.web.correcting.fields import FIELD, FIELDS
from converter.web.desk.corrections import Correction
from converter.web.desk.desk import Desk, away, desk_of, document_of, problem, sent, show
from converter.web.desk.documents import Document, suffixed
from converter.web.desk.place import shown
from converter.web.pages import attachment, in_thread, redirect
from converter.workers.requests.corrections import CorrectionRequest
from converter.workers.requests.page_check import PageCheck

SETTLED = 3.0  # seconds after which a file that cannot be read is no longer being saved
IN_CELLS = "KX"  # how the codes of faults begin that stand in cells


async def start(request: Request) -> Response:
    """Which form is to be checked."""
    desk = desk_of(request)
    forms = [desk.documents.of(path) for path in await in_thread(desk.forms)]
    return show(request, "check", forms=forms, moments=moments(forms))


def moments(documents: list[Document]) -> dict[str, float]:
    """When each was saved last, by key."""
    found = {one.key: one.version() for one in documents}
    return {key: version[0][0] / 1e9 if version else 0.0 for key, version in found.items()}


async def page(request: Request) -> Response:
    return await _show(request, "document")


async def verdict(request: Request) -> Response:
    """The result alone, for the script that watches: nothing where the file is as it was seen."""
    desk, document = desk_of(request), document_of(request)
    version = _text(desk, document)
    if not version:
        return Response(status_code=204)
    if version == request.query_params.get("seen"):
        if not document.is_held:
            return Response(status_code=204)
        document.checked = None  # what held it may have let go without saving
        await in_thread(desk.check, document)
        if document.is_held:
            return Response(status_code=204)
    return await _show(request, "verdict")


async def _show(request: Request, template: str) -> Response:
    desk, document = desk_of(request), document_of(request)
    seen = _text(desk, document)
    checked = await in_thread(desk.check, document)
    if checked is None and template == "document":
        if not seen:
            return away(request, document)
        return problem(request, "two_units", file=document.name)
    if checked is None or (template == "verdict" and _is_being_saved(document, checked)):
        return Response(status_code=204)
    return show(
        request,
        template,
        document=document,
        typed=desk.typed(document),
        version=seen,
        checked=checked,
        summary=checked.summary,
        notes=document.take_notes() if template == "document" else (),
        correctable=any(group.code[0] in IN_CELLS for group in checked.summary.groups),
        other_unit=desk.other_unit(checked),
    )


def _text(desk: Desk, document: Document) -> str:
    """What changes with every save, and with the form; '' while a file is away."""
    version = document.version()
    seen = [f"{when}.{size}" for when, size in version or ()]
    return "-".join([*seen, desk.form_of(document).folder.name]) if version else ""


def _is_being_saved(document: Document, checked: PageCheck) -> bool:
    version = document.version()
    if checked.summary.status != "unreadable" or version is None:
        return False
    fresh = time.time() - max(when for when, _ in version) / 1e9 < SETTLED
    if fresh:
        document.checked = None
    return fresh


async def open_document(request: Request) -> Response:
    """Open the form in her spreadsheet program."""
    await sent(request)
    document = document_of(request)
    if document.version() is None:
        return away(request, document)
    notes = [await _opened(request, path, "desk_opened") for path in document.paths]
    document.notes = tuple(notes)
    return redirect(f"/check/{document.key}")


async def _opened(request: Request, path: Path, note: str) -> str:
    """Open a file in her spreadsheet program; what the page says of it. `note`: the message where
    that began."""
    try:
        await in_thread(desk_of(request).opener, path)
    except OSError as error:
        folder = shown(path.parent)
        return message("desk_not_opened", file=path.name, folder=folder, reason=reason(error))
    return message(note, file=path.name)


async def marked(request: Request) -> Response:
    """Make a copy with the mistakes marked, open it and go on with it."""
    await sent(request)
    desk, document = desk_of(request), document_of(request)
    made = await in_thread(desk.marked_copy, document)
    if made is None:
        return redirect(f"/check/{document.key}")
    copy = desk.documents.of(made)
    copy.notes = (await _opened(request, made, "desk_marked"),)
    return redirect(f"/check/{copy.key}")


# --- correcting ---------------------------------------------------------------------------------


async def correct(request: Request) -> Response:
    """The table as it stands, and what is typed into it."""
    desk, document = desk_of(request), document_of(request)
    if request.method != "POST":
        correction = await in_thread(desk.begin_correction, document)
        return await _table(request, document, correction, "correct")
    form = await sent(request, fields=FIELDS, field=FIELD)
    if form.get("do") == "discard":
        await in_thread(desk.end_correction, document)
        return redirect(f"/check/{document.key}/correct")
    texts = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    try:
        edits = edits_of(texts, desk.form_of(document).form)
    except ValueError:  # no page of ours has such a field
        raise HTTPException(400) from None
    correction = await in_thread(desk.begin_correction, document)
    correction.edits.add(edits)
    await _save(correction)  # before anything else: the machine may be switched off meanwhile
    if form.get("do") == LEAVE:
        desk.presence.left()
        return Response(status_code=204)
    if form.get("do") in ("finish", "download"):
        return await _write(request, document, correction, str(form.get("do")))
    answer = await _table(request, document, correction, "correct_form")
    fragment = request.headers.get(FRAGMENT)
    return answer if fragment else redirect(f"/check/{document.key}/correct")


async def _table(
    request: Request, document: Document, correction: Correction, template: str
) -> Response:
    desk, sent_edits = desk_of(request), correction.edits.all
    work = CorrectionRequest(desk.form_of(document).folder, correction.files, sent_edits)
    try:
        answer = await in_thread(desk.worker.run, work)
    except WorkerDied as died:
        return _ended(request, document, died)
    if answer.table is None:
        return problem(request, "not_correctable")
    correction.edits.settle(sent_edits, answer.edits)
    await _save(correction)
    moved = document.version() not in (correction.version, None)
    typed = len(correction.edits.all)
    return show(request, template, table=answer.table, document=document, moved=moved, typed=typed)


async def _save(correction: Correction) -> None:
    with contextlib.suppress(OSError):  # a full disk: what was typed is still here
        await in_thread(correction.save)


def _ended(request: Request, document: Document, died: WorkerDied) -> Response:
    """The page of a check that did not come to its end: why, and that nothing is lost."""
    outcome = unread(str(document.path), died)
    summary = desk_of(request).summary(document.path, outcome.issues, readable=False)
    return problem(request, "not_corrected", summary=summary)


async def _write(request: Request, document: Document, correction: Correction, do: str) -> Response:
    """The corrected workbook: into her place, and on with it."""
    desk = desk_of(request)
    name = suffixed(document, "fixed_suffix")
    target = correction.folder / "corrected.xlsx"
    folder = desk.form_of(document).folder
    work = CorrectionRequest(folder, correction.files, correction.edits.all, target)
    try:
        answer = await in_thread(desk.worker.run, work)
    except WorkerDied as died:
        return _ended(request, document, died)
    if not answer.written:
        return problem(request, "not_correctable")
    if do == "download":
        kind = attachment(b"", name, "application/octet-stream")
        return FileResponse(
            target, headers={"content-disposition": kind.headers["content-disposition"]}
        )
    made = desk.documents.of(await in_thread(desk.shelf.keep, target, name))
    await in_thread(desk.end_correction, document)
    made.notes = (message("desk_corrected", file=made.name, old=document.name),)
    return redirect(f"/check/{made.key}")
