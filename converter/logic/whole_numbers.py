"""Whether sums of whole numbers can all be 0 or less: Fourier's and Motzkin's elimination.

Of two sums, one with a number and one without it, the number is eliminated; what is left at the end
are constants. Each sum carries the labels it follows from, so a contradiction names its causes.
What rationals cannot satisfy, whole numbers cannot; the other way round values are looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd

from converter.logic.terms import Sum

INFINITE = 10**12  # beyond what any number can be
MOST = 1_500  # sums that may come up; more are left undecided

Causes = frozenset[str | int]


class Undecided(Exception):
    """The search took too long, or whole numbers were not found where rationals exist."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A sum that is 0 or less, and why."""

    sum: Sum
    causes: Causes


def contradiction(sums: Iterable[tuple[Sum, Causes]]) -> Causes | None:
    """The causes of a contradiction, None where the sums can hold. Raises Undecided."""
    found = _eliminated(sums)
    return found if isinstance(found, frozenset) else None


def values(sums: Iterable[tuple[Sum, Causes]], near: Mapping[str, int]) -> dict[str, int]:
    """Numbers for which the sums hold, as near as can be to those wished for (else to 0).
    Raises Undecided."""
    steps = _eliminated(sums)
    if isinstance(steps, frozenset):
        raise Undecided
    found: dict[str, int] = {}
    for name, rows in reversed(steps):
        low, high = -INFINITE, INFINITE
        for row in rows:
            factor, rest = row.sum.times[name], row.sum.constant
            rest += sum(f * found[other] for other, f in row.sum.times.items() if other != name)
            if factor > 0:
                high = min(high, -rest // factor)
            else:
                low = max(low, -(rest // factor))
        if low > high:
            raise Undecided
        found[name] = min(max(near.get(name, 0), low), high)
    return found


def _eliminated(
    sums: Iterable[tuple[Sum, Causes]],
) -> Causes | list[tuple[str, list[_Row]]]:
    """The causes of a contradiction, or each number with the sums that bound it."""
    rows: dict[object, _Row] = {}
    for each, causes in sums:
        if (wrong := _add(rows, each, causes)) is not None:
            return wrong
    steps: list[tuple[str, list[_Row]]] = []
    while counts := _counted(rows.values()):
        name = min(counts, key=lambda one: (counts[one][0] * counts[one][1], one))
        bounding = [row for row in rows.values() if name in row.sum.times]
        steps.append((name, bounding))
        rows = {key: row for key, row in rows.items() if name not in row.sum.times}
        above = [row for row in bounding if row.sum.times[name] > 0]
        for low in (row for row in bounding if row.sum.times[name] < 0):
            for high in above:
                joined = low.sum * high.sum.times[name] + high.sum * -low.sum.times[name]
                if (wrong := _add(rows, joined, low.causes | high.causes)) is not None:
                    return wrong
        if len(rows) > MOST:
            raise Undecided
    return steps


def _counted(rows: Iterable[_Row]) -> dict[str, list[int]]:
    """How often each number is bounded from above and from below."""
    counts: dict[str, list[int]] = {}
    for row in rows:
        for name, factor in row.sum.times.items():
            counts.setdefault(name, [0, 0])[factor < 0] += 1
    return counts


def _add(rows: dict[object, _Row], found: Sum, causes: Causes) -> Causes | None:
    """Keep a sum, unless a kept one says as much; the causes where it is above 0."""
    if not found.times:
        return causes if found.constant > 0 else None
    divisor = gcd(*found.times.values())
    # Whole numbers: 2a + 1 <= 0 is a + 1 <= 0.
    times = {name: factor // divisor for name, factor in found.times.items()}
    tight = Sum(times, -(-found.constant // divisor))
    key = tight.key
    if key not in rows or rows[key].sum.constant < tight.constant:
        rows[key] = _Row(tight, causes)
    return None
