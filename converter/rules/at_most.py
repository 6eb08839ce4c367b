"""A count that no other count may be smaller than (members ≤ staff).

Options: `limits`, field paths. Reported once at `at`, naming every limit that is exceeded.
A limit that is blank or in error limits nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from converter.formulas.expressions import either
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.rules.base import (
    FormColumns,
    Refs,
    Violation,
    known_path,
    labels,
    numbers,
    same_sheet,
    title,
)

NAME = "at_most"
OPTIONS: tuple[str, ...] = ("limits",)


def accept(rule: Rule, form: Form) -> None:
    limits = rule.options.get("limits")
    if not isinstance(limits, list) or not limits:
        raise option_error("limits", "form_at", limits)
    for path in rule.at:
        known_path(path, form, "at", "count")
    for path in limits:
        known_path(path, form, "limits", "count")
    same_sheet(rule, *limits)


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    limits = {path: numbers(tables.column(path)) for path in rule.options["limits"]}
    for path in rule.at:
        column = tables.column(path)
        counted = numbers(column)
        over = {limit: counted > most for limit, most in limits.items()}
        for at, record in labels(column, np.logical_or.reduce(list(over.values()))):
            exceeded = [limit for limit in limits if over[limit][at]]
            named = (f"{title(p, tables.form)}({limits[p][at]:.0f})" for p in exceeded)
            yield Violation(
                path,
                record,
                {"value": int(counted[at]), "limits": "、".join(named)},
                tuple((limit, record) for limit in exceeded),
            )


def _over(refs: Refs, path: str, limit: str) -> str:
    a, b = refs.at(path), refs.at(limit)
    return f"IF(AND({a.usable},{b.usable}),{a.norm}>{b.norm},FALSE)"


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    return either(_over(refs, path, limit) for limit in rule.options["limits"])


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"limits": "、".join(title(limit, form) for limit in rule.options["limits"])}
