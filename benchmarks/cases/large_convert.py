"""A large clean workbook to its report package: checked, packed, written, read back."""

from __future__ import annotations

from functools import partial

from benchmarks import inputs
from benchmarks.measuring import Case, Claim, Contender, Medians


def case(quick: bool) -> Case:
    """`convert` in process against a raw read, of both kinds of large workbook."""
    rows = 10_000 if quick else 100_000
    warm = inputs.small(1)[0].with_name("clean.xlsx")
    inputs.make_clean(warm)
    contenders, claims = [], []
    for kind, make in (("formulas", inputs.large), ("typed", inputs.typed)):
        path = str(make(rows, clean=True))
        ours, raw = f"converter, {kind}", f"calamine, {kind}"
        contenders += [
            Contender(ours, "ours:convert", {"path": path, "warm": str(warm)}, profiled=True),
            Contender(raw, "readers:calamine", {"paths": [path], "warm": str(warm)}),
        ]
        claims.append(
            Claim(
                f"convert ÷ calamine's raw read, {kind}",
                1.9,
                partial(Medians.ratio, name=ours, to=raw),
            )
        )
    title = f"{rows:,} clean members to a package that was read back"
    return Case("large-convert", title, tuple(contenders), tuple(claims))
