"""A date, month or year that must not lie more than some years back (the last election: 5 years).

Options: `years`. Exactly so many years ago is fine; on 29 February the limit is the 28th.
"""

from __future__ import annotations

from datetime import date

from converter.kinds.base import ValueType
from converter.kinds.options import WholeNumber
from converter.logic.terms import at_most
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules.base import (
    Faults,
    FormColumns,
    Refs,
    RuleFamily,
)
from converter.rules.calendar_units import unit_of
from converter.rules.demands import Demand, Unknowns


def years_before(day: date, years: int) -> date:
    """The same day some years earlier.

    >>> years_before(date(2024, 2, 29), 5)
    datetime.date(2019, 2, 28)
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


class WithinYears(RuleFamily):
    """A date that must not lie more than some years back."""

    name = "within_years"
    about_today = True
    at_type = ValueType.CALENDAR
    years = WholeNumber(least=1)

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        unit = unit_of(tables.form.field(path))
        limit = unit.number(years_before(tables.today, self.years(rule)))
        found = unit.numbers(tables.column(path))
        return Faults(found < limit, lambda at: {"value": unit.shown(int(found[at]))})

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"years": self.years(rule)}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        oldest = unknowns.now(path, self.years(rule))
        return Demand(unknowns.filled(path), at_most(oldest, unknowns.value(path)))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if not self.is_live(path, refs.form):
            return None
        ref, unit = refs.at(path), unit_of(refs.form.field(path))
        oldest = unit.excel("TODAY()", self.years(rule))
        return f"IF({ref.usable},{ref.norm}<{oldest},FALSE)"
