"""The second opinion is a real one: LibreOffice computes anew, whatever a file claims."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
from openpyxl.reader import strings
from openpyxl.xml.constants import SHEET_MAIN_NS

from tests.opened import read_string_table
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


def test_texts_are_read_as_openpyxl_reads_them() -> None:
    items = (
        "<t>机械</t>", '<t xml:space="preserve"> a_x005F_b </t>', "<t/>", "",
        '<r><rPr><b/><sz val="9"/></rPr><t>错误</t></r><r><t>：15位</t></r>',
        "<t>姓名</t><rPh sb='0' eb='2'><t>xing</t></rPh><phoneticPr fontId='1'/>",
    )  # fmt: skip
    table = f"<sst xmlns='{SHEET_MAIN_NS}'>{''.join(f'<si>{item}</si>' for item in items)}</sst>"
    expected = strings.read_string_table(BytesIO(table.encode()))
    assert expected[4] == "错误：15位"
    assert read_string_table(BytesIO(table.encode())) == expected
