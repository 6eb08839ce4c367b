"""What `--fix` changed in a file's corrected copy: cell, old, new, why."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.model.submissions import CellFix, CellFixes
from converter.report import issue_text
from converter.report.personal import mask_of
from converter.text.display import cut, visible

LISTED = 2_000  # changes of a file that are listed one by one


class FixText(NamedTuple):
    """A change as a report shows it; masked unless the report may show IDs."""

    cell: str
    title: str
    old: str
    new: str
    why: str


def describe(change: CellFix, renderer: issue_text.IssueRenderer) -> FixText:
    """A change as texts."""
    one = renderer.render(change.note)
    old, new, why = change.old, change.new, one.message
    if not renderer.show_ids:
        place = change.note.place
        field = renderer.form.field_at(place.sheet, place.field)
        hide = mask_of(field, renderer.form)
        for typed in sorted({old, new} - {""}, key=len, reverse=True):
            why = why.replace(typed, hide(typed))
        old, new = hide(old), hide(new)
    place = change.note.place
    return FixText(f"{place.sheet}!{place.cell}", one.title, old, new, why)


def lines(
    file: str, changes: CellFixes, form: Form, *, show_ids: bool, width: int = 0
) -> Iterator[str]:
    """A line that counts the changes, then a line a change, up to `LISTED`: the copy has all.
    `width` is the terminal's (0: unknown)."""
    renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
    yield message("report_fixed_head", file=visible(file), count=len(changes)) + "\n"
    for change in islice(changes, LISTED):
        shown = {name: visible(text) for name, text in describe(change, renderer)._asdict().items()}
        yield cut(message("report_fixed_line", code=change.note.code, **shown), width) + "\n"
    if len(changes) > LISTED:
        yield message("report_fixed_more", count=len(changes) - LISTED) + "\n"
