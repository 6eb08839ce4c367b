"""`form test --excel`: the 核对 column, as LibreOffice computes it, beside the check."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from converter.files import libreoffice
from converter.forms import loading
from converter.kinds import KINDS
from converter.messages import errors
from converter.model.errors import UsageError
from converter.usecases import form_testing, form_testing_excel
from converter.usecases.form_testing_excel import ExcelTest
from tests.forms.small import TINY
from tests.tools import needs

TODAY = date(2026, 3, 1)


def of_tiny() -> ExcelTest:
    form = replace(loading.load(TINY))  # its workbook is designed anew
    found = form_testing.test(form, TODAY)
    assert found.good
    return form_testing_excel.test(form, TODAY, found.good, found.cases)


@needs("libreoffice")
def test_workbook_and_check_agree() -> None:
    found = of_tiny()
    assert found.wrong == []
    assert 1 < found.workbooks < 20  # cases of cells share workbooks
    assert "K202 姓名" in found.alone
    assert not [one for one in found.alone if one.startswith("K001")]


@needs("libreoffice")
def test_formulas_that_say_nothing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(KINDS["count"]), "excel_faults", lambda *_: [])
    found = of_tiny().wrong
    assert found
    assert all("K30" in line for line in found)


def test_without_libreoffice_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "find", lambda: None)
    with pytest.raises(UsageError) as raised:
        form_testing_excel.needed_program()
    assert "sudo apt install libreoffice-calc" in errors.text(raised.value)


@pytest.mark.skipif(sys.platform != "linux", reason="a script stands for the program")
def test_a_program_that_never_ends_is_ended_with_what_it_started(tmp_path: Path) -> None:
    program, folder = tmp_path / "soffice", tmp_path / "books"
    program.write_text("#!/bin/sh\nsleep 600 & echo $! > child\nwait\n", "utf-8")
    program.chmod(0o755)
    folder.mkdir()
    with pytest.raises(TimeoutError):
        libreoffice.recalculate(program, folder, ["1.xlsx"], patience=5)
    child = Path("/proc") / (folder / "child").read_text("utf-8").strip()
    state = child / "stat"
    with contextlib.suppress(ProcessLookupError):  # a signal takes a moment to arrive
        select.select([os.pidfd_open(int(child.name))], [], [], 30)
    assert not state.exists() or state.read_text("utf-8").split()[2] in "ZX"
