"""A date at which a person must have reached an age (16 when joining the union).

Options: `born`, the birth date's field path; `min`, completed years. A date before the birth
is another rule's business (not_before) and raises nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.kinds.base import ValueType
from converter.kinds.options import WholeNumber
from converter.model.forms import Form, Rule
from converter.rules.ages import ages, excel_age
from converter.rules.base import (
    FieldPath,
    FormColumns,
    Refs,
    RuleFamily,
    Violation,
    days,
    labels,
    title,
)


class AgeAt(RuleFamily):
    """A date at which a person must have reached an age."""

    name = "age_at"
    at_type = ValueType.DATE
    born = FieldPath(ValueType.DATE)
    min = WholeNumber(least=1)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        born = days(tables.column(self.born(rule)))
        for path in rule.at:
            column = tables.column(path)
            found = days(column)
            years = ages(born, found)
            known = self.message_params(rule, path, tables.form)
            for at, record in labels(column, years < self.min(rule)):
                figures: dict[str, str | int] = {"value": str(found[at]), "age": int(years[at])}
                params = {**known, **figures}
                yield Violation(path, record, params, ((self.born(rule), record),))

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return {"born": title(self.born(rule), form), "min": self.min(rule)}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, born = refs.at(path), refs.at(self.born(rule))
        young = f"{excel_age(born.norm, ref.norm)}<{self.min(rule)}"
        validated = f"IF({ref.norm}<{born.norm},FALSE,{young})"
        return f"IF(AND({ref.usable},{born.usable}),{validated},FALSE)"
