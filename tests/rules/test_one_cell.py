"""One fault, one alarm: errors of one cell silence the rules that compare it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from converter.model.forms import Rule
from converter.model.issues import Level
from converter.rules import FAMILIES, one_cell
from converter.rules.base import FormColumns
from tests.rules.tables import FORM, at, rule, tables

FUTURE = "2030-01-01"


def compared(given: FormColumns, *rules: Rule, explained: bool = False) -> FormColumns:
    """The columns as comparing rules see them, in a form that has these rules alone."""
    form = replace(FORM, rules=rules or FORM.rules)
    found, _ = one_cell.find_first(replace(given, form=form), lambda path, record: explained)
    return found


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("X134", f"opened_on | founded_on\n{FUTURE} | 2010-05-01"),
        ("X131", f"last_election_on | founded_on\n2010-05-01 | {FUTURE}"),
        ("X133", f"chair_since | founded_on\n2010-05-01 | {FUTURE}"),
        ("X141", f"opened_on | unit_category\n{FUTURE} | 50"),
    ],
)
def test_a_date_in_the_future_is_compared_with_nothing(code: str, unit: str) -> None:
    given = tables(unit)
    category = FORM.codes["unit_category"]
    group = next(e.code for e in category.entries if e.group == "事业")
    given = tables(unit.replace("| 50", f"| {group}"))
    assert at(code, given) != []
    assert at(code, compared(given)) == []


def test_only_the_faulty_record_is_silent() -> None:
    given = tables(f"opened_on | founded_on\n{FUTURE} | 2010-05-01\n2011-01-01 | 2010-05-01")
    assert at("X134", compared(given)) == [("unit.opened_on", 1)]


def test_a_cell_in_error_is_still_not_blank() -> None:
    given = tables(f"honour | honour_level | honour_on\n | | {FUTURE}")
    assert at("X151", compared(given)) == at("X151", given) != []


def test_a_warning_silences_nothing() -> None:
    given = tables("last_election_on | founded_on\n2001-01-01 | 2010-05-01")
    old = rule("X135")
    assert at("X131", compared(given, old)) == [("unit.last_election_on", 0)]
    assert at("X131", compared(given, replace(old, level=Level.ERROR))) == []


def test_an_explained_error_silences_nothing() -> None:
    given = tables(f"opened_on | founded_on\n{FUTURE} | 2010-05-01")
    excusable = replace(rule("X121"), explainable=True)
    assert at("X134", compared(given, excusable)) == []
    assert at("X134", compared(given, excusable, explained=True)) == [("unit.opened_on", 0)]


def test_which_rules_look_at_one_cell() -> None:
    alone = {r.code for r in FORM.rules if FAMILIES[r.family].validates_one_cell(r)}
    assert alone == {"X113", "X121", "X135", "X145", "X175"}
    assert [r.code for r in one_cell.one_cell_errors(FORM)] == ["X121", "X175"]
