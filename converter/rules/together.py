"""Cells that are all filled or all blank (an honour has a level and a date). No options.

Reported at every blank cell while another of them is filled. A cell in error is filled; a cell
that nobody could fill (no heading, inside a merged area) is neither and tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from converter.formulas.expressions import both
from converter.kinds.base import Mask
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.rules.base import (
    FormColumns,
    Refs,
    ValidatedColumn,
    Violation,
    labels,
    same_sheet,
    title,
)

NAME = "together"
OPTIONS: tuple[str, ...] = ()


def accept(rule: Rule, form: Form) -> None:
    if len(rule.at) < 2:
        raise option_error("at", "form_at_least_two", list(rule.at))
    same_sheet(rule)


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    columns = {path: tables.column(path) for path in rule.at}
    filled = {path: _filled(column) for path, column in columns.items()}
    some = np.logical_or.reduce(list(filled.values()))
    for path, column in columns.items():
        said = words(rule, path, tables.form)
        for at, record in labels(column, some & column.blank.to_numpy()):
            there = [other for other in rule.at if filled[other][at]]
            named = "、".join(title(other, tables.form) for other in there)
            yield Violation(
                path,
                record,
                {**said, "filled": named},
                tuple((other, record) for other in there),
            )


def _filled(column: ValidatedColumn) -> Mask:
    filled: Mask = (column.raw.to_numpy(dtype=object) != "") & ~column.blank.to_numpy()
    return filled


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    blanks = both(refs.at(other).blank for other in rule.at)
    return f"IF({refs.at(path).blank},NOT({blanks}),FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"all": "、".join(title(other, form) for other in rule.at)}
