"""The public API: what docs/api.md promises, and what happens where something is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import converter
from converter.model.errors import FormError, OutputExists, SubmissionRefused
from converter.validation.checking import Checked
from tests.people import MEMBERS, UNIT
from tests.sheets import MEMBER_SHEET, blank, correct, fill, member_cell, put, saved

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
EXAMPLES = re.findall("```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
FORM = converter.load_form()
DAY = date(2026, 6, 1)


def checked(path: Path) -> Checked:
    (found,) = converter.check([converter.read(path, FORM)], FORM, DAY)
    return found


def one_fault(folder: Path) -> Path:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 1, "身份证号"), "123")
    return saved(book, folder)


def test_the_page_lists_what_the_package_lists() -> None:
    assert re.findall(r"^\| `(\w+)\(", PAGE.read_text("utf-8"), re.MULTILINE) == [
        *("load_form", "read", "check", "fix", "write_package", "open_package")
    ]
    assert sorted(converter.__all__) == sorted(
        ["load_form", "read", "check", "fix", "write_package", "open_package"]
    )
    for name in converter.__all__:
        assert f"    {name} " in (converter.__doc__ or "")
        assert getattr(converter, name).__doc__


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 1, "加入工会时间"), "2010年5月1日")
    saved(book, tmp_path, "填报.xlsx")
    monkeypatch.chdir(tmp_path)
    assert len(EXAMPLES) == 2
    for example in EXAMPLES:
        exec(compile(example, str(PAGE), "exec"), {})
    shown = capsys.readouterr().out
    assert f"{len(MEMBERS)}\n" in shown
    assert "1 cells fixed" in shown
    assert str(UNIT["单位工会名称"]) in shown
    assert {path.name for path in tmp_path.iterdir()} >= {"填报-修正.xlsx", "上报.zip"}
    again = checked(tmp_path / "填报-修正.xlsx")
    assert again.records.tables == checked(tmp_path / "填报.xlsx").records.tables


def test_importing_the_package_imports_no_heavy_library() -> None:
    code = "import sys, converter; dir(converter); print({'pandas', 'click'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="open_workbook"):
        converter.open_workbook  # type: ignore[attr-defined]  # noqa: B018


def test_a_form_that_is_not_there_is_a_form_error() -> None:
    with pytest.raises(FormError):
        converter.load_form("nowhere")


def test_errors_stand_in_the_way_of_a_package(tmp_path: Path) -> None:
    faulty = checked(one_fault(tmp_path))
    with pytest.raises(SubmissionRefused) as refused:
        converter.write_package(tmp_path / "a.zip", faulty, FORM)
    assert refused.value.outcome.status == "errors"
    assert not (tmp_path / "a.zip").exists()


def test_nothing_else_is_written_over(tmp_path: Path) -> None:
    good = checked(correct(tmp_path))
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    for write in (
        lambda: converter.write_package(other, good, FORM),
        lambda: converter.fix(good, FORM, copy=other),
    ):
        with pytest.raises(OutputExists):
            write()
    assert other.read_text() == "mine"
    target = converter.write_package(tmp_path / "a.zip", good, FORM, created=1_780_272_000)
    first = target.read_bytes()
    with pytest.raises(OutputExists):
        converter.write_package(target, good, FORM)
    assert target.read_bytes() == first
    converter.write_package(target, good, FORM, created=1_780_272_060, replace=True)
    assert target.read_bytes() != first


def test_what_is_no_workbook_is_an_outcome(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"nothing")
    assert checked(path).outcome.status == "unreadable"
    assert converter.open_package(path, FORM, DAY).outcome.status == "unreadable"
