"""The first edits after opening: LibreOffice believes stored values until it is told of a change."""

from __future__ import annotations

from pathlib import Path

from converter.forms import loading as forms
from converter.model.forms import Form
from converter.template.layout import MemberLayout, UnitLayout
from tests.opened import rendered
from tests.parity import verdicts
from tests.parity.office import edited
from tests.tools import needs

pytestmark = needs("libreoffice", "uno")

FORM: Form = forms.load(forms.form_dir())


def test_every_answer_is_judged_as_soon_as_it_is_typed(tmp_path: Path) -> None:
    blank, result = tmp_path / "blank.xlsx", tmp_path / "typed.xlsx"
    blank.write_bytes(rendered(FORM, rows=5))
    unit, table = UnitLayout(FORM.record), MemberLayout(FORM.main_table, 5)
    open_rows = [unit.rows[f.key] for f in FORM.record if f.required and not f.derive]
    words = [f"write:B{table.FIRST_ROW}=王3", "sheet:1", *(f"write:B{row}=无" for row in open_rows)]
    edited([(blank, result, ",".join(words))], tmp_path, believing=True)
    shown = verdicts.shown(result, FORM)
    unanswered = [f"C{row}" for row in open_rows if ("error", "K001") in shown["unit", f"C{row}"]]
    assert unanswered == []
    assert shown["member", f"G{table.FIRST_ROW}"] == {("error", "K201"), ("error", "K001")}
