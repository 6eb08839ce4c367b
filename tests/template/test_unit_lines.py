"""Lines of the unit sheet are as high as what stands in them: programs fit no row to a formula."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl

from converter import workbook
from converter.model.clock import today
from converter.model.submissions import Stamp
from converter.template import renderer_of
from converter.template.layout import UnitLayout
from converter.template.stored import Computed
from converter.template.unit_sheet import LINE_HEIGHT
from converter.validation import checking
from tests import sheets
from tests.opened import rendered
from tests.people import UNIT
from tests.sheets import FORM, UNIT_SHEET

LINES = UnitLayout(FORM.record).rows
CHANGED = {"members": "会员总数", "address": "驻地通讯地址"}


def heights(data: bytes) -> dict[str, float]:
    """Points, by field key."""
    dimensions = openpyxl.load_workbook(BytesIO(data))[UNIT_SHEET].row_dimensions
    return {key: dimensions[row].height for key, row in LINES.items()}


def test_a_line_grows_with_what_is_found_and_what_was_typed(tmp_path: Path) -> None:
    plain = heights(rendered(FORM, rows=3))
    typed = {**UNIT, CHANGED["members"]: 999, CHANGED["address"]: "示例路" * 20}
    path = sheets.saved(sheets.fill(sheets.blank(), typed), tmp_path)
    (found,) = checking.check([workbook.read(path, FORM)], FORM, today())
    computed = Computed(FORM, found.submission, found.outcome, found.records)
    filled = heights(rendered(FORM, rows=40, data=found.submission, computed=computed))
    grown = {key: filled[key] - plain[key] for key in LINES if filled[key] != plain[key]}
    # Two messages of two lines each, an address of five; UNIT has no other fault.
    assert grown == {"members": 2 * LINE_HEIGHT, "address": 3 * LINE_HEIGHT}


def test_there_is_room_for_a_long_name_that_is_filled_in_later() -> None:
    """A unit's name goes into a workbook that was made for all."""
    name = "示例市示例区示例街道办事处示例机械制造有限责任公司工会"
    stamped = replace(Stamp(), unit_name=name)
    plain = heights(renderer_of(FORM).blank(rows=3))
    made = heights(renderer_of(FORM).blank(stamped, rows=3))
    assert {key for key in LINES if made[key] > plain[key]} == {"unit_name"}
