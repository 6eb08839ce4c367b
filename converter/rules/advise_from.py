"""A count from which something is worth knowing (25 members: a committee is due by law).

Options: `from`, the count. What there is to know stands on the card (`sentence`, `fix`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.kinds.base import ValueType
from converter.kinds.options import WholeNumber
from converter.model.forms import Form, Rule
from converter.rules.base import FormColumns, Refs, RuleFamily, Violation, labels, numbers


class AdviseFrom(RuleFamily):
    """A count from which something is worth knowing."""

    name = "advise_from"
    at_type = ValueType.COUNT
    from_ = WholeNumber(least=1)

    def validates_one_cell(self, rule: Rule) -> bool:
        return True

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        for path in rule.at:
            column = tables.column(path)
            counted = numbers(column)
            known = self.message_params(rule, path, tables.form)
            for at, record in labels(column, counted >= self.from_(rule)):
                yield Violation(path, record, {**known, "value": int(counted[at])})

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return {"from": self.from_(rule)}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        ref = refs.at(path)
        return f"IF({ref.usable},{ref.norm}>={self.from_(rule)},FALSE)"
