"""What a worker does for each request. Everything here may import pandas and parse files from
strangers. What only some tasks need is imported by them: most workers check one small workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter import workbook
from converter.files import writing
from converter.forms import loading
from converter.kinds import KINDS
from converter.model.clock import today
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import Issue, IssueGroup, Issues, Level, Place
from converter.model.submissions import Contents, Identity, Outcome, Records, Stamp, Submission
from converter.report.page_summary import PageSummary
from converter.validation import checking, fixing
from converter.validation.diff import FieldChange, SubmissionDiff
from converter.workers import receive_tasks
from converter.workers.requests import (
    BlankRosterRequest,
    CheckAnswer,
    CheckedSubmission,
    CheckForPageAnswer,
    CheckForPageRequest,
    CheckRequest,
    ContentsAnswer,
    ContentsRequest,
    ConversionRequest,
    ConvertAnswer,
    ConvertForPageAnswer,
    ConvertForPageRequest,
    ConvertRequest,
    CopyTarget,
    Done,
    FixedCopy,
    Leftover,
    PackageMember,
    PageCheck,
    ReceiveRequest,
    ReceiveWorkbooksRequest,
    Request,
    RosterAnswer,
    RosterRequest,
    StatisticsAnswer,
    StatisticsRequest,
    TemplateAnswer,
    TemplateRequest,
    TemplatesRequest,
    UnpackRequest,
    VerifyAnswer,
    VerifyRequest,
    WrittenTemplate,
)

# Called with the number of the source that is about to be read, or written to a copy.
ReportProgress = Callable[[int], None]

# Validating is cheapest in large frames; past this many member rows a batch is validated in parts
# so that memory stays flat however many files a command is given.
ROWS_A_FRAME = 100_000


def read(path: Path, definition: Form) -> Submission:
    """A workbook or a package, whichever the file is. Never raises on bad data."""
    found = workbook.read(path, definition)
    if workbook.is_package(path, found):
        from converter import package

        return package.read(path, definition)
    return found


# --- check -----------------------------------------------------------------------------------


def check(request: CheckRequest, report_progress: ReportProgress) -> CheckAnswer:
    definition = loading.load(request.form)
    checked = _check(request.submissions, definition, report_progress)
    return CheckAnswer(tuple(_copied(checked, request.targets, definition, report_progress)))


def check_for_page(
    request: CheckForPageRequest, report_progress: ReportProgress
) -> CheckForPageAnswer:
    definition = loading.load(request.form)
    checked = _check([request.files], definition, report_progress)
    first, *others = request.files
    targets = [CopyTarget(first, request.annotated), *map(CopyTarget, others)]
    submissions = _copied(checked, targets, definition, report_progress)
    if len(submissions) != 1:
        return CheckForPageAnswer(None)
    outcome, summary = _for_page(submissions[0].outcome, definition)
    return CheckForPageAnswer(PageCheck(outcome, summary, submissions[0].annotated is not None))


def _check(
    submissions: Sequence[Sequence[Path]], definition: Form, report_progress: ReportProgress
) -> list[checking.Checked]:
    result: list[checking.Checked] = []
    waiting: list[Submission] = []
    number = rows = 0
    for files in submissions:
        parts = []
        for path in files:
            report_progress(number)
            parts.append(read(path, definition))
            rows += len(parts[-1].member or ())
            number += 1
        if len(parts) > 1:
            parts = checking.merge_halves(parts, workbook.MISSING_SHEET)
        waiting += parts
        if rows >= ROWS_A_FRAME:
            result += checking.check(waiting, definition, today())
            waiting, rows = [], 0
    return result + (checking.check(waiting, definition, today()) if waiting else [])


def _copied(
    results: Iterable[checking.Checked],
    targets: Sequence[CopyTarget],
    definition: Form,
    report_progress: ReportProgress,
) -> list[CheckedSubmission]:
    """The outcomes, with the copies that were asked for written."""
    by_name = {str(target.file): target for target in targets}
    files = {str(target.file): target.file for target in targets}
    done: list[CheckedSubmission] = []

    def copies() -> Iterator[tuple[Path, list[bytes]]]:
        renderer = None
        for number, checked in enumerate(results):
            report_progress(number)  # still alive: copies take their time
            submission, outcome = checked.submission, checked.outcome
            target = by_name.get(submission.file)
            annotated = fixed = made = None
            if target and outcome.readable:
                annotated = target.annotated if outcome.status != "ok" else None
                if target.fixed:
                    made = fixing.fix(submission, outcome, checked.records, definition)
                if target.fixed and made and made.changes:
                    fixed = FixedCopy(outcome.file, target.fixed, made.changes)
            done.append(CheckedSubmission(outcome, annotated, fixed))
            if not (annotated or fixed):
                continue
            from converter import template
            from converter.report.annotate import annotated as copy_of

            renderer = renderer or template.TemplateRenderer(definition)
            if annotated:
                yield annotated, copy_of(renderer, submission, outcome, files=files)
            if fixed and made:
                yield (
                    fixed.copy,
                    copy_of(renderer, made.submission, made.outcome, made.changes, files),
                )

    written = writing.write_many(copies(), beside=True)
    return [_written(one, written) for one in done]


def _written(one: CheckedSubmission, names: Mapping[Path, Path]) -> CheckedSubmission:
    """With the names that the copies got: somebody else may have written a copy of a name since it
    was chosen."""
    annotated = one.annotated and names.get(one.annotated, one.annotated)
    fixed = one.fixed and replace(one.fixed, copy=names.get(one.fixed.copy, one.fixed.copy))
    return replace(one, annotated=annotated, fixed=fixed)


def _for_page(outcome: Outcome, definition: Form) -> tuple[Outcome, PageSummary]:
    """The outcome without its issues, and their summary."""
    from converter.report import html

    summary = html.summarize(outcome, definition, show_ids=False)
    return replace(outcome, issues=Issues.of(())), summary


# --- convert ---------------------------------------------------------------------------------


def convert(request: ConvertRequest, report_progress: ReportProgress) -> ConvertAnswer:
    return _convert(request, loading.load(request.form), report_progress)


def convert_for_page(
    request: ConvertForPageRequest, report_progress: ReportProgress
) -> ConvertForPageAnswer:
    definition = loading.load(request.form)
    converted = _convert(request, definition, report_progress)
    if converted.outcome is None:
        return ConvertForPageAnswer(converted, None)
    outcome, summary = _for_page(converted.outcome, definition)
    return ConvertForPageAnswer(replace(converted, outcome=outcome), summary)


def _convert(
    request: ConversionRequest[Any], definition: Form, report_progress: ReportProgress
) -> ConvertAnswer:
    from converter import package

    submissions = _check([request.files], definition, report_progress)
    if len(submissions) != 1:
        return ConvertAnswer(None)
    (checked,) = submissions
    report_progress(0)  # still alive: what follows takes its time
    issues, records, recipient = list(request.issues), checked.records, ""
    if request.identity is not None:
        from converter import identity

        public = identity.parse(request.identity)
        issues += _other_unit(public.identity, checked, definition)
        records = replace(records, stamp=_stamped(records.stamp, public.identity))
        recipient = public.keys.union_sealing if request.seal else ""
    outcome = checked.outcome.after(issues)
    changes = None
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
    blocking = [i for i in old.issues if i.level is Level.ERROR or _is_sealed(i)]
    if blocking:
        return None, [replace(issue, level=Level.ERROR) for issue in blocking]
    before = _as_known(old, checking.check([old], definition, today())[0].records)
    return _with_labels(diff.changes(before, records, definition), definition), []


def _is_sealed(issue: Issue | IssueGroup) -> bool:
    """A package whose tables nobody here can open."""
    from converter import package

    return issue.code == package.SEALED_CODE


def _as_known(old: Submission, records: Records) -> Records:
    """Without the fields that an older package does not have: nothing is known of them."""
    unit = old.unit.columns if old.unit else {}
    member = old.member.columns if old.member else {}
    return replace(
        records,
        unit={key: text for key, text in records.unit.items() if key in unit},
        members={key: texts for key, texts in records.members.items() if key in member},
    )


def _stamped(stamp: Stamp, holder: Identity) -> Stamp:
    return replace(
        stamp,
        unit_code=holder.unit_code,
        unit_name=holder.unit_name,
        superior_code=holder.superior_code,
        superior_name=holder.superior_name,
        period=holder.period,
        serial=holder.serial,
    )


def _other_unit(holder: Identity, checked: checking.Checked, definition: Form) -> list[Issue]:
    """The workbook names another unit, or another superior union, than the identity file."""
    submission = checked.submission
    issues = []
    for field in definition.unit:
        expected = getattr(holder, field.identity, "") if field.identity else ""
        found = checked.records.unit.get(field.key, "")
        if expected and found and expected != found:
            place = (
                submission.unit.place(submission.file_of("unit"), field.key, 0)
                if submission.unit
                else Place(submission.file)
            )
            params = {"expected": expected}
            issues.append(Issue("I201", Level.ERROR, place, found, params))
    return issues


def _with_labels(changes: SubmissionDiff, definition: Form) -> SubmissionDiff:
    """Compared as canonical text, shown as labels."""

    def labelled(sheet: Sheet, found: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
        return tuple(
            replace(
                change,
                old=_label(change.old, sheet.field(change.field), definition),
                new=_label(change.new, sheet.field(change.field), definition),
            )
            for change in found
        )

    return replace(
        changes,
        changed=tuple(
            replace(member, fields=labelled(definition.member, member.fields))
            for member in changes.changed
        ),
        unit_changed=labelled(definition.unit, changes.unit_changed),
    )


def _label(text: str, field: Field, definition: Form) -> str:
    return str(KINDS[field.kind].cell(text, field, definition)) if text else ""


def verify(request: VerifyRequest, report_progress: ReportProgress) -> VerifyAnswer:
    from converter import package

    definition = loading.load(request.form)
    found = package.examine(request.package, definition)
    member = found.submission.member
    described = next(
        found.counts.get(r.name, 0) for r in definition.package.resources if r.sheet == "member"
    )
    members = len(member) if member else described if found.sealed else 0
    return VerifyAnswer(found.submission.issues, members)


# --- template --------------------------------------------------------------------------------


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
        issues += [replace(i, level=Level.ERROR) for i in data.issues if _is_sealed(i)]
    if request.identity is not None:
        from converter import identity

        stamp = _stamped(stamp, identity.parse(request.identity).identity)
    if any(issue.level is Level.ERROR for issue in issues):
        return TemplateAnswer(tuple(issues))
    members = len(data.member) if data and data.member else 0
    rows = request.rows or definition.limits["rows"]
    made = workbook_template.build(definition, rows=rows, stamp=stamp, data=data)
    writing.write_bytes_atomically(request.output, made)
    leftovers = tuple(
        Leftover(sheet.name, cell, text)
        for sheet in ((data.unit, data.member) if data else ())
        if sheet
        for cell, text in sheet.extras
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
            renderer.blank(_stamped(Stamp(), identity.parse(book.identity).identity), rows=rows),
        )
        for book in request.workbooks
    )
    return Done()


# --- show, stats -----------------------------------------------------------------------------


def contents(request: ContentsRequest, report_progress: ReportProgress) -> ContentsAnswer:
    definition = loading.load(request.form)
    (checked,) = _check([[request.file]], definition, report_progress)
    if any(map(_is_sealed, checked.outcome.issues.heads)):
        return ContentsAnswer(checked.outcome)
    return ContentsAnswer(checked.outcome, _readable(checked.records, definition))


def statistics(request: StatisticsRequest, report_progress: ReportProgress) -> StatisticsAnswer:
    from converter import statistics as figures

    definition = loading.load(request.form)
    (checked,) = _check([[request.file]], definition, report_progress)
    if any(map(_is_sealed, checked.outcome.issues.heads)):
        return StatisticsAnswer(checked.outcome)
    tables = figures.tables(checked.records, definition, today())
    return StatisticsAnswer(checked.outcome, tuple(tables))


def _readable(records: Records, definition: Form) -> Contents:
    return Contents(
        unit={
            field.key: _label(records.unit.get(field.key, ""), field, definition)
            for field in definition.unit
        },
        members={
            field.key: [
                _label(text, field, definition) for text in records.members.get(field.key, [])
            ]
            for field in definition.member
        },
    )


# --- roster ----------------------------------------------------------------------------------


def roster(request: RosterRequest, report_progress: ReportProgress) -> RosterAnswer:
    from converter.roster import definition, reading

    table = definition(loading.load(request.form), request.form)
    report_progress(0)
    found = reading.read(request.file, table)
    return RosterAnswer(found.outcome, tuple(found.units))


def blank_roster(request: BlankRosterRequest, report_progress: ReportProgress) -> Done:
    from converter.roster import blank_roster as blank
    from converter.roster import definition

    blank.write(definition(loading.load(request.form), request.form), request.output)
    return Done()


TASKS: dict[type[Request[Any]], Callable[[Any, ReportProgress], Any]] = {
    CheckRequest: check,
    CheckForPageRequest: check_for_page,
    ConvertRequest: convert,
    ConvertForPageRequest: convert_for_page,
    VerifyRequest: verify,
    TemplateRequest: template,
    TemplatesRequest: templates,
    ContentsRequest: contents,
    StatisticsRequest: statistics,
    RosterRequest: roster,
    BlankRosterRequest: blank_roster,
    UnpackRequest: receive_tasks.unpack,
    ReceiveRequest: receive_tasks.receive,
    ReceiveWorkbooksRequest: receive_tasks.receive_workbooks,
}
