"""Whether formulas can hold together: a search that tries the parts of an alternative one by one.

Everything that is taken for true carries its causes: labels of formulas and numbers of attempts. A
contradiction that does not depend on the last attempt ends it, whatever its other parts are; one
that depends on no attempt names the formulas that cannot hold together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from converter.logic import whole_numbers
from converter.logic.terms import All, Fact, Formula, Literal, NotPositive, OneOf, Some, Sum, names
from converter.logic.whole_numbers import INFINITE, Causes, Undecided

BUDGET = 3_000  # attempts

Labelled = tuple[str, Formula]  # a formula and what it is called; '' = taken for granted


@dataclass(frozen=True, slots=True)
class Model:
    """A case in which all formulas hold. What it does not name may be anything."""

    facts: Mapping[str, bool]
    choices: Mapping[str, frozenset[str]]  # the codes that are left
    numbers: Mapping[str, int]


@dataclass(slots=True)
class _Bounds:
    low: int = -INFINITE
    high: int = INFINITE
    low_causes: Causes = frozenset()
    high_causes: Causes = frozenset()


@dataclass(slots=True)
class _State:
    """What is taken for true on one way through the alternatives."""

    facts: dict[str, tuple[bool, Causes]] = field(default_factory=dict)
    choices: dict[str, tuple[frozenset[str], Causes]] = field(default_factory=dict)
    sums: list[tuple[Sum, Causes]] = field(default_factory=list)
    bounds: dict[str, _Bounds] = field(default_factory=dict)

    def copy(self) -> _State:
        bounds = {name: _Bounds(b.low, b.high, b.low_causes, b.high_causes)
                  for name, b in self.bounds.items()}  # fmt: skip
        return _State(dict(self.facts), dict(self.choices), list(self.sums), bounds)

    def take(self, literal: Literal, causes: Causes) -> Causes | None:
        """Take for true; the causes of a contradiction, if there is one at once."""
        truth, why = self.holds(literal)
        if truth is False:
            return why | causes
        match literal:
            case Fact():
                self.facts.setdefault(literal.name, (literal.truth, causes))
            case OneOf() if truth is None:
                left, before = self.choices.get(literal.name, (literal.every, frozenset()))
                self.choices[literal.name] = (left & literal.codes, before | causes)
            case NotPositive():
                self.sums.append((literal.sum, causes))
                self._bound(literal.sum, causes)
        return None

    def _bound(self, found: Sum, causes: Causes) -> None:
        if len(found.times) != 1:
            return
        ((name, factor),) = found.times.items()
        bounds = self.bounds.setdefault(name, _Bounds())
        if factor > 0 and (high := -found.constant // factor) < bounds.high:
            bounds.high, bounds.high_causes = high, causes
        if factor < 0 and (low := -(found.constant // factor)) > bounds.low:
            bounds.low, bounds.low_causes = low, causes

    def holds(self, formula: Formula) -> tuple[bool | None, Causes]:
        """Whether it is known to hold or known not to, and why."""
        match formula:
            case Fact():
                known, why = self.facts.get(formula.name, (None, frozenset()))
                return (None if known is None else known == formula.truth), why
            case OneOf():
                left, why = self.choices.get(formula.name, (formula.every, frozenset()))
                kept = left & formula.codes
                return (False if not kept else True if kept == left else None), why
            case NotPositive():
                return self._range(formula.sum)
            case All():
                return self._joined(formula.parts, wanted=True)
            case Some():
                return self._joined(formula.parts, wanted=False)

    def _joined(self, parts: Sequence[Formula], *, wanted: bool) -> tuple[bool | None, Causes]:
        every: Causes = frozenset()
        is_open = False
        for part in parts:
            truth, why = self.holds(part)
            if truth is (not wanted):
                return truth, why
            is_open |= truth is None
            every |= why
        return (None, frozenset()) if is_open else (wanted, every)

    def _range(self, found: Sum) -> tuple[bool | None, Causes]:
        """By the bounds of single numbers alone."""
        low = high = found.constant
        below: Causes = frozenset()
        above: Causes = frozenset()
        for name, factor in found.times.items():
            b = self.bounds.get(name) or _Bounds()
            smallest, largest = (b.low, b.high) if factor > 0 else (b.high, b.low)
            why = (b.low_causes, b.high_causes)
            low, high = low + factor * smallest, high + factor * largest
            below |= why[factor < 0]
            above |= why[factor > 0]
        if high <= 0:
            return True, above
        return (False, below) if low > 0 else (None, frozenset())


class _Search:
    def __init__(self, budget: int, near: Mapping[str, int] | None) -> None:
        self.left, self.near = budget, near
        self.attempt = 0
        self.model: Model | None = None

    def run(self, state: _State, formulas: Sequence[tuple[Formula, Causes]]) -> Causes | None:
        """The causes of a contradiction, None where there is a model."""
        found = self._settled(state, formulas)
        if isinstance(found, frozenset):
            return found
        if not found:
            return self._numbers(state)
        self.left -= 1
        if self.left < 0:
            raise Undecided
        chosen, causes, excluded = min(found, key=lambda one: len(one[0]))
        rest = [(Some(parts), why) for parts, why, _ in found if parts is not chosen]
        self.attempt += 1
        number = self.attempt
        failed = causes | excluded
        for part in chosen:
            wrong = self.run(state.copy(), [(part, causes | {number}), *rest])
            if wrong is None or number not in wrong:
                return wrong
            failed |= wrong - {number}
        return failed

    def _settled(
        self, state: _State, formulas: Sequence[tuple[Formula, Causes]]
    ) -> Causes | list[tuple[tuple[Formula, ...], Causes, Causes]]:
        """Take everything for true that has no alternative. What is left are alternatives: the
        parts that may hold, the causes, and why other parts may not."""
        alternatives: list[tuple[tuple[Formula, ...], Causes]] = []
        waiting = list(formulas)
        while True:
            while waiting:
                formula, causes = waiting.pop()
                if isinstance(formula, All):
                    waiting += [(part, causes) for part in formula.parts]
                elif isinstance(formula, Some):
                    alternatives.append((formula.parts, causes))
                elif (wrong := state.take(formula, causes)) is not None:
                    return wrong
            kept: list[tuple[tuple[Formula, ...], Causes, Causes]] = []
            for parts, causes in alternatives:
                known = [(part, *state.holds(part)) for part in parts]
                if any(truth for _, truth, _ in known):
                    continue
                may = tuple(part for part, truth, _ in known if truth is None)
                excluded: Causes = frozenset().union(
                    *(w for _, truth, w in known if truth is False)
                )
                if not may:
                    return causes | excluded
                if len(may) == 1:
                    waiting.append((may[0], causes | excluded))
                else:
                    kept.append((may, causes, excluded))
            if not waiting:
                return kept
            alternatives = [(parts, causes | excluded) for parts, causes, excluded in kept]

    def _numbers(self, state: _State) -> Causes | None:
        wrong = whole_numbers.contradiction(state.sums)
        if wrong is None and self.near is not None:
            self.model = Model(
                {name: truth for name, (truth, _) in state.facts.items()},
                {name: left for name, (left, _) in state.choices.items()},
                whole_numbers.values(state.sums, self.near),
            )
        return wrong


def conflict(formulas: Iterable[Labelled], *, budget: int = BUDGET) -> frozenset[str] | None:
    """Labels of as few formulas as can be that cannot hold together; None where all can.
    Raises Undecided."""
    given = list(formulas)
    found = _conflict(given, budget)
    if found is None:
        return None
    kept = [one for one in given if not one[0] or one[0] in found]
    for label in sorted(found):  # each that is not needed goes
        fewer = [one for one in kept if one[0] != label]
        try:
            if _conflict(fewer, budget) is not None:
                kept = fewer
        except Undecided:
            continue
    return frozenset(label for label, _ in kept if label)


def _conflict(formulas: Sequence[Labelled], budget: int) -> frozenset[str] | None:
    found = _Search(budget, None).run(_State(), _with_causes(formulas))
    return None if found is None else frozenset(str(label) for label in found)


def model(formulas: Iterable[Labelled], near: Mapping[str, int]) -> Model | None:
    """A case in which all formulas hold, its numbers near those wished for; None where there is
    none. Raises Undecided."""
    search = _Search(BUDGET, near)
    search.run(_State(), _with_causes(formulas))
    return search.model


def _with_causes(formulas: Iterable[Labelled]) -> list[tuple[Formula, Causes]]:
    """Formulas, each caused by its label if it has one."""
    return [(formula, frozenset({label} - {""})) for label, formula in formulas]


def connected(formulas: Sequence[Labelled], start: Iterable[Formula]) -> list[Labelled]:
    """The formulas that speak of what `start` speaks of, or of what such a formula speaks of."""
    spoken = [(one, frozenset(names(one[1]))) for one in formulas]
    reached = {name for formula in start for name in names(formula)}
    found: list[Labelled] = []
    while near := [one for one in spoken if one[1] & reached]:
        found += [one for one, _ in near]
        spoken = [one for one in spoken if not one[1] & reached]
        reached.update(*(about for _, about in near))
    return found
