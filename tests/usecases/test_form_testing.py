"""`form test`: from the cards alone a good case and a bad one for each check, tried in the check."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from converter.forms import loading
from converter.forms.bad_cells import bad_cells
from converter.forms.smallest_cases import SmallestCases
from converter.model.forms import Form, Rule
from converter.model.issues import Level
from converter.rules import FAMILIES
from converter.rules.base import Faults, FormColumns, numbers
from converter.usecases import form_testing
from tests.commands import run
from tests.forms.small import EVERY_KIND, FOLDERS, TINY

TODAY = date(2026, 3, 1)
SHIPPED = [loading.form_dir(name) for name in ("jiceng", "shiming", "fenbiao")]


def with_rule(folder: Path, family: str, at: str, **options: object) -> Form:
    form = loading.load(folder)
    added = Rule("X901", family, Level.ERROR, (at,), options)
    return replace(form, rules=(*form.rules, added))


@pytest.mark.parametrize("folder", [*SHIPPED, *FOLDERS, EVERY_KIND], ids=lambda path: path.name)
@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29)], ids=str)
def test_each_case_shows_its_check_alone(folder: Path, today: date) -> None:
    form = loading.load(folder)
    found = form_testing.test(form, today)
    assert found.wrong == []
    places = sum(len(rule.at) for rule in form.rules)
    assert found.tried > places + sum(field.required for s in form.sheets for field in s)


def test_only_a_few_checks_of_cells_are_left_untried() -> None:
    form = loading.load(EVERY_KIND)
    cases = bad_cells(form, SmallestCases(form, TODAY))
    untried = {case.code for case in cases if case.submission is None}
    assert untried == {"K642"}  # of its places no two are called the same


def test_every_check_of_the_shipped_forms_is_tried() -> None:
    for name in ("jiceng", "fenbiao"):
        assert form_testing.test(loading.load(loading.form_dir(name)), TODAY).untried == ()


def test_a_rule_that_others_imply_is_named() -> None:
    form = with_rule(TINY, "must_hold", "unit.staff", condition="unit.members <= unit.staff + 1")
    (line,) = form_testing.test(form, TODAY).wrong
    assert "X901 试不出来" in line


def test_rules_that_contradict_leave_no_good_case() -> None:
    form = with_rule(TINY, "must_hold", "unit.staff", condition="unit.members > unit.staff")
    found = form_testing.test(form, TODAY)
    assert found.tried == 0
    assert len(found.wrong) == 1


def test_a_family_that_finds_more_than_it_demands_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def faults(rule: Rule, path: str, tables: FormColumns) -> Faults:
        limit = numbers(tables.column(rule.options["limits"][0]))
        return Faults(np.asarray(numbers(tables.column(path)) >= limit, dtype=bool))

    form = with_rule(TINY, "at_most", "unit.members", limits=["unit.staff"])
    form = replace(form, rules=tuple(rule for rule in form.rules if rule.family == "at_most")[-1:])
    assert form_testing.test(form, TODAY).wrong == []
    monkeypatch.setattr(FAMILIES["at_most"], "faults", faults)
    first, *_ = form_testing.test(form, TODAY).wrong
    assert "填对的表，也报出了 X901" in first


def test_the_command_says_what_it_tried() -> None:
    done = run("form", "test", str(TINY))
    assert (done.returncode, done.stdout) == (0, "")
    assert "处检查，都对" in done.stderr
