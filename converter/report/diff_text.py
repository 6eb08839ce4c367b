"""What changed since the last package, for the clerk to look over before sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from converter.messages.catalogue import message
from converter.model.forms import Field, Form
from converter.report.personal import mask_of
from converter.text import masking
from converter.text.display import visible
from converter.validation.diff import FieldChange, Person, SubmissionDiff, TableDiff

NAMED = 10  # people named one by one in a line
LISTED = 20  # changed members listed one by one


def render(found: SubmissionDiff, form: Form, *, since: str, show_ids: bool = False) -> str:
    """The changes as text; `found` has labels in place of codes."""
    lines = list(_lines(found, form, show_ids))
    if not lines:
        return message("since_none")
    return "\n".join([message("since_heading", path=visible(since)), *lines])


def _lines(found: SubmissionDiff, form: Form, show_ids: bool) -> Iterator[str]:
    if found.record_changed:
        yield message("since_unit", count=len(found.record_changed))
        for change in found.record_changed:
            field = form.record.field(change.field)
            values = _values(change, field, form, show_ids)
            yield message("since_unit_change", title=field.title, **values)
    for table in found.tables:
        yield from _table(table, form, show_ids)


def _table(found: TableDiff, form: Form, show_ids: bool) -> Iterator[str]:
    sheet = form.sheet(found.sheet)
    wording = {"rows": sheet.rows_name, "counter": sheet.counter}
    for key, people in (("joined", found.joined), ("left", found.left)):
        if people:
            names = _names(people, show_ids)
            yield message(f"since_{key}", count=len(people), names=names, **wording)
    if found.changed:
        yield message("since_changed", count=len(found.changed), **wording)
        for row in found.changed[:LISTED]:
            for change in row.fields:
                field = sheet.field(change.field)
                yield message(
                    "since_change",
                    who=_person(row.person, show_ids, " "),
                    title=field.title,
                    **_values(change, field, form, show_ids),
                )
        if len(found.changed) > LISTED:
            yield "    " + message("and_more")


def _values(change: FieldChange, field: Field, form: Form, show_ids: bool) -> dict[str, str]:
    values = {"old": change.old, "new": change.new}
    if not show_ids:
        values = {key: mask_of(field, form)(value) for key, value in values.items()}
    return {key: visible(value) or message("blank") for key, value in values.items()}


def _names(people: Sequence[Person], show_ids: bool) -> str:
    shown = [_person(person, show_ids, "（", "）") for person in people[:NAMED]]
    return "、".join(shown) + (message("and_more") if len(people) > NAMED else "")


def _person(person: Person, show_ids: bool, before: str, after: str = "") -> str:
    """A name, and where the row has one, the ID number that tells namesakes apart."""
    name = visible(person.name)
    shown = person.id if show_ids else masking.whole(person.id)
    return f"{name}{before}{shown}{after}" if person.id else name
