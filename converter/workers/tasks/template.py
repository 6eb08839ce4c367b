"""Writing workbooks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from converter.files import writing
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Level, column_letters
from converter.model.submissions import Stamp, Submission
from converter.workers.requests.template import (
    BlankWorkbook,
    Leftover,
    TemplateAnswer,
    TemplateRequest,
    TemplatesAnswer,
    TemplatesRequest,
    WrittenTemplate,
)
from converter.workers.tasks.common import ReportProgress
from converter.workers.tasks.joined_sources import JoinedSources

if TYPE_CHECKING:
    from converter.template.stored import Computed


def template(request: TemplateRequest, report_progress: ReportProgress) -> TemplateAnswer:
    from converter import template as workbook_template

    definition = loading.load(request.form)
    issues = list(request.issues)
    stamp = Stamp(form=definition.id, version=definition.version)
    joined = _joined(request, definition, report_progress)
    data, lists = joined.data, joined.lists
    issues += joined.issues
    if data:
        stamp = replace(data.stamp, form=definition.id, version=definition.version)
    if request.contact:
        stamp = replace(stamp, superior_contact=request.contact)
    if request.identity is not None:
        from converter import identity

        stamp = stamp.of_holder(identity.parse(request.identity).identity)
    if any(issue.level is Level.ERROR for issue in issues):
        return TemplateAnswer(tuple(issues), lists=lists)
    if request.preview or (lists and not (data and data.sheets)):
        return TemplateAnswer(tuple(issues), lists=lists, compared=joined.compared)
    members = data.count(definition.main_table.key) if data else 0
    rows = request.rows or definition.limits["rows"]
    made = workbook_template.build(
        definition, rows=rows, stamp=stamp, data=data, computed=_computed(data, definition)
    )
    path = writing.write_output(request.output, made, request.replaceable)
    leftovers = tuple(
        Leftover(sheet.name, cell, text)
        for sheet in (data.sheets.values() if data else ())
        for cell, text in sheet.leftovers
    )
    prepared = workbook_template.prepared_rows(rows, members)
    counts = tuple(data.count(table.key) if data else 0 for table in definition.tables)
    written = WrittenTemplate(
        path,
        prepared,
        counts,
        leftovers,
        *_names_by_number(data, definition),
        tuple(_comments(request.sources_given)) if request.sources_given else (),
    )
    return TemplateAnswer(tuple(issues), written, lists, joined.compared)


def _joined(
    request: TemplateRequest, definition: Form, report_progress: ReportProgress
) -> JoinedSources:
    """What the sources hold. A blank workbook needs nothing of what reads them."""
    if not request.sources_given:
        return JoinedSources()
    from converter.workers.tasks import sources

    choices = {choice.column: choice.field for choice in request.choices}
    return sources.read_sources(request.sources_given, definition, choices, report_progress)


def _names_by_number(
    data: Submission | None, definition: Form
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if data is None:
        return (), ()
    from converter.workers.tasks import sources

    return sources.names_by_number(data, definition.main_table)


def _comments(paths: Iterable[Path]) -> Iterator[Leftover]:
    """What people have hung on the cells of sources."""
    from converter.report.kept_comments import original
    from converter.workbook.form.leftovers import comments

    for path in paths:
        for sheet, found in comments(path).items():
            for (row, column), comment in sorted(found.items()):
                if text := original(comment):
                    yield Leftover(sheet, f"{column_letters(column)}{row}", text)


def _computed(data: Submission | None, definition: Form) -> Computed | None:
    """What the check says of earlier answers: it is stored beside the formulas."""
    if data is None:
        return None
    from converter.template.stored import Computed
    from converter.validation import checking

    (checked,) = checking.check([data], definition, today())
    return Computed(definition, data, checked.outcome, checked.records)


def templates(request: TemplatesRequest, report_progress: ReportProgress) -> TemplatesAnswer:
    from converter import identity, workbook
    from converter.template import TemplateRenderer
    from converter.workers.tasks.existing import is_blank

    definition, base_stamp = loading.load(request.form), Stamp(superior_contact=request.contact)
    renderer, rows = TemplateRenderer(definition), request.rows or definition.limits["rows"]

    def rendered(books: Iterable[BlankWorkbook]) -> Iterator[tuple[Path, bytes]]:
        for book in books:
            stamp = base_stamp.of_holder(identity.parse(book.identity).identity)
            yield book.output, renderer.blank(stamp, rows=rows)

    def replaceable(path: Path) -> bool:
        if not os.path.lexists(path):
            return False
        return request.force or is_blank(path, workbook.read(path, definition), renderer, rows)

    old = [book for book in request.workbooks if replaceable(book.output)]
    written = writing.write_many(rendered(old), beside=writing.Beside.WHERE_OPEN)
    new = [book for book in request.workbooks if book not in old]
    written |= writing.write_many(rendered(new), beside=writing.Beside.ALWAYS)
    paths = [written.get(book.output, book.output) for book in request.workbooks]
    return TemplatesAnswer(tuple(paths), tuple(p for p, got in written.items() if got != p))
