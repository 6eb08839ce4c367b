"""The annotated copy of a large workbook."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender


def case(quick: bool) -> Case:
    """Marking the faults of a workbook that was judged before, against openpyxl."""
    rows = 10_000 if quick else 100_000
    path, warm = str(inputs.typed(rows)), str(inputs.small(1)[0])
    return Case(
        "large-annotate",
        f"{rows:,} members typed without formulas, a fault in every hundredth marked",
        (
            Contender("converter", "ours:annotate", {"path": path, "warm": warm}, profiled=True),
            Contender("openpyxl", "by_openpyxl:annotate", {"path": path}, rounds=2),
        ),
        (
            Claim(
                "openpyxl ÷ annotated copy",
                15,
                lambda m: m.ratio("openpyxl", "converter"),
                at_most=False,
            ),
        ),
    )
