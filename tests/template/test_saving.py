"""The file: the same bytes for the same input, and nothing half written."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from converter import template
from converter.model.forms import Form
from converter.model.submissions import Stamp
from tests.opened import opened, rendered


def test_same_input_same_bytes_whatever_the_clock_and_the_hash_seed(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from converter import template; from converter.forms import loading;"
        "f = loading.load(loading.form_dir());"
        "Path(sys.argv[1]).write_bytes(b''.join(template.build(f, rows=9)))"
    )
    for name, seed, zone in (("a", "1", "Asia/Shanghai"), ("b", "2", "America/Lima")):
        surroundings = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "SOURCE_DATE_EPOCH": "9e8",
        }
        surroundings["SOURCE_DATE_EPOCH"] = "1900000000"
        path = tmp_path / f"{name}.xlsx"
        subprocess.run([sys.executable, "-c", script, str(path)], env=surroundings, check=True)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_source_date_epoch_dates_the_document(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    made = b"".join(template.build(form, rows=1))  # none that was designed under another date
    (tmp_path / "t.xlsx").write_bytes(made)
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        core = archive.read("docProps/core.xml").decode()
        assert archive.infolist()[0].date_time[:3] == (2030, 3, 17)
    assert core.count("2030-03-17T17:46:40Z") == 2


def test_programs_that_sniff_know_it_for_a_workbook(form: Form, tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(rendered(form, rows=1))
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        assert archive.namelist()[0] == "[Content_Types].xml"


def test_no_green_corners_on_ids_and_formulas(form: Form, tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(rendered(form, rows=1))
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        for number in (1, 2, 3, 4):
            xml = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            assert 'numberStoredAsText="1"' in xml
            # CT_Worksheet's order: after the page's set-up, before drawings and tables.
            assert xml.index("<ignoredErrors>") > xml.index("</sheetData>")
            assert xml.endswith("</ignoredErrors></worksheet>")


def test_programs_compute_everything_on_opening(form: Form, tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(rendered(form, rows=1))
    assert openpyxl.load_workbook(tmp_path / "t.xlsx").calculation.fullCalcOnLoad


def test_an_older_file_survives_a_failed_write(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError("disk full")

    book = opened(form, rows=1, stamp=Stamp(unit_name="示例"))
    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        template.save(book, path)
    assert path.read_bytes() == b"old"
