"""What the collection groups, sums and compares stands a row each, and comes back as it was."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.form_editor import cell_values, collection_rows
from converter.form_editor.book_reading import EditedBook
from converter.form_editor.columns import COLLECTION, COLLECTION_LISTS, FORM, KEY, OTHER, VALUE
from converter.form_editor.rows import EditorRow, all_rows
from converter.form_editor.source_files import read_sources
from converter.forms import loading
from converter.messages import errors
from converter.usecases import form_editing
from tests.form_editor.books import FORMS, Edited, built, workbook

SHEET = "汇总项目"
TABLES = [EditorRow({"@file": "unit", "sheet.shape": "一项一行"})]


def of_form(use: str, value: Any) -> EditorRow:
    key = f"{collection_rows.PREFIX}{use}"
    return EditorRow({KEY: key, VALUE: cell_values.shown(value, COLLECTION_LISTS[use])}, key)


def joined(use: str, value: Any) -> Any:
    before = of_form(use, value)
    parts = collection_rows.split([before], TABLES)
    (row,) = collection_rows.join([], parts, TABLES)
    assert row.cells == before.cells
    return parts


@pytest.mark.parametrize("folder", FORMS, ids=lambda folder: folder.name)
def test_no_shipped_list_needs_toml(folder: Path) -> None:
    rows = all_rows(read_sources(folder))
    assert not [row for row in rows[COLLECTION] if row[OTHER]]
    made = collection_rows.join(rows[FORM], rows[COLLECTION], rows["tables"])
    assert {row[KEY]: row[VALUE] for row in made if row[VALUE]} == {
        row[KEY]: row[VALUE] for row in rows[FORM] if row[VALUE]
    }


@pytest.mark.parametrize(
    ("use", "value", "rows"),
    [
        ("by", ["industry", "other.key"], 2),
        ("by", "industry", 1),
        ("by", [1, "industry"], 1),
        ("fields", ["unit.a", "unit.a"], 2),
        ("fields", {"a": 1}, 1),
        ("jump_fields", ["unit.a", {"field": "unit.b", "at_least": 0.5}], 2),
        ("jump_fields", [{"field": "unit.b", "odd": 1}, "unit.a"], 1),
        ("rate", {"label": "率 = 一 / 二", "part": "unit.a", "whole": "unit.b"}, 1),
        ("rate", {"label": "率", "part": "unit.a"}, 1),
        ("rate", "率", 1),
    ],
    ids=str,
)
def test_odd_lists_come_back(use: str, value: Any, rows: int) -> None:
    assert len(joined(use, value)) == rows


@pytest.fixture
def edit(tmp_path: Path) -> Edited:
    return Edited(workbook(loading.form_dir("fenbiao"), tmp_path / "表单.xlsx"))


def test_rows_are_added_and_compared_by_their_own_measure(edit: Edited) -> None:
    edit.put(SHEET, edit.free(SHEET), use="分组", field="unit.joint 是否联合基层工会")
    edit.put(SHEET, edit.row(SHEET, "use", "和上期比"), at_least="500")
    edit.put(SHEET, edit.row(SHEET, "use", "比率"), label="会员率")
    collection = tomllib.loads(built(edit.save())["form.toml"].decode())["statistics"]["collection"]
    assert collection["by"] == ["superior_union", "joint"]
    assert collection["jump_fields"] == [{"field": "unit.staff", "at_least": 500}, "unit.members"]
    assert collection["rate"]["label"] == "会员率"


def test_all_faults_are_named_at_their_cells(edit: Edited, tmp_path: Path) -> None:
    rows = {use: edit.row(SHEET, "use", use) for use in ("分组", "相加", "和上期比", "比率")}
    edit.put(SHEET, rows["分组"], field="unit.nothing")
    edit.put(SHEET, rows["相加"], field="unit.nobody")
    edit.put(SHEET, rows["相加"] + 1, field="unit.unit_name")
    edit.put(SHEET, rows["相加"] + 2, use="加起来")
    edit.put(SHEET, rows["和上期比"], at_least="很多")
    edit.put(SHEET, rows["比率"], whole=None)
    faults = form_editing.build(edit.save(), tmp_path / "新", force=False).faults
    found = {fault.key.partition("（")[0]: errors.text(fault) for fault in faults}
    wanted = {
        ("field", rows["分组"]): "nothing",
        ("field", rows["相加"]): "unit.nobody",
        ("field", rows["相加"] + 1): "unit.unit_name",
        ("use", rows["相加"] + 2): "加起来",
        ("at_least", rows["和上期比"]): "很多",
        ("whole", rows["比率"]): "",
    }
    named = {
        f"《{SHEET}》{edit.cell(SHEET, row, key).coordinate}": text
        for (key, row), text in wanted.items()
    }
    assert set(found) == set(named)
    assert all(text in found[place] for place, text in named.items())


def test_a_workbook_of_an_older_program_keeps_its_lists() -> None:
    """Its sheet about the form has them, and it has no sheet of their rows."""
    row = of_form("by", ["industry"])
    book = EditedBook({FORM: [row], COLLECTION: []}, {}, {})
    parts = collection_rows.split(book.rows[FORM], TABLES)
    assert [replace(one, origin="").cells for one in parts] == [
        {"use": "分组", "field": "unit.industry"}
    ]
