"""Members without an ID number: what both sides say of a sex and a birthday that are typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

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


def test_typed_answers_in_error_are_compared_by_no_rule(tmp_path: Path) -> None:
    book = opened(FORM, rows=len(ANSWERS))
    sheet, layout = book[FORM.main_table.title], MemberLayout(FORM.main_table, len(ANSWERS))
    for record, (sex, birthday) in enumerate(ANSWERS):
        number = NUMBERS[record % len(NUMBERS)]
        typed = {
            "name": "王示例",
            "id_number": f"{number[:-2]}{10 + record}",
            "joined_on": date(2009, 9, 1),
            "sex": sex,
            "birthday": birthday,
        }
        row = layout.FIRST_ROW + record
        for key, value in typed.items():
            sheet.cell(row, layout.columns[key]).value = value
        sheet.cell(row, layout.explanation_column).value = "只有护照"
    template.save(book, tmp_path / "permits.xlsx")
    (computed,) = recalculated([tmp_path / "permits.xlsx"], tmp_path)
    assert verdicts.differences(computed, FORM) == []
    assert "K119" in verdicts.codes(computed, FORM)
