"""Carrying answers over: nothing is lost, nothing is run, types stay."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import from_excel

from converter import template
from converter.kinds.date import Date
from converter.model.cell_types import CellType
from converter.model.forms import Form
from converter.model.submissions import RawColumn, RawSheet, Stamp, Submission
from converter.template.cell_text import LONGEST_TEXT, harmless
from converter.template.layout import UnitLayout
from tests.opened import opened, rendered

TEXT, NUMBER, DATE = CellType.TEXT, CellType.NUMBER, CellType.DATE


def submission(
    form: Form,
    unit: dict[str, tuple[str, CellType]] | None = None,
    members: list[dict[str, tuple[str, CellType]]] | None = None,
    reasons: dict[str, str] | None = None,
    member_reasons: list[str] | None = None,
    *,
    package: bool = False,
) -> Submission:
    columns = {k: RawColumn([text], [int(kind)]) for k, (text, kind) in (unit or {}).items()}
    unit_sheet = RawSheet(
        form.record.title, columns, [1], {}, {k: [v] for k, v in (reasons or {}).items()}
    )
    rows = members or []
    keys = {key for row in rows for key in row}
    blank = ("", CellType.BLANK)
    member_columns = {
        key: RawColumn(
            [row.get(key, blank)[0] for row in rows], [int(row.get(key, blank)[1]) for row in rows]
        )
        for key in keys
    }
    member_sheet = RawSheet(
        form.main_table.title,
        member_columns,
        list(range(2, len(rows) + 2)),
        {},
        {"": member_reasons} if member_reasons else {},
    )
    return Submission(
        "old.xlsx", {"unit": unit_sheet, "member": member_sheet}, Stamp(), from_package=package
    )


def answer(form: Form, key: str, text: str, kind: CellType, path: Path, **also: Any) -> Any:
    """The cell that an answer is carried over to, after a round trip through a file."""
    data = submission(form, {key: (text, kind)}, **also)
    path.write_bytes(rendered(form, rows=3, data=data))
    sheet = openpyxl.load_workbook(path)[form.record.title]
    return sheet.cell(UnitLayout(form.record).rows[key], UnitLayout.ANSWER)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=cmd|' /C calc'!A0", "+86", "-1", "@SUM(A1)", "#N/A", "示例", "𠮷", "007", "TRUE",
     " 两边有空格 ", "第一行\n第二行", "1e5", "_x0041_", "2010-05-01"],
)  # fmt: skip
def test_texts_stay_texts(form: Form, tmp_path: Path, text: str) -> None:
    cell = answer(form, "address", text, TEXT, tmp_path / "t.xlsx")
    assert cell.data_type == "s"
    assert cell.value.replace("_x005F_", "_") == text


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("1.5", 1.5), ("-3", -3), ("1e+20", 1e20)])
def test_numbers_stay_numbers_even_in_text_cells(
    form: Form, tmp_path: Path, text: str, value: float
) -> None:
    cell = answer(form, "phone", text, NUMBER, tmp_path / "t.xlsx")
    assert (cell.data_type, cell.value, cell.number_format) == ("n", value, "@")


def test_dates_stay_dates_with_their_time(form: Form, tmp_path: Path) -> None:
    cell = answer(form, "founded_on", "2010-05-01T08:30:00", DATE, tmp_path / "t.xlsx")
    assert (from_excel(cell.value), cell.number_format) == (
        datetime(2010, 5, 1, 8, 30),
        Date.number_format,
    )


def test_a_date_in_a_text_field_still_looks_like_a_date(form: Form, tmp_path: Path) -> None:
    cell = answer(form, "address", "2010-05-01", DATE, tmp_path / "t.xlsx")
    assert (cell.value, cell.number_format) == (datetime(2010, 5, 1), "yyyy-mm-dd")


def test_a_date_before_spreadsheets_count_is_carried_as_text(form: Form, tmp_path: Path) -> None:
    cell = answer(form, "opened_on", "1898-02-03", DATE, tmp_path / "t.xlsx", package=True)
    assert (cell.data_type, cell.value) == ("s", "1898-02-03")


def test_error_cells_and_truth_values_stay_what_they_were(form: Form, tmp_path: Path) -> None:
    error = answer(form, "staff", "#REF!", CellType.ERROR, tmp_path / "e.xlsx")
    truth = answer(form, "staff", "TRUE", CellType.BOOL, tmp_path / "b.xlsx")
    assert (error.data_type, error.value) == ("e", "#REF!")
    assert (truth.data_type, truth.value) == ("b", True)


def test_one_odd_format_does_not_spread_to_other_rows(form: Form) -> None:
    rows = [{"name": ("2010-05-01", DATE)}, {"name": ("示例", TEXT)}]
    sheet = opened(form, rows=3, data=submission(form, members=rows))[form.main_table.title]
    assert [sheet.cell(row, 2).number_format for row in (5, 6, 7)] == ["yyyy-mm-dd", "@", "@"]


def test_package_codes_come_back_as_labels_dates_and_numbers(form: Form, tmp_path: Path) -> None:
    label = answer(form, "unit_category", "110", TEXT, tmp_path / "a.xlsx", package=True)
    day = answer(form, "founded_on", "2010-05-01", TEXT, tmp_path / "b.xlsx", package=True)
    count = answer(form, "staff", "120", TEXT, tmp_path / "c.xlsx", package=True)
    assert (label.value, from_excel(day.value)) == ("国有企业", datetime(2010, 5, 1))
    assert count.value == 120


def test_broken_package_values_are_shown_as_they_stand(form: Form, tmp_path: Path) -> None:
    for key in ("staff", "founded_on", "unit_category"):
        cell = answer(form, key, "??", TEXT, tmp_path / "t.xlsx", package=True)
        assert cell.value == "??"


def test_members_keep_their_order_and_reasons(form: Form) -> None:
    rows = [{"name": (f"示例{n}", TEXT), "joined_on": ("2010-05-01", DATE)} for n in range(4)]
    reasons = ["", "退休返聘", "", "=1"]
    data = submission(form, members=rows, member_reasons=reasons)
    sheet = opened(form, rows=2, data=data)[form.main_table.title]
    assert [sheet.cell(row, 2).value for row in range(5, 9)] == ["示例0", "示例1", "示例2", "示例3"]
    assert [sheet.cell(row, 8).value for row in range(5, 9)] == [None, "退休返聘", None, "=1"]
    assert sheet.cell(8, 8).data_type == "s"


def test_unit_reasons_are_carried_over(form: Form) -> None:
    data = submission(form, {"staff": ("3", NUMBER)}, reasons={"staff": "情况属实"})
    sheet = opened(form, rows=2, data=data)[form.record.title]
    assert sheet.cell(UnitLayout(form.record).rows["staff"], 5).value == "情况属实"


def test_there_is_room_for_newcomers(form: Form) -> None:
    rows = [{"name": ("示例", TEXT)}] * 7
    sheet = opened(form, rows=2, data=submission(form, members=rows))[form.main_table.title]
    assert sheet.max_row == 4 + template.prepared_rows(2, 7)
    assert template.prepared_rows(2, 7) > 7
    assert template.prepared_rows(500, 7) == 500


def test_derived_fields_get_their_formulas_back(form: Form) -> None:
    """A value pasted over the formula is not carried over: it follows from the ID anyway."""
    data = submission(form, members=[{"sex": ("女", TEXT), "name": ("示例", TEXT)}])
    sheet = opened(form, rows=2, data=data)[form.main_table.title]
    assert sheet.cell(5, 5).data_type == "f"


def test_control_characters_are_shown_not_dropped() -> None:
    assert harmless("a\x07b\x00c\x7f") == "a␇b␀c␡"
    assert harmless("\ud800\uffff") == "\ufffd\ufffd"
    assert harmless("a\r\nb\rc\td") == "a\nb\nc\td"


@given(st.text(st.characters(), max_size=60))
def test_any_text_can_be_written(text: str) -> None:
    import xml.etree.ElementTree as ET

    safe = harmless(text)
    ET.fromstring(f"<t>{safe.replace('&', '&amp;').replace('<', '&lt;')}</t>".encode())
    assert harmless("示例" + text).startswith("示例")


def test_a_text_longer_than_a_cell_is_cut_between_characters() -> None:
    cut = harmless("𠮷" * LONGEST_TEXT)
    assert cut == "𠮷" * (LONGEST_TEXT // 2)
