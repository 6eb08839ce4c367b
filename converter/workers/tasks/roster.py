"""Reading and writing the officer's roster."""

from __future__ import annotations

from converter.forms import loading
from converter.workers.requests.base import Done
from converter.workers.requests.roster import BlankRosterRequest, RosterAnswer, RosterRequest
from converter.workers.tasks.common import ReportProgress


def roster(request: RosterRequest, report_progress: ReportProgress) -> RosterAnswer:
    from converter.roster import definition, reading

    table = definition(loading.load(request.form), request.form)
    report_progress(0)
    found = reading.read(request.file, table, request.codes)
    return RosterAnswer(found.outcome, tuple(found.units))


def blank_roster(request: BlankRosterRequest, report_progress: ReportProgress) -> Done:
    from converter.roster import blank_roster as blank
    from converter.roster import definition

    blank.write(definition(loading.load(request.form), request.form), request.output)
    return Done()
