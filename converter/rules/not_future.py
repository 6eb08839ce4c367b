"""A date that must not lie after the day of the check. Today itself is fine. No options."""

from __future__ import annotations

from collections.abc import Iterator

from converter.kinds.base import ValueType
from converter.model.arrays import np
from converter.model.forms import Rule
from converter.rules.base import (
    FormColumns,
    Refs,
    RuleFamily,
    Violation,
    days,
    labels,
)


class NotFuture(RuleFamily):
    """A date that must not lie after the day of the check."""

    name = "not_future"
    about_today = True
    at_type = ValueType.DATE

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        for path in rule.at:
            column = tables.column(path)
            found = days(column)
            for at, record in labels(column, found > np.datetime64(tables.today, "D")):
                yield Violation(path, record, {"value": str(found[at]), "today": str(tables.today)})

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        if not self.is_live(path, refs.form):
            return None
        ref = refs.at(path)
        return f"IF({ref.usable},{ref.norm}>TODAY(),FALSE)"
