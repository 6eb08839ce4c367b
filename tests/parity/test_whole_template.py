"""One definition, two enforcers: what the workbook tells the clerk is what the pipeline says.

Workbooks full of odd answers are recalculated by LibreOffice and read back: the 核对 columns
and the pipeline's issues must agree cell by cell, level by level, code by code. Left out are
notes, codes that the catalogue marks as the pipeline's alone, and verdicts that rest on a date
typed as text (the workbook may say less there, never more).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from converter import rules, template
from converter.forms import loading as forms
from converter.kinds import KINDS
from converter.kinds.base import LATER
from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.forms import Form
from converter.model.issues import Level
from converter.model.submissions import RawColumn, Submission
from converter.template.layout import layout
from converter.template.refs import SheetRefs
from converter.validation import checking
from tests.opened import opened, rendered
from tests.parity import verdicts
from tests.parity.cases import Clerk
from tests.parity.office import recalculated
from tests.tools import needs

pytestmark = needs("libreoffice")

FORM: Form = forms.load(forms.form_dir())
UNITS = int(os.environ.get("UNITS", "75"))  # drawn; `make fuzz` has more, and computes all of them
COMPUTED = UNITS if "UNITS" in os.environ else 24
LARGE = 200
PUBLIC = 3


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One workbook of many members and many of different units, recalculated in one run."""
    folder = tmp_path_factory.mktemp("parity")
    clerk, files = Clerk(FORM, seed=20260101), []
    for number, data in chosen(drawn(clerk, LARGE), COMPUTED).items():
        files.append(folder / f"{number}.xlsx")
        if len(files) % 3 == 1:  # as it is rendered
            files[-1].write_bytes(rendered(FORM, rows=20, data=data))
            continue
        book = opened(FORM, rows=20, data=data)
        clerk.type_over(book, len(data.sheets[FORM.main_table.key].rows))
        template.save(book, files[-1])
    return recalculated(files, folder)


def drawn(clerk: Clerk, large: int) -> list[Submission]:
    """What units may type; the first has many members."""
    found = []
    for number in range(UNITS + 1):
        rows = clerk.dice.choice([0, 1, 3, 12]) if number else large
        found.append(clerk.submission("", rows, wrong=clerk.dice.choice([0.1, 0.4, 0.7])))
    # Few draws come to a public institution that opened for business.
    category = next(e for e in FORM.codes["unit_category"].entries if e.group == "事业")
    typed = {"unit_category": category.label, "production_status": "营业"}
    columns = {key: RawColumn([text], [CellType.TEXT]) for key, text in typed.items()}
    sheets = found[PUBLIC].sheets
    unit = replace(sheets["unit"], columns={**sheets["unit"].columns, **columns})
    found[PUBLIC] = replace(found[PUBLIC], sheets={**sheets, "unit": unit})
    return found


def chosen(submissions: list[Submission], count: int) -> dict[int, Submission]:
    """Of many the first, then those that put most live checks to the test, then any: to compute
    one takes a second."""
    found = [
        {issue.code for issue in checked.outcome.issues}
        for checked in checking.check(submissions, FORM, today())
    ]
    taken, missing = [0], live_codes() - found[0]
    while len(taken) < min(count, len(submissions)):
        rest = [number for number in range(len(found)) if number not in taken]
        taken.append(max(rest, key=lambda number: len(found[number] & missing)))
        missing -= found[taken[-1]]
    return {number: submissions[number] for number in taken}


def test_workbook_and_pipeline_say_the_same_of_every_cell(workbooks: list[Path]) -> None:
    verdicts.validated_together(workbooks, FORM)
    found = [line for path in workbooks for line in verdicts.differences(path, FORM)]
    assert not found, "\n".join([f"{len(found)} differences", *found[:40]])


def test_no_formula_yields_an_error_whatever_is_typed(workbooks: list[Path]) -> None:
    built = workbooks[0].parent.parent
    wrong = [c for path in workbooks for c in verdicts.error_cells(built / path.name, path)]
    assert wrong == []


def test_every_live_check_was_put_to_the_test(workbooks: list[Path]) -> None:
    seen = set().union(*(verdicts.codes(path, FORM) for path in workbooks))
    assert live_codes() - seen == set()


def live_codes() -> set[str]:
    """The codes that the 核对 columns can show."""
    places = layout(FORM, 20)
    found = {"K001", "K002", "K004"}
    for sheet in FORM.sheets:
        for field in sheet:
            if not field.derive:
                conditions = KINDS[field.kind].excel_faults("A1", "B1", field, FORM)
                found |= {
                    condition.code for condition in conditions if condition.code not in ("", LATER)
                }
    for rule in FORM.rules:
        for path in rule.at:
            refs = SheetRefs(places, path.partition(".")[0])
            if rules.FAMILIES[rule.family].excel(rule, path, refs) is not None:
                found.add(rule.code)
    entries = {code: catalogue.entry(code, FORM) for code in found}
    return {c for c, e in entries.items() if e.level is not Level.NOTE and not e.pipeline_only}
