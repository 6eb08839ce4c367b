"""A date at which a person must have reached an age (16 when joining the union).

Options: `born`, the birth date's field path; `min`, completed years. A date before the birth
is another rule's business (not_before) and raises nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter.model.forms import Form, Rule
from converter.rules.ages import ages, excel_age
from converter.rules.base import (
    FormColumns,
    Refs,
    Violation,
    days,
    known_path,
    labels,
    option_number,
    option_path,
    same_sheet,
    title,
)

NAME = "age_at"
OPTIONS: tuple[str, ...] = ("born", "min")


def accept(rule: Rule, form: Form) -> None:
    option_path(rule, form, "born", "date")
    option_number(rule, "min")
    for path in rule.at:
        known_path(path, form, "at", "date")
    same_sheet(rule, rule.options["born"])


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    born = days(tables.column(rule.options["born"]))
    for path in rule.at:
        column = tables.column(path)
        found = days(column)
        years = ages(born, found)
        said = words(rule, path, tables.form)
        for at, record in labels(column, years < rule.options["min"]):
            figures: dict[str, str | int] = {"value": str(found[at]), "age": int(years[at])}
            params = {**said, **figures}
            yield Violation(path, record, params, ((rule.options["born"], record),))


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    ref, born = refs.at(path), refs.at(rule.options["born"])
    young = f"{excel_age(born.norm, ref.norm)}<{rule.options['min']}"
    judged = f"IF({ref.norm}<{born.norm},FALSE,{young})"
    return f"IF(AND({ref.usable},{born.usable}),{judged},FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    return {"born": title(rule.options["born"], form), "min": rule.options["min"]}
