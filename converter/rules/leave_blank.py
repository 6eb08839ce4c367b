"""Cells that nobody asks for yet: filled ones are mentioned, their values are kept. No options."""

from __future__ import annotations

from converter.logic.terms import ALWAYS, negation
from converter.model.forms import Rule
from converter.rules.base import Faults, FormColumns, Refs, RuleFamily
from converter.rules.demands import Demand, Unknowns


class LeaveBlank(RuleFamily):
    """Cells that nobody asks for yet."""

    name = "leave_blank"

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        return Faults(tables.column(path).sound)

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        return Demand(ALWAYS, negation(unknowns.filled(path)))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        return f"IF({refs.at(path).usable},TRUE,FALSE)"
