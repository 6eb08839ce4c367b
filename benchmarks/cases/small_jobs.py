"""Many small workbooks as a whole command: one worker and two."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender

MIB = 1 << 20


def case(quick: bool) -> Case:
    """`converter check` of a folder with --jobs 1 and 2, in seconds that pass."""
    count = 200 if quick else 1000
    folder = str(inputs.many(count, count))

    def command(jobs: int) -> dict[str, object]:
        return {"arguments": ["check", folder, "--format", "json", "--jobs", str(jobs)]}

    return Case(
        "small-jobs",
        f"{count:,} workbooks of 50 to 200 members, whole commands",
        (
            Contender("one worker", "ours:command", command(1), count=count, rounds=3),
            Contender("two workers", "ours:command", command(2), count=count, rounds=3),
        ),
        (
            Claim(
                "one worker ÷ two, seconds that pass",
                1.7,
                lambda m: m.wall("one worker") / m.wall("two workers"),
                at_most=False,
            ),
            Claim(
                "memory of a worker",
                350,
                lambda m: m.fact("two workers", "worker_peak") / MIB,
                unit="MiB",
            ),
        ),
    )
