"""What a template wrote about itself is read from an .xls file, too, and its status holds there."""

from __future__ import annotations

import struct
from pathlib import Path

import openpyxl
import pytest

from converter import template, workbook
from converter.model.submissions import Stamp
from converter.template.labels import label
from converter.template.layout import STATUS_ROW
from converter.workbook.xls import properties
from tests.parity.office import converted
from tests.sheets import FORM
from tests.tools import needs

WORDS = {"rows": FORM.main_table.rows_name, "counter": FORM.main_table.counter}
STAMP = Stamp(
    unit_code="130102-0007",
    unit_name="示例机械厂工会委员会",
    superior_name="示例市总工会",
    serial=990,
    period="2026",
)


@pytest.fixture(scope="module")
def as_xls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A personalised workbook, saved in the old format."""
    folder = tmp_path_factory.mktemp("xls")
    path = folder / "form.xlsx"
    path.write_bytes(template.TemplateRenderer(FORM).blank(STAMP, rows=3))
    return converted(path, "xls", folder)


@needs("libreoffice")
def test_a_personalised_workbook_saved_as_xls_keeps_its_stamp(as_xls: Path) -> None:
    found = workbook.read(as_xls, FORM).stamp
    assert (found.form, found.version) == (FORM.id, FORM.version)
    assert (found.unit_code, found.unit_name) == (STAMP.unit_code, STAMP.unit_name)
    assert (found.serial, found.period) == (STAMP.serial, STAMP.period)


@needs("libreoffice")
def test_no_formula_of_a_workbook_looks_below_the_last_row_of_an_xls(
    as_xls: Path, tmp_path: Path
) -> None:
    sheet = openpyxl.load_workbook(converted(as_xls, "xlsx", tmp_path), data_only=True)[
        FORM.main_table.title
    ]
    assert sheet.cell(STATUS_ROW, 1).value == label(FORM, "nothing", **WORDS)


def stream(page: int, names: bytes, value: bytes) -> bytes:
    """A stream with one user-defined property."""
    code_page = struct.pack("<LL", 2, page)
    dictionary = struct.pack("<LLL", 1, 2, len(names)) + names
    first = 8 + 3 * 8
    places = (first, first + len(code_page), first + len(code_page) + len(dictionary))
    entries = b"".join(struct.pack("<LL", k, p) for k, p in zip((1, 0, 2), places, strict=True))
    body = struct.pack("<LL", 0, 3) + entries + code_page + dictionary + value
    head = b"\xfe\xff" + bytes(22) + struct.pack("<L", 1)
    return head + properties.USER_DEFINED + struct.pack("<L", 48) + body


def test_texts_in_a_chinese_code_page_are_read() -> None:
    text = "示例工会".encode("gbk") + b"\0"
    value = struct.pack("<LL", properties.NARROW, len(text)) + text
    assert dict(properties.texts(stream(936, b"unit_name\0", value))) == {"unit_name": "示例工会"}


def test_values_that_are_no_texts_are_passed_over() -> None:
    assert dict(properties.texts(stream(936, b"n\0", struct.pack("<LL", 3, 7)))) == {}


@pytest.mark.parametrize("cut", [0, 30, 60, 80])
def test_a_damaged_stream_has_none(cut: int, tmp_path: Path) -> None:
    assert properties.properties(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(cut)) == {}
