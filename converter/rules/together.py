"""Cells that are all filled or all blank (an honour has a level and a date). No options.

Reported at every blank cell while another of them is filled. A cell in error is filled; a cell
that nobody could fill (no heading, inside a merged area) is neither and tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.formulas.expressions import both
from converter.kinds.base import Mask
from converter.model.arrays import np
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.rules.base import (
    FormColumns,
    Refs,
    RuleFamily,
    ValidatedColumn,
    Violation,
    labels,
    same_sheet,
    title,
)


def _filled(column: ValidatedColumn) -> Mask:
    filled: Mask = (column.raw.to_numpy(dtype=object) != "") & ~column.blank.to_numpy()
    return filled


class Together(RuleFamily):
    """Cells that are all filled or all blank."""

    name = "together"

    def accept(self, rule: Rule, form: Form) -> None:
        super().accept(rule, form)
        if len(rule.at) < 2:
            raise option_error("at", "form_at_least_two", list(rule.at))
        same_sheet(rule)

    def find(self, rule: Rule, tables: FormColumns) -> Iterator[Violation]:
        columns = {path: tables.column(path) for path in rule.at}
        filled = {path: _filled(column) for path, column in columns.items()}
        some = np.logical_or.reduce(list(filled.values()))
        for path, column in columns.items():
            known = self.message_params(rule, path, tables.form)
            for at, record in labels(column, some & column.blank.to_numpy()):
                there = [other for other in rule.at if filled[other][at]]
                named = "、".join(title(other, tables.form) for other in there)
                yield Violation(
                    path,
                    record,
                    {**known, "filled": named},
                    tuple((other, record) for other in there),
                )

    def message_params(self, rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
        return {"all": "、".join(title(other, form) for other in rule.at)}

    def excel(self, rule: Rule, path: str, refs: Refs) -> str | None:
        blanks = both(refs.at(other).blank for other in rule.at)
        return f"IF({refs.at(path).blank},NOT({blanks}),FALSE)"
