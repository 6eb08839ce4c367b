"""Outcomes as JSON for other programs; the keys are a contract (version 1).

Every cell is listed: grouping is for people. `status` is ok, warnings, errors or unreadable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from converter.model import Change, Form, Outcome
from converter.report import changed, tables
from converter.report.tables import Finding

VERSION = 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def render(
    outcomes: Sequence[Outcome],
    form: Form,
    show_ids: bool = False,
    *,
    ascii_only: bool = False,
    fixed: Mapping[str, Sequence[Change]] | None = None,
) -> str:
    """One JSON object, a line an issue. `ascii_only` writes \\u escapes, for consoles that cannot
    show Chinese. `fixed` has the changes made in each file's corrected copy, where one was asked
    for."""
    # dumps without indent is C: with it, 100,000 issues take ten times as long.
    dump = partial(json.dumps, ensure_ascii=ascii_only)
    files = ",\n  ".join(_file(outcome, form, show_ids, dump, fixed) for outcome in outcomes)
    head = f'{{"version": {VERSION}, "summary": {dump(tables.count(outcomes))},\n "files": ['
    text = f"{head}{files}]}}\n"
    # A lone surrogate from a damaged file has no UTF-8; its escape is plain ASCII.
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _file(
    outcome: Outcome,
    form: Form,
    show_ids: bool,
    dump: Callable[[Any], str],
    fixed: Mapping[str, Sequence[Change]] | None,
) -> str:
    head = {
        "file": outcome.file,
        "status": outcome.status,
        "unit": {"code": outcome.unit_code, "name": outcome.unit_name},
        "members": outcome.members,
    }
    found = tables.findings(outcome, form, show_ids=show_ids)
    issues = ",\n    ".join(dump(_issue(one)) for one in found)
    text = f'{dump(head)[:-1]}, "issues": [{issues}]'
    if fixed is None:
        return f"{text}}}"
    mended = (_change(c, form, show_ids) for c in fixed.get(outcome.file, ()))
    listed = ",\n    ".join(map(dump, mended))
    return f'{text},\n   "fixed": [{listed}]}}'


def _change(change: Change, form: Form, show_ids: bool) -> dict[str, Any]:
    one = changed.said(change, form, show_ids=show_ids)
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


def _issue(one: Finding) -> dict[str, Any]:
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
