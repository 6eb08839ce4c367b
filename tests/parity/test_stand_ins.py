"""Rows without formulas are checked by stand-ins, whatever is typed in them: as the pipeline does."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter import template
from converter.forms import loading as forms
from converter.model.forms import Form
from converter.template import stand_in_layout
from converter.template.layout import MemberLayout, layout
from tests.opened import opened
from tests.parity import verdicts
from tests.parity.cases import Clerk
from tests.parity.office import recalculated
from tests.tools import needs

pytestmark = needs("libreoffice")

FORMS = sorted(path.name for path in forms.form_dir().parent.iterdir() if path.is_dir())
WORKBOOKS = 4


def answers(form: Form) -> set[str]:
    """The columns in which stand-ins take up what was typed, error values included."""
    return {
        table.letters(table.offset(column))
        for table in stand_in_layout.stand_ins(layout(form, 1))
        for column in (*table.columns.values(), table.explanation_column)
    }


@pytest.mark.parametrize("name", FORMS)
def test_stand_ins_say_what_the_pipeline_says(name: str, tmp_path: Path) -> None:
    form = forms.load(forms.form_dir().parent / name)
    clerk, built = Clerk(form, seed=20260116), []
    for number in range(WORKBOOKS):
        data = clerk.submission("", stand_in_layout.COUNT, wrong=clerk.dice.choice([0.1, 0.4, 0.7]))
        book = opened(form, rows=20, data=data)
        if len(form.tables) == 1:
            clerk.type_over(book, stand_in_layout.COUNT)
        for table in form.tables:
            first = MemberLayout.FIRST_ROW
            for row in book[table.title].iter_rows(first, first + stand_in_layout.COUNT - 1):
                for cell in row:
                    if cell.data_type == "f":
                        cell.value = None
        built.append(tmp_path / f"{number}.xlsx")
        template.save(book, built[-1])
    computed = recalculated(built, tmp_path)
    verdicts.validated_together(computed, form)
    # What compares with the rows of another table is silent while one of them lacks its formulas.
    silent = [rule.code for rule in form.rules if {"rows", "by"} & rule.options.keys()]
    lines = [line for path in computed for line in verdicts.differences(path, form)]
    found = [line for line in lines if not any(code in line for code in silent)]
    assert not found, "\n".join([f"{len(found)} differences", *found[:40]])
    errors = [c for f, p in zip(built, computed, strict=True) for c in verdicts.error_cells(f, p)]
    assert [
        c for c in errors if c.rpartition("!")[2].rstrip("0123456789") not in answers(form)
    ] == []
    seen = [codes for path in computed for codes in verdicts.of_stand_ins(path, form).values()]
    assert len(seen) > WORKBOOKS
    assert len(set().union(*seen)) > 5
