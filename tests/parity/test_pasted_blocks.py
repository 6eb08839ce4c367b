"""Blocks that are pasted over numbers, looks and formulas do no harm that is not corrected."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from converter import workbook
from converter.forms import loading as forms
from converter.model.forms import Form
from converter.template.labels import label
from converter.template.layout import MemberLayout
from tests.opened import rendered
from tests.parity import verdicts
from tests.parity.office import edited, recalculated
from tests.people import id_number
from tests.tools import needs

pytestmark = needs("libreoffice", "uno")

FORM: Form = forms.load(forms.form_dir())
LAYOUT = MemberLayout(FORM.main_table, 1)
PREPARED = 20
GOOD = [id_number("130102", f"19{70 + n}-03-12", 990 + n) for n in range(4)]
PEOPLE = [("赵示例", GOOD[0]), ("钱示例", GOOD[1][:-1]), ("", GOOD[2]), ("李示例", GOOD[3])]


def block(*columns: str) -> str:
    """What she copies: a number of her own, then some of name, ID and date, the rest as named."""
    return "/".join("|".join((f"{n + 101}", *row, *columns)) for n, row in enumerate(PEOPLE))


PASTES = {
    "numbers, names and IDs": f"paste:A5={block()}",
    "with dates": f"paste:A5={block('2010-05-01')}",
    "over a row in use": f"write:B6=旧示例,write:C6={GOOD[0]},paste:A6={block()}",
    "below an inserted row": f"insert:7,paste:A8={block()}",
    "over every visible column": f"paste:A5={block('2010-05-01', '男', '1970-03-12', '', '')}",
    "over every column, of her own": f"paste:A5={block('', '男', '1970-03-12', '一车间', '组长')}",
}


@pytest.fixture(scope="module")
def pasted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Of each paste: the workbook that she saves, and what is made of it for her to go on."""
    folder = tmp_path_factory.mktemp("pasted")
    blank = folder / "blank.xlsx"
    blank.write_bytes(rendered(FORM, rows=PREPARED))
    saved = {name: folder / f"{n}.xlsx" for n, name in enumerate(PASTES)}
    edited([(blank, saved[name], what) for name, what in PASTES.items()], folder)
    made = {}
    for n, name in enumerate(PASTES):
        made[name] = folder / f"corrected-{n}.xlsx"
        data = workbook.read(saved[name], FORM)
        made[name].write_bytes(rendered(FORM, rows=PREPARED, data=data))
    computed = dict(zip(PASTES, recalculated(list(made.values()), folder), strict=True))
    verdicts.validated_together([*saved.values(), *computed.values()], FORM)
    return {name: (saved[name], computed[name]) for name in PASTES}


@pytest.mark.parametrize("paste", [name for name in PASTES if "every" not in name])
def test_pasted_people_are_checked_like_typed_ones(
    pasted: dict[str, tuple[Path, Path]], paste: str
) -> None:
    saved, _ = pasted[paste]
    assert verdicts.differences(saved, FORM) == []
    assert verdicts.error_cells(saved, saved) == []
    assert {"K001", "K112"} <= verdicts.codes(saved, FORM)


@pytest.mark.parametrize("paste", [name for name in PASTES if "every" in name])
def test_a_block_over_the_checks_is_named_at_once(
    pasted: dict[str, tuple[Path, Path]], paste: str
) -> None:
    status = str(verdicts.values(pasted[paste][0])[FORM.main_table.title]["A2"].value)
    assert label(FORM, "all_clear") not in status
    assert f"第 {LAYOUT.FIRST_ROW} 行是插入或贴入的" in status
    pipeline = verdicts.validated(pasted[paste][0], FORM)
    checked = verdicts.of_stand_ins(pasted[paste][0], FORM)
    assert len(checked) == len(PEOPLE)
    for where, codes in checked.items():
        must, may = pipeline.must.get(where, set()), pipeline.may.get(where, set())
        assert must <= codes <= must | may, where


@pytest.mark.parametrize("paste", PASTES)
def test_nobody_is_lost_by_a_paste(pasted: dict[str, tuple[Path, Path]], paste: str) -> None:
    raw = workbook.read(pasted[paste][0], FORM).sheets["member"]
    assert raw
    assert raw.columns["id_number"].text[-4:] == [number for _, number in PEOPLE]


@pytest.mark.parametrize("paste", PASTES)
def test_a_workbook_made_of_it_has_numbers_looks_and_checks_again(
    pasted: dict[str, tuple[Path, Path]], paste: str
) -> None:
    saved, made = pasted[paste]
    assert verdicts.differences(made, FORM) == []
    assert verdicts.error_cells(made, made) == []
    assert {"K001", "K112"} <= verdicts.codes(made, FORM)
    assert verdicts.codes(made, FORM) == {code for _, code in _pipeline(saved)} | {"K001"}
    sheet = verdicts.values(made)[FORM.main_table.title]
    last = sheet.cell(LAYOUT.FIRST_ROW + PREPARED - 1, 1)
    for row in range(LAYOUT.FIRST_ROW, LAYOUT.FIRST_ROW + PREPARED):
        cells = sheet[row][: LAYOUT.explanation_column]
        assert cells[0].value == row - LAYOUT.HEADING_ROW
        assert cells[0].font.sz == last.font.sz
        assert all(cell.font.sz < 20 for cell in cells)
    assert openpyxl.load_workbook(made)[FORM.main_table.title]["G5"].data_type == "f"


def _pipeline(path: Path) -> set[tuple[str, str]]:
    must = verdicts.validated(path, FORM).must
    return {found for some in must.values() for found in some}
