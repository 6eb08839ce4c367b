"""One large workbook, every row with formulas and their values, as Excel saves it."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender


def case(quick: bool) -> Case:
    """`check` in process against raw reads of the same file."""
    rows = 10_000 if quick else 100_000
    path, warm = str(inputs.large(rows)), str(inputs.small(1)[0])
    args = {"paths": [path], "warm": warm}
    return Case(
        "large-check",
        f"{rows:,} members, every row prepared with formulas and computed by Excel, 1 % faults",
        (
            Contender("converter", "ours:check", args, profiled=True),
            Contender("calamine", "readers:calamine", args),
            Contender("fastexcel", "readers:fastexcel", args),
        ),
        (
            Claim("check ÷ calamine's raw read", 1.4, lambda m: m.ratio("converter", "calamine")),
            Claim("memory a row", 700, lambda m: m.growth("converter") / rows, unit="bytes"),
        ),
    )
