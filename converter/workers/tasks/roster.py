"""Reading and writing the officer's roster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from converter.files import writing
from converter.forms import loading
from converter.workers.requests.roster import (
    BlankRosterRequest,
    DecisionsAnswer,
    DecisionsRequest,
    QuestionsRequest,
    RosterAnswer,
    RosterRequest,
    WrittenWorkbook,
)
from converter.workers.tasks.common import ReportProgress


def roster(request: RosterRequest, report_progress: ReportProgress) -> RosterAnswer:
    from converter.roster import definition, reading, table_sheet

    table = definition(loading.load(request.form), request.form)
    report_progress(0)
    found = reading.read(request.file, table, request.known, request.prefix)
    answer = RosterAnswer(found.outcome, found.units, fresh=found.fresh)
    if found.has_all_codes or request.coded is None or found.outcome.status == "errors":
        return answer

    def write(path: Path) -> None:
        table_sheet.write(table, path, found.rows)
        path.chmod(0o600)  # it names whom to call

    try:
        return replace(answer, coded=writing.write_beside(request.coded, write))
    except OSError:  # a stick that takes no files: the codes are the same in every run
        return replace(answer, coded=request.coded, unwritten=True)


def decisions(request: DecisionsRequest, report_progress: ReportProgress) -> DecisionsAnswer:
    from converter.roster import decision_sheet

    report_progress(0)
    return DecisionsAnswer(*decision_sheet.read(request.file, loading.load(request.form)))


def questions(request: QuestionsRequest, report_progress: ReportProgress) -> WrittenWorkbook:
    from converter.roster import decision_sheet

    form = loading.load(request.form)
    report_progress(0)

    def write(path: Path) -> None:
        decision_sheet.write(form, path, request.questions)
        path.chmod(0o600)  # it names units and what they sent

    return WrittenWorkbook(writing.write_beside(request.output, write))


def blank_roster(request: BlankRosterRequest, report_progress: ReportProgress) -> WrittenWorkbook:
    from converter.roster import definition, table_sheet

    table = definition(loading.load(request.form), request.form)
    if request.force:
        table_sheet.write(table, request.output)
        return WrittenWorkbook(request.output)
    return WrittenWorkbook(
        writing.write_beside(request.output, lambda path: table_sheet.write(table, path))
    )
