"""What the officer reads: findings across units, receipts, what a run came to.

ID numbers are masked unless asked for: a finding is followed up by file and row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from converter import messages
from converter.messages import say
from converter.model import Form, Issue
from converter.report import tables, tabular, terminal
from converter.report.tabular import Table
from converter.report.text import visible

SHOWN = 5  # findings of a code that are shown on a terminal


def findings_text(found: Sequence[Issue], form: Form, *, show_ids: bool = False) -> str:
    """The findings by code, the first few of each."""
    lines = []
    counted: dict[str, int] = {}
    for issue in found:
        counted[issue.code] = counted.get(issue.code, 0) + 1
        if counted[issue.code] <= SHOWN:
            one = tables.finding(issue, form, show_ids=show_ids)
            lines += terminal.diagnostic(one)
        elif counted[issue.code] == SHOWN + 1:
            rest = sum(other.code == issue.code for other in found) - SHOWN
            lines.append("  " + say("findings_more", count=rest))
    return "\n".join(lines) + "\n" if lines else ""


def findings_table(found: Sequence[Issue], form: Form, *, show_ids: bool = False) -> Table:
    """All findings as one table, a row each."""
    header = [
        say(f"findings_{key}")
        for key in (
            "level", "code", "unit", "superior", "file_column", "sheet", "cell", "value",
            "message", "fix", "related",
        )
    ]  # fmt: skip
    rows = [_row(issue, form, show_ids) for issue in found]
    return Table(say("findings_title"), header, rows)


def _row(issue: Issue, form: Form, show_ids: bool) -> list[str]:
    one = tables.finding(issue, form, show_ids=show_ids)
    related = "；".join(f"{place.file} {terminal.address(place)}".strip() for place in one.related)
    return [
        say(f"report_{one.level}"),
        one.code,
        str(issue.params.get("unit", "")),
        str(issue.params.get("superior", "")),
        one.place.file,
        one.place.sheet,
        one.place.cell,
        one.value,
        one.message,
        one.fix,
        related,
    ]


def findings_csv(found: Sequence[Issue], form: Form, *, show_ids: bool = False) -> bytes:
    """The same for a spreadsheet program, heading first."""
    table = findings_table(found, form, show_ids=show_ids)
    return tabular.write_csv([table._replace(title="")])


def findings_json(found: Sequence[Issue], form: Form, *, show_ids: bool = False) -> list[Any]:
    """The same as plain values, with the keys of `check --format json`."""
    listed = []
    for issue in found:
        one = tables.finding(issue, form, show_ids=show_ids)
        listed.append(
            {
                "code": one.code,
                "level": str(one.level),
                "unit": issue.params.get("unit", ""),
                "superior": issue.params.get("superior", ""),
                "file": one.place.file,
                "sheet": one.place.sheet,
                "cell": one.place.cell,
                "row": one.place.row,
                "field": one.place.field,
                "value": one.value,
                "message": one.message,
                "fix": one.fix,
                "related": [
                    {"file": p.file, "sheet": p.sheet, "cell": p.cell} for p in one.related
                ],
            }
        )
    return listed


def counted(found: Sequence[Issue], form: Form) -> str:
    """How many of each kind, in words."""
    numbers: dict[str, int] = {}
    for issue in found:
        numbers[issue.code] = numbers.get(issue.code, 0) + 1
    return "，".join(
        say("receive_found", word=messages.entry(code, form).title, count=number)
        for code, number in numbers.items()
    )


def receipt(told: Mapping[str, Any], verdict: str) -> str:
    """A receipt in words. `verdict`: unsigned, signed, genuine or forged."""
    unit = told.get("unit")
    unit = unit if isinstance(unit, dict) else {}
    counts = say("receipt_counts", errors=told.get("errors", 0), warnings=told.get("warnings", 0))
    rows = [
        ("file", told.get("file", "")),
        ("unit", " ".join(str(unit.get(k, "")) for k in ("name", "code")).strip()),
        ("superior", told.get("superior", "")),
        ("period", told.get("period", "")),
        ("received", told.get("received", "")),
        ("members", told.get("members", "")),
        ("result", f"{_word('result', told)}（{counts}）"),
        ("state", _word("state", told)),
        ("order", _word("order", {"order": told.get("ordered_by")})),
        ("digest", told.get("digest", "")),
        ("signature", say(f"receipt_{verdict}")),
    ]
    shown = [[say(f"receipt_{key}"), visible(str(value))] for key, value in rows if value != ""]
    text = tabular.text([Table(say("receipt_title", receipt=told.get("receipt", "")), [], shown)])
    problems = told.get("problems")
    listed = problems if isinstance(problems, list) else []
    lines = [say("receipt_problems")] if listed else []
    for entry in listed:
        if not isinstance(entry, dict):
            continue
        count = entry.get("count", 1)
        more = say("receipt_more", count=count) if count != 1 else ""
        words = {key: visible(str(entry.get(key, ""))) for key in ("code", "where", "message")}
        lines.append(say("receipt_problem", more=more, **words))
        if entry.get("fix"):
            lines.append(say("receipt_problem_fix", fix=visible(str(entry["fix"]))))
    return text + "\n".join(lines)


def _word(kind: str, told: Mapping[str, Any]) -> str:
    """A word of ours for what the receipt says; what we do not know stays as it is."""
    value = str(told.get(kind, ""))
    try:
        return say(f"receive_{kind}_{value}")
    except KeyError:
        return value
