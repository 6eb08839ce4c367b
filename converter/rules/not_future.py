"""A date that must not lie after the day of the check; a month or a year that has not begun. Today
itself is fine, and so are this month and this year. No options."""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.logic.terms import at_most
from converter.model.forms import Rule
from converter.rules.base import Faults, FormColumns, Refs, RuleFamily
from converter.rules.calendar_units import unit_of
from converter.rules.demands import Demand, Unknowns


class NotFuture(RuleFamily):
    """A date that must not lie after the day of the check."""

    name = "not_future"
    about_today = True
    at_type = ValueType.CALENDAR

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        unit = unit_of(tables.form.field(path))
        found, limit = unit.numbers(tables.column(path)), unit.number(tables.today)
        return Faults(
            found > limit,
            lambda at: {"value": unit.shown(int(found[at])), "today": str(tables.today)},
        )

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        return Demand(unknowns.filled(path), at_most(unknowns.value(path), unknowns.now(path)))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if not self.is_live(path, refs.form):
            return None
        ref = refs.at(path)
        today = unit_of(refs.form.field(path)).excel("TODAY()")
        return f"IF({ref.usable},{ref.norm}>{today},FALSE)"
