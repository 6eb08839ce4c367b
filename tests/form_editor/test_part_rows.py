"""Measures and rates stand a row each on sheets of their own, and come back as they were."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.form_editor import book_reading, part_rows
from converter.form_editor.columns import MEASURES, OTHER, RATES
from converter.form_editor.rows import EditorRow, all_rows
from converter.form_editor.toml_text import literal
from converter.forms import loading
from converter.messages import errors
from converter.usecases import form_editing
from tests.form_editor.books import Edited, built, without_regions, workbook


def shipped() -> list[dict[str, Any]]:
    cards = tomllib.loads((loading.form_dir("jiceng") / "form.toml").read_text("utf-8"))
    return [one for table in cards["statistics"]["annual"]["table"] for one in table["measures"]]


def test_no_shipped_measure_needs_toml() -> None:
    rows = [part_rows.cells(MEASURES, one) for one in shipped()]
    assert not [row for row in rows if OTHER in row]
    assert [part_rows.value(MEASURES, row) for row in rows] == shipped()


@pytest.mark.parametrize(
    "measure",
    [
        {},
        {"label": 1},
        {"label": "　甲；乙 = 丙", "sum": "unit.a"},
        {"label": "甲", "compared": False},
        {"label": "甲", "compared": "是"},
        {"label": "甲", "where": [{"field": "unit.a", "is": []}]},
        {"label": "甲", "where": [{"field": "unit.a", "is": ["a b"]}]},
        {"label": "甲", "where": [{"fields": ["unit.a"], "filled": True}]},
        {"label": "甲", "where": [{"field": "unit.a", "filled": True}] * 2},
        {"label": "甲", "where": [{"field": "unit.a", "odd": 1}], "further": {"a": 1}},
        {"label": "甲", "where": "x"},
        {"label": "甲\n乙"},
        "甲",
    ],
    ids=str,
)
def test_odd_measures_come_back(measure: Any) -> None:
    row = part_rows.cells(MEASURES, measure)
    assert part_rows.value(MEASURES, row) == measure
    (cell,) = [row.cells for row in part_rows.split(MEASURES, [_table(measure)])]
    assert part_rows.value(MEASURES, cell) == measure


def _table(measure: Any) -> Any:
    return EditorRow({"title": "表", "measures": literal(measure)}, "form.toml#1")


@pytest.fixture
def edit(tmp_path: Path) -> Edited:
    return Edited(workbook(without_regions(tmp_path / "form"), tmp_path / "表单.xlsx"))


def tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    form = tomllib.loads(built(path)["form.toml"].decode())
    return {one["title"]: one["measures"] for one in form["statistics"]["annual"]["table"]}


def test_nothing_changed_changes_nothing(edit: Edited) -> None:
    before = book_reading.read(edit.path)
    assert before.rows["annual"] == [
        replace(row, number=new.number)
        for row, new in zip(all_rows(before.sources)["annual"], before.rows["annual"], strict=True)
    ]
    assert built(edit.path) == before.sources


def test_a_measure_is_added_moved_and_follows_its_renamed_table(edit: Edited) -> None:
    before = tables(edit.path)
    first, *_, last = before
    row = edit.free("年报栏目")
    edit.put(
        "年报栏目", row, label="五年前换届的", sum="unit.members 会员总数", compared="是",
        where__fields="unit.last_election_on 换届时间\nunit.founded_on", where__years="5",
    )  # fmt: skip
    edit.cell("年报栏目", row, "@owner").value = last
    edit.cell("年报栏目", 4, "label").value = "单位数"
    edit.put("年报表", edit.row("年报表", "title", first), title="新名")
    found = tables(edit.save())
    assert found["新名"] == [{**before[first][0], "label": "单位数"}, *before[first][1:]]
    assert found[last] == [
        *before[last],
        {
            "label": "五年前换届的",
            "sum": "unit.members",
            "where": [{"fields": ["unit.last_election_on", "unit.founded_on"], "years": 5}],
            "compared": True,
        },
    ]


def test_faults_of_measures_and_rates_are_named_at_their_cells(
    edit: Edited, tmp_path: Path
) -> None:
    edit.cell("年报栏目", 5, "sum").value = "unit.stuff"
    code = edit.row("年报栏目", "where.is", "1")
    edit.cell("年报栏目", code, "where.is").value = "1、9"
    edit.cell("年报栏目", 6, "@owner").value = "基层工会"
    edit.cell("比率", 5, "whole").value = "unit.chair_name"
    named = {
        f"《年报栏目》{edit.cell('年报栏目', 5, 'sum').coordinate}": "unit.stuff",
        f"《年报栏目》{edit.cell('年报栏目', code, 'where.is').coordinate}": "9",
        f"《年报栏目》{edit.cell('年报栏目', 6, '@owner').coordinate}": "基层工会",
        f"《比率》{edit.cell('比率', 5, 'whole').coordinate}": "unit.chair_name",
    }
    faults = form_editing.build(edit.save(), tmp_path / "新", force=False).faults
    found = {fault.key.partition("（")[0]: errors.text(fault) for fault in faults}
    assert set(found) == set(named)
    assert all(text in found[place] for place, text in named.items())


def test_rates_are_rows(edit: Edited) -> None:
    title = edit.cell("比率", 4, "@owner").value
    edit.put("比率", edit.free("比率"), label="新率", part="unit.members", whole="unit.staff")
    edit.cell("比率", edit.free("比率") - 1, "@owner").value = title
    form = tomllib.loads(built(edit.save())["form.toml"].decode())
    (rates,) = [one["rates"] for one in form["statistics"]["table"] if one["title"] == title]
    assert rates[-1] == {"label": "新率", "part": "unit.members", "whole": "unit.staff"}
    assert part_rows.cells(RATES, rates[-1])["part"] == "unit.members"
