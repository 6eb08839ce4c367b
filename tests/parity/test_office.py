"""The second opinion is a real one: LibreOffice computes anew, whatever a file claims."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl

from tests.parity.office import recalculated
from tests.tools import needs

pytestmark = needs("libreoffice")


def test_cached_values_are_not_believed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    book.save(tmp_path / "plain.xlsx")
    stale = tmp_path / "stale.xlsx"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(stale, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b"<v />" in data or b"<v/>" in data
                data = data.replace(b"<v />", b"<v>7</v>").replace(b"<v/>", b"<v>7</v>")
            new.writestr(name, data)
    assert openpyxl.load_workbook(stale, data_only=True).active["A1"].value == 7
    (result,) = recalculated([stale], tmp_path)
    assert openpyxl.load_workbook(result, data_only=True).active["A1"].value == 2
