"""What was mended in a file's corrected copy, in words: cell, old, new, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from converter.messages import say
from converter.model import Change, Form
from converter.report import mask, tables
from converter.report.text import cut, visible


class Said(NamedTuple):
    """A change as a report shows it; masked unless the report may show IDs."""

    cell: str
    title: str
    old: str
    new: str
    why: str


def said(change: Change, form: Form, *, show_ids: bool) -> Said:
    """Put a change into words."""
    one = tables.finding(change.note, form, show_ids=show_ids)
    field = tables.field_of(change.note.place, form)
    old, new, why = change.old, change.new, one.message
    if not show_ids:
        hide = mask.whole if field and field.kind == "id_number" else mask.text
        for typed in sorted({old, new} - {""}, key=len, reverse=True):
            why = why.replace(typed, hide(typed))
        old, new = hide(old), hide(new)
    place = change.note.place
    return Said(f"{place.sheet}!{place.cell}", one.title, old, new, why)


def render(
    file: str, changes: Sequence[Change], form: Form, *, show_ids: bool, width: int = 0
) -> str:
    """A line that says how many, then a line a change; `width` is the terminal's (0: unknown)."""
    lines = [say("report_fixed_head", file=visible(file), count=len(changes))]
    for change in changes:
        one = said(change, form, show_ids=show_ids)
        words = {name: visible(text) for name, text in one._asdict().items()}
        lines.append(cut(say("report_fixed_line", code=change.note.code, **words), width))
    return "\n".join(lines) + "\n"
