"""Checking submissions and writing copies of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from converter import api, workbook
from converter.files import writing
from converter.forms import loading
from converter.model.forms import Form
from converter.model.submissions import Submission
from converter.validation import checking
from converter.validation.checking import Checked
from converter.workers.requests.check import (
    CheckAnswer,
    CheckedSubmission,
    CheckRequest,
    CopyTarget,
    FixedCopy,
)
from converter.workers.tasks.common import ReportProgress


def check(request: CheckRequest, report_progress: ReportProgress) -> CheckAnswer:
    definition = loading.load(request.form)
    checked = check_submissions(request.submissions, definition, report_progress)
    return CheckAnswer(tuple(copied(checked, request.targets, definition, report_progress)))


def check_submissions(
    submissions: Sequence[Sequence[Path]],
    definition: Form,
    report_progress: ReportProgress,
    keys: Path | None = None,
) -> list[Checked]:
    """Check submissions, each of one file or of two that may be its halves. With a folder of keys
    packages are compared with that union's public keys and ledger."""
    return api.check(read_submissions(submissions, definition, report_progress, keys), definition)


def read_submissions(
    submissions: Sequence[Sequence[Path]],
    definition: Form,
    report_progress: ReportProgress,
    keys: Path | None,
) -> Iterator[Submission]:
    """What the files hold; two halves of a submission joined."""
    number = 0
    for files in submissions:
        parts = []
        for path in files:
            report_progress(number)
            parts.append(api.read(path, definition, keys))
            number += 1
        if len(parts) > 1:
            parts = checking.merge_halves(parts, definition, workbook.MISSING_SHEET)
        yield from parts


def copied(
    results: Iterable[Checked],
    targets: Sequence[CopyTarget],
    definition: Form,
    report_progress: ReportProgress,
) -> list[CheckedSubmission]:
    """The outcomes, with the copies that were asked for written."""
    by_name = {str(target.file): target for target in targets}
    files = {str(target.file): target.file for target in targets}
    done: list[CheckedSubmission] = []

    def copies() -> Iterator[tuple[Path, list[bytes]]]:
        for number, checked in enumerate(results):
            report_progress(number)  # still alive: copies take their time
            submission, outcome = checked.submission, checked.outcome
            target = by_name.get(submission.file)
            annotated = fixed = made = None
            if target and outcome.readable:
                annotated = target.annotated if outcome.status != "ok" else None
                if target.fixed:
                    made = api.fix(checked, definition)
                if target.fixed and made and made.changes:
                    fixed = FixedCopy(outcome.file, target.fixed, made.changes)
            done.append(CheckedSubmission(outcome, annotated, fixed))
            if not (annotated or fixed):
                continue
            from converter import template
            from converter.report.annotate import annotated as copy_of

            renderer = template.renderer_of(definition)
            if annotated:
                yield (
                    annotated,
                    (copy_of(renderer, submission, outcome, (), files, checked.records)),
                )
            if fixed and made:
                yield (
                    fixed.copy,
                    copy_of(
                        renderer,
                        made.submission,
                        made.outcome,
                        made.changes,
                        files,
                        checked.records,
                    ),
                )

    written = writing.write_many(copies(), beside=writing.Beside.ALWAYS, personal=True)
    return [_written(one, written) for one in done]


def _written(one: CheckedSubmission, names: Mapping[Path, Path]) -> CheckedSubmission:
    """With the names that the copies got: somebody else may have written a copy of a name since it
    was chosen."""
    annotated = one.annotated and names.get(one.annotated, one.annotated)
    fixed = one.fixed and replace(one.fixed, copy=names.get(one.fixed.copy, one.fixed.copy))
    return replace(one, annotated=annotated, fixed=fixed)
