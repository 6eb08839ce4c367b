"""A date that must not lie before another date of the same record (election ≥ founding).

Options: `since`, the other date's field path. The same day is fine.
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


class NotBefore(RuleFamily):
    """A date that must not lie before another date of the same record."""

    name = "not_before"
    at_type = ValueType.DATE
    since = FieldPath(ValueType.DATE)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        since = self.since(rule)
        earliest = days(tables.column(since))
        for path in rule.at:
            column = tables.column(path)
            found = days(column)
            known = self.message_params(rule, path, tables.form)
            for at, record in labels(column, found < earliest):
                figures = {"value": str(found[at]), "since_value": str(earliest[at])}
                params = {**known, **figures}
                yield Violation(path, record, params, ((since, record),))

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return {"since": title(self.since(rule), form)}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref, since = refs.at(path), refs.at(self.since(rule))
        return f"IF(AND({ref.usable},{since.usable}),{ref.norm}<{since.norm},FALSE)"
