"""What formulas store is what LibreOffice computes: previews, telephones and Protected View show it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from converter import workbook
from converter.forms import loading as forms
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.submissions import Submission
from converter.template.answers import EPOCH
from converter.template.labels import VERDICT_END
from converter.template.layout import MemberLayout
from converter.template.stored import Computed
from converter.validation import checking
from tests.opened import rendered
from tests.parity.cases import Clerk
from tests.parity.office import recalculated
from tests.tools import needs

pytestmark = needs("libreoffice")

FORM: Form = forms.load(forms.form_dir())
VISIBLE = 10  # columns; helper cells stand far to the right


def build(data: Submission | None, path: Path, rows: int) -> None:
    computed = None
    if data:
        (checked,) = checking.check([data], FORM, today())
        computed = Computed(FORM, data, checked.outcome, checked.records)
    path.write_bytes(rendered(FORM, rows=rows, data=data, computed=computed))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """By name: a workbook as it is written, and as LibreOffice computes it."""
    folder = tmp_path_factory.mktemp("stored")
    clerk = Clerk(FORM, seed=20260505)
    build(clerk.submission("", 30, wrong=0.0), folder / "typed.xlsx", 40)
    sheets = {"blank": None, "filled": workbook.read(folder / "typed.xlsx", FORM)}
    files = []
    for name, data in sheets.items():
        files.append(folder / f"{name}.xlsx")
        build(data, files[-1], 40)
    return {
        path.stem: (
            openpyxl.load_workbook(path, data_only=True),
            openpyxl.load_workbook(computed, data_only=True),
        )
        for path, computed in zip(files, recalculated(files, folder), strict=True)
    }


def plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        day = value.date() if isinstance(value, datetime) else value
        return (day - EPOCH).days
    if isinstance(value, float):
        return round(value, 6)
    return "" if value is None else value


@pytest.mark.parametrize("name", ["blank", "filled"])
def test_visible_cells_store_what_is_computed(pairs: dict[str, tuple[Any, Any]], name: str) -> None:
    written, computed = pairs[name]
    differing = [
        (sheet.title, cell.coordinate, cell.value, other)
        for sheet in written
        for row in sheet.iter_rows(max_col=VISIBLE)
        for cell in row
        if plain(cell.value) != plain(other := computed[sheet.title][cell.coordinate].value)
    ]
    assert differing == []


@pytest.mark.parametrize("name", ["blank", "filled"])
def test_no_stored_verdict_of_a_row_is_an_empty_text(
    pairs: dict[str, tuple[Any, Any]], name: str
) -> None:
    # LibreOffice takes an empty text for none: the first edit would compute every row.
    layout = MemberLayout(FORM.main_table, 40)
    written, _ = pairs[name]
    checks = [
        written[FORM.main_table.title].cell(row, layout.check).value
        for row in range(layout.FIRST_ROW, layout.last_row + 1)
    ]
    assert all(check.endswith(VERDICT_END) for check in checks)


def test_every_formula_stores_a_value(tmp_path: Path) -> None:
    build(None, tmp_path / "blank.xlsx", 3)
    formulas = openpyxl.load_workbook(tmp_path / "blank.xlsx")
    values = openpyxl.load_workbook(tmp_path / "blank.xlsx", data_only=True)
    last = MemberLayout(FORM.main_table, 3).last_row
    assert values[FORM.main_table.title].cell(last, 1).value == 3
    shown = [
        values[sheet.title][cell.coordinate].value
        for sheet in formulas
        for row in sheet.iter_rows(max_col=VISIBLE)
        for cell in row
        if cell.data_type == "f"
    ]
    assert sum("K001" in str(value) for value in shown) == sum(f.required for f in FORM.record)
