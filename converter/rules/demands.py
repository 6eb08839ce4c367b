"""What a rule demands, as formulas: whether rules contradict or imply each other is decided by
solving, whatever family they are of.

`Unknowns` names what rules speak of. Every name stands for one record: the unit, or any row
of a table. How many rows a table has and what a column adds up to are numbers of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.kinds.written_days import FIRST_YEAR, LAST_YEAR
from converter.kinds.year_month import months
from converter.logic.terms import (
    Fact,
    Formula,
    NotPositive,
    OneOf,
    Sum,
    at_most,
    equal,
    every,
    implies,
    negation,
)
from converter.model.forms import Field, Form, sheet_of
from converter.rules import derivations

YEARS_AHEAD = 10  # a form may be written that long before it is filled in
MOST = 10**9  # what cannot be bounded better


@dataclass(frozen=True, slots=True)
class Demand:
    """What a rule asks at one field: where it applies, something must hold."""

    applies: Formula
    holds: Formula

    @property
    def kept(self) -> Formula:
        return implies(self.applies, self.holds)

    @property
    def broken(self) -> Formula:
        return every((self.applies, negation(self.holds)))


class Unknowns:
    """What rules speak of, by name, and what is known of it: `known` are formulas that hold in
    every workbook without errors, each with the path of the field it is about ('' = of none)."""

    def __init__(self, form: Form, today: date, years_ahead: int = YEARS_AHEAD) -> None:
        self.form, self.known = form, list[tuple[str, Formula]]()
        self._limits: dict[str, tuple[int, int]] = {}
        ahead = timedelta(366 * years_ahead)
        self.today: Sum = self.number("today", _day(today), _day(today + ahead))

    def variable(self, path: str) -> str:
        """The name of a field's variable in formulas."""
        return path

    @staticmethod
    def filled_at(path: str) -> Formula:
        return Fact(_named("filled", path))

    def filled(self, path: str) -> Formula:
        return self.fact("filled", path)

    def all_filled(self, paths: Iterable[str]) -> Formula:
        return every(map(self.filled, paths))

    def value(self, path: str, places: int = 0) -> Sum:
        """A number, in units of so many places after the point or of its own last place, whichever
        is less; of a date, its days."""
        field = self.form.field(path)
        low, high = answer_range(field, self.form)
        found = self.number(self.variable(path), low, high, about=path)
        own = KINDS[field.kind].decimal_places(field)
        return found * 10 ** (places - own) if places > own else found

    def chosen(self, path: str, codes: Iterable[str]) -> Formula:
        """A choice is made, and is one of some codes."""
        return every((self.filled(path), self.one_of(path, codes)))

    def one_of(self, path: str, codes: Iterable[str]) -> Formula:
        """If a choice is made, it is one of some codes."""
        field = self.form.field(path)
        listed = KINDS[field.kind].code_list(field, self.form)
        known = frozenset(entry.code for entry in listed.entries) if listed else frozenset()
        return OneOf(self.variable(path), frozenset(codes), known)

    def fact(self, *name: object) -> Formula:
        """Something that rules of this name agree on, whatever it is."""
        return Fact(_named(*(self.variable(str(part)) for part in name)))

    def number(self, name: str, low: int, high: int, *, about: str = "") -> Sum:
        """A whole number between limits."""
        found = Sum.of(name)
        if name not in self._limits:
            self._limits[name] = low, high
            limits = every((NotPositive(found * -1 + low), at_most(found, Sum({}, high))))
            self.known.append((about, limits))
        return found

    def limits(self, found: Sum) -> tuple[int, int]:
        """The least and the most that a sum of named numbers can be."""
        low = high = found.constant
        for name, factor in found.times.items():
            ends = [factor * end for end in self._limits[name]]
            low, high = low + min(ends), high + max(ends)
        return low, high

    def years(self, years: int, after: str) -> Sum:
        """How many days that many years after a date are. Four of them have one leap day, but for
        centuries; who knows the date, knows which."""
        days = 365 * years + years // 4
        name = _named("years", years, self.variable(after))
        return self.number(name, max(days - 3, 365 * years), days + 2)

    def now(self, path: str, years_ago: int = 0) -> Sum:
        """The day of the check, some years ago, in the unit of a field: its days, months, years."""
        kind = KINDS[self.form.field(path).kind].value_type
        if kind is ValueType.DATE:
            return self.today - self.years_back(years_ago) if years_ago else self.today
        low, high = (date.fromordinal(end) for end in self.limits(self.today))
        if kind is ValueType.YEAR:
            return self.number("this year", low.year, high.year) - years_ago
        first, last = (months(day.isoformat()[:7]) for day in (low, high))
        return self.number("this month", first, last) - 12 * years_ago

    def years_back(self, years: int) -> Sum:
        """How many days ago the same day was, that many years earlier."""
        return self.years(years, "today")

    # --- tables ------------------------------------------------------------------------------

    def present(self, table: str) -> Formula:
        return self.fact("present", table)

    def rows(self, table: str) -> Sum:
        return self.number(_named("rows", table), 0, MOST)

    def rows_among(self, path: str, codes: Iterable[str]) -> tuple[Sum, Sum]:
        """The fewest and the most rows whose choice is one of some codes: where a choice may be
        missing, nobody knows."""
        field = self.form.field(path)
        source = self.form.sheet(field.sheet).field(field.derive.source) if field.derive else field
        counted = [self.number(_named("rows", path, code), 0, MOST) for code in codes]
        missing = self.number(_named("rows", path, ""), 0, 0 if source.required else MOST)
        least = sum(counted, Sum({}))
        self._add_up(field, path)
        return least, least + missing

    def rows_alike(self, by: str, same: str) -> Sum:
        """The rows whose `by` is the `same` of the record."""
        return self.number(_named("rows", by, same), 0, MOST)

    def _add_up(self, field: Field, path: str) -> None:
        """The rows of all codes are all rows."""
        listed = KINDS[field.kind].code_list(field, self.form)
        codes = [entry.code for entry in listed.entries] if listed else []
        numbers = [self.number(_named("rows", path, code), 0, MOST) for code in ("", *codes)]
        each = equal(sum(numbers, Sum({})), self.rows(field.sheet))
        if ("", each) not in self.known:
            self.known.append(("", each))

    def total(self, path: str, places: int = 0) -> Sum:
        """The sum of a column, in units like `value`; it lies between its rows times its limits."""
        sheet, field = sheet_of(path), self.form.field(path)
        low, high = self.limits(self.value(path))
        own = KINDS[field.kind].decimal_places(field)
        most = MOST * 10 ** (own + 1)
        found, rows = self.number(_named("total", path), -most // 10, most), self.rows(sheet)
        between = every((at_most(rows * low, found), at_most(found, rows * high)))
        if (path, between) not in self.known:
            self.known.append((path, between))
        return found * 10 ** (places - own) if places > own else found

    def known_total(self, path: str) -> Sum | None:
        """The sum of a column that some rule speaks of."""
        return Sum.of(_named("total", path)) if _named("total", path) in self._limits else None

    # --- fields ------------------------------------------------------------------------------

    def describe(self, field: Field) -> None:
        """Note what a field's card says of it: that it is required, what it follows from."""
        if field.required and not field.derive:
            self.known.append((field.path, self.filled(field.path)))
        if field.derive:
            source = f"{field.sheet}.{field.derive.source}"
            known = derivations.DERIVATIONS[field.derive.by].demand(field, source, self)
            self.known.append((field.path, known))


def _named(*parts: object) -> str:
    return " ".join(map(str, parts))


def _day(day: date) -> int:
    return day.toordinal()


def answer_range(field: Field, form: Form) -> tuple[int, int]:
    """The least and the most that a number can be, in units of its last place; of a date, days."""
    kind = KINDS[field.kind]
    if kind.value_type is ValueType.DATE:
        return _day(date(FIRST_YEAR, 1, 1)), _day(date(LAST_YEAR, 12, 31))
    limits, unit = kind.schema_constraints(field, form), 10 ** kind.decimal_places(field)
    if kind.value_type is ValueType.MONTH:
        return months(limits["minimum"]), months(limits["maximum"])
    low, high = limits.get("minimum", -MOST), limits.get("maximum", MOST)
    return round(low * unit), round(high * unit)
