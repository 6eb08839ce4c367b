"""A person who is too young or too old on the day of the check (a chair under 18).

Options: `born`, the birth date's field path; `min` and `max`, completed years, either or both.
A birth in the future raises nothing here: the date or the ID number has its own message.
"""

from __future__ import annotations

from converter.kinds.base import ValueType
from converter.kinds.options import WholeNumber
from converter.logic.terms import Formula, at_most, every
from converter.messages.catalogue import message
from converter.model.arrays import np
from converter.model.errors import option_error
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


class AgeToday(RuleFamily):
    """A person who is too young or too old on the day of the check."""

    name = "age_today"
    about_today = True
    born = FieldPath(ValueType.DATE)
    min = WholeNumber(least=1, default=None)
    max = WholeNumber(least=1, default=None)

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        limits = list(self._limits(rule).values())
        if not limits:
            raise option_error("min", "form_min_or_max")
        if limits != sorted(limits):
            raise option_error("min", "form_min_above_max", limits[0])

    def _limits(self, rule: Rule) -> dict[str, int]:
        return {option.name: option(rule) for option in (self.min, self.max) if option.given(rule)}

    def validates_one_cell(self, rule: Rule) -> bool:
        return rule.at == (self.born(rule),)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        birthday = self.born(rule)
        born = days(tables.column(birthday))
        years = ages(born, np.full(len(born), np.datetime64(tables.today, "D")))
        given = self._limits(rule)
        wrong = (years < given.get("min", 0)) | (years > given.get("max", np.inf))
        return Faults(
            wrong & tables.column(path).sound,
            lambda at: {"age": int(years[at])},
            lambda at: () if path == birthday else (birthday,),
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        limits = self._limits(rule)
        wrong = message(
            "age_outside" if len(limits) == 2 else f"age_{next(iter(limits))}", **limits
        )
        return {"born": title(self.born(rule), form), "wrong": wrong}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        born, today = self.born(rule), unknowns.today
        birthday = unknowns.value(born)
        compared = every((unknowns.all_filled((born, path)), at_most(birthday, today)))
        limits: list[Formula] = []
        for name, years in self._limits(rule).items():
            if name == "min":
                limits.append(at_most(birthday, today - unknowns.years_back(years)))
            else:
                limits.append(at_most(today - unknowns.years_back(years + 1) + 1, birthday))
        return Demand(compared, every(limits))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if not self.is_live(path, refs.form):
            return None
        ref, born = refs.at(path), refs.at(self.born(rule))
        years = excel_age(born.norm, "TODAY()")
        beyond = {"min": "<", "max": ">"}
        limits = [f"{years}{beyond[name]}{limit}" for name, limit in self._limits(rule).items()]
        wrong = limits[0] if len(limits) == 1 else f"OR({','.join(limits)})"
        validated = f"IF({born.norm}>TODAY(),FALSE,{wrong})"
        return f"IF(AND({ref.usable},{born.usable}),{validated},FALSE)"
