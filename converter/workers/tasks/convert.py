"""Making the members of a package, and verifying a package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Form, Sheet
from converter.model.issues import Issue, Level
from converter.model.submissions import Records, Submission
from converter.validation import checking, holders
from converter.validation.diff import FieldChange, SubmissionDiff
from converter.workers.requests.convert import (
    ConversionRequest,
    ConvertAnswer,
    ConvertForPageAnswer,
    ConvertForPageRequest,
    ConvertRequest,
    PackageMember,
    VerifyAnswer,
    VerifyRequest,
)
from converter.workers.tasks.check import check_submissions
from converter.workers.tasks.common import ReportProgress, is_sealed, label
from converter.workers.tasks.page_check import for_page


def convert(request: ConvertRequest, report_progress: ReportProgress) -> ConvertAnswer:
    return _convert(request, loading.load(request.form), report_progress)


def convert_for_page(
    request: ConvertForPageRequest, report_progress: ReportProgress
) -> ConvertForPageAnswer:
    definition = loading.load(request.form)
    converted = _convert(request, definition, report_progress)
    if converted.outcome is None:
        return ConvertForPageAnswer(converted, None)
    outcome, summary = for_page(converted.outcome, definition)
    return ConvertForPageAnswer(replace(converted, outcome=outcome), summary)


def _convert(
    request: ConversionRequest[Any], definition: Form, report_progress: ReportProgress
) -> ConvertAnswer:
    from converter import package

    submissions = check_submissions([request.files], definition, report_progress)
    if len(submissions) != 1:
        return ConvertAnswer(None)
    (checked,) = submissions
    report_progress(0)  # still alive: what follows takes its time
    checked, recipient = holders.of_unit(
        checked, definition, request.identity, request.issues, seal=request.seal
    )
    outcome, records, changes = checked.outcome, checked.records, None
    if request.since:
        changes, blocking = _changes_since(request.since, records, definition)
        outcome = outcome.after(blocking)
    if outcome.status in ("errors", "unreadable"):
        return ConvertAnswer(outcome, changes)
    members = package.build(
        records, definition, request.identity, request.created, recipient=recipient
    )
    return ConvertAnswer(outcome, changes, tuple(PackageMember(*member) for member in members))


def _changes_since(
    path: Path, records: Records, definition: Form
) -> tuple[SubmissionDiff | None, list[Issue]]:
    """What changed since an earlier package, with labels in place of codes; or what stands in the
    way of reading that package, as errors."""
    from converter import package
    from converter.validation import diff

    old = package.read(path, definition)
    blocking = [i for i in old.issues if i.level is Level.ERROR or is_sealed(i)]
    if blocking:
        return None, [replace(issue, level=Level.ERROR) for issue in blocking]
    before = _as_known(old, checking.check([old], definition, today())[0].records)
    return _with_labels(diff.changes(before, records, definition), definition), []


def _as_known(old: Submission, records: Records) -> Records:
    """Without the fields that an older package does not have: nothing is known of them."""
    known = {key: raw.columns.keys() for key, raw in old.sheets.items()}
    record = {
        field for key, fields in known.items() if key not in records.tables for field in fields
    }
    return replace(
        records,
        record={key: text for key, text in records.record.items() if key in record},
        tables={
            table: {key: texts for key, texts in found.items() if key in known.get(table, ())}
            for table, found in records.tables.items()
        },
    )


def _with_labels(changes: SubmissionDiff, definition: Form) -> SubmissionDiff:
    """Compared as canonical text, shown as labels."""

    def labelled(sheet: Sheet, found: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
        return tuple(
            replace(
                change,
                old=label(change.old, sheet.field(change.field), definition),
                new=label(change.new, sheet.field(change.field), definition),
            )
            for change in found
        )

    return replace(
        changes,
        record_changed=labelled(definition.record, changes.record_changed),
        tables=tuple(
            replace(
                table,
                changed=tuple(
                    replace(row, fields=labelled(definition.sheet(table.sheet), row.fields))
                    for row in table.changed
                ),
            )
            for table in changes.tables
        ),
    )


def verify(request: VerifyRequest, report_progress: ReportProgress) -> VerifyAnswer:
    from converter import package

    definition = loading.load(request.form)
    found = package.examine(request.file, definition)
    sheets, key = found.submission.sheets, definition.main_table.key
    described = definition.main_rows(found.counts)
    members = len(sheets[key]) if key in sheets else described if found.sealed else 0
    return VerifyAnswer(found.submission.issues, members)
