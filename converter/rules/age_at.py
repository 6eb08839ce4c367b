"""A date at which a person must have reached an age (16 when joining the union).

Options: `born`, the birth date's field path; `min`, completed years. A date before the birth
is another rule's business (not_before) and raises nothing here.
"""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.kinds.options import WholeNumber
from converter.logic.terms import at_most, every
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules.ages import ages, excel_age
from converter.rules.base import (
    Faults,
    FieldPath,
    FormColumns,
    Refs,
    RuleFamily,
    days,
    title,
)
from converter.rules.demands import Demand, Unknowns


class AgeAt(RuleFamily):
    """A date at which a person must have reached an age."""

    name = "age_at"
    at_type = ValueType.DATE
    born = FieldPath(ValueType.DATE)
    min = WholeNumber(least=1)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        born = self.born(rule)
        found = days(tables.column(path))
        years = ages(days(tables.column(born)), found)
        return Faults(
            years < self.min(rule),
            lambda at: {"value": str(found[at]), "age": int(years[at])},
            lambda at: (born,),
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"born": title(self.born(rule), form), "min": self.min(rule)}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        born, at = self.born(rule), unknowns.value(path)
        birthday = unknowns.value(born)
        compared = every((unknowns.all_filled((born, path)), at_most(birthday, at)))
        return Demand(compared, at_most(birthday + unknowns.years(self.min(rule), born), at))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, born = refs.at(path), refs.at(self.born(rule))
        young = f"{excel_age(born.norm, ref.norm)}<{self.min(rule)}"
        validated = f"IF({ref.norm}<{born.norm},FALSE,{young})"
        return f"IF(AND({ref.usable},{born.usable}),{validated},FALSE)"
