"""Cells that must be filled under a condition (a registered legal person has a certificate).

Options: `when` (see `conditions`). Reported at the blank cell. A cell in error is not blank,
and neither is one whose heading is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules import conditions
from converter.rules.base import FormColumns, Refs, Violation, labels, same_sheet

NAME = "required_when"
OPTIONS: tuple[str, ...] = ("when",)


def accept(rule: Rule, form: Form) -> None:
    same_sheet(rule, conditions.condition(rule, form).path)


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    when = conditions.condition(rule, tables.form)
    held = conditions.holds(when, tables)
    for path in rule.at:
        column = tables.column(path)
        said = words(rule, path, tables.form)
        for _, record in labels(column, held & column.blank.to_numpy()):
            yield Violation(path, record, said, ((when.path, record),))


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    when = conditions.excel(conditions.condition(rule, refs.form), refs)
    return f"IF({refs.at(path).blank},{when},FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return conditions.words(conditions.condition(rule, form), form)
