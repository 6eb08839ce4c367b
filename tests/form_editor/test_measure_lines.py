"""Measures of the annual report as lines: what is written is read as it was, however odd."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from converter.form_editor import measure_lines
from converter.forms import loading


def shipped() -> list[dict[str, Any]]:
    cards = tomllib.loads((loading.form_dir("jiceng") / "form.toml").read_text("utf-8"))
    return [one for table in cards["statistics"]["annual"]["table"] for one in table["measures"]]


def test_no_shipped_measure_needs_toml() -> None:
    lines = list(map(measure_lines.line, shipped()))
    assert not [line for line in lines if line.startswith("{")]
    assert list(map(measure_lines.read, lines)) == shipped()


@pytest.mark.parametrize(
    "measure",
    [
        {},
        {"label": 1},
        {"label": "甲；乙", "sum": "unit.a"},
        {"label": "甲 = 乙"},
        {"label": "unit.a"},
        {"label": "和上期比"},
        {"label": "甲", "compared": False},
        {"label": "甲", "where": [{"field": "unit.a", "is": []}]},
        {"label": "甲", "where": [{"fields": ["unit.a"], "filled": True}]},
        {"label": "甲", "where": "x"},
        {"label": "甲\n乙"},
    ],
    ids=str,
)
def test_odd_measures_come_back(measure: dict[str, Any]) -> None:
    assert measure_lines.read(measure_lines.line(measure)) == measure


@pytest.mark.parametrize(
    ("line", "measure"),
    [
        ("女职工＝unit.women 女职工人数;和上期比",
         {"label": "女职工", "sum": "unit.women", "compared": True}),
        ("unit.staff", {"sum": "unit.staff"}),
        ("甲；unit.a, unit.b 满5年，不满6年",
         {"label": "甲", "where": [{"fields": ["unit.a", "unit.b"], "years": 5, "below": 6}]}),
        ("甲；乱写", "甲；乱写"),
    ],
)  # fmt: skip
def test_lines_are_read_as_people_write_them(line: str, measure: Any) -> None:
    assert measure_lines.read(line) == measure
