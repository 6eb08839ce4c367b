"""What a file really is, by its contents; the extension decides only where contents cannot.

`detect_type` gives its type as one word; `CODES` has the issue for each type that is not read.
Sources: the formats' magic numbers; [MS-CFB] for OLE, whose streams show what is inside;
part names of ECMA-376 and ODF packages.
"""

from __future__ import annotations

import re
import stat
import zipfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from converter.files import zip_directory
from converter.text import file_names
from converter.workbook.unreadable import unreadable_on_error

HEAD = 65_536
WPS_SUFFIXES = (".et", ".ett")
OLE_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
ZIP_MAGIC = b"PK\x03\x04"
PACKAGE_DESCRIPTOR = "datapackage.json"
IDENTITY_NAMESPACE = b"urn:gonghui:identity"

# Only streams' names are looked for; they stand in the first megabytes of what Office writes.
LARGEST_OLE = 64 << 20

CODES = {
    "missing": "F001",
    "folder": "F002",
    "irregular": "F003",
    "empty": "F004",
    "unreadable": "F005",
    "lock": "F007",
    "unknown": "F008",
    "damaged": "F009",
    "office": "F009",  # a package of Office without what makes it one
    "changing": "F010",
    "xlsm": "F101",
    "xlsb": "F102",
    "et": "F103",
    "flat_ods": "F104",
    "old_ods": "F104",
    "text": "F105",
    "html": "F106",
    "xml2003": "F107",
    "pdf": "F108",
    "image": "F109",
    "archive": "F110",
    "document": "F111",
    "numbers": "F112",
    "zip": "F113",
    "package": "F114",
    "identity": "F115",
    "xml": "F116",
    "old_table": "F117",
    "program": "F118",
    "shortcut": "F119",
    "mail": "F120",
    "winmail": "F121",
    "web_link": "F122",
    "sealed": "F123",
    "guarded": "F202",
}

_MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),  # zstandard
    (b"MSCF", "archive"),
    (b"PK\x07\x08", "archive"),  # the first of several parts of a zip
    (b"PK00", "archive"),
    (b"{\\rtf", "document"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
    (b"\x78\x9f\x3e\x22", "winmail"),  # what Outlook wraps attachments in
    (b"\x00\x01\x00\x00Standard ", "old_table"),  # Access
    (b"SQLite format 3\x00", "old_table"),
    (b"age-encryption.org/v1", "sealed"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "sealed"),
    # What programs that guard a company's files write instead of them.
    (b"%TSD-Header-###%", "guarded"),
    (b"\x62\x14\x23\x65", "guarded"),
)
# Lotus 1-2-3, Quattro Pro and Works: a record of type 0 (or 0xFF) whose value is the version.
_LOTUS = re.compile(
    rb"[\x00\xff]\x00(?:\x02|\x1a)\x00(?:[\x04-\x06]\x04|[\x20\x21]\x51|[\x00-\x07]\x10)"
)
_DBASE_MARKS = b"\x03\x04\x05\x30\x31\x32\x43\x7b\x83\x8b\x8c\x8e\xf5\xfb"
# A workbook stream without its container, as some old export programs write it: BOF of
# BIFF 2, 3, 4 and 5/8 with their lengths.
_BARE_BIFF = tuple(
    bytes.fromhex(h)
    for h in ("09000400", "09020600", "09040600", "09080600", "09080800", "09081000")
)
_OLE_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("WordDocument", "document"),
    ("PowerPoint Document", "document"),
    ("__properties_version1.0", "mail"),
    ("NativeContent_MAIN", "old_table"),  # Quattro Pro since 9
)
TYPES = "[content_types].xml"
# What an Office package says of its parts, where none of them has its standard name.
_OFFICE_TYPES = (
    (b"vbaProject", "xlsm"),
    (b"ms-excel.sheet.binary", "xlsb"),
    (b"spreadsheetml.sheet.main", "xlsx"),
    (b"spreadsheetml.template.main", "xlsx"),
    (b"wordprocessingml", "document"),
    (b"presentationml", "document"),
    (b"ms-visio", "document"),
)
# Where a workbook of Excel 97 keeps its programs.
_OLE_MACROS = "_VBA_PROJECT_CUR"
_MAIL = re.compile(rb"(?:received|return-path|delivered-to|message-id|from|subject|x-[a-z-]+): ")
_WEB_LINKS = (
    b"[internetshortcut]",
    b"[desktop entry]",
    b"[{000214a0-0000-0000-c000-000000000046}]",
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def detect_type(path: Path) -> str:
    """One word for what a file is: 'xlsx', 'xls', 'encrypted' (worth a try), 'package',
    'identity', or one of `CODES`. Never raises on bad files."""
    if found := unreadable_reason(path):
        return found
    try:
        with path.open("rb") as file:
            return detect_open_type(file, path.name)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def unreadable_reason(path: Path) -> str:
    """Why a path cannot be opened as a file, as such a type; '' = nothing is known."""
    try:
        state = path.stat()
    except (FileNotFoundError, ValueError):  # or a name that no system allows
        return "missing"
    except OSError:
        return "unreadable"
    if stat.S_ISDIR(state.st_mode):
        return "folder"
    # Opening a pipe would wait for ever.
    return "" if stat.S_ISREG(state.st_mode) else "irregular"


def detect_open_type(file: BinaryIO, name: str = "") -> str:
    """The same as `detect_type` for an open, seekable file that goes by a name."""
    return detect_open(file, name)[0]


def detect_open(file: BinaryIO, name: str = "") -> tuple[str, list[zipfile.ZipInfo]]:
    """The same, and what a zip holds: its directory is read once."""
    head = file.read(HEAD)
    if head.startswith((ZIP_MAGIC, b"PK\x05\x06")):
        return _zip(file)
    found = _contents(head, file, file_names.suffix(name))
    # Office leaves '~$name.xlsx' beside a file that is open; it holds the name of the user.
    return "lock" if found in ("unknown", "text") and name.startswith("~$") else found, []


def _contents(head: bytes, file: BinaryIO, suffix: str) -> str:
    if not head:
        return "empty"
    if head.startswith(OLE_MAGIC):
        kind = _ole(head + file.read(LARGEST_OLE))
        # A workbook of WPS is one of Excel 97 as a rule. Older ones have streams of their own.
        return "et" if kind == "unknown" and suffix in WPS_SUFFIXES else kind
    if head.startswith(_BARE_BIFF):
        return "xls"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head[257:262] == b"ustar" or head[2:5] == b"-lh":
        return "archive"
    if _LOTUS.match(head) or _is_dbase(head):
        return "old_table"
    return _text(head)


def _is_dbase(head: bytes) -> bool:
    """A table of dBase: its mark, the day of its last change, fields of 32 bytes each."""
    if len(head) < 65 or head[0] not in _DBASE_MARKS:
        return False
    fields = head[32 : int.from_bytes(head[8:10], "little")]
    dated = 1 <= head[2] <= 12 and 1 <= head[3] <= 31
    return dated and any(fields[at] == 0x0D for at in range(0, len(fields), 4))


def part_name(name: str) -> str:
    """A member's name as it is looked up: some programs write \\ for /, others %20 for a blank, and
    case does not count."""
    name = unquote(name) if "%" in name else name
    return name.replace("\\", "/").lstrip("/").lower()


def members(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """What a zip's directory lists. Raises UnreadableFile."""
    with unreadable_on_error(CODES["damaged"]), zip_directory.opened(file) as archive:
        return archive.infolist()


def _zip(file: BinaryIO) -> tuple[str, list[zipfile.ZipInfo]]:
    try:
        with zip_directory.opened(file) as archive:
            return _packed(archive), archive.infolist()
    except MemoryError:
        raise
    except Exception:
        return "damaged", []


def _packed(archive: zipfile.ZipFile) -> str:
    """What a zip is, by the names of its members."""
    members = {part_name(info.filename): info for info in archive.infolist()}
    names = members.keys()
    if PACKAGE_DESCRIPTOR in names:
        return "package"
    if "mimetype" in names:
        kind = _beginning(archive, members["mimetype"])
        if b"sun.xml.calc" in kind:
            return "old_ods"
        if b"opendocument.spreadsheet" not in kind:
            return "document"
        return "xlsm" if any(map(_is_ods_macro, names)) else "ods"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(_holds_macros(name) for name in names):
        return "xlsm"
    if any(name.rpartition("/")[2] == "workbook.xml" for name in names):
        return "xlsx"
    if any(name.startswith(("word/", "ppt/", "visio/")) or name == "ofd.xml" for name in names):
        return "document"
    if any(name.endswith((".iwa", ".numbers/index.zip")) or name == "index.zip" for name in names):
        return "numbers"
    if {"content.xml", "meta-inf/manifest.xml"} <= names:
        return "ods"
    if TYPES in names:
        types = _beginning(archive, members[TYPES]).replace(b"\0", b"")
        return next((kind for mark, kind in _OFFICE_TYPES if mark in types), "office")
    if "xl/_rels/workbook.xml.rels" in names:
        return "office"
    return "zip" if names else "damaged"


def _beginning(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        return file.read(HEAD)


def _holds_macros(name: str) -> bool:
    """Programs (VBA) and the macro sheets of Excel 4."""
    if name.startswith(("word/", "ppt/")):
        return False
    return name.endswith("/vbaproject.bin") or "/macrosheets/" in name


def _is_ods_macro(name: str) -> bool:
    """A module of a program, not the list of none that every document may have."""
    folder, _, file = name.rpartition("/")
    return file != "" and (
        name.startswith("scripts/")
        or (folder.startswith("basic") and file not in ("script-lc.xml", "script-lb.xml"))
    )


def _ole(data: bytes) -> str:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            for stream, kind in _OLE_STREAMS:
                if ole.exists(stream):
                    return "xlsm" if kind == "xls" and ole.exists(_OLE_MACROS) else kind
            if ole.listdir() and not ole.parsing_issues:
                return "unknown"
    except MemoryError:
        raise
    except Exception:
        pass  # nearly anything
    # A container with faults that the spreadsheet's own reader may forgive.
    for stream, kind in _OLE_STREAMS:
        if (stream + "\0").encode("utf-16-le") in data:
            return kind
    return "damaged"


def _text(head: bytes) -> str:
    head = _from_utf16(head)
    if _CONTROL.search(head):
        return "unknown"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"mime-version:"):
        return "html"
    if _MAIL.match(start):
        return "mail"
    if start.startswith(_WEB_LINKS) or (b"<plist" in start and b"<key>url</key>" in start):
        return "web_link"
    if not start.startswith(b"<"):
        return "text"
    if b"urn:oasis:names:tc:opendocument" in start:
        return "flat_ods"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "xml2003"
    if IDENTITY_NAMESPACE in start:
        return "identity"
    if any(mark in start for mark in (b"<html", b"<!doctype html", b"<table")):
        return "html"
    return "xml" if start.startswith(b"<?xml") else "text"


def _from_utf16(head: bytes) -> bytes:
    """UTF-16 as UTF-8, with or without a byte order mark; anything else as it is."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[2:].decode(encoding, "ignore").encode("utf-8", "ignore")
    if b"\0" not in head:
        return head
    # Without a mark: separators, digits and line ends have a zero byte on one side each.
    for encoding in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(encoding, "ignore")
        separated = any(character in text for character in ",\t;\r\n")
        if separated and all(c.isprintable() or c in "\t\r\n\ufeff\u3000" for c in text):
            return text.encode("utf-8", "ignore")
    return head
