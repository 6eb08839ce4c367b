"""A count that no other count may be smaller than (members ≤ staff).

Options: `limits`, field paths. Reported once at `at`, naming every limit that is exceeded.
A limit that is blank or in error limits nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.formulas.expressions import either
from converter.kinds.base import ValueType
from converter.model.arrays import np
from converter.model.forms import Form, Rule
from converter.rules.base import (
    FieldPaths,
    FormColumns,
    Refs,
    RuleFamily,
    Violation,
    labels,
    numbers,
    title,
)


def _over(refs: Refs, path: str, limit: str) -> str:
    a, b = refs.at(path), refs.at(limit)
    return f"IF(AND({a.usable},{b.usable}),{a.norm}>{b.norm},FALSE)"


class AtMost(RuleFamily):
    """A count that no other count may be smaller than."""

    name = "at_most"
    at_type = ValueType.COUNT
    limits = FieldPaths(ValueType.COUNT)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        limits = {path: numbers(tables.column(path)) for path in self.limits(rule)}
        for path in rule.at:
            column = tables.column(path)
            counted = numbers(column)
            over = {limit: counted > most for limit, most in limits.items()}
            for at, record in labels(column, np.logical_or.reduce(list(over.values()))):
                exceeded = [limit for limit in limits if over[limit][at]]
                named = (f"{title(p, tables.form)}（{limits[p][at]:.0f}）" for p in exceeded)
                yield Violation(
                    path,
                    record,
                    {"value": int(counted[at]), "limits": "、".join(named)},
                    tuple((limit, record) for limit in exceeded),
                )

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return {"limits": "、".join(title(limit, form) for limit in self.limits(rule))}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        return either(_over(refs, path, limit) for limit in self.limits(rule))
