"""A date that must not lie before another date of the same record (election ≥ founding).

Options: `since`, the other date's field path. The same day is fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules.base import (
    FormColumns,
    Refs,
    Violation,
    days,
    known_path,
    labels,
    option_path,
    same_sheet,
    title,
)

NAME = "not_before"
OPTIONS: tuple[str, ...] = ("since",)


def accept(rule: Rule, form: Form) -> None:
    option_path(rule, form, "since", "date")
    for path in rule.at:
        known_path(path, form, "at", "date")
    same_sheet(rule, rule.options["since"])


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    since = rule.options["since"]
    earliest = days(tables.column(since))
    for path in rule.at:
        column = tables.column(path)
        found = days(column)
        said = words(rule, path, tables.form)
        for at, record in labels(column, found < earliest):
            figures = {"value": str(found[at]), "since_value": str(earliest[at])}
            params = {**said, **figures}
            yield Violation(path, record, params, ((since, record),))


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    ref, since = refs.at(path), refs.at(rule.options["since"])
    return f"IF(AND({ref.usable},{since.usable}),{ref.norm}<{since.norm},FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"since": title(rule.options["since"], form)}
