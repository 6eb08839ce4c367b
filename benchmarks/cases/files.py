"""Time and memory against the number of files."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender

MIB = 1 << 20
FULL, QUICK = (1000, 3000, 20_000), (50, 200)


def case(quick: bool) -> Case:
    """`converter check` of ever larger folders, two workers."""
    sizes = QUICK if quick else FULL
    different = sizes[0]
    contenders = tuple(
        Contender(
            "converter",
            "ours:command",
            {
                "arguments": [
                    "check",
                    str(inputs.many(size, different)),
                    "--format",
                    "json",
                    "--jobs",
                    "2",
                ]
            },
            x=size,
            count=size,
            rounds=1,
        )
        for size in sizes
    )
    first, last = sizes[0], sizes[-1]
    return Case(
        "files",
        f"folders of workbooks of 50 to 200 members, two workers, {different:,} different files",
        contenders,
        (
            Claim(
                f"memory of a worker, {last:,} files ÷ {first:,}",
                1.1,
                lambda m: (
                    m.fact("converter", "worker_peak", last)
                    / m.fact("converter", "worker_peak", first)
                ),
            ),
            Claim(
                "memory of the command, a file more",
                20,
                lambda m: (
                    (
                        m.fact("converter", "command_peak", last)
                        - m.fact("converter", "command_peak", first)
                    )
                    / 1024
                    / (last - first)
                ),
                unit="KiB",
            ),
            Claim(
                f"time a file, {last:,} files ÷ {first:,}",
                1.1,
                lambda m: m.cpu("converter", last) / last / (m.cpu("converter", first) / first),
            ),
        ),
        plot="files",
    )
