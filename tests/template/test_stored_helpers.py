"""What hidden cells store: programs that believe it compute further cells from it."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

from converter import workbook
from converter.model.clock import today
from converter.template.layout import UnitLayout
from converter.template.stored import Computed, unit_values
from converter.validation import checking
from tests import sheets
from tests.opened import rendered
from tests.people import UNIT
from tests.sheets import FORM


def test_what_a_rule_finds_is_no_fault_of_the_cell(tmp_path: Path) -> None:
    """Rules that ask for the day are computed at opening, and added to the stored fault."""
    long_ago = date(2011, 5, 10)
    typed = {**UNIT, "工会上次换届时间": long_ago, "会员总数": 2.5, "女职工人数": 999}
    path = sheets.saved(sheets.fill(sheets.blank(), typed), tmp_path)
    (found,) = checking.check([workbook.read(path, FORM)], FORM, today())
    computed = Computed(FORM, found.submission, found.outcome, found.records)
    unit = UnitLayout(FORM.record)
    values = unit_values(unit, FORM, computed, {})

    def stored(key: str, part: str) -> object:
        return values[unit.helper(key, part).replace("$", "")]

    for key, code, own in (
        ("last_election_on", "X135", False),
        ("women_staff", "X103", False),
        ("members", "K303", True),
    ):
        assert code in str(stored(key, "messages"))
        assert (code in str(stored(key, "fault")), stored(key, "usable")) == (own, not own)


def test_the_program_is_named_whose_values_libreoffice_believes() -> None:
    """Without it, it computes every row before it shows the first sheet."""
    with zipfile.ZipFile(BytesIO(rendered(FORM, rows=3))) as archive:
        assert b"<Application>Microsoft Excel</" in archive.read("docProps/app.xml")
