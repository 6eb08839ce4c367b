"""Cells as a person fills them in → values of cards."""

from __future__ import annotations

from typing import Any

import pytest

from converter.form_editor.cell_values import choice_labels, read, shown
from converter.form_editor.columns import SHEETS, columns, form_rows
from converter.forms import cards
from converter.kinds import KINDS
from converter.rules import FAMILIES

CASES: list[tuple[str, str, Any]] = [
    ("one_or_more_paths", "unit.staff", "unit.staff"),
    ("one_or_more_paths", "unit.staff 职工、职员总数", "unit.staff"),
    ("one_or_more_paths", "unit.a 甲\nunit.b 乙", ["unit.a", "unit.b"]),
    ("field_paths", "unit.a、unit.b， unit.c", ["unit.a", "unit.b", "unit.c"]),
    ("field_paths", "人数", ["人数"]),
    ("field_path", "unit.staff 职工总数", "unit.staff"),
    ("field_keys", "industry 行业\nunit_category", ["industry", "unit_category"]),
    ("kind", "人数、个数", "count"),
    ("kind", " count ", "count"),
    ("kind", "数", "数"),
    ("flag", "是", True),
    ("flag", "否", False),
    ("flag", "对", "对"),
    ("flag", "TRUE", True),
    ("texts", "甲\n乙\n", ["甲", "乙"]),
    ("whole_number", " 12 ", 12),
    ("whole_number", "1.5", "1.5"),
    ("number", "1.5", 1.5),
    ("number", "-12", -12),
    ("variants", "1 = 身份证\n2 = 护照", {"1": "id_number", "2": "passport"}),
    ("steps", "1 = 1\n2 = 2", [[1, "1"], [2, "2"]]),
    ("columns", "name\nMC = address", ["name", ["MC", "address"]]),
    ("rate", "入会率 = unit.a / unit.b", {"label": "入会率", "part": "unit.a", "whole": "unit.b"}),
    ("levels", "K116＝提示", {"K116": "warning"}),
    ("levels", "K116 = 提示", {"K116": "warning"}),
    ("toml", "[1, 2]", [1, 2]),
    ("toml", "甲", "甲"),
]


@pytest.mark.parametrize(("holds", "text", "value"), CASES)
def test_a_cell_is_read(holds: str, text: str, value: Any) -> None:
    assert read(text, holds) == value


@pytest.mark.parametrize(("holds", "value"), [(holds, value) for holds, _, value in CASES])
def test_what_is_shown_reads_back(holds: str, value: Any) -> None:
    assert read(shown(value, holds), holds) == value


@pytest.mark.parametrize("value", [1, True, 1.5, "x", [], ["x", 1], {}, {"a": 1}, [{"a": 1}], None])
@pytest.mark.parametrize("holds", sorted({c.holds for s in SHEETS for c in columns(s)}))
def test_any_value_is_shown_in_any_cell(holds: str, value: Any) -> None:
    assert isinstance(shown(value, holds), str)


def test_every_key_of_a_card_has_a_column() -> None:
    fields = {column.path[0] for column in columns("fields")}
    rules = {column.path[0] for column in columns("rules")}
    assert {*cards.FIELD_KEYS, *(o for k in KINDS.values() for o in k.options())} <= fields
    assert {*cards.RULE_KEYS, *(o for f in FAMILIES.values() for o in f.options())} <= rules


def test_words_to_choose_from_are_all_different() -> None:
    for holds in {c.holds for s in SHEETS for c in columns(s)}:
        assert len(set(choice_labels(holds).values())) == len(choice_labels(holds))


def test_every_cell_says_what_it_is_for() -> None:
    told = [(s, c.heading, c.help) for s in SHEETS[1:] for c in columns(s)]
    told += [("form", row.heading, row.help or row.default) for row in form_rows()]
    assert [one for one in told if not one[1] or not one[2]] == []
    assert [one for one in told if len(one[2]) > 255] == []
