"""What changed since the last package, for the clerk to look over before sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from converter.messages.catalogue import message
from converter.model.forms import Field, Form
from converter.report.personal import mask_of
from converter.text import masking
from converter.text.display import visible

NAMED = 10  # people named one by one in a line
LISTED = 20  # changed members listed one by one


def render(found: dict[str, Any], form: Form, *, since: str, show_ids: bool = False) -> str:
    """`found` is `compare.pack`'s, with labels in place of codes."""
    lines = list(_lines(found, form, show_ids))
    if not lines:
        return message("since_none")
    return "\n".join([message("since_heading", path=visible(since)), *lines])


def _lines(found: dict[str, Any], form: Form, show_ids: bool) -> Iterator[str]:
    if found["unit"]:
        titles = {field.key: field.title for field in form.unit}
        yield message("since_unit", count=len(found["unit"]))
        for change in found["unit"]:
            yield message(
                "since_unit_change",
                title=titles[change["field"]],
                **_values(change, form.unit.field(change["field"]), form, show_ids),
            )
    for key in ("joined", "left"):
        if found[key]:
            yield message(f"since_{key}", count=len(found[key]), names=_names(found[key], show_ids))
    if found["changed"]:
        titles = {field.key: field.title for field in form.member}
        yield message("since_changed", count=len(found["changed"]))
        for member in found["changed"][:LISTED]:
            for change in member["fields"]:
                yield message(
                    "since_change",
                    name=visible(member["name"]),
                    id=_id(member["id"], show_ids),
                    title=titles[change["field"]],
                    **_values(change, form.member.field(change["field"]), form, show_ids),
                )
        if len(found["changed"]) > LISTED:
            yield "    " + message("and_more")


def _values(change: dict[str, str], field: Field, form: Form, show_ids: bool) -> dict[str, str]:
    values = {key: change[key] for key in ("old", "new")}
    if not show_ids:
        values = {key: mask_of(field, form)(value) for key, value in values.items()}
    return {key: visible(value) or message("blank") for key, value in values.items()}


def _names(people: Sequence[dict[str, str]], show_ids: bool) -> str:
    shown = [f"{visible(p['name'])}({_id(p['id'], show_ids)})" for p in people[:NAMED]]
    return "、".join(shown) + (message("and_more") if len(people) > NAMED else "")


def _id(number: str, show_ids: bool) -> str:
    return number if show_ids else masking.whole(number)
