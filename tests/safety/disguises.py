"""Files that are no workbooks, under a workbook's name."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import msoffcrypto
from msoffcrypto.format.ooxml import OOXMLFile

from converter.workbook.decryption import UNPROMPTED
from tests.safety.making import (
    RELATIONS,
    SOUND,
    add,
    case,
    linked,
    parts,
    sound,
    text,
    write,
)
from tests.sheets import MEMBER_SHEET
from tests.workbook.xls import test_book


def zipped(path: Path, members: Mapping[str, bytes | str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _bytes(name: str, expected: str, data: bytes, suffix: str = ".xlsx") -> None:
    def make(path: Path) -> None:
        path.write_bytes(data)

    make.__name__ = name
    case(expected, suffix)(make)


def _zip(name: str, expected: str, members: Mapping[str, bytes | str]) -> None:
    def make(path: Path) -> None:
        zipped(path, members)

    make.__name__ = name
    case(expected)(make)


DBASE = struct.pack("<4BLHH20x", 3, 125, 6, 1, 0, 65, 20) + b"NAME".ljust(32, b"\0") + b"\r"
SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
for _arguments in (
    ("empty", "F004", b""),
    ("one_byte", "F105", b"P"),
    ("zeros", "F008", bytes(5000)),
    ("noise", "F008", bytes(range(256)) * 20),
    ("pdf", "F108", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"),
    ("picture", "F109", b"\x89PNG\r\n\x1a\n" + bytes(99)),
    ("photo", "F109", b"\xff\xd8\xff\xe0" + bytes(99)),
    ("rar", "F110", b"Rar!\x1a\x07\x01\x00" + bytes(99)),
    ("gzip", "F110", b"\x1f\x8b\x08" + bytes(99)),
    ("cabinet", "F110", b"MSCF" + bytes(99)),
    ("lzh", "F110", b"\x20\x01-lh5-" + bytes(99)),
    ("tar", "F110", b"a.xlsx".ljust(257, b"\0") + b"ustar\x0000" + bytes(300)),
    ("csv", "F105", "序号,会员姓名\n1,赵示例\n".encode("gbk"), ".csv"),
    ("csv_as_xls", "F105", "序号\t会员姓名\n".encode("utf-16"), ".xls"),
    ("sylk", "F105", b"ID;PWXL;N;E\r\nP;PGeneral\r\n"),
    ("html_as_xls", "F106", b"<html><table><tr><td>1</td></tr></table></html>", ".xls"),
    ("web_archive", "F106", b"MIME-Version: 1.0\nContent-Type: multipart/related", ".xls"),
    ("mail_with_attachment", "F120", b"Received: from mx by mx\nSubject: =?x?=\n\nPK\n"),
    ("mail_as_text", "F120", b"From: a@example.org\nSubject: b\n\nc"),
    ("xml_of_2003", "F107", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', ".xls"),
    ("flat_ods", "F104", b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'),
    ("identity_file", "F115", b'<?xml version="1.0"?><identity xmlns="urn:gonghui:identity:1"/>'),
    ("any_xml", "F116", b'<?xml version="1.0"?><root/>'),
    ("xml_bomb", "F116", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ("rich_text", "F111", b"{\\rtf1\\ansi"),
    ("program", "F118", b"MZ\x90\x00" + bytes(300)),
    ("program_of_linux", "F118", b"\x7fELF\x02\x01\x01" + bytes(300)),
    ("link_to_a_page", "F122", b"[InternetShortcut]\r\nURL=https://example.org/\r\n", ".url"),
    ("link_of_a_mac", "F122", b'<?xml version="1.0"?><plist version="1.0"><dict><key>URL</key></dict></plist>'),
    ("link_of_linux", "F122", b"[Desktop Entry]\nType=Link\n", ".desktop"),
    ("sealed_by_age", "F123", b"age-encryption.org/v1\n-> X25519 " + bytes(300), ".zip"),
    ("sealed_as_text", "F123", b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl"),
    ("winmail", "F121", b"\x78\x9f\x3e\x22" + bytes(300), ".dat"),
    ("csv_in_utf16_without_mark", "F105", "序号,会员姓名\r\n1,赵示例\r\n".encode("utf-16-le"), ".csv"),
    ("csv_in_utf16_of_a_mac", "F105", "序号\t会员姓名\r1\t赵示例".encode("utf-16-be"), ".txt"),
    ("shortcut", "F119", b"\x4c\x00\x00\x00\x01\x14\x02\x00" + bytes(99)),
    ("lotus", "F117", bytes.fromhex("0000020006040600") + bytes(99), ".xls"),
    ("quattro", "F117", bytes.fromhex("000002002051cc00") + bytes(99)),
    ("dbase", "F117", DBASE, ".dbf"),
    ("access", "F117", b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(99)),
    ("guarded_by_company", "F202", b"%TSD-Header-###%" + bytes(300)),
    ("container_cut_short", "F009", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(100), ".xls"),
):  # fmt: skip
    _bytes(*_arguments)
for _name, _expected, _members in (
    ("word", "F111", {"[Content_Types].xml": "<Types/>", "word/document.xml": "<a/>"}),
    ("word_with_macros", "F111", {"word/document.xml": "<a/>", "word/vbaProject.bin": "x"}),
    ("slides", "F111", {"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<a/>"}),
    ("ods_of_nothing", "F314", {"mimetype": SPREADSHEET, "content.xml": "<a/>"}),
    ("ods_with_a_password", "F201", {"mimetype": SPREADSHEET, "META-INF/manifest.xml": "<encryption-data/>"}),
    ("ods_with_macros", "F101", {"mimetype": SPREADSHEET, "content.xml": "<a/>", "Basic/Standard/Module1.xml": "<a/>"}),
    ("ods_without_its_mimetype", "F314", {"content.xml": "<a/>", "META-INF/manifest.xml": "<a/>"}),
    ("numbers", "F112", {"Index/Document.iwa": "x"}),
    ("numbers_of_old", "F112", {"表.numbers/Index.zip": "x"}),
    ("ods_of_old", "F104", {"mimetype": "application/vnd.sun.xml.calc", "content.xml": "<a/>"}),
    ("ofd", "F111", {"OFD.xml": "<a/>", "Doc_0/Document.xml": "<a/>"}),
    ("drawing", "F111", {"[Content_Types].xml": "<Types/>", "visio/document.xml": "<a/>"}),
    ("document_of_odd_names", "F111", {"[Content_Types].xml": "<Types>wordprocessingml</Types>", "a.xml": "<a/>"}),
    ("xlsb", "F102", {"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}),
    ("xlsb_with_macros", "F102", {"xl/workbook.bin": "x", "xl/vbaProject.bin": "x"}),
    ("package_of_nothing", "P112", {"datapackage.json": "{}"}),
):  # fmt: skip
    _zip(_name, _expected, _members)


# --- macros ------------------------------------------------------------------------------


@case("F101", ".xlsm")
def macros(path: Path) -> None:
    add(path, "xl/vbaProject.bin")


@case("F101", ".xlsx")
def macros_under_a_harmless_name(path: Path) -> None:
    add(path, "XL/VBAPROJECT.BIN")


@case(SOUND)
def workbook_whose_parts_have_odd_names(path: Path) -> None:
    made: dict[str, str | bytes] = dict(parts())
    for part in ("_rels/.rels", "[Content_Types].xml"):
        made[part] = text(part).replace("xl/workbook.xml", "xl/buch-1.xml")
    made["xl/buch-1.xml"] = made.pop("xl/workbook.xml")
    made["xl/_rels/buch-1.xml.rels"] = made.pop(RELATIONS)
    zipped(path, made)


@case(SOUND)
def workbook_whose_parts_are_written_in_percent(path: Path) -> None:
    made = parts()
    made["xl/worksheets/表 2.xml"] = made.pop("xl/worksheets/sheet2.xml")
    target = "worksheets/%E8%A1%A8%202.xml"
    made[RELATIONS] = text(RELATIONS).replace("worksheets/sheet2.xml", target).encode()
    zipped(path, made)


@case("F101")
def macros_in_a_part_of_another_name(path: Path) -> None:
    kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    relation = f'<Relationship Id="v" Type="{kind}" Target="media/image1.png"/>'
    relations = text(RELATIONS).replace("</Relationships>", relation + "</Relationships>")
    write(path, {RELATIONS: relations, "xl/media/image1.png": b"x"})


@case("F101")
def macro_sheet_of_excel_4(path: Path) -> None:
    linked(path, "xlMacrosheet", "macrosheets/sheet1.xml", {"xl/macrosheets/sheet1.xml": b"<a/>"})


@case("F101")
def macro_sheet_among_the_worksheets(path: Path) -> None:
    linked(path, "xlMacrosheet", "worksheets/sheet9.xml")


@case("F101", ".xlam")
def add_in(path: Path) -> None:
    add(path, "xl/vbaProject.bin")


def container(storages: Mapping[str, bytes]) -> bytes:
    """An OLE container with the given streams of up to 64 kB, each at least one sector long."""
    free, end, fat_mark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    entries = [("Root Entry", 5, end, 0)]
    sectors: list[bytes] = []
    fat: list[int] = []
    for name, data in storages.items():
        size = max(len(data), 4096)
        body = data.ljust(-(-size // 512) * 512, b"\0")
        entries.append((name, 2, len(sectors), len(body)))
        count = len(body) // 512
        fat += [*range(len(sectors) + 1, len(sectors) + count), end]
        sectors += [body[n * 512 : n * 512 + 512] for n in range(count)]
    directory = b""
    for number, (name, kind, start, size) in enumerate(entries):
        raw = (name + "\0").encode("utf-16-le")
        right = number + 1 if 0 < number < len(entries) - 1 else free
        child = 1 if number == 0 and len(entries) > 1 else free
        directory += raw.ljust(64, b"\0") + struct.pack(
            "<HBB3L", len(raw), kind, 1, free, right, child
        )
        directory += bytes(36) + struct.pack("<LQ", start, size)
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    at_directory = len(sectors)
    count = len(directory) // 512
    fat += [*range(at_directory + 1, at_directory + count), end, fat_mark]
    sectors += [directory[n * 512 : n * 512 + 512] for n in range(count)]
    assert len(fat) <= 128
    sectors.append(struct.pack("<128L", *fat, *[free] * (128 - len(fat))))
    head = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    head += struct.pack("<6H6x3L", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 1, at_directory)
    head = head[:44] + struct.pack("<5L", 1, at_directory, 0, 4096, end)
    head += struct.pack("<3L", 0, end, 0) + struct.pack("<109L", len(sectors) - 1, *[free] * 108)
    return head + b"".join(sectors)


@case("F101", ".xls")
def macros_in_an_old_workbook(path: Path) -> None:
    path.write_bytes(container({"Workbook": b"x", "_VBA_PROJECT_CUR": b"x"}))


@case("F120", ".xls")
def mail_of_outlook(path: Path) -> None:
    path.write_bytes(container({"__properties_version1.0": b"x"}))


@case("F111", ".xls")
def old_document(path: Path) -> None:
    path.write_bytes(container({"WordDocument": b"x"}))


@case("F316", ".xls")
def old_workbook_of_noise(path: Path) -> None:
    path.write_bytes(container({"Workbook": bytes(range(256)) * 16}))


@case("F101", ".xls")
def old_workbook_with_a_macro_sheet(path: Path) -> None:
    test_book.make(path)
    data = path.read_bytes()
    name = MEMBER_SHEET.encode("utf-16-le")
    at = data.index(name) - 4  # kind of sheet, length and flag of its name
    assert data[at : at + 2] == b"\0\0"
    path.write_bytes(data[: at + 1] + b"\1" + data[at + 2 :])


# --- passwords ---------------------------------------------------------------------------


def _locked(password: str) -> bytes:
    found = BytesIO()
    OOXMLFile(BytesIO(sound())).encrypt(password, found)
    return found.getvalue()


@case("F201")
def password(path: Path) -> None:
    path.write_bytes(_locked("geheim"))


@case("F201", ".xls")
def password_under_an_old_name(path: Path) -> None:
    path.write_bytes(_locked("geheim"))


@case(SOUND)
def password_that_nobody_is_asked_for(path: Path) -> None:
    path.write_bytes(_locked(UNPROMPTED))


@case("F201")
def password_with_endless_rounds(path: Path) -> None:
    data = _locked(UNPROMPTED)
    assert b'spinCount="100000"' in data
    path.write_bytes(data.replace(b'spinCount="100000"', b'spinCount="9999999"'))


@case("F201")
def password_that_is_damaged(path: Path) -> None:
    path.write_bytes(_locked("geheim").replace(b"<encryption", b"<nonsense__"))


@case("F201")
def password_of_an_unknown_kind(path: Path) -> None:
    path.write_bytes(container({"EncryptionInfo": b"\xff" * 8, "EncryptedPackage": b"x"}))


@case("F201", ".xls")
def password_of_an_old_workbook(path: Path) -> None:
    """FILEPASS behind the BOF record: what follows is scrambled."""
    filepass = struct.pack("<HHHHH", 0x2F, 6, 1, 1, 1) + os.urandom(48)
    bof = struct.pack("<HHHHHHLL", 0x809, 16, 0x600, 5, 1, 1, 0, 0)
    path.write_bytes(container({"Workbook": bof + filepass + os.urandom(4000)}))


@case("F101")
def macros_behind_a_password_that_nobody_is_asked_for(path: Path) -> None:
    inner, found = BytesIO(), BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for name, data in parts().items():
            archive.writestr(name, data)
        archive.writestr("xl/vbaProject.bin", b"x")
    msoffcrypto.format.ooxml.OOXMLFile(inner).encrypt(UNPROMPTED, found)
    path.write_bytes(found.getvalue())
