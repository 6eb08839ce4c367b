"""Cells that nobody asks for yet: filled ones are mentioned, their values are kept. No options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules.base import FormColumns, Refs, Violation, labels

NAME = "leave_blank"
OPTIONS: tuple[str, ...] = ()


def accept(rule: Rule, form: Form) -> None:
    """Any field will do."""


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    for path in rule.at:
        column = tables.column(path)
        for _, record in labels(column, column.sound):
            yield Violation(path, record)


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    return f"IF({refs.at(path).usable},TRUE,FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {}
