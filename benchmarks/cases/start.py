"""What a clerk waits for before anything happens."""

from __future__ import annotations

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender

TIMES = 5
# As the workers do: pandera imports hypothesis wherever it finds it.
IMPORT = "import sys; sys.modules['hypothesis'] = None; import pandas, pandera.pandas"


def case(quick: bool) -> Case:
    """`--help` against importing click; a small check against importing pandas and pandera."""
    path, times = str(inputs.small(1)[0]), {"times": TIMES}
    return Case(
        "start",
        f"whole processes, {TIMES} times each",
        (
            Contender(
                "converter --help", "ours:command", {"arguments": ["--help"], **times}, count=TIMES
            ),
            Contender(
                "import click",
                "ours:python",
                {"arguments": ["-c", "import click"], **times},
                count=TIMES,
            ),
            Contender("nothing", "ours:python", {"arguments": ["-c", ""], **times}, count=TIMES),
            Contender(
                "converter check, one small workbook",
                "ours:command",
                {"arguments": ["check", path], **times},
                count=TIMES,
            ),
            Contender(
                "import pandas and pandera",
                "ours:python",
                {"arguments": ["-c", IMPORT], **times},
                count=TIMES,
            ),
        ),
        (
            Claim(
                "--help ÷ import click", 1.5, lambda m: m.ratio("converter --help", "import click")
            ),
            Claim(
                "a small check ÷ importing pandas and pandera",
                1.5,
                lambda m: m.ratio(
                    "converter check, one small workbook", "import pandas and pandera"
                ),
            ),
        ),
    )
