"""Members without an ID number: what both sides say of a sex and a birthday that are typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from converter import template
from converter.forms import loading as forms
from converter.model.forms import Form
from converter.template.layout import MemberLayout
from tests.opened import opened
from tests.parity import verdicts
from tests.parity.office import recalculated
from tests.tools import needs

pytestmark = needs("libreoffice")

FORM: Form = forms.load(forms.form_dir())
NUMBERS = ["E12345678", "Ｈ1234567890", "hkg198001011234", "01234567"]
ANSWERS: list[tuple[Any, Any]] = [
    ("男", date(1985, 3, 7)),
    ("第三", date(1985, 3, 7)),
    (3, date(1985, 3, 7)),
    (True, date(1985, 3, 7)),
    ("女", "男"),
    ("女", 20100230),
    ("女", 19850307),
    ("女", 2010.5),
    ("女", 0.25),
    ("女", date(2090, 1, 1)),
    ("女", date(1905, 6, 20)),
    ("女", False),
    (None, None),
]


TWICE = [
    "E12345678",
    "Ｅ１２３４５６７８",
    "e12345678",
    "Ｈ1234567890",
    "H 1234567890",
    "HKG198001011234",
    "ｈｋｇ１９8001011234",
]


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Members with answers in error, and members of the same numbers, computed in one run."""
    folder = tmp_path_factory.mktemp("permits")
    odd = [
        (f"{NUMBERS[record % len(NUMBERS)][:-2]}{10 + record}", *answers)
        for record, answers in enumerate(ANSWERS)
    ]
    twice = [(number, "男", date(1985, 3, 7)) for number in TWICE]
    made = [filled(odd, folder / "odd.xlsx"), filled(twice, folder / "twice.xlsx")]
    return recalculated(made, folder)


def test_typed_answers_in_error_are_compared_by_no_rule(workbooks: list[Path]) -> None:
    computed, _ = workbooks
    assert verdicts.differences(computed, FORM) == []
    assert "K119" in verdicts.codes(computed, FORM)


def test_a_permit_typed_twice_is_found_however_it_is_written(workbooks: list[Path]) -> None:
    _, computed = workbooks
    assert verdicts.differences(computed, FORM) == []
    shown = verdicts.shown(computed, FORM)
    rows = [cell for (sheet, cell), found in shown.items() if ("error", "X191") in found]
    assert len(rows) == len(TWICE) - 3


def filled(people: list[tuple[str, Any, Any]], path: Path) -> Path:
    """A workbook of members with a number, a sex and a birthday."""
    book = opened(FORM, rows=len(people))
    sheet, layout = book[FORM.main_table.title], MemberLayout(FORM.main_table, len(people))
    for record, (number, sex, birthday) in enumerate(people):
        typed = {
            "name": "王示例",
            "id_number": number,
            "joined_on": date(2009, 9, 1),
            "sex": sex,
            "birthday": birthday,
        }
        row = layout.FIRST_ROW + record
        for key, value in typed.items():
            sheet.cell(row, layout.columns[key]).value = value
        sheet.cell(row, layout.explanation_column).value = "只有护照"
    template.save(book, path)
    return path
