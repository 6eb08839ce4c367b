"""A count from which something is worth knowing (25 members: a committee is due by law).

Options: `from`, the count. What there is to know stands on the card (`sentence`, `fix`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules.base import (
    FormColumns,
    Refs,
    Violation,
    known_path,
    labels,
    numbers,
    option_number,
)

NAME = "advise_from"
OPTIONS: tuple[str, ...] = ("from",)


def accept(rule: Rule, form: Form) -> None:
    option_number(rule, "from")
    for path in rule.at:
        known_path(path, form, "at", "count")


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    for path in rule.at:
        column = tables.column(path)
        counted = numbers(column)
        said = words(rule, path, tables.form)
        for at, record in labels(column, counted >= rule.options["from"]):
            yield Violation(path, record, {**said, "value": int(counted[at])})


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    ref = refs.at(path)
    return f"IF({ref.usable},{ref.norm}>={rule.options['from']},FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"from": rule.options["from"]}
