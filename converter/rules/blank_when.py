"""Cells that stay blank under a condition (a public institution has no production status).

Options: `when` (see `conditions`). Reported at the filled cell; a filled cell that is itself
in error has its own message and gets no second one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules import conditions
from converter.rules.base import FormColumns, Refs, RuleFamily, Violation, labels
from converter.rules.conditions import Condition


class BlankWhen(RuleFamily):
    """Cells that stay blank under a condition."""

    name = "blank_when"
    when = Condition()

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        when = self.when.of(rule, tables.form)
        holds = conditions.holds(when, tables)
        for path in rule.at:
            column = tables.column(path)
            known = self.message_params(rule, path, tables.form)
            for _, record in labels(column, holds & column.sound):
                yield Violation(path, record, known, ((when.path, record),))

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return conditions.message_params(self.when.of(rule, form), form)

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        when = conditions.excel(self.when.of(rule, refs.form), refs)
        return f"IF({refs.at(path).usable},{when},FALSE)"
