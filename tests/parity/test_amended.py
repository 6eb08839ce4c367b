"""Rules that were amended, or are on trial: both faces say the same, with a reason and without."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from converter import template, workbook
from converter.forms import loading
from converter.model.clock import today
from converter.model.forms import Amendment, Form
from converter.model.issues import Level
from converter.validation import checking
from tests.opened import as_shown
from tests.parity import verdicts
from tests.parity.office import recalculated
from tests.sheets import UNIT_SHEET, fill, put, unit_cell
from tests.tools import needs

FORM: Form = loading.load(loading.form_dir())
# More of each than there are staff: X101, X102, X103; fewer than the list has: X112.
FAULTS = {"职工总数": 3, "女职工人数": 9, "农民工人数": 9, "女职工会员数": 1}
AT = {"X101": "会员总数", "X102": "农民工人数", "X103": "女职工人数"}


def amended(**levels: Level | None) -> Form:
    found = {c: Amendment(c, to, "2026-11-20", "口径有误") for c, to in levels.items()}
    return replace(FORM, amendments=found)


def on_trial(*codes: str) -> Form:
    return replace(FORM, rules=tuple(replace(r, beta=r.code in codes) for r in FORM.rules))


FORMS = {
    "off": amended(X101=None),
    "warning": amended(X101=Level.WARNING, X111=Level.WARNING),
    "note": amended(X102=Level.NOTE),
    "beta": on_trial("X101", "X102", "X103", "X121", "X161"),
    "beta, then off": replace(on_trial("X101"), amendments=amended(X101=None).amendments),
}


def filled(form: Form, folder: Path, *, explained: bool, name: str = "") -> Path:
    data = b"".join(template.build(form, rows=12))
    book = fill(as_shown(openpyxl.load_workbook(BytesIO(data)), form))
    for title, value in FAULTS.items():
        put(book[UNIT_SHEET], unit_cell(book, title), value)
        if explained:
            put(book[UNIT_SHEET], unit_cell(book, title, "情况说明"), "属实")
    put(book[UNIT_SHEET], unit_cell(book, "会员总数", "情况说明"), "属实" if explained else "")
    path = folder / f"{name}{explained}.xlsx"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Of each form a workbook without reasons and one with, all recalculated in one run."""
    folder = tmp_path_factory.mktemp("amended")
    books = [
        filled(form, folder, explained=explained, name=name)
        for name, form in FORMS.items()
        for explained in (False, True)
    ]
    made = iter(recalculated(books, folder))
    return {name: [next(made), next(made)] for name in FORMS}


def levels(path: Path, form: Form) -> dict[str, Level]:
    (checked,) = checking.check([workbook.read(path, form)], form, today())
    return {issue.code: issue.level for issue in checked.outcome.issues}


@needs("libreoffice")
@pytest.mark.parametrize("name", FORMS)
def test_both_faces_say_the_same(name: str, computed: dict[str, list[Path]]) -> None:
    for path in computed[name]:
        assert verdicts.differences(path, FORMS[name]) == []


def test_a_rule_on_trial_is_never_an_error(tmp_path: Path) -> None:
    form = FORMS["beta"]
    plain = levels(filled(form, tmp_path, explained=False), form)
    explained = levels(filled(form, tmp_path, explained=True), form)
    assert {plain[code] for code in AT} == {Level.WARNING}
    assert {explained[code] for code in AT} == {Level.NOTE}
    assert levels(filled(FORM, tmp_path, explained=False), FORM)["X101"] is Level.ERROR


def test_a_rule_that_is_off_is_a_note_whatever_is_explained(tmp_path: Path) -> None:
    for name in ("off", "beta, then off"):
        form = FORMS[name]
        for explained in (False, True):
            found = levels(filled(form, tmp_path, explained=explained), form)
            assert found["X101"] is Level.NOTE
            assert found["X102"] is (Level.WARNING if explained else Level.ERROR)


def test_a_rule_about_one_cell_that_is_off_hides_nothing(tmp_path: Path) -> None:
    """A date after today is an error of its own; where that rule is off, others see the date."""
    form = amended(X121=None)
    data = b"".join(template.build(form, rows=12))
    book = fill(as_shown(openpyxl.load_workbook(BytesIO(data)), form))
    put(book[UNIT_SHEET], unit_cell(book, FORM.field("unit.founded_on").title), "2090-01-01")
    path = tmp_path / "future.xlsx"
    book.save(path)
    off, on = levels(path, form), levels(path, FORM)
    assert (on["X121"], off["X121"]) == (Level.ERROR, Level.NOTE)
    assert set(off) > {"X121"}  # it lies behind the last election
