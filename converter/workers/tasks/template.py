"""Writing workbooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from converter.files import writing
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Level
from converter.model.submissions import Stamp, Submission
from converter.workers.requests.base import Done
from converter.workers.requests.template import (
    Leftover,
    TemplateAnswer,
    TemplateRequest,
    TemplatesRequest,
    WrittenTemplate,
)
from converter.workers.tasks.check import read
from converter.workers.tasks.common import ReportProgress, is_sealed, stamped

if TYPE_CHECKING:
    from converter.template.stored import Computed


def template(request: TemplateRequest, report_progress: ReportProgress) -> TemplateAnswer:
    from converter import template as workbook_template

    definition = loading.load(request.form)
    issues = list(request.issues)
    stamp = Stamp(form=definition.id, version=definition.version)
    data = None
    if request.source:
        report_progress(0)
        data = read(request.source, definition)
        issues += [i for i in data.issues if i.code[0] in "FP" and i.level is Level.ERROR]
        stamp = replace(data.stamp, form=definition.id, version=definition.version)
        issues += [replace(i, level=Level.ERROR) for i in data.issues if is_sealed(i)]
    if request.identity is not None:
        from converter import identity

        stamp = stamped(stamp, identity.parse(request.identity).identity)
    if any(issue.level is Level.ERROR for issue in issues):
        return TemplateAnswer(tuple(issues))
    members = data.count(definition.main_table.key) if data else 0
    rows = request.rows or definition.limits["rows"]
    made = workbook_template.build(
        definition, rows=rows, stamp=stamp, data=data, computed=_computed(data, definition)
    )
    writing.write_bytes_atomically(request.output, made)
    leftovers = tuple(
        Leftover(sheet.name, cell, text)
        for sheet in (data.sheets.values() if data else ())
        for cell, text in sheet.leftovers
    )
    prepared = workbook_template.prepared_rows(rows, members)
    return TemplateAnswer(tuple(issues), WrittenTemplate(prepared, members, leftovers))


def _computed(data: Submission | None, definition: Form) -> Computed | None:
    """What the check says of earlier answers: it is stored beside the formulas."""
    if data is None:
        return None
    from converter.template.stored import Computed
    from converter.validation import checking

    (checked,) = checking.check([data], definition, today())
    return Computed(definition, data, checked.outcome, checked.records)


def templates(request: TemplatesRequest, report_progress: ReportProgress) -> Done:
    from converter import identity
    from converter.template import TemplateRenderer

    definition = loading.load(request.form)
    renderer, rows = TemplateRenderer(definition), request.rows or definition.limits["rows"]
    writing.write_many(
        (
            book.output,
            renderer.blank(stamped(Stamp(), identity.parse(book.identity).identity), rows=rows),
        )
        for book in request.workbooks
    )
    return Done()
