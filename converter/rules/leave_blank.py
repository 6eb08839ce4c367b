"""Cells that nobody asks for yet: filled ones are mentioned, their values are kept. No options."""

from __future__ import annotations

from collections.abc import Iterator

from converter.model.forms import Rule
from converter.rules.base import FormColumns, Refs, RuleFamily, Violation, labels


class LeaveBlank(RuleFamily):
    """Cells that nobody asks for yet."""

    name = "leave_blank"

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        for path in rule.at:
            column = tables.column(path)
            for _, record in labels(column, column.sound):
                yield Violation(path, record)

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        return f"IF({refs.at(path).usable},TRUE,FALSE)"
