"""Outcomes as JSON for other programs; the keys are a contract (version 1).

Every cell is listed: grouping is for people. `status` is ok, warnings, errors or unreadable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from converter.model.forms import Form
from converter.model.submissions import CellFix, Outcome
from converter.report import fixes_text, issue_text
from converter.report.issue_text import RenderedIssue

VERSION = 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def pieces(
    outcomes: Sequence[Outcome],
    form: Form,
    show_ids: bool = False,
    *,
    ascii_only: bool = False,
    fixed: Mapping[str, Iterable[CellFix]] | None = None,
) -> Iterator[str]:
    """One JSON object, a line an issue, piece by piece: a file may have a million issues.
    `ascii_only` writes \\u escapes, for consoles that cannot show Chinese. `fixed` has the changes
    made in each file's corrected copy, where one was asked for."""
    encode = json.JSONEncoder(ensure_ascii=ascii_only).encode

    def dump(value: Any) -> str:
        # A lone surrogate from a damaged file has no UTF-8; its escape is plain ASCII.
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", encode(value))

    yield f'{{"version": {VERSION}, "summary": {dump(issue_text.count(outcomes))},\n "files": ['
    for number, outcome in enumerate(outcomes):
        yield ",\n  " if number else ""
        yield from _file(outcome, form, show_ids, dump, fixed)
    yield "]}\n"


def _file(
    outcome: Outcome,
    form: Form,
    show_ids: bool,
    dump: Callable[[Any], str],
    fixed: Mapping[str, Iterable[CellFix]] | None,
) -> Iterator[str]:
    head = {
        "file": outcome.file,
        "status": outcome.status,
        "unit": {"code": outcome.unit_code, "name": outcome.unit_name},
        "members": outcome.members,
    }
    yield f'{dump(head)[:-1]}, "issues": ['
    found = issue_text.findings(outcome, form, show_ids=show_ids)
    yield from _between_commas(map(dump, map(_issue, found)))
    yield "]"
    if fixed is not None:
        yield ',\n   "fixed": ['
        renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
        changes = (_change(c, renderer) for c in fixed.get(outcome.file, ()))
        yield from _between_commas(map(dump, changes))
        yield "]"
    yield "}"


def _between_commas(texts: Iterable[str]) -> Iterator[str]:
    before = ""
    for text in texts:
        yield before + text
        before = ",\n    "


def _change(change: CellFix, renderer: issue_text.IssueRenderer) -> dict[str, Any]:
    one = fixes_text.describe(change, renderer)
    place = change.note.place
    return {
        "code": change.note.code,
        "sheet": place.sheet,
        "cell": place.cell,
        "row": place.row,
        "field": place.field,
        "title": one.title,
        "old": one.old,
        "new": one.new,
        "why": one.why,
    }


def _issue(one: RenderedIssue) -> dict[str, Any]:
    place = one.place
    return {
        "code": one.code,
        "level": str(one.level),
        "sheet": place.sheet,
        "cell": place.cell,
        "row": place.row,
        "field": place.field,
        "title": one.title,
        "value": one.value,
        "message": one.message,
        "fix": one.fix,
        "related": [{"file": p.file, "sheet": p.sheet, "cell": p.cell} for p in one.related],
    }
