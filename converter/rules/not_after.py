"""A date that must not lie after another date of the same record (opening ≤ founding).

Options: `until`, the other date's field path. The same day is fine.
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

NAME = "not_after"
OPTIONS: tuple[str, ...] = ("until",)


def accept(rule: Rule, form: Form) -> None:
    option_path(rule, form, "until", "date")
    for path in rule.at:
        known_path(path, form, "at", "date")
    same_sheet(rule, rule.options["until"])


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    until = rule.options["until"]
    latest = days(tables.column(until))
    for path in rule.at:
        column = tables.column(path)
        found = days(column)
        said = words(rule, path, tables.form)
        for at, record in labels(column, found > latest):
            figures = {"value": str(found[at]), "until_value": str(latest[at])}
            params = {**said, **figures}
            yield Violation(path, record, params, ((until, record),))


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    ref, until = refs.at(path), refs.at(rule.options["until"])
    return f"IF(AND({ref.usable},{until.usable}),{ref.norm}>{until.norm},FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"until": title(rule.options["until"], form)}
