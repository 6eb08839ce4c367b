"""One large workbook, most members typed below the rows that the template prepares."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender


def case(quick: bool) -> Case:
    """`check` in process against raw reads and the usual pipelines."""
    rows = 10_000 if quick else 100_000
    path, warm = str(inputs.typed(rows)), str(inputs.small(1)[0])
    args = {"paths": [path], "warm": warm}
    return Case(
        "typed-check",
        f"{rows:,} members typed without formulas ({inputs.PREPARED} rows prepared), 1 % faults",
        (
            Contender("converter", "ours:check", args, profiled=True),
            Contender("calamine", "readers:calamine", args),
            Contender("fastexcel", "readers:fastexcel", args),
            Contender("pandas + pandera", "by_pandas:in_process", args, rounds=1),
            Contender("frictionless", "by_frictionless:in_process", args, rounds=1),
        ),
        (
            Claim("check ÷ calamine's raw read", 1.4, lambda m: m.ratio("converter", "calamine")),
            Claim("memory a row", 700, lambda m: m.growth("converter") / rows, unit="bytes"),
            Claim(
                "pandas + openpyxl + pandera ÷ check",
                3,
                lambda m: m.ratio("pandas + pandera", "converter"),
                at_most=False,
            ),
        ),
    )
