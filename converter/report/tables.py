"""Issues → findings (what a report says of one cell) → groups (one remedy for many cells).

Every report shows the same findings in the same order: errors first, then warnings, then
notes; within a level whole files, then the sheets in the form's order, rows, columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from converter import messages
from converter.messages import say
from converter.model import Field, Form, Issue, Level, Outcome, Place
from converter.report import mask
from converter.statistics.cards import Table

LEVELS = (Level.ERROR, Level.WARNING, Level.NOTE)
LISTED = 12  # addresses of a group that are named one by one
STATUSES = ("ok", "warnings", "errors", "unreadable")


@dataclass(frozen=True, slots=True)
class Finding:
    """One issue in words. `value` is masked unless the report may show IDs."""

    code: str
    level: Level
    place: Place
    title: str  # of the field, '' for a sheet or a file
    value: str  # as typed
    message: str
    fix: str
    related: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one code at one field of one sheet, in order."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    def __len__(self) -> int:
        return len(self.findings)


def field_of(place: Place, form: Form) -> Field | None:
    """The form's field that a place names. Where both sheets have such a key, the sheet decides."""
    found = [field for sheet in form.sheets for field in sheet if field.key == place.field]
    if len(found) > 1:
        sheet = form.sheets[_sheet_order(place, form) - 1]
        found = [field for field in found if field.sheet == sheet.key] or found
    return found[0] if found else None


def finding(issue: Issue, form: Form, *, show_ids: bool) -> Finding:
    """Put an issue into words."""
    field = field_of(issue.place, form)
    value, message, fix = issue.value, messages.sentence(issue, form), _fix(issue, form)
    if not show_ids:
        if field and field.kind == "id_number":
            # A badly typed number need not look like one: hide what was typed wherever it shows.
            value = mask.whole(value)
            if value != issue.value:
                message = message.replace(issue.value, value)
                fix = fix.replace(issue.value, value)
        value, message, fix = mask.text(value), mask.text(message), mask.text(fix)
    return Finding(
        code=issue.code,
        level=issue.level,
        place=issue.place,
        title=field.title if field else "",
        value=value,
        message=message,
        fix=fix,
        related=issue.related,
    )


def _fix(issue: Issue, form: Form) -> str:
    """What to do; for an error that may be explained also that, once explained only the reason."""
    if "reason" in issue.params:
        return say("report_explained", reason=issue.params["reason"])
    fix = messages.fix(issue, form)
    if issue.level is Level.ERROR and messages.entry(issue.code, form).explainable:
        return say("report_explainable", fix=fix)
    return fix


def findings(outcome: Outcome, form: Form, *, show_ids: bool) -> list[Finding]:
    """Everything that was found in one submission, in the order of reports."""
    ordered = sorted(outcome.issues, key=lambda issue: _order(issue, outcome, form))
    return [finding(issue, form, show_ids=show_ids) for issue in ordered]


def gathered(outcome: Outcome, form: Form) -> list[list[Issue]]:
    """The issues of a submission as `groups` would gather their findings, none of them put into
    words yet: there may be hundreds of thousands, of which a page shows a few."""
    found: dict[tuple[Level, str, str, str, str], list[Issue]] = {}
    for one in sorted(outcome.issues, key=lambda issue: _order(issue, outcome, form)):
        place = one.place
        key = (one.level, one.code, place.file, place.sheet, place.field)
        found.setdefault(key, []).append(one)
    return list(found.values())


def _order(issue: Issue, outcome: Outcome, form: Form) -> tuple[int, bool, int, int, int, str]:
    place = issue.place
    return (
        LEVELS.index(issue.level),
        bool(place.sheet),
        _sheet_order(place, form),
        place.row,
        place.column,
        issue.code,
    )


def _sheet_order(place: Place, form: Form) -> int:
    """1 for the unit sheet, 2 for the member sheet, 0 for neither; a renamed sheet is known
    by its fields."""
    for number, sheet in enumerate(form.sheets, 1):
        if place.sheet == sheet.title or place.sheet in sheet.aliases:
            return number
    for number, sheet in enumerate(form.sheets, 1):
        if any(field.key == place.field for field in sheet):
            return number
    return 0


def groups(found: Iterable[Finding]) -> list[Group]:
    """Gather findings of one code and field, in order of each group's first finding."""
    gathered: dict[tuple[Level, str, str, str, str], list[Finding]] = {}
    for one in found:
        place = one.place
        key = (one.level, one.code, place.file, place.sheet, place.field)
        gathered.setdefault(key, []).append(one)
    return [Group(tuple(members)) for members in gathered.values()]


def cells(places: Sequence[Place]) -> list[str]:
    """Addresses in order, three or more below one another drawn together: C5, C8:C12."""
    texts: list[str] = []
    run: list[Place] = []

    def close() -> None:
        if len(run) > 2:
            texts.append(f"{run[0].cell}:{run[-1].cell}")
        else:
            texts.extend(place.cell for place in run)

    for place in places:
        if run and (place.column, place.row) != (run[-1].column, run[-1].row + 1):
            close()
            run = []
        if place.cell:
            run.append(place)
    close()
    return texts


def listed(places: Sequence[Place]) -> str:
    """Addresses in one line, the first dozen of them."""
    texts = cells(places)
    line = "、".join(texts[:LISTED])
    return line if len(texts) <= LISTED else say("report_and_more", cells=line)


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many files came to which end: files, ok, warnings, errors, unreadable."""
    totals = {"files": 0, **dict.fromkeys(STATUSES, 0)}
    for outcome in outcomes:
        totals["files"] += 1
        totals[outcome.status] += 1
    return totals


def common(outcomes: Iterable[Outcome], form: Form, limit: int) -> Table:
    """The most widespread faults of many files, `limit` of them; notes are none."""
    files: Counter[tuple[str, Level]] = Counter()
    places: Counter[tuple[str, Level]] = Counter()
    for outcome in outcomes:
        found = Counter((i.code, i.level) for i in outcome.issues if i.level is not Level.NOTE)
        files.update(found.keys())
        places.update(found)
    ordered = sorted(files, key=lambda key: (-files[key], -places[key], key))[:limit]
    rows = tuple(
        (
            f"{code} {messages.entry(code, form).title}",
            say(f"report_{level}"),
            files[key],
            places[key],
        )
        for key in ordered
        for code, level in [key]
    )
    header = tuple(say(f"summary_faults_{key}") for key in ("what", "level", "files", "places"))
    return Table(say("report_common"), header, rows)


def titled(one: Finding) -> str:
    """`title:message`. Where the message begins with the title it is not said twice, unless the
    rest could not stand alone (主席姓名里有…)."""
    if not one.title:
        return one.message
    rest = one.message.removeprefix(one.title)
    if rest[:1] in say("report_leaning") or not rest[:1].isalnum():
        rest = one.message
    return f"{one.title}:{rest}"
