"""Writing workbooks."""

from __future__ import annotations

from dataclasses import replace

from converter.api import read
from converter.files import writing
from converter.forms import loading
from converter.model.issues import Level
from converter.model.submissions import Stamp
from converter.workers.requests.base import Done
from converter.workers.requests.template import (
    Leftover,
    TemplateAnswer,
    TemplateRequest,
    TemplatesRequest,
    WrittenTemplate,
)
from converter.workers.tasks.common import ReportProgress, is_sealed


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

        stamp = stamp.of_holder(identity.parse(request.identity).identity)
    if any(issue.level is Level.ERROR for issue in issues):
        return TemplateAnswer(tuple(issues))
    members = data.count(definition.main_table.key) if data else 0
    rows = request.rows or definition.limits["rows"]
    made = workbook_template.build(definition, rows=rows, stamp=stamp, data=data)
    writing.write_bytes_atomically(request.output, made)
    leftovers = tuple(
        Leftover(sheet.name, cell, text)
        for sheet in (data.sheets.values() if data else ())
        for cell, text in sheet.leftovers
    )
    prepared = workbook_template.prepared_rows(rows, members)
    return TemplateAnswer(tuple(issues), WrittenTemplate(prepared, members, leftovers))


def templates(request: TemplatesRequest, report_progress: ReportProgress) -> Done:
    from converter import identity
    from converter.template import TemplateRenderer

    definition = loading.load(request.form)
    renderer, rows = TemplateRenderer(definition), request.rows or definition.limits["rows"]
    writing.write_many(
        (
            book.output,
            renderer.blank(Stamp().of_holder(identity.parse(book.identity).identity), rows=rows),
        )
        for book in request.workbooks
    )
    return Done()
