"""Whether a formula holds in a case: every name with its value."""

from __future__ import annotations

from collections.abc import Mapping

from converter.logic.terms import All, Fact, Formula, NotPositive, OneOf, Some

Case = Mapping[str, object]


def holds(formula: Formula, case: Case) -> bool:
    match formula:
        case Fact():
            return case[formula.name] is formula.truth
        case OneOf():
            return case[formula.name] in formula.codes
        case NotPositive():
            added = sum(times * int(str(case[n])) for n, times in formula.sum.times.items())
            return added + formula.sum.constant <= 0
        case All():
            return all(holds(part, case) for part in formula.parts)
        case Some():
            return any(holds(part, case) for part in formula.parts)
