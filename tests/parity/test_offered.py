"""A wrong choice is offered the entry that it may stand for: live, stored and by the kind alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter import workbook
from converter.kinds import KINDS
from converter.model.clock import today
from converter.template.layout import UnitLayout
from converter.template.stored import Computed
from converter.validation import checking
from tests import sheets
from tests.opened import rendered
from tests.parity.office import recalculated
from tests.parity.verdicts import values
from tests.sheets import FORM, UNIT_SHEET
from tests.tools import needs

pytestmark = needs("libreoffice")

# key → typed, offered
TYPED = {
    "unit_category": ("私营企业单位", "私营企业"),
    "industry": ("信息传输、软件和信息技术", "信息传输、软件和信息技术服务业"),
    "production_status": ("*?~", ""),  # no wildcards
    "legal_person": ("大概是", ""),  # too short an entry to be meant
    "honour": ("获双爱双评先进企业", "双爱双评先进企业"),
    "chair_political_status": ("群众或中共党员的", ""),
    "chair_education": ("大学本科 毕业生", "大学本科毕业"),
    "chair_origin": ("工会主席", "职业化工会主席"),
}


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What LibreOffice comes to, and a workbook made of the same answers."""
    folder = tmp_path_factory.mktemp("offered")
    answers = {FORM.record.field(key).title: typed for key, (typed, _) in TYPED.items()}
    book = sheets.fill(sheets.blank(5), answers)
    path = folder / "typed.xlsx"
    book.save(path)
    (live,) = recalculated([path], folder)
    (found,) = checking.check([workbook.read(path, FORM)], FORM, today())
    stored = folder / "stored.xlsx"
    verdicts = Computed(FORM, found.submission, found.outcome, found.records)
    stored.write_bytes(rendered(FORM, rows=20, data=found.submission, computed=verdicts))
    return live, stored


@pytest.mark.parametrize("key", TYPED)
def test_the_entry_stands_in_the_message(computed: tuple[Path, Path], key: str) -> None:
    typed, offered = TYPED[key]
    row = UnitLayout(FORM.record).rows[key]
    live, stored = (values(path)[UNIT_SHEET].cell(row, UnitLayout.CHECK).value for path in computed)
    field = FORM.record.field(key)
    assert KINDS["choice"].offered(typed, field, FORM) == offered
    assert live == stored
    assert "(K601)" in str(live)
    assert ("是不是" in str(live)) == bool(offered)
    if offered:
        assert f"是不是“{offered}”？" in str(live)
