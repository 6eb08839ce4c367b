"""Reading one submission: its contents, its statistics."""

from __future__ import annotations

from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.submissions import Contents, Records
from converter.workers.requests.contents import (
    ContentsAnswer,
    ContentsRequest,
    StatisticsAnswer,
    StatisticsRequest,
)
from converter.workers.tasks.check import check_submissions
from converter.workers.tasks.common import ReportProgress, is_sealed, label


def contents(request: ContentsRequest, report_progress: ReportProgress) -> ContentsAnswer:
    definition = loading.load(request.form)
    (checked,) = check_submissions([[request.file]], definition, report_progress)
    if any(map(is_sealed, checked.outcome.issues.heads)):
        return ContentsAnswer(checked.outcome)
    return ContentsAnswer(checked.outcome, _readable(checked.records, definition))


def statistics(request: StatisticsRequest, report_progress: ReportProgress) -> StatisticsAnswer:
    from converter.statistics import submission as figures
    from converter.statistics.figure import Figure

    definition = loading.load(request.form)
    (checked,) = check_submissions([[request.file]], definition, report_progress)
    if any(map(is_sealed, checked.outcome.issues.heads)):
        return StatisticsAnswer(checked.outcome)
    tables = figures.tables(checked.records, definition, today())
    return StatisticsAnswer(checked.outcome, tuple(map(Figure, tables)))


def _readable(records: Records, definition: Form) -> Contents:
    return Contents(
        record={
            field.key: label(records.record.get(field.key, ""), field, definition)
            for field in definition.record
        },
        tables={
            table.key: {
                field.key: [
                    label(text, field, definition)
                    for text in records.tables[table.key].get(field.key, [])
                ]
                for field in table
            }
            for table in definition.tables
        },
    )
