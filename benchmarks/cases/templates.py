"""Personalised workbooks, one a unit."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender


def case(quick: bool) -> Case:
    """Pressed and written, against the same bytes written and against openpyxl."""
    count, few, rows = (200, 2, 500) if quick else (2000, 10, 500)
    args = {"count": count, "rows": rows}
    path = str(inputs.blank(rows))
    return Case(
        "templates",
        f"{count:,} blank workbooks with {rows} rows prepared; by openpyxl {few} of them",
        (
            Contender("pressed", "ours:templates", args, count=count, profiled=True),
            Contender("pressed and written", "ours:written_templates", args, count=count),
            Contender("the same bytes written", "ours:write_bytes", args, count=count),
            Contender(
                "openpyxl, saved again",
                "by_openpyxl:templates",
                {"count": few, "path": path},
                count=few,
                rounds=1,
            ),
        ),
        (
            Claim(
                "a workbook beyond writing its bytes",
                1,
                lambda m: (m.each("pressed and written") - m.each("the same bytes written")) * 1000,
                unit="ms",
            ),
            Claim(
                "openpyxl saving it again ÷ pressed and written",
                20,
                lambda m: m.ratio("openpyxl, saved again", "pressed and written"),
                at_most=False,
            ),
        ),
    )
