"""A date that must not lie after another date of the same record (opening ≤ founding).

Options: `until`, the other date's field path. The same day is fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.kinds.base import ValueType
from converter.model.forms import Form, Rule
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


class NotAfter(RuleFamily):
    """A date that must not lie after another date of the same record."""

    name = "not_after"
    at_type = ValueType.DATE
    until = FieldPath(ValueType.DATE)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        until = self.until(rule)
        latest = days(tables.column(until))
        for path in rule.at:
            column = tables.column(path)
            found = days(column)
            known = self.message_params(rule, path, tables.form)
            for at, record in labels(column, found > latest):
                figures = {"value": str(found[at]), "until_value": str(latest[at])}
                params = {**known, **figures}
                yield Violation(path, record, params, ((until, record),))

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return {"until": title(self.until(rule), form)}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, until = refs.at(path), refs.at(self.until(rule))
        return f"IF(AND({ref.usable},{until.usable}),{ref.norm}>{until.norm},FALSE)"
