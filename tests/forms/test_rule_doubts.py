"""Rules that cannot be right are named; those of the forms that we ship are not."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from converter.forms import loading
from converter.forms.rule_doubts import Doubt, RuleDoubt, rule_doubts
from converter.model.forms import Form, Rule
from converter.model.issues import Level
from tests.commands import run
from tests.forms.small import EVERY_KIND, FOLDERS

TODAY = date(2026, 3, 1)
SHIPPED = ("jiceng", "shiming", "fenbiao")
CONGRESS = {"field": "unit.congress", "equals": "1"}
OPEN = {"field": "unit.open_affairs", "equals": "1"}


@cache
def shipped(name: str) -> Form:
    return loading.load(loading.form_dir(name))


def rule(family: str, at: str | Sequence[str], level: str = "error", **options: Any) -> Rule:
    paths = (at,) if isinstance(at, str) else tuple(at)
    return Rule("", family, Level(level), paths, options)


def must(condition: str, at: str = "unit.staff", level: str = "error") -> Rule:
    return rule("must_hold", at, level, condition=condition)


def required(at: str, when: Mapping[str, str]) -> Rule:
    return rule("required_when", at, when=when)


def blank(at: str, when: Mapping[str, str]) -> Rule:
    return rule("blank_when", at, when=when)


def found(form: str, *rules: Rule) -> list[RuleDoubt]:
    """What is said of a form with further rules, X901 and so on."""
    known = shipped(form)
    more = [replace(one, code=f"X90{n}") for n, one in enumerate(rules, 1)]
    return rule_doubts(replace(known, rules=(*known.rules, *more)), TODAY)


# (form, rules, the rules that contradict each other)
CONTRADICTIONS: dict[str, tuple[str, list[Rule], set[str]]] = {
    "a circle of required counts": (
        "fenbiao",
        [must("unit.cadres < unit.entities"), must("unit.entities < unit.women_members"),
         must("unit.women_members < unit.cadres")],
        {"X901", "X902", "X903"},
    ),
    "a circle of counts that may be blank": (
        "shiming",
        [must("unit.staff < unit.hardship_workers + unit.members"),
         rule("at_most", "unit.members", limits=["unit.model_workers"]),
         must("unit.model_workers + unit.hardship_workers <= unit.staff")],
        {"X901", "X902", "X903"},
    ),
    "limits of a sum": (
        "shiming",
        [must("unit.women_staff + unit.model_workers > unit.staff + 5"),
         must("unit.women_staff * 2 <= unit.staff"), must("unit.model_workers * 2 <= unit.staff")],
        {"X901", "X902", "X903"},
    ),
    "ratios": (
        "shiming",
        [must("unit.members * 100 <= unit.staff * 20"), must("unit.members * 10 >= unit.staff * 9"),
         must("unit.staff > 0")],
        {"X901", "X902", "X903"},
    ),
    "required and blank under one answer": (
        "shiming",
        [required("unit.founded_on", CONGRESS), blank("unit.founded_on", CONGRESS)],
        {"X901", "X902"},
    ),
    "required and blank under two answers": (
        "shiming",
        [required("unit.founded_on", CONGRESS), blank("unit.founded_on", OPEN)],
        {"X901", "X902"},
    ),
    "required, together and blank": (
        "shiming",
        [required("unit.founded_on", CONGRESS), blank("unit.approval_number", CONGRESS),
         rule("together", ["unit.founded_on", "unit.approval_number"])],
        {"X901", "X902", "X903"},
    ),
    "answers that exclude each other": (
        "shiming",
        [must("unit.congress in ['1'] and unit.open_affairs == '0'", "unit.congress"),
         must("unit.congress != '1' or unit.open_affairs != '0'", "unit.congress")],
        {"X901", "X902"},
    ),
    "a division and its section": (
        "jiceng",
        [must("unit.industry_division == '01' and unit.industry == 'B'", "unit.industry")],
        {"X161", "X901"},
    ),
    "the order of dates": (
        "shiming", [must("unit.founded_on > unit.election_on", "unit.founded_on")],
        {"X131", "X901"},
    ),
    "days between dates": (
        "shiming",
        [must("unit.election_on >= unit.founded_on + 30", "unit.founded_on"),
         must("unit.election_on <= unit.founded_on + 10", "unit.founded_on")],
        {"X901", "X902"},
    ),
    "a date long to come": (
        "shiming", [must("unit.founded_on >= date('2090-01-01')", "unit.founded_on")],
        {"X121", "X901"},
    ),
    "an old election": (
        "shiming",
        [rule("within_years", "unit.election_on", years=5),
         must("unit.election_on < date('2015-01-01')", "unit.election_on")],
        {"X901", "X902"},
    ),
    "ages": (
        "shiming",
        [rule("age_today", "member.id_number", born="member.birthday", min=18),
         rule("age_today", "member.id_number", born="member.birthday", max=16)],
        {"X901", "X902"},
    ),
    "a count of rows": (
        "fenbiao", [must("unit.members != count(member)")], {"X111", "X901"},
    ),
    "rows beside their sum": (
        "fenbiao",
        [must("entity.staff >= 10", "entity.staff"), must("sum(entity.staff) < 10"),
         must("count(entity) >= 1")],
        {"X901", "X902", "X903"},
    ),
    "listed and not listed": (
        "fenbiao", [rule("not_in", "cadre.id_number", rows="member.id_number")], {"X132", "X901"},
    ),
    "bands of an answer": (
        "shiming",
        [must("unit.staff <= 10 if unit.congress == '1' else unit.staff <= 50"),
         must("unit.staff >= 60")],
        {"X901", "X902"},
    ),
    "a difference": (
        "shiming",
        [must("abs(unit.staff - unit.hardship_workers) <= 3"),
         must("unit.staff > unit.hardship_workers + 3")],
        {"X901", "X902"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_rules_that_nothing_satisfies_are_named(name: str) -> None:
    form, rules, codes = CONTRADICTIONS[name]
    named = [set(one.codes) for one in found(form, *rules) if one.doubt is Doubt.CONTRADICTION]
    assert codes in named


# (form, the last of these rules is it, what is said of it, by which rules)
ALONE: dict[str, tuple[str, list[Rule], Doubt, set[str]]] = {
    "less than nothing": ("shiming", [must("unit.staff < 0")], Doubt.ALWAYS, set()),
    "a sum that is even": (
        "shiming", [must("unit.staff * 2 == unit.members * 2 + 1")], Doubt.ALWAYS, set(),
    ),
    "a step that is derived otherwise": (
        "jiceng",
        [must("unit.organisation_form == '2' and unit.legal_entities == 1", "unit.staff")],
        Doubt.ALWAYS,
        set(),
    ),
    "advice that others see to": (
        "fenbiao",
        [must("unit.staff > 10"), rule("advise_from", "unit.staff", "note", **{"from": 5})],
        Doubt.ALWAYS,
        {"X901"},
    ),
    "no less than nothing": ("shiming", [must("unit.staff >= 0")], Doubt.NEVER, set()),
    "a product": ("shiming", [must("unit.staff * unit.members >= 0")], Doubt.NEVER, set()),
    "every answer": (
        "shiming", [must("unit.congress in ['0', '1']", "unit.congress")], Doubt.NEVER, set(),
    ),
    "required anyhow": ("shiming", [required("unit.phone", CONGRESS)], Doubt.NEVER, set()),
    "the same once more": (
        "shiming",
        [replace(rule("at_most", "unit.women_staff", limits=["unit.staff"]), explainable=True)],
        Doubt.IMPLIED,
        {"X101"},
    ),
    "a chain": (
        "fenbiao",
        [replace(must("unit.women_members <= unit.staff"), explainable=True)],
        Doubt.IMPLIED,
        {"X101", "X102"},
    ),
    "a younger age": (
        "shiming",
        [replace(rule("age_at", "member.change_on", born="member.birthday", min=10),
                 explainable=True)],
        Doubt.IMPLIED,
        {"X172"},
    ),
    "a longer run": (
        "jiceng", [rule("consecutive_days", "member.joined_on", "note", run=9)],
        Doubt.IMPLIED, {"X176"},
    ),
    "required by way of another": (
        "shiming",
        [required("unit.founded_on", CONGRESS),
         rule("together", ["unit.founded_on", "unit.approval_number"]),
         required("unit.approval_number", CONGRESS)],
        Doubt.IMPLIED,
        {"X901", "X902"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_rules_that_say_nothing_or_nothing_new_are_named(name: str) -> None:
    form, rules, doubt, by = ALONE[name]
    (one,) = found(form, *rules)
    assert (one.doubt, one.codes, set(one.by)) == (doubt, (f"X90{len(rules)}",), by)


def test_an_entry_that_an_error_forbids_is_named() -> None:
    (one,) = found("shiming", must("unit.congress == '1'", "unit.congress"))
    expected = (Doubt.UNPICKABLE, ("unit.congress",), ("X901",))
    assert (one.doubt, one.fields, one.by) == expected
    assert not found("shiming", must("unit.congress == '1'", "unit.congress", "warning"))


# What looks alike and is right.
FINE: dict[str, tuple[str, list[Rule]]] = {
    "other answers": (
        "shiming",
        [required("unit.founded_on", CONGRESS),
         blank("unit.founded_on", {"field": "unit.congress", "equals": "0"})],
    ),
    "together and blank": (
        "shiming",
        [rule("together", ["unit.founded_on", "unit.approval_number"]),
         blank("unit.approval_number", CONGRESS)],
    ),
    "a chain whose middle may be blank": (
        "shiming",
        [must("unit.hardship_workers <= unit.model_workers"),
         must("unit.hardship_workers <= unit.staff")],
    ),
    "an error beside a warning": (
        "fenbiao",
        [must("unit.cadres <= 50", level="warning"), must("unit.cadres <= 60")],
    ),
    "an error without and one with a reason": (
        "shiming", [rule("at_most", "unit.women_staff", limits=["unit.staff"])],
    ),
    "one number alone": (
        "fenbiao", [must("unit.cadres >= 4"), must("unit.cadres <= 4")],
    ),
    "blank for now, with its rules": (
        "shiming", [rule("leave_blank", "unit.election_on", "warning")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_what_only_looks_alike_is_not_named(name: str) -> None:
    form, rules = FINE[name]
    named = {code for one in found(form, *rules) for code in one.codes}
    # With no reason to excuse it, the stricter rule makes the shipped one superfluous.
    assert named <= ({"X101"} if name.startswith("an error without") else set())


@pytest.mark.parametrize("folder", [*FOLDERS, EVERY_KIND, *map(loading.form_dir, SHIPPED)],
                         ids=lambda path: path.name)  # fmt: skip
def test_the_rules_of_these_forms_are_right(folder: Path) -> None:
    assert rule_doubts(loading.load(folder), TODAY) == []


def test_the_command_names_rules_and_what_to_do(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(loading.form_dir("shiming"), tmp_path / "form"))
    card = '[[rule]]\ncode = "X{}"\nfamily = "must_hold"\nlevel = "error"\nat = "unit.staff"\n'
    cards = [card.format(901) + 'condition = "unit.staff > unit.members + 9"\n',
             card.format(902) + 'condition = "unit.members >= unit.staff"\n']  # fmt: skip
    with (folder / "rules.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(cards))
    done = run("form", "check", str(folder))
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert line.startswith("规则 X901、X902 互相矛盾：填了")
    assert "请改其中一条" in line
