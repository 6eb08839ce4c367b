"""The workbook of open questions: a row a question, a dropdown of what may be decided.

The officer sorts, filters, deletes rows, fills some in and leaves others; a row is known by its
hidden key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from converter import workbook
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.forms import Field, Form, Sheet, SheetShape
from converter.model.issues import Issues
from converter.model.submissions import Outcome
from converter.register.precedence import ACTIONS
from converter.register.questions import DecisionRow, OpenQuestion
from converter.roster import table_sheet

SHEET = "decision"
WIDTHS = {
    "number": 7, "kind": 18, "unit": 30, "superior": 22, "file": 30, "detail": 56, "decision": 14,
    "assigned": 20, "why": 30, "key": 12,
}  # fmt: skip
OPTIONAL_COLUMN = "S004"


def definition(form: Form) -> Form:
    """The form of one table that the workbook is written and read by."""
    fields = tuple(
        Field(
            key=key,
            title=message(f"decision_{key}"),
            kind="text",
            sheet=SHEET,
            required=key == "key",
            note=message(f"decision_{key}_note"),
            width=width,
        )
        for key, width in WIDTHS.items()
    )
    sheet = Sheet(
        key=SHEET,
        shape=SheetShape.TABLE,
        title=message("decision_sheet"),
        fields=fields,
        headings={},
        rows_name=message("decision_rows"),
        counter=message("decision_counter"),
    )
    title = message("decision_title")
    return replace(form, id=f"{form.id}-decisions", title=title, sheets=(sheet,), rules=())


def write(form: Form, path: Path, questions: Sequence[OpenQuestion]) -> None:
    """Write the open questions. Raises OSError."""
    rows = [
        {
            "number": str(number),
            "kind": catalogue.entry(one.code, form).title if one.code else message("asked_kind"),
            "unit": one.unit,
            "superior": one.superior,
            "file": one.file,
            "detail": one.detail,
            "key": one.key,
        }
        for number, one in enumerate(questions, 1)
    ]
    offered = [[message(f"choice_{action}") for action in one.choices] for one in questions]
    table_sheet.write(definition(form), path, rows, {"decision": offered}, hidden=("key",))


def read(path: Path, form: Form) -> tuple[Outcome, tuple[DecisionRow, ...]]:
    """Read what was decided. Never raises on bad data."""
    table = definition(form)
    found = workbook.read(path, table)
    issues = [issue for issue in found.issues if issue.code != OPTIONAL_COLUMN]
    readable = not any(issue.code[0] == "F" for issue in issues)
    outcome = Outcome(str(path), Issues.of(issues), readable=readable)
    raw = found.sheets.get(SHEET)
    if raw is None:
        return outcome, ()
    actions = {message(f"choice_{action}"): action for action in ACTIONS}
    blank = [""] * len(raw)
    texts = {
        key: [text.strip() for text in raw.columns[key].text] if key in raw.columns else blank
        for key in WIDTHS
    }
    rows = [
        DecisionRow(
            number,
            texts["key"][at],
            texts["file"][at] or texts["unit"][at],
            actions.get(texts["decision"][at], texts["decision"][at]),
            texts["assigned"][at],
            texts["why"][at],
        )
        for at, number in enumerate(raw.rows)
    ]
    return outcome, tuple(rows)
