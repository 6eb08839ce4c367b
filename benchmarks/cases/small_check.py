"""Many small workbooks: the template as handed out, 50 to 200 members each."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender


def case(quick: bool) -> Case:
    """`check` in process on one core against raw reads; pipelines on some of the files."""
    count, few = (100, 10) if quick else (1000, 50)
    paths = [str(path) for path in inputs.small(count)]
    args = {"paths": paths, "warm": paths[0]}
    some = {**args, "paths": paths[:few]}
    return Case(
        "small-check",
        f"{count:,} workbooks of 50 to 200 members on one core; the last two on {few} of them",
        (
            Contender("converter", "ours:check", args, count=count, rounds=3, profiled=True),
            Contender("calamine", "readers:calamine", args, count=count, rounds=3),
            Contender("fastexcel", "readers:fastexcel", args, count=count, rounds=3),
            Contender("frictionless", "by_frictionless:in_process", some, count=few, rounds=2),
            Contender("pandas + pandera", "by_pandas:in_process", some, count=few, rounds=2),
        ),
        (
            Claim("check ÷ calamine's raw read", 1.6, lambda m: m.ratio("converter", "calamine")),
            Claim(
                "frictionless ÷ check, a file",
                15,
                lambda m: m.ratio("frictionless", "converter"),
                at_most=False,
            ),
            Claim(
                "pandas + openpyxl + pandera ÷ check, a file",
                20,
                lambda m: m.ratio("pandas + pandera", "converter"),
                at_most=False,
            ),
        ),
    )
