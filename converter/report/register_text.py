"""What the officer reads: findings across units, receipts, the result of a run.

ID numbers are masked unless `show_ids` is given: file and row are enough to follow a finding up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any

from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.clock import in_china
from converter.model.forms import Form
from converter.model.issues import Issue, Issues, Level
from converter.register.precedence import ACTIONS
from converter.report import issue_text, table, terminal
from converter.report.table import Table
from converter.text.display import visible

SHOWN = 5  # findings of a code that are shown on a terminal
NAMED = 3  # units that are named in a line
SHARED = "C101"  # one ID number in several units

Sharings = Sequence[tuple[tuple[str, ...], int]]  # names of units, how many members they share


def findings_text(
    found: Issues, form: Form, *, sharing: Sharings = (), show_ids: bool = False
) -> str:
    """The findings by code, the first few of each with what to do once; of `sharing`, units with
    members in common and how many, the first few where findings are left out."""
    lines = []
    renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
    for group in found.grouped(lambda head: head.code):
        shown = [renderer.render(issue) for issue in group[:SHOWN]]
        for one, following in zip_longest(shown, shown[1:]):
            # A unit's name stands in the sentence; what to do stands once below all it is for.
            value = "" if one.value in one.message else one.value
            fix = "" if following and following.fix == one.fix else one.fix
            lines += terminal.diagnostic(replace(one, value=value, fix=fix))
        if len(group) > SHOWN:
            lines.append("  " + message("findings_more", count=len(group) - SHOWN))
            if group[0].code == SHARED:
                lines += ["  " + _sharing(*line) for line in sharing[:SHOWN]]
                if len(sharing) > SHOWN:
                    lines.append("  " + message("findings_more", count=len(sharing) - SHOWN))
    return "\n".join(lines) + "\n" if lines else ""


def _sharing(units: Sequence[str], count: int) -> str:
    return message("sharing_line", units=_named(units), count=count)


def _named(units: Sequence[str]) -> str:
    more = message("and_more") if units[NAMED:] else ""
    return "、".join(map(visible, units[:NAMED])) + more


def sharing_csv(sharing: Sharings) -> Iterator[bytes]:
    """Units that have members in common, for a spreadsheet program."""
    header = [message(f"sharing_{key}") for key in ("count", "units")]
    rows = ((count, "；".join(units)) for units, count in sharing)
    return table.csv_rows(chain([header], rows))


def findings_csv(found: Issues, form: Form, *, show_ids: bool = False) -> Iterator[bytes]:
    """All findings for a spreadsheet program, heading first, a line each."""
    header = [
        message(f"findings_{key}")
        for key in (
            "level", "code", "unit", "superior", "file_column", "sheet", "cell", "value",
            "message", "fix", "related",
        )
    ]  # fmt: skip
    renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
    return table.csv_rows(chain([header], (_row(issue, renderer) for issue in found)))


def _row(issue: Issue, renderer: issue_text.IssueRenderer) -> list[str]:
    one = renderer.render(issue)
    related = "；".join(f"{place.file} {terminal.address(place)}".strip() for place in one.related)
    return [
        message(f"report_{one.level}"),
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


def findings_json(found: Issues, form: Form, *, show_ids: bool = False) -> Iterator[dict[str, Any]]:
    """The same as plain values, with the keys of `check --format json`."""
    renderer = issue_text.IssueRenderer(form, show_ids=show_ids)
    for issue in found:
        one = renderer.render(issue)
        yield {
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
            "related": [{"file": p.file, "sheet": p.sheet, "cell": p.cell} for p in one.related],
        }


def counted(found: Issues, form: Form) -> str:
    """How many of each kind, as text."""
    return "，".join(
        message("receive_found", word=catalogue.entry(code, form).title, count=number)
        for code, number in found.counted(lambda head: head.code).items()
    )


def receipt_text(receipt: Mapping[str, Any], verdict: str) -> str:
    """A receipt for reading. `verdict`: unsigned, signed, genuine or forged."""
    unit = receipt.get("unit")
    unit = unit if isinstance(unit, dict) else {}
    counts = message(
        "receipt_counts", errors=receipt.get("errors", 0), warnings=receipt.get("warnings", 0)
    )
    called, counted = receipt_rows(receipt)
    rows = [
        ("file", receipt.get("file", "")),
        ("unit", " ".join(str(unit.get(k, "")) for k in ("name", "code")).strip()),
        ("superior", receipt.get("superior", "")),
        ("period", receipt.get("period", "")),
        ("claimed_period", _claimed(receipt)),
        ("received", in_china(str(receipt.get("received", "")))),
        ("members", counted),
        ("result", f"{_labelled('result', receipt)}（{counts}）"),
        ("state", _labelled("state", receipt)),
        ("reason", _reason(receipt)),
        ("decision", _decision(receipt)),
        ("amendments", amendments(receipt)),
        ("order", _labelled("order", {"order": receipt.get("ordered_by")})),
        ("digest", receipt.get("digest", "")),
        ("signature", message(f"receipt_{verdict}")),
    ]
    labels = {"members": called}
    shown = [
        [visible(labels.get(key) or message(f"receipt_{key}")), visible(str(value))]
        for key, value in rows
        if value != ""
    ]
    text = table.text(
        [Table(message("receipt_title", receipt=receipt.get("receipt", "")), [], shown)]
    )
    problems = receipt.get("problems")
    listed = problems if isinstance(problems, list) else []
    lines = [message("receipt_problems")] if listed else []
    for entry in listed:
        if not isinstance(entry, dict):
            continue
        count = entry.get("count", 1)
        more = message("receipt_more", count=count) if count != 1 else ""
        texts = {key: visible(str(entry.get(key, ""))) for key in ("code", "where", "message")}
        lines.append(message("receipt_problem", more=more, **texts))
        if entry.get("fix"):
            lines.append(message("receipt_problem_fix", fix=visible(str(entry["fix"]))))
    return text + "\n".join(lines)


def receipt_rows(receipt: Mapping[str, Any]) -> tuple[str, str]:
    """What the form of a receipt calls its rows, and how many there are ('' where it has none)."""
    form = receipt.get("form")
    form = form if isinstance(form, dict) else {}
    called = str(form.get("rows", message("receipt_rows")))  # an older program did not say
    count = f"{receipt.get('members', '')} {form.get('counter', '')}".strip()
    return called, count if called else ""


def amendments(receipt: Mapping[str, Any]) -> str:
    """What was amended about rules that found something in the file; '' for nothing."""
    found = receipt.get("amendments")
    return "；".join(
        message(
            "receipt_amendment",
            word=message(f"report_{level}" if level in list(Level) else "amended_off"),
            code=" ".join(str(one[key]) for key in ("code", "item") if key in one),
            **{key: str(one.get(key, "")) for key in ("since", "reason")},
        )
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict)
        for level in [str(one.get("level", ""))]
    )


def _claimed(receipt: Mapping[str, Any]) -> str:
    """The period that the file itself names, where it is another one."""
    claimed = str(receipt.get("claimed_period", ""))
    return claimed if claimed != str(receipt.get("period", "")) else ""


def _reason(receipt: Mapping[str, Any]) -> str:
    """Why it does not count."""
    reason = str(receipt.get("reason", ""))
    try:
        return message(f"reason_{reason}") if reason else ""
    except KeyError:
        return reason


def _decision(receipt: Mapping[str, Any]) -> str:
    """What an officer decided about the file, by whom and why."""
    found = receipt.get("decision")
    if not isinstance(found, dict):
        return ""
    action = str(found.get("action", ""))
    what = message(f"choice_{action}") if action in ACTIONS else action
    at, officer, why = (str(found.get(key, "")) for key in ("decided", "officer", "why"))
    by = " ".join(filter(None, (in_china(at), officer)))
    why = message("decision_reason", why=why) if why else ""
    return message("decision_line", number=found.get("number", ""), by=by, what=what, why=why)


def _labelled(kind: str, receipt: Mapping[str, Any]) -> str:
    """The Chinese for a value of the receipt; an unknown one stays as it is."""
    value = str(receipt.get(kind, ""))
    try:
        return message(f"receive_{kind}_{value}")
    except KeyError:
        return value
