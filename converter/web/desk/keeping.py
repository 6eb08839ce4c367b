"""Packages and backups: what is written for good."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from converter.files import writing
from converter.files.opening import seems_open
from converter.messages import errors
from converter.messages.catalogue import message
from converter.model.clock import CHINA, created_at
from converter.model.errors import BackupError, ConverterError
from converter.text import file_names
from converter.usecases import backup, failures, identities
from converter.usecases.convert import Converted, convert_files
from converter.web.desk.desk import Desk, away, desk_of, document_of, problem, sent, show
from converter.web.desk.documents import Document
from converter.web.desk.place import files_below, free, shown
from converter.web.pages import in_thread, redirect
from converter.web.upload_names import safe_name

SUFFIX = ".zip"


async def start(request: Request) -> Response:
    """The form that was worked on last, with its name for a package."""
    desk = desk_of(request)
    forms = await in_thread(desk.forms)
    document = desk.documents.latest(forms)
    if document is None:
        return redirect("/check")
    return redirect(f"/export/{document.key}")


async def page(request: Request) -> Response:
    desk, document = desk_of(request), document_of(request)
    checked = await in_thread(desk.check, document)
    if checked is None:
        return away(request, document)
    identity = await in_thread(desk.identity)
    unit = checked.outcome.unit_name or desk.unit
    return show(
        request,
        "export",
        document=document,
        checked=checked,
        typed=desk.typed(document),
        summary=checked.summary,
        identity=identity,
        locked=bool(identity and identities.show(identity[0]).is_locked),
        name=_name(desk, document, unit),
        sealable=bool(identity and identity[1].keys.union_sealing),
        other_unit=desk.other_unit(checked),
        in_use=any(seems_open(path) for path in document.paths),
    )


def _name(desk: Desk, document: Document, unit: str) -> str:
    """What a package is to be called; of several forms, each has its own name."""
    form = desk.form_of(document).form
    several = f"-{form.title}" if desk.forms_known.others() else ""
    period = str(form.prose.get("period") or "")
    return safe_name(message("desk_package_name", unit=f"{unit}{several}", period=period))


async def export(request: Request) -> Response:
    """Write the package under the name that she gives it, then a backup."""
    form, desk, document = await sent(request), desk_of(request), document_of(request)
    name = safe_name(str(form.get("name") or "").strip().removesuffix(SUFFIX) + SUFFIX)
    passphrase = str(form.get("passphrase") or "")
    made = await in_thread(_convert, desk, document, name, bool(form.get("seal")), passphrase)
    if made.package is None:
        return await _refused(request, document, made)
    saved = await in_thread(_backup, desk, [*document.paths, made.package])
    return show(request, "exported", made=made, document=document, saved=saved)


async def _refused(request: Request, document: Document, made: Converted) -> Response:
    """The page of a form that has errors; where only the package has, what they are."""
    desk = desk_of(request)
    checked = await in_thread(desk.check, document)
    if checked is None or checked.summary.status in ("errors", "unreadable"):
        return redirect(f"/check/{document.key}")
    summary = desk.summary(document.path, made.outcome.issues)
    return problem(request, "not_exported", summary=summary)


def _convert(desk: Desk, document: Document, name: str, seal: bool, passphrase: str) -> Converted:
    identity, target = desk.identity(), desk.shelf.folder / name
    writing.private_folder(target.parent)
    results = convert_files(
        document.paths,
        desk.form_of(document).folder,
        target,
        identity[0] if identity else None,
        None,
        desk.worker,
        seal and identity is not None,
        passphrase=passphrase if identity else "",
    )
    return results[0]


# --- backups ------------------------------------------------------------------------------------


async def backups(request: Request) -> Response:
    return await _show_backups(request)


async def _show_backups(request: Request, restored: str = "") -> Response:
    """The backups, and what was restored from them; `restored` names the folder that is new."""
    desk = desk_of(request)
    found = [desk.documents.of(path) for path in await in_thread(desk.shelf.backups.packages)]
    folders = {
        folder.name: [desk.documents.of(path) for path in files_below(folder)]
        for folder in await in_thread(desk.shelf.restored)
    }
    return show(request, "backups", backups=found, restored=restored, folders=folders)


async def make_backup(request: Request) -> Response:
    """A backup of this year's forms and packages."""
    await sent(request)
    desk = desk_of(request)
    if not [*desk.shelf.files(), *desk.forms()]:
        return problem(request, "nothing_to_back_up")
    saved = await in_thread(_backup, desk, ())
    if isinstance(saved, str):
        return problem(request, "not_backed_up", reason=saved)
    return redirect("/backups")


def _backup(desk: Desk, paths: Sequence[Path]) -> Path | str:
    """The backup that was written, or why there is none. The identity file holds the unit's secret
    and is left out: it can be fetched again."""
    shelf = desk.shelf
    kept = [path for path in shelf.files() if file_names.suffix(path) != ".xml"] + desk.forms()
    stamp = time.strftime(
        "%Y-%m-%d-%H%M", time.gmtime(created_at() + CHINA.utcoffset(None).seconds)
    )
    target = shelf.backups.free(f"{message('desk_backup_name')}-{stamp}{SUFFIX}")
    try:
        backup.backup([*dict.fromkeys([*kept, *paths])], target, when=created_at())
    except (ConverterError, OSError) as error:
        return failures.explain(error)[0]
    return target


async def restore(request: Request) -> Response:
    """Restore a backup into a folder of its own: nothing is replaced."""
    await sent(request)
    desk, document = desk_of(request), document_of(request)
    desk.documents.current = ""
    target = free(desk.shelf.folder / f"{message('desk_restored_name')}-{document.path.stem}")
    try:
        await in_thread(backup.restore, document.path, target)
    except BackupError as error:
        return problem(request, "not_restored", reason=errors.text(error))
    return await _show_backups(request, target.name)


async def open_folder(request: Request) -> Response:
    """Open the folder of this year, or of one of its files."""
    form, desk = await sent(request), desk_of(request)
    key = form.get("key")
    folder = desk.shelf.folder
    if isinstance(key, str) and key:
        found = desk.documents.find(key)
        if found is None:
            raise HTTPException(404)
        folder = found.path.parent
    writing.private_folder(folder)
    try:
        await in_thread(desk.opener, folder)
    except OSError as error:
        reason = errors.reason(error)
        return problem(request, "folder_not_opened", folder=shown(folder), reason=reason)
    return Response(status_code=204)
