"""Formulas: what may be said of facts, of choices and of whole numbers.

>>> a, b = Sum.of("a"), Sum.of("b")
>>> negation(at_most(a, b)) == at_most(b + 1, a)
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Sum:
    """Whole numbers, each some times, and a constant: 2a - b + 3."""

    times: Mapping[str, int]
    constant: int = 0
    key: tuple[tuple[tuple[str, int], ...], int] = field(init=False, compare=True)

    def __post_init__(self) -> None:
        kept = {name: factor for name, factor in self.times.items() if factor}
        object.__setattr__(self, "times", kept)
        object.__setattr__(self, "key", (tuple(sorted(kept.items())), self.constant))

    def __hash__(self) -> int:
        return hash(self.key)

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


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so or is not."""

    name: str
    so: bool = True


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice is one of some codes of its list."""

    name: str
    codes: frozenset[str]
    every: frozenset[str]


@dataclass(frozen=True, slots=True)
class NotPositive:
    """A sum is 0 or less."""

    sum: Sum


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts, what always holds."""

    parts: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds; without parts, what never holds."""

    parts: tuple[Formula, ...] = ()


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
            return Fact(formula.name, not formula.so)
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
