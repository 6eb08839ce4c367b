"""Time and memory against the number of rows, up to what a sheet can hold."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender, Medians

FULL = (10_000, 30_000, 100_000, 300_000, 1_000_000)
QUICK = (3_000, 10_000, 30_000)
BYTES_A_ROW = 700
SLOW_UP_TO = 30_000  # what takes minutes is shown where it takes seconds


def case(quick: bool) -> Case:
    """`check` in process of ever longer sheets, beside raw reads and the usual pipelines."""
    sizes, warm = QUICK if quick else FULL, str(inputs.small(1)[0])
    contenders = []
    for size in sizes:
        path, rounds = str(inputs.typed(size)), 0 if size <= 100_000 else 2
        args = {"paths": [path], "warm": warm}
        contenders += [
            Contender("converter", "ours:check", args, x=size, rounds=rounds),
            Contender("calamine", "readers:calamine", args, x=size, rounds=rounds),
            Contender("fastexcel", "readers:fastexcel", args, x=size, rounds=rounds),
        ]
        if size <= (10_000 if quick else SLOW_UP_TO):
            contenders += [
                Contender("pandas + pandera", "by_pandas:in_process", args, x=size, rounds=1),
                Contender("frictionless", "by_frictionless:in_process", args, x=size, rounds=1),
            ]
    first, last = sizes[0], sizes[-1]

    def a_row(medians: Medians, size: int) -> float:
        """CPU seconds a row, above what the smallest file takes."""
        more = medians.cpu("converter", size) - medians.cpu("converter", first)
        return more / (size - first)

    return Case(
        "rows",
        "members typed without formulas, 1 % faults: from small to what a sheet can hold",
        tuple(contenders),
        (
            Claim(
                f"time a row, from {sizes[-2]:,} to {last:,} rows ÷ up to {sizes[-2]:,}",
                1.15,
                lambda m: (
                    (m.cpu("converter", last) - m.cpu("converter", sizes[-2]))
                    / (last - sizes[-2])
                    / a_row(m, sizes[-2])
                ),
            ),
            Claim(
                f"memory a row at {last:,} rows",
                BYTES_A_ROW,
                lambda m: m.growth("converter", last) / last,
                unit="bytes",
            ),
        ),
        plot="rows",
    )
