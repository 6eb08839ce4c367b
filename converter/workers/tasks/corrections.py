"""Correcting cells of a submission."""

from __future__ import annotations

from converter.files import writing
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.report.correction_builder import correction_table
from converter.validation import corrections
from converter.validation.corrections import Corrected
from converter.workers.requests.corrections import CorrectionAnswer, CorrectionRequest
from converter.workers.tasks.check import read_submissions
from converter.workers.tasks.common import ReportProgress


def correct(request: CorrectionRequest, report_progress: ReportProgress) -> CorrectionAnswer:
    definition = loading.load(request.form)
    submissions = [*read_submissions([request.files], definition, report_progress, None)]
    if len(submissions) != 1 or submissions[0].from_package:
        return CorrectionAnswer(None)
    report_progress(0)  # still alive: what follows takes its time
    found = corrections.correct(submissions[0], request.edits, definition, today())
    if not found.checked.outcome.readable:
        return CorrectionAnswer(None)
    if request.corrected is not None:
        _write(found, request, definition)
    table = correction_table(found, definition)
    return CorrectionAnswer(table, found.edits, written=request.corrected is not None)


def _write(found: Corrected, request: CorrectionRequest, definition: Form) -> None:
    """The corrected workbook: a filled form that lists what was changed and what is left."""
    from converter import template
    from converter.report.annotate import annotated

    assert request.corrected is not None
    checked = found.checked
    pieces = annotated(
        template.renderer_of(definition),
        checked.submission,
        checked.outcome,
        found.changes,
        {str(file): file for file in request.files},
        checked.records,
    )
    writing.write_many([(request.corrected, pieces)], personal=True)
