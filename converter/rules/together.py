"""Cells that are all filled or all blank (an honour has a level and a date). No options.

Reported at every blank cell while another of them is filled. A cell in error is filled; a cell
that nobody could fill (no heading, inside a merged area) is neither and tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from converter.formulas.expressions import both
from converter.kinds.base import Mask
from converter.logic.terms import some
from converter.model.arrays import np
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.model.issues import Params
from converter.rules.base import (
    Faults,
    FormColumns,
    Refs,
    RuleFamily,
    ValidatedColumn,
    same_sheet,
    title,
)
from converter.rules.demands import Demand, Unknowns


def _filled(column: ValidatedColumn) -> Mask:
    filled: Mask = (column.raw.to_numpy(dtype=object) != "") & ~column.blank.to_numpy()
    return filled


def _titles(paths: Sequence[str], form: Form) -> str:
    return "、".join(title(path, form) for path in paths)


class Together(RuleFamily):
    """Cells that are all filled or all blank."""

    name = "together"

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        if len(rule.at) < 2:
            raise option_error("at", "form_at_least_two", list(rule.at))
        same_sheet(rule)

    def faults(self, rule: Rule, path: str, tables: FormColumns) -> Faults:
        filled = {other: _filled(tables.column(other)) for other in rule.at}
        some = np.logical_or.reduce(list(filled.values()))

        def present(at: int) -> list[str]:
            return [other for other in rule.at if filled[other][at]]

        return Faults(
            some & tables.column(path).blank.to_numpy(),
            lambda at: {"filled": _titles(present(at), tables.form)},
            present,
        )

    def message_params(self, rule: Rule, path: str, form: Form) -> Params:
        return {"all": _titles(rule.at, form)}

    def demand(self, rule: Rule, path: str, unknowns: Unknowns) -> Demand:
        others = (unknowns.filled(other) for other in rule.at if other != path)
        return Demand(some(others), unknowns.filled(path))

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        blanks = both(refs.at(other).blank for other in rule.at)
        return f"IF({refs.at(path).blank},NOT({blanks}),FALSE)"
