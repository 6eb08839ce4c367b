"""What is told of time and memory is what was measured, and what is measured is the real thing."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from benchmarks import inputs, page
from benchmarks.measuring import Case, Claim, Contender, run
from tests import filling
from tests.sheets import outcome
from tests.tools import needs

RESULTS = json.loads(page.RESULTS.read_text(encoding="utf-8"))


def test_the_page_is_what_the_results_make() -> None:
    tried = page.TRIED.read_text(encoding="utf-8")
    written = page.PAGE.read_text(encoding="utf-8")
    assert written == page.render(RESULTS, tried), "run: python -m benchmarks.page"


def test_the_page_hides_no_claim_that_does_not_hold() -> None:
    written = page.PAGE.read_text(encoding="utf-8")
    claims = [claim for case in RESULTS["cases"] for claim in case["claims"]]
    assert all(claim["text"] in written for claim in claims)
    assert written.count("**no**") == sum(not claim["held"] for claim in claims)


def test_pictures_are_what_the_results_make(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="no matplotlib here: it comes with `make bench`")
    from benchmarks import plots

    for case in RESULTS["cases"]:
        if case["plot"]:
            plots.draw(case, tmp_path / "again.svg")
            kept = page.PAGE.parent / "pictures" / f"performance-{case['name']}.svg"
            assert (tmp_path / "again.svg").read_bytes() == kept.read_bytes()


def test_a_measurement_counts_the_work_and_not_what_comes_before(tmp_path: Path) -> None:
    case = Case(
        "sleepless",
        "a process that counts to a million",
        (
            Contender("much", "ours:python", {"arguments": ["-c", "sum(range(30_000_000))"]}),
            Contender("little", "ours:python", {"arguments": ["-c", ""]}),
        ),
        (Claim("more than twice", 2, lambda m: m.ratio("much", "little"), at_most=False),),
    )
    done = run(case, 1, lambda text: None)
    assert [entry["name"] for entry in done["measured"]] == ["much", "little"]
    assert done["claims"][0]["held"]


def test_a_contender_that_fails_is_told() -> None:
    failing = Contender("none", "ours:python", {"arguments": ["-c", "import sys; sys.exit(7)"]})
    with pytest.raises(RuntimeError, match="7"):
        run(Case("a", "a", (failing,)), 1, lambda text: None)


# --- the inputs --------------------------------------------------------------------------------


def test_members_are_nobodys_twins() -> None:
    some = [inputs.member(n).id_number for n in (*range(3000), *range(900_000, 903_000))]
    assert len(set(some)) == len(some)


@pytest.mark.parametrize("name", ["EXCEL", "WPS", "LIBREOFFICE", "EXPORTER"])
def test_faults_are_found_where_they_were_put(name: str, tmp_path: Path) -> None:
    members = [*inputs.members(250)]
    faulty = [n for n, member in enumerate(members) if member.verdict]
    path = filling.write(
        tmp_path / "a.xlsx", members, prepared=200, unit=inputs.unit(250),
        program=getattr(filling, name),
    )  # fmt: skip
    found = [
        i.place for i in outcome(path).issues if i.place.sheet == filling.FORM.main_table.title
    ]
    assert len(faulty) == 3
    assert [place.row - 5 for place in found] == faulty


def test_clean_members_have_no_issue(tmp_path: Path) -> None:
    members = [*inputs.members(120, clean=True)]
    path = filling.write(tmp_path / "a.xlsx", members, prepared=500, unit=inputs.unit(120))
    assert outcome(path).status == "ok"


@needs("libreoffice")
def test_what_is_stored_for_formulas_is_what_a_spreadsheet_computes(tmp_path: Path) -> None:
    """LibreOffice recalculates; the values beside the formulas must be the same."""
    from openpyxl import load_workbook
    from openpyxl.utils.datetime import to_excel

    from tests.parity.office import recalculated

    members = [filling.Member("赵示例", inputs.member(1).id_number, date(2010, 1, 5))]
    path = filling.write(tmp_path / "a.xlsx", members, prepared=3)
    stored, computed = (
        {
            cell.coordinate: to_excel(cell.value)
            if cell.is_date and cell.value
            else cell.value or ""
            for row in load_workbook(file, data_only=True).worksheets[2]["A5:AU7"]
            for cell in row
        }
        for file in (path, recalculated([path], tmp_path)[0])
    )
    assert stored == computed


def test_the_command_line_lists_its_cases() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True
    )
    assert "large-check" in done.stdout
