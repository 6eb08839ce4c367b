"""A date that must not lie after the day of the check. Today itself is fine. No options."""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.logic.terms import at_most
from converter.model.arrays import np
from converter.model.forms import Rule
from converter.rules.base import Faults, FormColumns, Refs, RuleFamily, days
from converter.rules.demands import Demand, Unknowns


class NotFuture(RuleFamily):
    """A date that must not lie after the day of the check."""

    name = "not_future"
    about_today = True
    at_type = ValueType.DATE

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        found = days(tables.column(path))
        return Faults(
            found > np.datetime64(tables.today, "D"),
            lambda at: {"value": str(found[at]), "today": str(tables.today)},
        )

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        return Demand(unknowns.filled(path), at_most(unknowns.value(path), unknowns.today))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if not self.is_live(path, refs.form):
            return None
        ref = refs.at(path)
        return f"IF({ref.usable},{ref.norm}>TODAY(),FALSE)"
