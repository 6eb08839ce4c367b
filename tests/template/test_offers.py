"""What a sheet offers whoever fills it in: where to begin, a line beside each cell, dropdowns."""

from __future__ import annotations

from typing import Any

from converter.model.forms import Form
from converter.model.submissions import Stamp
from converter.template import style
from converter.template.labels import is_explainable
from converter.template.layout import MemberLayout, UnitLayout
from tests.opened import opened

LONGEST_PROMPT = 40  # characters: a glance


def prompts(sheet: Any) -> dict[str, str]:
    """The line beside each cell of a sheet's first rows, by address."""
    return {
        cell: validation.prompt
        for validation in sheet.data_validations.dataValidation
        for area in validation.sqref
        for cell in [area.coord.partition(":")[0]]
    }


def test_every_answer_has_a_short_prompt(blank: Any, form: Form) -> None:
    unit, table = UnitLayout(form.record), MemberLayout(form.main_table, 1)
    found = prompts(blank[form.record.title])
    cells = [unit.raw(field.key).replace("$", "") for field in form.record]
    assert [cell for cell in cells if not found.get(cell)] == []
    members = prompts(blank[form.main_table.title])
    assert [c for key in table.columns if not members.get(c := table.raw(key).lstrip("$"))] == []
    texts = [*found.values(), *members.values()]
    assert [text for text in texts if len(text) > LONGEST_PROMPT] == []


def test_the_cursor_stands_in_the_first_cell_to_fill_in(blank: Any, form: Form) -> None:
    unit = UnitLayout(form.record)

    def cursors(sheet: Any) -> set[str]:
        return {selection.activeCell for selection in sheet.sheet_view.selection}

    stamped = opened(form, rows=1, stamp=Stamp(unit_name="示例工会", superior_name="示例总工会"))
    first = [unit.raw(field.key).replace("$", "") for field in form.record]
    assert cursors(blank[form.record.title]) == {first[0]}
    assert cursors(stamped[form.record.title]) == {first[2]}  # both names are filled in
    assert cursors(blank[form.main_table.title]) == {"B5"}


def test_reasons_are_yellow_only_where_one_counts(blank: Any, form: Form) -> None:
    unit, sheet = UnitLayout(form.record), blank[form.record.title]
    yellow = {
        field.key
        for field in form.record
        if sheet.cell(unit.rows[field.key], unit.EXPLANATION).fill.fgColor.rgb.endswith(style.ENTRY)
    }
    assert yellow == {field.key for field in form.record if is_explainable(form, field)}
    assert "members" in yellow
    assert "phone" not in yellow


def test_the_count_of_the_list_is_offered(blank: Any, form: Form) -> None:
    unit, sheet = UnitLayout(form.record), blank[form.record.title]
    offered = {
        str(validation.sqref): validation.formula1
        for validation in sheet.data_validations.dataValidation
    }
    for key in ("members", "women_members"):
        cell = unit.raw(key).replace("$", "")
        assert offered[cell] == unit.helper(key, "offered")


def test_no_cell_names_a_command(blank: Any) -> None:
    texts = [str(cell.value) for sheet in blank for row in sheet for cell in row if cell.value]
    assert [text for text in texts if "converter " in text] == []
