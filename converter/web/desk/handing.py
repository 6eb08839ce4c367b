"""Whatever is dropped on the page: recognised and answered."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from converter.messages.catalogue import message
from converter.model.errors import FormPackageRefused
from converter.model.issues import Issues
from converter.text.characters import plain_name
from converter.usecases import identities
from converter.usecases.form_choice import named_form
from converter.usecases.recognising import FileKind, RecognisedFile, recognise
from converter.web.desk.desk import FILES, Desk, desk_of, problem, sent, show
from converter.web.desk.documents import Document
from converter.web.desk.place import shown
from converter.web.pages import in_thread, redirect
from converter.web.upload_names import received_name

OTHER_FORM = "S011"
AS_SOURCE = "form"  # the purpose of files that a new form is made from


async def drop(request: Request) -> Response:
    desk, form = desk_of(request), await sent(request, files=FILES)
    uploads = [f for f in form.getlist("file") if isinstance(f, UploadFile) and f.filename]
    if not uploads:
        return redirect("/")
    purpose = str(form.get("purpose") or "")
    try:
        with tempfile.TemporaryDirectory(dir=desk.private) as folder:
            return await in_thread(_take_in, request, uploads, Path(folder), purpose)
    finally:
        await form.close()


def _take_in(
    request: Request, uploads: Sequence[UploadFile], folder: Path, purpose: str
) -> Response:
    paths = []
    for number, upload in enumerate(uploads):
        path = folder / str(number) / received_name(upload.filename or "")
        path.parent.mkdir(mode=0o700)
        with path.open("xb") as file:
            shutil.copyfileobj(upload.file, file, 1 << 20)
        paths.append(path)
    return answer(request, paths, purpose)


def answer(request: Request, paths: Sequence[Path], purpose: str = "") -> Response:
    """The page that these files lead to."""
    desk = desk_of(request)
    found = [recognise(path, desk.forms_known.of([path]).folder, desk.worker) for path in paths]
    for one in found:
        if one.kind is FileKind.IDENTITY and (refusal := _load_identity(request, one.path)):
            return refusal
    installed = [_install(desk, one.path) for one in found if one.kind is FileKind.FORM]
    others = [one for one in found if one.kind not in (FileKind.IDENTITY, FileKind.FORM)]
    if installed:
        title, text = message("desk_form_title"), "".join(installed)
        text += message("desk_form_again") if others else ""
        return show(request, "installed", title=title, text=text)
    if not others:
        return redirect("/unit?loaded=1")
    refused = [one for one in others if one.kind in (FileKind.OTHER, FileKind.ROSTER)]
    others = [one for one in others if one not in refused]
    if len(refused) == 1 and not others:
        return _name(request, refused[0])
    kinds = {one.kind for one in others}
    if form := named_form(one.path for one in others):
        desk.use(form)
    if not desk.unit:
        desk.unit = next((one.unit for one in others if one.unit), "")
    documents = [desk.documents.of(_keep(desk, one)) for one in others]
    is_loaded = any(one.kind is FileKind.IDENTITY for one in found)
    loaded = (message("desk_unit_loaded"),) if is_loaded else ()
    parts = list(zip(others, documents, strict=True))
    if refused:
        return _choose(request, parts, refused, as_source=purpose == AS_SOURCE)
    if kinds == {FileKind.BACKUP}:
        return redirect("/backups")
    if purpose == AS_SOURCE or FileKind.LIST in kinds:
        return redirect("/form/sources?" + "&".join(f"source={one.key}" for one in documents))
    if len(documents) == 1:
        (document,) = documents
        document.notes = loaded
        if not others[0].kind.is_form:
            return redirect(f"/package/{document.key}")
        document.notes += (message("desk_copied", folder=shown(document.path.parent)),)
        return redirect(f"/check/{document.key}")
    if len(documents) == 2 and kinds == {FileKind.WORKBOOK}:
        both = desk.documents.of(documents[0].path, documents[1].path)
        both.notes = loaded
        if desk.check(both) is not None:
            return redirect(f"/check/{both.key}")
    return _choose(request, parts)


def _load_identity(request: Request, path: Path) -> Response | None:
    """Load an identity file; the page that says why it cannot be, where it cannot."""
    desk, report = desk_of(request), identities.show(path)
    summary = desk.summary(path, Issues.of(report.issues), readable=report.public is not None)
    if report.public is None or summary.status in ("errors", "unreadable"):
        return problem(request, "identity_refused", summary=summary)
    name = report.public.identity.unit_name
    if desk.unit and plain_name(name) != plain_name(desk.unit):
        desk.documents.current = ""  # a form of the unit before
    desk.unit = name
    desk.shelf.keep(path)
    desk.place.choose(name)
    return None


def _install(desk: Desk, path: Path) -> str:
    """Install a form package of the union that her identity file names; says what was installed.
    Raises FormPackageRefused, FormError, OSError."""
    from converter.forms import form_package, form_store  # nothing else here verifies signatures
    from converter.usecases import form_packages

    package = form_package.read(path)
    if package.fingerprint not in form_store.trusted():
        known = desk.identity()
        if known is None:
            raise FormPackageRefused("no_identity")
        if package.fingerprint not in form_packages.trusted_by_identity(known[0])[0]:
            raise FormPackageRefused("other_union", path=known[0].name)
    report = form_packages.install(package)
    form_store.trust(package.fingerprint)
    desk.follow()
    desk.use(package.form)
    params = {"title": report.now.title, "version": package.version}
    return message(f"desk_form_{package.kind}", **params)


def _keep(desk: Desk, one: RecognisedFile) -> Path:
    """A copy in her place: a package lies with its year, lists and backups apart from the forms."""
    year = one.period if one.kind is FileKind.PACKAGE else ""
    shelf = desk.place.shelf(desk.unit, year)
    if one.kind is FileKind.LIST:
        shelf = shelf.below(message("desk_lists"))
    elif one.kind is FileKind.BACKUP:
        shelf = shelf.backups
    return shelf.keep(one.path)


def _name(request: Request, one: RecognisedFile) -> Response:
    """What a file is that nothing can be done with."""
    if one.kind is FileKind.ROSTER:
        return problem(request, "roster", file=one.path.name)
    desk = desk_of(request)
    checked = desk.check(Document("", (one.path,)))
    summary = checked.summary if checked else None
    groups = summary.groups if summary else ()
    key = "other_form" if any(group.code == OTHER_FORM for group in groups) else "other"
    return problem(request, key, file=one.path.name, summary=summary)


def _choose(
    request: Request,
    parts: Sequence[tuple[RecognisedFile, Document]],
    refused: Sequence[RecognisedFile] = (),
    *,
    as_source: bool = False,
) -> Response:
    """Several files that are no one submission: which is to be worked on? A form and its marked
    copy are distinguished here, and what is of no use is named beside what is."""
    marked = any(one.kind is FileKind.MARKED for one, _ in parts)
    return show(request, "choose", parts=parts, marked=marked, refused=refused, as_source=as_source)
