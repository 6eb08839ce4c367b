"""Looking into a file that stands where an output was to go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converter import workbook
from converter.files import writing
from converter.forms import loading
from converter.model.forms import Form
from converter.model.issues import Level
from converter.model.submissions import Submission
from converter.workers.requests.existing import ExistingFile, ExistingFileRequest
from converter.workers.tasks.common import ReportProgress

if TYPE_CHECKING:
    from converter.template import TemplateRenderer


def existing(request: ExistingFileRequest, report_progress: ReportProgress) -> ExistingFile:
    definition = loading.load(request.form)
    report_progress(0)
    path = request.file
    digest = writing.digest_of(path)
    found = workbook.read(path, definition)
    if workbook.is_package(path, found):
        return _package(request, definition, digest)
    if any(i.code[0] == "F" and i.level is Level.ERROR for i in found.issues):
        return ExistingFile(path, digest=digest)
    if found.stamp.form == f"{definition.id}-roster":
        return ExistingFile(path, "roster", _units(path, request.form, definition), digest=digest)
    if found.stamp.form not in ("", definition.id) or not found.sheets:
        return ExistingFile(path, digest=digest)
    from converter.template import TemplateRenderer

    renderer = TemplateRenderer(definition)
    kind = "blank" if is_blank(path, found, renderer, request.rows) else "workbook"
    count = found.count(definition.main_table.key)
    return ExistingFile(path, kind, count, _unit_name(found, definition), digest=digest)


def is_blank(path: Path, found: Submission, renderer: TemplateRenderer, rows: int) -> bool:
    """Whether a workbook has the very bytes of a template: nobody has saved it since."""
    definition = renderer.form
    if not found.stamp.form or any(found.count(table.key) for table in definition.tables):
        return False
    data = path.read_bytes()
    for prepared in {rows or definition.limits["rows"], definition.limits["rows"]}:
        if data == b"".join(renderer.filled(None, found.stamp, rows=prepared)):
            return True
        if data == renderer.blank(found.stamp, rows=prepared):
            return True
    return False


def _unit_name(found: Submission, definition: Form) -> str:
    raw = found.sheets.get(definition.record.key)
    keys = [field.key for field in definition.record if field.identity == "unit_name"]
    typed = [raw.columns[key].text[0] for key in keys if raw and key in raw.columns]
    return next(filter(None, typed), found.stamp.unit_name).strip()


def _units(path: Path, folder: Path, definition: Form) -> int:
    from converter import roster
    from converter.roster import reading

    return len(reading.read(path, roster.definition(definition, folder)).units)


def _package(request: ExistingFileRequest, definition: Form, digest: str) -> ExistingFile:
    from converter import package

    found = package.examine(request.file, definition)
    submission = found.submission
    sound = not any(issue.level is Level.ERROR for issue in submission.issues)
    return ExistingFile(
        request.file,
        "package",
        definition.main_rows(found.counts),
        submission.stamp.unit_name,
        submission.stamp.period,
        found.created[:10],
        same=sound
        and request.descriptor != b""
        and found.signed == request.signed
        and package.same_contents(request.file, definition, request.descriptor),
        digest=digest,
    )
