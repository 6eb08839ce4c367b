"""Issues → groups (one remedy for many cells) → rendered issues (the text for one cell).

Every report shows the same issues in the same order: errors first, then warnings, then
notes; within a level whole files, then the sheets in the form's order, rows, columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Field, Form
from converter.model.issues import Issue, IssueGroup, Issues, Level, Place
from converter.model.submissions import Outcome
from converter.text import characters, masking

if TYPE_CHECKING:
    from converter.statistics.figure import StatisticsTable

LEVELS = (Level.ERROR, Level.WARNING, Level.NOTE)
NOT_A_NAME = "K203"
LISTED = 12  # addresses of a group that are named one by one
IN_ONE_BLOCK = ("K001", "S021", "S022")  # items that are missing
STATUSES = ("ok", "warnings", "errors", "unreadable")


@dataclass(frozen=True, slots=True)
class RenderedIssue:
    """One issue as text. `value` is masked unless the report may show IDs."""

    code: str
    level: Level
    place: Place
    title: str  # of the field, '' for a sheet or a file
    value: str  # as typed
    message: str
    fix: str
    related: tuple[Place, ...]
    basis: str = ""  # what the check rests on
    person: str = ""  # how the message begins where it is about a person of a table


class IssueRenderer:
    """Turns issues into text. What those of one code and field share is looked up once."""

    def __init__(self, form: Form, *, show_ids: bool) -> None:
        self.form, self.show_ids = form, show_ids
        self._known: dict[tuple[str, str, str], _Shared] = {}

    def render(self, issue: Issue) -> RenderedIssue:
        key = issue.code, issue.place.sheet, issue.place.field
        shared = self._known.get(key)
        if shared is None:
            shared = self._known[key] = _Shared.of(issue, self.form)
        field, value = shared.field, issue.value
        params = {**shared.params, **issue.params}
        message = catalogue.prose("sentence", shared.entry, params)
        fix = _fix(issue, shared.entry, params)
        if not self.show_ids:
            if shared.personal:
                # A badly typed number need not look like one: what was typed is masked
                # wherever it appears.
                value = masking.whole(value)
                if value != issue.value:
                    message = message.replace(issue.value, value)
                    fix = fix.replace(issue.value, value)
            value, message, fix = masking.text(value), masking.text(message), _masked(fix)
        person = self._person(issue)
        return RenderedIssue(
            code=issue.code,
            level=issue.level,
            place=issue.place,
            title=field.title if field else "",
            value=value,
            message=person + message,
            fix=fix,
            related=issue.related,
            basis=shared.entry.basis,
            person=person,
        )

    def _person(self, issue: Issue) -> str:
        """Row, name and number of the person whom an issue is about ('' for none)."""
        if "person" not in issue.params or not issue.place.row:
            return ""
        name = characters.strip(str(issue.params["person"]))
        number = characters.squeeze(str(issue.params["number"]))
        if issue.code == NOT_A_NAME:
            name = ""
        if not any(map(str.isdigit, number)):
            number = ""  # 无, 待补
        if not self.show_ids:
            name, number = masking.text(name), masking.whole(number)
        beside = message("report_person_number", number=number) if name and number else ""
        return message("report_person", row=issue.place.row, name=name or number, number=beside)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What issues of one code and field have in common."""

    entry: catalogue.CatalogueEntry
    field: Field | None
    params: Mapping[str, Any]  # of the messages
    personal: bool  # values are masked

    @staticmethod
    def of(issue: Issue, form: Form) -> _Shared:
        from converter.kinds import is_personal  # where no issue is shown, nobody asks the kinds

        field = form.field_at(issue.place.sheet, issue.place.field)
        entry, params = catalogue.entry(issue.code, form, field), catalogue.card_params(issue, form)
        return _Shared(entry, field, params, is_personal(field))


_masked = lru_cache(256)(masking.text)  # remedies repeat themselves


def _fix(issue: Issue, entry: catalogue.CatalogueEntry, params: Mapping[str, Any]) -> str:
    """What to do; for an error that may be explained also that, once explained only the reason."""
    if "reason" in issue.params:
        return message("report_explained", reason=issue.params["reason"])
    fix = catalogue.prose("fix", entry, params)
    if issue.level is Level.ERROR and entry.explainable:
        return message("report_explainable", fix=fix)
    if "reason_in_vain" in issue.params:
        return message("report_in_vain", fix=fix)
    return fix


def ordered(outcome: Outcome, form: Form) -> Issues:
    """The issues of a submission in the order of reports."""

    def before(head: IssueGroup) -> tuple[int, bool, int]:
        place = head.place
        return LEVELS.index(head.level), bool(place.sheet), _sheet_order(place, form)

    return outcome.issues.ordered(before, lambda head: (head.place.column, head.code))


def findings(outcome: Outcome, form: Form, *, show_ids: bool) -> Iterator[RenderedIssue]:
    """Everything that was found in one submission, in the order of reports, one after another."""
    return map(IssueRenderer(form, show_ids=show_ids).render, ordered(outcome, form))


def grouped(issues: Issues, form: Form) -> list[Issues]:
    """Issues of one code and field of one sheet together, in the order of each group's first: none
    of them is rendered yet. There may be hundreds of thousands, of which few are shown.

    Items of the record sheet that are all missing are one group whatever their fields."""

    def key(head: IssueGroup) -> tuple[Level, str, str, str, str]:
        place = head.place
        field = "" if head.code in IN_ONE_BLOCK and _of_record(place, form) else place.field
        return head.level, head.code, place.file, place.sheet, field

    return issues.grouped(key)


def _of_record(place: Place, form: Form) -> bool:
    field = form.field_at(place.sheet, place.field)
    return field is not None and form.sheet(field.sheet).is_record


def in_one_block(group: Issues, renderer: IssueRenderer) -> RenderedIssue | None:
    """Several items that are missing, as one text; None for any other group."""
    first = group[0]
    fields = {place.field for place in group.places}
    if first.code not in IN_ONE_BLOCK or len(fields) < 2:
        return None
    names = [
        message("report_block_item", title=field.title, cell=place.cell)
        if (field := renderer.form.field_at(place.sheet, place.field))
        else place.cell
        for place in group.places
    ]
    text = message(f"report_block_{first.code}", count=len(group), items="、".join(names))
    fix = message(f"report_block_fix_{first.code}")
    return replace(renderer.render(first), title="", value="", message=text, fix=fix, related=())


def _sheet_order(place: Place, form: Form) -> int:
    """The number of a sheet in the form, 0 for none of its; a renamed sheet is known by its
    fields."""
    for number, sheet in enumerate(form.sheets, 1):
        if place.sheet == sheet.title or place.sheet in sheet.aliases:
            return number
    for number, sheet in enumerate(form.sheets, 1):
        if any(field.key == place.field for field in sheet):
            return number
    return 0


def cells(places: Iterable[Place]) -> Iterator[str]:
    """Addresses in order, three or more below one another drawn together: C5, C8:C12."""
    run: list[Place] = []  # the first and the last of it
    length = 0

    def texts() -> Iterator[str]:
        if length > 2:
            yield f"{run[0].cell}:{run[-1].cell}"
        else:
            yield from (place.cell for place in run)

    for place in places:
        if run and (place.column, place.row) != (run[-1].column, run[-1].row + 1):
            yield from texts()
            run, length = [], 0
        if place.cell:
            run = [*run[:1], place]
            length += 1
    yield from texts()


def listed(places: Iterable[Place]) -> str:
    """Addresses in one line, the first dozen of them."""
    texts = [*islice(cells(places), LISTED + 1)]
    line = "、".join(texts[:LISTED])
    return line if len(texts) <= LISTED else message("report_and_more", cells=line)


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many files came to which end: files, ok, warnings, errors, unreadable."""
    totals = {"files": 0, **dict.fromkeys(STATUSES, 0)}
    for outcome in outcomes:
        totals["files"] += 1
        totals[outcome.status] += 1
    return totals


def common(outcomes: Iterable[Outcome], form: Form, limit: int) -> StatisticsTable:
    """The most widespread faults of many files, `limit` of them; notes are none."""
    files: Counter[tuple[str, Level]] = Counter()
    places: Counter[tuple[str, Level]] = Counter()
    for outcome in outcomes:
        found = outcome.issues.counted(lambda head: (head.code, head.level))
        for key in [key for key in found if key[1] is Level.NOTE]:
            del found[key]
        files.update(found.keys())
        places.update(found)
    most = sorted(files, key=lambda key: (-files[key], -places[key], key))[:limit]
    rows = [(code, str(level), files[code, level], places[code, level]) for code, level in most]
    from converter.statistics.faults import fault_table  # brings the kinds

    return fault_table(message("report_common"), rows, form)


def titled(one: RenderedIssue) -> str:
    """`title：message`. Where the message begins with the title it is not repeated, unless the
    rest could not stand alone (主席姓名里有…)."""
    if not one.title or one.person:
        return one.message
    rest = one.message.removeprefix(one.title)
    if rest[:1] in message("report_leaning") or not rest[:1].isalnum():
        rest = one.message
    return f"{one.title}：{rest}"
