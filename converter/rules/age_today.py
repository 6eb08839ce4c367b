"""A person who is too young or too old on the day of the check (a chair under 18).

Options: `born`, the birth date's field path; `min` and `max`, completed years, either or both.
A birth in the future raises nothing here: the date or the ID number has its own message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from converter.messages.catalogue import message
from converter.model.errors import option_error
from converter.model.forms import Form, Rule
from converter.rules.ages import ages, excel_age
from converter.rules.base import (
    FormColumns,
    Refs,
    Violation,
    days,
    labels,
    option_number,
    option_path,
    same_sheet,
    title,
)

NAME = "age_today"
OPTIONS: tuple[str, ...] = ("born", "min", "max")


def accept(rule: Rule, form: Form) -> None:
    option_path(rule, form, "born", "date")
    given = [option for option in ("min", "max") if option in rule.options]
    if not given:
        raise option_error("min", "form_min_or_max")
    limits = [option_number(rule, option) for option in given]
    if limits != sorted(limits):
        raise option_error("min", "form_min_above_max", limits[0])
    same_sheet(rule, rule.options["born"])


def find(rule: Rule, tables: FormColumns) -> Iterator[Violation]:
    born = days(tables.column(rule.options["born"]))
    years = ages(born, np.full(len(born), np.datetime64(tables.today, "D")))
    wrong = (years < rule.options.get("min", 0)) | (years > rule.options.get("max", np.inf))
    for path in rule.at:
        column = tables.column(path)
        said = words(rule, path, tables.form)
        for at, record in labels(column, wrong & column.sound):
            params = {**said, "age": int(years[at])}
            related = () if path == rule.options["born"] else ((rule.options["born"], record),)
            yield Violation(path, record, params, related)


def excel(rule: Rule, path: str, refs: Refs) -> str | None:
    ref, born = refs.at(path), refs.at(rule.options["born"])
    years = excel_age(born.norm, "TODAY()")
    limits = []
    if "min" in rule.options:
        limits.append(f"{years}<{rule.options['min']}")
    if "max" in rule.options:
        limits.append(f"{years}>{rule.options['max']}")
    wrong = limits[0] if len(limits) == 1 else f"OR({','.join(limits)})"
    judged = f"IF({born.norm}>TODAY(),FALSE,{wrong})"
    return f"IF(AND({ref.usable},{born.usable}),{judged},FALSE)"


def words(rule: Rule, path: str, form: Form) -> Mapping[str, str | int]:
    limits = {option: rule.options[option] for option in ("min", "max") if option in rule.options}
    wrong = message("age_outside" if len(limits) == 2 else f"age_{next(iter(limits))}", **limits)
    return {"born": title(rule.options["born"], form), "wrong": wrong}
