"""What a file is that somebody hands over without a word: it is dropped on a page or an icon."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from converter.files import backup_zip, zip_peek
from converter.forms.form_files import is_form_package
from converter.messages.catalogue import message
from converter.model.errors import WorkerDied
from converter.text import file_names
from converter.workers.pool import Runner
from converter.workers.requests.existing import ExistingFileRequest
from converter.workers.requests.template import TemplateRequest

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".et", ".ods", ".csv")


class FileKind(StrEnum):
    """What can be done with a file depends on this alone."""

    IDENTITY = "identity"
    WORKBOOK = "workbook"  # a form, filled in or blank
    MARKED = "marked"  # a copy of one in which the mistakes are marked
    PACKAGE = "package"
    LIST = "list"  # people in columns of somebody's own
    BACKUP = "backup"
    FORM = "form"  # a form, or an amendment of one, that the union above hands on
    ROSTER = "roster"  # the officer's list of units
    OTHER = "other"

    @property
    def is_form(self) -> bool:
        return self in (FileKind.WORKBOOK, FileKind.MARKED)


@dataclass(frozen=True, slots=True)
class RecognisedFile:
    """`unit` and `period` as the file says, '' where it does not."""

    path: Path
    kind: FileKind
    unit: str = ""
    period: str = ""


def recognise(path: Path, folder: Path, worker: Runner) -> RecognisedFile:
    """Look into a file; the worker reads it, it may come from anywhere."""
    if is_identity(path):
        return RecognisedFile(path, FileKind.IDENTITY)
    if backup_zip.is_backup(path):
        return RecognisedFile(path, FileKind.BACKUP)
    if is_form_package(path):
        return RecognisedFile(path, FileKind.FORM)
    try:
        found = worker.run(ExistingFileRequest(folder, path))
        if found.kind in ("blank", "workbook"):
            kind = FileKind.MARKED if is_marked(path) else FileKind.WORKBOOK
            return RecognisedFile(path, kind, found.unit, found.period)
        if found.kind in ("package", "roster"):
            return RecognisedFile(path, FileKind(found.kind), found.unit, found.period)
        if file_names.suffix(path) in SPREADSHEETS:
            request = TemplateRequest(
                folder, path.with_name("-.xlsx"), 0, sources_given=(path,), preview=True
            )
            if any(one.members or one.further for one in worker.run(request).lists):
                return RecognisedFile(path, FileKind.LIST)
    except WorkerDied:
        pass  # checking it will say why
    return RecognisedFile(path, FileKind.OTHER)


def is_identity(path: Path) -> bool:
    """Whether a file begins like an identity file."""
    if not path.is_file():  # opening a pipe would wait for ever
        return False
    try:
        with path.open("rb") as file:
            return b"<identity" in file.read(2_000)
    except OSError:
        return False


def is_marked(path: Path) -> bool:
    """Whether a workbook has the list of problems that copies with marked mistakes begin with."""
    sheets = zip_peek.glance(path, "xl/workbook.xml") or ""
    return f'name="{message("report_copy_sheet")}"' in sheets
