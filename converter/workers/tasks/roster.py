"""Reading and writing the officer's roster."""

from __future__ import annotations

from converter.files import writing
from converter.forms import loading
from converter.workers.requests.roster import (
    BlankRosterAnswer,
    BlankRosterRequest,
    RosterAnswer,
    RosterRequest,
)
from converter.workers.tasks.common import ReportProgress


def roster(request: RosterRequest, report_progress: ReportProgress) -> RosterAnswer:
    from converter.roster import definition, reading

    table = definition(loading.load(request.form), request.form)
    report_progress(0)
    found = reading.read(request.file, table, request.codes)
    return RosterAnswer(found.outcome, tuple(found.units))


def blank_roster(request: BlankRosterRequest, report_progress: ReportProgress) -> BlankRosterAnswer:
    from converter.roster import blank_roster as blank
    from converter.roster import definition

    table = definition(loading.load(request.form), request.form)
    if request.force:
        blank.write(table, request.output)
        return BlankRosterAnswer(request.output)
    return BlankRosterAnswer(
        writing.write_beside(request.output, lambda path: blank.write(table, path))
    )
