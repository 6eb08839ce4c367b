"""What changed since the last package, for the clerk to look over before sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from converter.messages.catalogue import message
from converter.model.forms import Form
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
    if found["record"]:
        titles = {field.key: field.title for field in form.record}
        yield message("since_unit", count=len(found["record"]))
        for change in found["record"]:
            yield message("since_unit_change", title=titles[change["field"]], **_values(change))
    for table in found["tables"]:
        yield from _table(table, form, show_ids)


def _table(found: dict[str, Any], form: Form, show_ids: bool) -> Iterator[str]:
    sheet = form.sheet(found["sheet"])
    words = {"rows": sheet.rows_name}
    for key in ("joined", "left"):
        if found[key]:
            names = _names(found[key], show_ids)
            yield message(f"since_{key}", count=len(found[key]), names=names, **words)
    if found["changed"]:
        titles = {field.key: field.title for field in sheet}
        yield message("since_changed", count=len(found["changed"]), **words)
        for row in found["changed"][:LISTED]:
            for change in row["fields"]:
                yield message(
                    "since_change",
                    who=_who(row, show_ids, " "),
                    title=titles[change["field"]],
                    **_values(change),
                )
        if len(found["changed"]) > LISTED:
            yield "    " + message("and_more")


def _values(change: dict[str, str]) -> dict[str, str]:
    return {key: visible(masking.text(change[key])) or message("blank") for key in ("old", "new")}


def _names(people: Sequence[dict[str, str]], show_ids: bool) -> str:
    shown = [_who(person, show_ids, "(", ")") for person in people[:NAMED]]
    return "、".join(shown) + (message("and_more") if len(people) > NAMED else "")


def _who(person: dict[str, Any], show_ids: bool, before: str, after: str = "") -> str:
    """A name, and beside it what else tells the row from others, where there is anything."""
    name, id_ = visible(person["name"]), person["id"]
    shown = id_ if show_ids else masking.whole(id_)
    return f"{name}{before}{shown}{after}" if id_ else name
