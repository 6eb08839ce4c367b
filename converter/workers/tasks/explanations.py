"""What a file explains in 情况说明, for the register: where, which fault it excuses, the text."""

from __future__ import annotations

from collections import defaultdict

from converter.messages.catalogue import message
from converter.model.explanations import Explanation
from converter.model.forms import Form
from converter.model.submissions import Submission
from converter.validation.checking import Checked

MOST = 1_000  # of a file


def read(checked: Checked, form: Form) -> tuple[Explanation, ...]:
    """The explanations of a file, in the workbook's order, the first ones where they are many."""
    reasons = checked.records.reasons[:MOST]
    if not reasons:
        return ()
    faults = _faults(checked, form)
    found = []
    for path, number, text in reasons:
        sheet, _, field = path.partition(".")
        raw = checked.submission.sheets[sheet]
        row = raw.row(field, int(number or 1) - 1)
        fault = "；".join(dict.fromkeys(faults[raw.name, field or row]))
        place = _place(checked.submission, form, sheet, field, row)
        found.append(Explanation(place, fault, text))
    return tuple(found)


def _faults(checked: Checked, form: Form) -> dict[tuple[str, str | int], list[str]]:
    """The faults that are excused, by sheet and field of the record or row of a table."""
    from converter.report.issue_text import IssueRenderer

    renderer = IssueRenderer(form, show_ids=False)
    record = checked.submission.sheets.get(form.record.key)
    found = defaultdict(list)
    for issue in checked.outcome.issues:
        if "reason" in issue.params:
            place = issue.place
            in_record = record is not None and place.sheet == record.name
            key = place.field if in_record else place.row
            found[place.sheet, key].append(renderer.render(issue).message)
    return found


def _place(submission: Submission, form: Form, sheet: str, field: str, row: int) -> str:
    raw = submission.sheets[sheet]
    if not field:
        return message("explained_row", sheet=raw.name, row=row)
    title = form.field(f"{sheet}.{field}").title
    cell = raw.place("", field, 0).cell
    return f"{raw.name}!{cell} {title}" if cell else f"{raw.name} {title}"
