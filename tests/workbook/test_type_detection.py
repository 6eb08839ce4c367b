"""A file is what is in it, whatever its name says."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from converter.messages import catalogue
from converter.workbook import detect_type
from converter.workbook.type_detection import CODES
from tests.workbook.books import FORM, only_code, parts_of, read, rezip, save

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def _zip(**members: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        return rezip(
            path, {name.replace("__", "/"): text.encode() for name, text in members.items()}
        )

    return make


def _bytes(data: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


HTML = "<html><meta charset=gbk><table><tr><td>会员姓名</td></tr></table></html>"
XML2003 = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
)

KINDS = {
    "empty": _bytes(b""),
    "text": _bytes("序号,会员姓名\n1,赵示例\n".encode("gbk")),
    "html": _bytes(HTML.encode()),
    "xml2003": _bytes(XML2003.encode()),
    "xml": _bytes(b'<?xml version="1.0"?><root/>'),
    "identity": _bytes(b'<?xml version="1.0"?><identity xmlns="urn:gonghui:identity:1"/>'),
    "pdf": _bytes(b"%PDF-1.7\n"),
    "image": _bytes(PNG),
    "archive": _bytes(b"Rar!\x1a\x07\x01\x00"),
    "document": _zip(word__document="<w:document/>"),
    "old_ods": _zip(mimetype="application/vnd.sun.xml.calc"),
    "winmail": _bytes(b"\x78\x9f\x3e\x22" + bytes(20)),
    "web_link": _bytes(b"[InternetShortcut]\r\nURL=https://example.org/\r\n"),
    "numbers": _zip(**{"Index__Document.iwa": "x"}),
    "xlsb": _zip(**{"xl__workbook.bin": "x", "[Content_Types].xml": "<Types/>"}),
    "xlsm": _zip(**{"xl__workbook.xml": "<workbook/>", "xl__vbaProject.bin": "x"}),
    "package": _zip(**{"datapackage.json": "{}", "unit.csv": "x"}),
    "zip": _zip(**{"填报.xlsx": "x"}),
    "damaged": _bytes(b"PK\x03\x04" + bytes(200)),
    "unknown": _bytes(bytes(range(256))),
}
VARIANTS = [
    ("text", _bytes("序号\t会员姓名\n".encode("utf-16"))),
    ("text", _bytes("序号,会员姓名\r\n1,赵示例\r\n".encode("utf-16-le"))),
    ("text", _bytes("序号,会员姓名\r\n1,赵示例\r\n".encode("utf-16-be"))),
    ("html", _bytes(b"\xef\xbb\xbf  <TABLE><tr>")),
    ("html", _bytes(b"MIME-Version: 1.0\nContent-Type: multipart/related;")),
    ("image", _bytes(b"\xff\xd8\xff\xe0" + bytes(20))),
    ("image", _bytes(b"\x00\x00\x00\x18ftypheic" + bytes(20))),
    ("archive", _bytes(b"7z\xbc\xaf\x27\x1c" + bytes(20))),
    ("document", _bytes(b"{\\rtf1\\ansi")),
    ("document", _zip(mimetype="application/vnd.oasis.opendocument.text")),
]


@pytest.mark.parametrize(("kind", "make"), [*KINDS.items(), *VARIANTS])
def test_file_renamed_to_xlsx_is_known_by_its_contents(
    kind: str, make: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = make(tmp_path / "填报.xlsx")
    assert detect_type(path) == kind
    assert only_code(path) == CODES[kind]


def test_workbook_is_known_without_its_extension(tmp_path: Path) -> None:
    path = save(tmp_path).rename(tmp_path / "填报.doc")
    assert detect_type(path) == "xlsx"
    assert read(path).issues == ()


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    assert only_code(tmp_path / "没有.xlsx") == "F001"
    assert only_code(tmp_path) == "F002"


@pytest.mark.posix("no pipes here")
def test_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管道.xlsx")
    assert only_code(tmp_path / "管道.xlsx") == "F003"


def test_owner_file_beside_an_open_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "~$填报.xlsx"
    path.write_bytes(b"\x06Clerk" + bytes(159))
    assert only_code(path) == "F007"


def test_file_that_may_not_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path)

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", locked)
    assert detect_type(path) == "unreadable"
    assert only_code(path) == "F005"


def test_workbook_cut_off_by_the_mail_is_damaged(tmp_path: Path) -> None:
    path = save(tmp_path)
    path.write_bytes(path.read_bytes()[:-2000])
    assert only_code(path) == "F009"


def test_macro_extension_without_macros_is_read(tmp_path: Path) -> None:
    path = save(tmp_path).rename(tmp_path / "填报.xlsm")
    assert read(path).issues == ()


def test_zip_that_says_workbook_but_has_no_sheets_is_refused(tmp_path: Path) -> None:
    assert only_code(_zip(**{"xl__workbook.xml": "<workbook/>"})(tmp_path / "a.xlsx")) == "F314"


def test_every_refusal_has_words_of_its_own() -> None:
    for code in CODES.values():
        entry = catalogue.entry(code, FORM)
        assert entry.sentence
        assert entry.fix


def test_huge_zip_directory_is_not_even_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number:0150d}", b"")
    assert detect_type(path) == "damaged"


def test_package_among_parts_of_a_workbook_is_a_package(tmp_path: Path) -> None:
    parts = parts_of(save(tmp_path))
    assert detect_type(rezip(tmp_path / "a.zip", {**parts, "datapackage.json": b"{}"})) == "package"
