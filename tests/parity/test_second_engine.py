"""Gnumeric, which shares no code with LibreOffice, comes to the same verdicts.

It computes inside SUMPRODUCT element by element only where a formula was entered as an array, so
every formula is entered that way here; nothing else is changed.
"""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from converter.forms import loading as forms
from converter.model.forms import Form
from converter.template.labels import label
from converter.template.layout import MemberLayout
from tests import tools
from tests.opened import rendered
from tests.parity import verdicts
from tests.parity.cases import Clerk
from tests.parity.test_whole_template import chosen, drawn

pytestmark = tools.needs("gnumeric")

FORM: Form = forms.load(forms.form_dir())
MEMBERS, WORKBOOKS, PREPARED = 100, 12, 110
PATIENCE = 600  # seconds; a machine under load, not a measure


def entered_as_arrays(book: Any) -> None:
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    text = getattr(cell.value, "text", cell.value)
                    sheet[cell.coordinate] = ArrayFormula(cell.coordinate, text)


def computed(files: Sequence[Path], folder: Path) -> list[Path]:
    """The same workbooks as Gnumeric computes them."""
    folder.mkdir()
    results = []
    for file in files:
        book = openpyxl.load_workbook(file)
        entered_as_arrays(book)
        book.save(folder / file.name)
        results.append(folder / f"computed-{file.name}")
        done = subprocess.run(
            [tools.path("gnumeric"), "--recalc", "--export-type=Gnumeric_Excel:xlsx2",
             str(folder / file.name), str(results[-1])],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return results


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("gnumeric")
    files = []
    for number, data in chosen(drawn(Clerk(FORM, seed=20260316), MEMBERS), WORKBOOKS).items():
        files.append(folder / f"{number}.xlsx")
        prepared = 12 if number else PREPARED
        files[-1].write_bytes(rendered(FORM, rows=prepared, data=data))
    results = computed(files, folder / "computed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it names no default style
        verdicts.validated_together(results, FORM)
        for result in results:
            verdicts.values(result)
    return results


def test_both_engines_and_the_pipeline_say_the_same(workbooks: list[Path]) -> None:
    found = [line for path in workbooks for line in verdicts.differences(path, FORM)]
    assert not found, "\n".join([f"{len(found)} differences", *found[:40]])


def test_no_formula_yields_an_error(workbooks: list[Path]) -> None:
    wrong = [
        cell
        for path in workbooks
        for cell in verdicts.error_cells(path.with_name(path.name.removeprefix("computed-")), path)
    ]
    assert wrong == []


def test_most_faults_were_met(workbooks: list[Path]) -> None:
    seen = set().union(*(verdicts.codes(path, FORM) for path in workbooks))
    assert len(seen) > 45


def test_people_are_counted_alike(workbooks: list[Path]) -> None:
    sheet = verdicts.values(workbooks[0])[FORM.main_table.title]
    assert f"{MEMBERS} 人" in str(sheet["A2"].value)
    filled = sheet[MemberLayout(FORM.main_table, 1).total("filled").replace("$", "")].value
    assert filled == MEMBERS
    assert label(FORM, "all_clear") not in str(sheet["A2"].value)
