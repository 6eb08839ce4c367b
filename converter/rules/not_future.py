"""A date that must not lie after the day of the check. Today itself is fine. No options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from converter.model.forms import Form, Rule
from converter.rules.base import FormColumns, Refs, Violation, days, known_path, labels

NAME = "not_future"
OPTIONS: tuple[str, ...] = ()


def accept(rule: Rule, form: Form) -> None:
    for path in rule.at:
        known_path(path, form, "at", "date")


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    for path in rule.at:
        column = tables.column(path)
        found = days(column)
        for at, record in labels(column, found > np.datetime64(tables.today, "D")):
            yield Violation(path, record, {"value": str(found[at]), "today": str(tables.today)})


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    ref = refs.at(path)
    return f"IF({ref.usable},{ref.norm}>TODAY(),FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {}
