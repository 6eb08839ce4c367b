"""Formulas: statements about facts, choices and whole numbers.

>>> a, b = Sum.of("a"), Sum.of("b")
>>> negation(at_most(a, b)) == at_most(b + 1, a)
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias


class _Term:
    """What is compared by its parts. (No dataclass: every command imports this.)"""

    __slots__ = ("parts_key",)

    def __init__(self, *parts: object) -> None:
        self.parts_key = (type(self).__name__, *parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Term) and self.parts_key == other.parts_key

    def __hash__(self) -> int:
        return hash(self.parts_key)

    def __repr__(self) -> str:
        return str(self.parts_key)


class Sum(_Term):
    """Whole numbers, each some times, and a constant: 2a - b + 3."""

    __slots__ = ("constant", "key", "times")

    def __init__(self, times: Mapping[str, int], constant: int = 0) -> None:
        self.times = {name: factor for name, factor in times.items() if factor}
        self.constant = constant
        self.key = tuple(sorted(self.times.items()))
        super().__init__(self.key, constant)

    @staticmethod
    def of(name: str) -> Sum:
        return Sum({name: 1})

    def __add__(self, other: Sum | int) -> Sum:
        if isinstance(other, int):
            return Sum(self.times, self.constant + other)
        times = dict(self.times)
        for name, factor in other.times.items():
            times[name] = times.get(name, 0) + factor
        return Sum(times, self.constant + other.constant)

    def __mul__(self, factor: int) -> Sum:
        return Sum({name: factor * f for name, f in self.times.items()}, factor * self.constant)

    def __sub__(self, other: Sum | int) -> Sum:
        return self + other * -1


class Fact(_Term):
    """Something that is so or is not."""

    __slots__ = ("name", "truth")

    def __init__(self, name: str, truth: bool = True) -> None:
        self.name, self.truth = name, truth
        super().__init__(name, truth)


class OneOf(_Term):
    """A choice is one of some codes of its list."""

    __slots__ = ("codes", "every", "name")

    def __init__(self, name: str, codes: frozenset[str], every: frozenset[str]) -> None:
        self.name, self.codes, self.every = name, codes, every
        super().__init__(name, codes)


class NotPositive(_Term):
    """A sum is 0 or less."""

    __slots__ = ("sum",)

    def __init__(self, sum: Sum) -> None:
        self.sum = sum
        super().__init__(sum)


class All(_Term):
    """Every part holds; without parts, what always holds."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Formula, ...] = ()) -> None:
        self.parts = parts
        super().__init__(parts)


class Some(_Term):
    """At least one part holds; without parts, what never holds."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Formula, ...] = ()) -> None:
        self.parts = parts
        super().__init__(parts)


Literal: TypeAlias = Fact | OneOf | NotPositive
Formula: TypeAlias = Literal | All | Some

ALWAYS, NEVER = All(), Some()


def at_most(left: Sum, right: Sum | int) -> NotPositive:
    return NotPositive(left - right)


def equal(left: Sum, right: Sum | int) -> Formula:
    return All((NotPositive(left - right), NotPositive((left - right) * -1)))


def every(parts: Iterable[Formula]) -> Formula:
    return All(tuple(parts))


def some(parts: Iterable[Formula]) -> Formula:
    return Some(tuple(parts))


def implies(condition: Formula, formula: Formula) -> Formula:
    return Some((negation(condition), formula))


def negation(formula: Formula) -> Formula:
    match formula:
        case Fact():
            return Fact(formula.name, not formula.truth)
        case OneOf():
            return OneOf(formula.name, formula.every - formula.codes, formula.every)
        case NotPositive():  # numbers are whole: more than 0 is at least 1
            return NotPositive(formula.sum * -1 + 1)
        case All():
            return Some(tuple(map(negation, formula.parts)))
        case Some():
            return All(tuple(map(negation, formula.parts)))


def names(formula: Formula) -> Iterator[str]:
    """What a formula speaks of."""
    match formula:
        case Fact() | OneOf():
            yield formula.name
        case NotPositive():
            yield from formula.sum.times
        case All() | Some():
            for part in formula.parts:
                yield from names(part)
