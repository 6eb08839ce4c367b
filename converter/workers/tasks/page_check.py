"""Checking one submission for a web page."""

from __future__ import annotations

from dataclasses import replace

from converter.forms import loading
from converter.model.forms import Form
from converter.model.issues import Issues
from converter.model.submissions import Outcome
from converter.report import html
from converter.report.page_summary import PageSummary
from converter.validation import holders
from converter.workers.requests.check import CopyTarget
from converter.workers.requests.page_check import (
    CheckForPageAnswer,
    CheckForPageRequest,
    PageCheck,
)
from converter.workers.tasks.check import check_submissions, copied
from converter.workers.tasks.common import ReportProgress


def check_for_page(
    request: CheckForPageRequest, report_progress: ReportProgress
) -> CheckForPageAnswer:
    definition = loading.load(request.form)
    checked = [
        holders.of_unit(one, definition, request.identity, request.issues)[0]
        for one in check_submissions([request.files], definition, report_progress, request.keys)
    ]
    first, *others = request.files
    targets = [CopyTarget(first, request.annotated), *map(CopyTarget, others)]
    submissions = copied(checked, targets, definition, report_progress)
    if len(submissions) != 1:
        return CheckForPageAnswer(None)
    outcome, summary = for_page(submissions[0].outcome, definition)
    return CheckForPageAnswer(PageCheck(outcome, summary, submissions[0].annotated is not None))


def for_page(outcome: Outcome, definition: Form) -> tuple[Outcome, PageSummary]:
    """The outcome without its issues, and their summary."""
    summary = html.summarize(outcome, definition, show_ids=False)
    return replace(outcome, issues=Issues.of(())), summary
