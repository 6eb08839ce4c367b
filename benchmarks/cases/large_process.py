"""The whole process, from nothing to the report, as a clerk starts it."""

from __future__ import annotations

from functools import partial

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender, Medians
from benchmarks.subjects import by_frictionless


def case(quick: bool) -> Case:
    """`converter check` against `frictionless validate`, of both kinds of large workbook."""
    rows = 10_000 if quick else 100_000
    contenders, claims = [], []
    for kind, make, rounds in (("typed", inputs.typed, 3), ("formulas", inputs.large, 1)):
        path = make(rows)
        ours, theirs = f"converter, {kind}", f"frictionless, {kind}"
        validate = {"arguments": by_frictionless.command(path, inputs.folder())}
        contenders += [
            Contender(ours, "ours:command", {"arguments": ["check", str(path)]}),
            Contender(theirs, "ours:python", validate, rounds=rounds),
        ]
        claims.append(
            Claim(
                f"frictionless validate ÷ converter check, {kind}",
                6,
                partial(Medians.ratio, name=theirs, to=ours),
                at_most=False,
            )
        )
    title = f"{rows:,} members, whole processes: CPU of the command and its worker"
    return Case("large-process", title, tuple(contenders), tuple(claims))
