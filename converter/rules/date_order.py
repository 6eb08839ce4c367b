"""The order of two dates of one record, shared by the families not_before and not_after.

The same day is fine. Where one of the dates is blank or in error there is nothing to compare.
"""

from __future__ import annotations

from typing import ClassVar

from converter.kinds.base import ValueType
from converter.logic.terms import at_most
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules.base import Faults, FieldPath, FormColumns, Refs, RuleFamily, days, title
from converter.rules.demands import Demand, Unknowns


class DateOrder(RuleFamily):
    """A date that must not lie on one side of another date of the same record."""

    at_type = ValueType.DATE
    wrong: ClassVar[str]  # how a date at fault compares with the other one: < or >

    @property
    def other(self) -> FieldPath:
        """The option that names the other date."""
        raise NotImplementedError

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        other = self.other(rule)
        found, limit = days(tables.column(path)), days(tables.column(other))
        return Faults(
            found < limit if self.wrong == "<" else found > limit,
            lambda at: {"value": str(found[at]), f"{self.other.name}_value": str(limit[at])},
            lambda at: (other,),
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {self.other.name: title(self.other(rule), form)}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        other = self.other(rule)
        dates = [unknowns.value(path), unknowns.value(other)]
        earlier, later = dates if self.wrong == ">" else reversed(dates)
        return Demand(unknowns.all_filled((path, other)), at_most(earlier, later))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, other = refs.at(path), refs.at(self.other(rule))
        return f"IF(AND({ref.usable},{other.usable}),{ref.norm}{self.wrong}{other.norm},FALSE)"
