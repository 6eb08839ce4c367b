"""Cells that must be filled under a condition (a registered legal person has a certificate).

Options: `when` (see `conditions`). Reported at the blank cell. A cell in error is not blank,
and neither is one whose heading is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules import conditions
from converter.rules.base import FormColumns, Refs, RuleFamily, Violation, labels
from converter.rules.conditions import Condition


class RequiredWhen(RuleFamily):
    """Cells that must be filled under a condition."""

    name = "required_when"
    when = Condition()

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        when = self.when.of(rule, tables.form)
        holds = conditions.holds(when, tables)
        for path in rule.at:
            column = tables.column(path)
            known = self.message_params(rule, path, tables.form)
            for _, record in labels(column, holds & column.blank.to_numpy()):
                yield Violation(path, record, known, ((when.path, record),))

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return conditions.message_params(self.when.of(rule, form), form)

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        when = conditions.excel(self.when.of(rule, refs.form), refs)
        return f"IF({refs.at(path).blank},{when},FALSE)"
