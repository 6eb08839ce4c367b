"""What a file really is, by its contents; the extension decides only where contents cannot.

`sniff` names it by one word; `CODES` gives the refusal for each word that is no workbook we
read. Sources: the formats' magic numbers; [MS-CFB] for OLE, whose streams tell what is inside;
part names of ECMA-376 and ODF packages.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from converter.workbook.refusal import Refused, refusing

HEAD = 65_536
OLE_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
ZIP_MAGIC = b"PK\x03\x04"
PACKAGE_DESCRIPTOR = "datapackage.json"
IDENTITY_NAMESPACE = b"urn:gonghui:identity"

# A zip's directory is read before anything else is known of it. An entry takes 46 bytes and
# its name: this is room for 40,000, some forty times the largest honest workbook's.
LARGEST_DIRECTORY = 4 << 20
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
    "changing": "F010",
    "xlsm": "F101",
    "xlsb": "F102",
    "et": "F103",
    "ods": "F104",
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
    (b"{\\rtf", "document"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
    (b"\x00\x01\x00\x00Standard ", "old_table"),  # Access
    (b"SQLite format 3\x00", "old_table"),
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
    bytes.fromhex(h) for h in ("09000400", "09020600", "09040600", "09080800", "09081000")
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
# Where a workbook of Excel 97 keeps its programs.
_OLE_MACROS = "_VBA_PROJECT_CUR"
_MAIL = re.compile(rb"(?:received|return-path|delivered-to|message-id|x-[a-z-]+): ")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(path: Path) -> str:
    """One word for what a file is: 'xlsx', 'xls', 'encrypted' (worth a try), 'package',
    'identity', or one of `CODES`. Never raises on bad files."""
    if found := obstacle(path):
        return found
    try:
        with path.open("rb") as file:
            return identify(file, path.name)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def obstacle(path: Path) -> str:
    """Why a path cannot be opened as a file, by the same words; '' = nothing is known."""
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


def identify(file: BinaryIO, name: str = "") -> str:
    """The same as `sniff` for an open, seekable file that goes by a name."""
    return look(file, name)[0]


def look(file: BinaryIO, name: str = "") -> tuple[str, list[zipfile.ZipInfo]]:
    """The same, and what a zip holds: its directory is read once."""
    head = file.read(HEAD)
    if head.startswith((ZIP_MAGIC, b"PK\x05\x06")):
        return _zip(file)
    found = _contents(head, file, Path(name).suffix.lower())
    # Office leaves '~$name.xlsx' beside a file that is open; it says who has opened it.
    return "lock" if found in ("unknown", "text") and name.startswith("~$") else found, []


def _contents(head: bytes, file: BinaryIO, suffix: str) -> str:
    if not head:
        return "empty"
    if head.startswith(OLE_MAGIC):
        return "et" if suffix in (".et", ".ett") else _ole(head + file.read(LARGEST_OLE))
    if head.startswith(_BARE_BIFF):
        return "xls"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head[257:262] == b"ustar":
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


def directory_size(file: BinaryIO) -> int:
    """Bytes of a zip's central directory as its end record tells; -1 where there is none.

    Looked at before `zipfile` may read it: a directory of millions of entries is an attack.
    """
    file.seek(0, 2)
    size = file.tell()
    start = max(0, size - 66_000)  # the end record and the longest comment
    file.seek(start)
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) < found + 22:
        return -1
    (length,) = struct.unpack_from("<L", tail, found + 12)
    if length != 0xFFFFFFFF:
        return int(length)
    zip64 = tail.rfind(b"PK\x06\x06", 0, found)
    if zip64 < 0 or len(tail) < zip64 + 48:
        return -1
    return int(struct.unpack_from("<Q", tail, zip64 + 40)[0])


def part_name(name: str) -> str:
    """A member's name as it is looked up: some programs write \\ for /, case does not count."""
    return name.replace("\\", "/").lstrip("/").lower()


def members(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """What a zip's directory lists. Raises Refused."""
    if not 0 <= directory_size(file) <= LARGEST_DIRECTORY:
        raise Refused(CODES["damaged"])
    with refusing(CODES["damaged"]), zipfile.ZipFile(file) as archive:
        return archive.infolist()


def _zip(file: BinaryIO) -> tuple[str, list[zipfile.ZipInfo]]:
    try:
        found = members(file)
        names = {part_name(info.filename) for info in found}
        return _kind(names, _mimetype(file) if "mimetype" in names else ""), found
    except Refused:
        return "damaged", []


def _kind(names: set[str], kind: str) -> str:
    """Of a zip by its members' names, and by what it says of itself, if anything."""
    if PACKAGE_DESCRIPTOR in names:
        return "package"
    if kind:
        return "ods" if "spreadsheet" in kind else "document"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(_holds_macros(name) for name in names):
        return "xlsm"
    if any(name.rpartition("/")[2] == "workbook.xml" for name in names):
        return "xlsx"
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return "document"
    if any(name.endswith((".iwa", ".numbers/index.zip")) or name == "index.zip" for name in names):
        return "numbers"
    if {"content.xml", "meta-inf/manifest.xml"} <= names:
        return "ods"
    # What calls itself an Office package, or was one before it was packed again.
    office = not names or "[content_types].xml" in names or "xl/_rels/workbook.xml.rels" in names
    return "damaged" if office else "zip"


def _holds_macros(name: str) -> bool:
    """Programs (VBA) and the macro sheets of Excel 4."""
    if name.startswith(("word/", "ppt/")):
        return False
    return name.endswith("/vbaproject.bin") or "/macrosheets/" in name


def _mimetype(file: BinaryIO) -> str:
    """Raises Refused."""
    with (
        refusing(CODES["damaged"]),
        zipfile.ZipFile(file) as archive,
        archive.open("mimetype") as member,
    ):
        return member.read(200).decode("latin-1")


def _ole(data: bytes) -> str:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            for stream, kind in _OLE_STREAMS:
                if ole.exists(stream):
                    return "xlsm" if kind == "xls" and ole.exists(_OLE_MACROS) else kind
    except MemoryError:
        raise
    except Exception:
        # A container with faults that the spreadsheet's own reader may forgive.
        for stream, kind in _OLE_STREAMS:
            if (stream + "\0").encode("utf-16-le") in data:
                return kind
        return "damaged"
    return "unknown"


def _text(head: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            head = head[2:].decode(encoding, "replace").encode("utf-8", "replace")
    if _CONTROL.search(head):
        return "unknown"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"mime-version:"):
        return "html"
    if _MAIL.match(start):
        return "mail"
    if not start.startswith(b"<"):
        return "text"
    if b"urn:oasis:names:tc:opendocument" in start:
        return "ods"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start:
        return "xml2003"
    if IDENTITY_NAMESPACE in start:
        return "identity"
    if any(mark in start for mark in (b"<html", b"<!doctype html", b"<table")):
        return "html"
    return "xml" if start.startswith(b"<?xml") else "text"
