"""A count that no other count may be smaller than (members ≤ staff).

Options: `limits`, field paths. Reported once at `at`, naming every limit that is exceeded.
A limit that is blank or in error limits nothing.
"""

from __future__ import annotations

from converter.formulas.expressions import either
from converter.kinds.base import ValueType
from converter.logic.terms import at_most, every, implies, some
from converter.model.arrays import np
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules.base import (
    Faults,
    FieldPaths,
    FormColumns,
    Refs,
    RuleFamily,
    numbers,
    title,
)
from converter.rules.demands import Demand, Unknowns
from converter.rules.places import compared, excel_compared, places_of, shown


def _over(refs: Refs, path: str, limit: str) -> str:
    a, b = refs.at(path), refs.at(limit)
    more = excel_compared(a.norm, ">", b.norm, places_of(refs.form, path, limit))
    return f"IF(AND({a.usable},{b.usable}),{more},FALSE)"


class AtMost(RuleFamily):
    """A count that no other count may be smaller than."""

    name = "at_most"
    at_type = ValueType.NUMBER
    limits = FieldPaths(ValueType.NUMBER)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        counted = numbers(tables.column(path))
        limits = {limit: numbers(tables.column(limit)) for limit in self.limits(rule)}
        form = tables.form
        over = {
            limit: compared(np.greater, counted, most, places_of(form, path, limit))
            for limit, most in limits.items()
        }

        def exceeded(at: int) -> list[str]:
            return [limit for limit in limits if over[limit][at]]

        def params(at: int) -> Params:
            named = (
                f"{title(p, form)}（{shown(limits[p][at], places_of(form, p))}）"
                for p in exceeded(at)
            )
            value = shown(counted[at], places_of(form, path))
            return {"value": value, "limits": "、".join(named)}

        return Faults(np.logical_or.reduce(list(over.values())), params, exceeded)

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"limits": "、".join(title(limit, form) for limit in self.limits(rule))}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        limits = self.limits(rule)
        places = places_of(unknowns.form, path, *limits)
        at = unknowns.value(path, places)
        each = [
            implies(unknowns.filled(most), at_most(at, unknowns.value(most, places)))
            for most in limits
        ]
        given = some(map(unknowns.filled, limits))
        return Demand(every((unknowns.filled(path), given)), every(each))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        return either(_over(refs, path, limit) for limit in self.limits(rule))
