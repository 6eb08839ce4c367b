"""What changed since the last package, for the clerk to look over before sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.text import masking
from converter.text.display import visible
from converter.validation.diff import FieldChange, Person, SubmissionDiff

NAMED = 10  # people named one by one in a line
LISTED = 20  # changed members listed one by one


def render(found: SubmissionDiff, form: Form, *, since: str, show_ids: bool = False) -> str:
    """The changes as text; `found` has labels in place of codes."""
    lines = list(_lines(found, form, show_ids))
    if not lines:
        return message("since_none")
    return "\n".join([message("since_heading", path=visible(since)), *lines])


def _lines(found: SubmissionDiff, form: Form, show_ids: bool) -> Iterator[str]:
    if found.unit_changed:
        titles = {field.key: field.title for field in form.unit}
        yield message("since_unit", count=len(found.unit_changed))
        for change in found.unit_changed:
            yield message("since_unit_change", title=titles[change.field], **_values(change))
    for key, people in (("joined", found.joined), ("left", found.left)):
        if people:
            yield message(f"since_{key}", count=len(people), names=_names(people, show_ids))
    if found.changed:
        titles = {field.key: field.title for field in form.member}
        yield message("since_changed", count=len(found.changed))
        for member in found.changed[:LISTED]:
            for change in member.fields:
                yield message(
                    "since_change",
                    name=visible(member.person.name),
                    id=_id(member.person.id, show_ids),
                    title=titles[change.field],
                    **_values(change),
                )
        if len(found.changed) > LISTED:
            yield "    " + message("and_more")


def _values(change: FieldChange) -> dict[str, str]:
    return {
        key: visible(masking.text(text)) or message("blank")
        for key, text in (("old", change.old), ("new", change.new))
    }


def _names(people: Sequence[Person], show_ids: bool) -> str:
    shown = [f"{visible(p.name)}({_id(p.id, show_ids)})" for p in people[:NAMED]]
    return "、".join(shown) + (message("and_more") if len(people) > NAMED else "")


def _id(number: str, show_ids: bool) -> str:
    return number if show_ids else masking.whole(number)
