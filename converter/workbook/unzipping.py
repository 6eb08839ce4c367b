"""Zips that hold submissions: each file in them, under a name of our own making.

An inbox gets workbooks and packages by the zip, and zips of zips. Nothing in a zip is believed:
the list of members is vetted before anything is inflated, members are counted while they are
inflated and land under numbers in a folder of ours; their own names are for display, made harmless
and unique. Names without the UTF-8 flag are UTF-8 where a Mac made the zip, else GBK: `_Names`.

>>> safe_name("../一县\\\\填报?.xlsx")
'一县/填报_.xlsx'
>>> safe_name("con.xlsx/./  .")
'_con.xlsx/_'
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from converter.files import backup_zip, zip_directory, zip_writing
from converter.workbook import detect_type
from converter.workbook.xlsx.archive import LARGEST_FILE, LARGEST_RATIO, RATIO_GRACE

MOST_MEMBERS = 20_000  # tens of thousands of units come in several zips
LARGEST_INFLATED = 4 << 30  # on the disk, of one zip with all that is nested in it
DEEPEST = 3  # zips within zips
HEAD = 128  # bytes that tell what a zip is
LONGEST_NAME = 80  # characters of one part of a path: 240 bytes of Chinese

IGNORED_NAMES = ("~$", ".", "__MACOSX", "Thumbs.db", "desktop.ini")

_LOCAL = struct.Struct("<4s22xHH")
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """A file out of a zip: what it is called (below its zip), where it lies, its sha256."""

    name: str
    path: Path
    content: str


@dataclass(frozen=True, slots=True)
class UnusableMember:
    """A zip, or a member of one, that cannot be taken apart."""

    name: str
    content: str
    code: str
    params: dict[str, str | int] = field(default_factory=dict)


class _CannotUnpack(Exception):
    def __init__(self, code: str, **params: str | int) -> None:
        self.code, self.params = code, params


class _NoRoom(Exception):
    """A member cannot be written: a fault of this machine's disk, not of the zip."""

    def __init__(self, error: OSError) -> None:
        self.error = error


@dataclass(slots=True)
class _Budget:
    """What is left for one zip and all that is nested in it."""

    bytes: int = LARGEST_INFLATED
    members: int = MOST_MEMBERS
    number: int = 0


def unpack(path: Path, content: str, name: str, folder: Path) -> Iterator[Member | UnusableMember]:
    """Take a zip apart into `folder`, in the order of its list. Never raises on bad data.

    Raises OSError where `folder` cannot be written to.
    """
    try:
        yield from _unpack(path, content, name, folder, 1, _Budget())
    except _NoRoom as full:
        raise full.error from None


def _unpack(
    path: Path, content: str, name: str, folder: Path, depth: int, budget: _Budget
) -> Iterator[Member | UnusableMember]:
    try:
        if depth > DEEPEST:
            raise _CannotUnpack("F606", limit=DEEPEST)
        with path.open("rb") as file, zip_directory.opened(file) as archive:
            infos = _vetted(archive, file, path.stat().st_size, budget)
            if not infos:
                raise _CannotUnpack("F608")
            names, taken = _Names(infos), set[str]()
            for info in infos:
                inner = f"{name}/{_unique(safe_name(names.of(info)), taken)}"
                budget.number += 1
                target = folder / f"{budget.number}{_suffix(inner)}"
                try:
                    digest = _inflate(archive, info, target, budget)
                except _CannotUnpack as error:
                    yield UnusableMember(inner, f"{content}:{inner}", error.code, error.params)
                    continue
                if detect_type(target) == "zip" and not _is_document(target):
                    yield from _unpack(target, digest, inner, folder, depth + 1, budget)
                    target.unlink(missing_ok=True)
                else:
                    yield Member(inner, target, digest)
    except _CannotUnpack as error:
        yield UnusableMember(name, content, error.code, error.params)
    except zip_directory.DAMAGED:
        yield UnusableMember(name, content, "F601")


def _is_document(path: Path) -> bool:
    """Whether a zip is one file and no folder: a union's forward, or a backup."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return zip_writing.has_media_type(head) or backup_zip.begins_like(path, head)


def _vetted(
    archive: zipfile.ZipFile, file: BinaryIO, size: int, budget: _Budget
) -> list[zipfile.ZipInfo]:
    """The members worth reading, once the list as a whole has proved to be honest."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    budget.members -= len(infos)
    if budget.members < 0:
        raise _CannotUnpack("F602", limit=MOST_MEMBERS)
    inflated = sum(info.file_size for info in infos)
    too_dense = inflated > RATIO_GRACE and inflated > size * LARGEST_RATIO
    if inflated > budget.bytes or too_dense:
        raise _CannotUnpack("F603", limit=LARGEST_INFLATED >> 20)
    spans = []
    for info in infos:
        file.seek(info.header_offset)
        signature, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        end = info.header_offset + _LOCAL.size + name + extra + info.compress_size
        if signature != b"PK\x03\x04" or end > size:
            raise _CannotUnpack("F601")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _CannotUnpack("F607")
        spans.append((info.header_offset, end))
    if any(begin < end for (_, end), (begin, _) in pairwise(sorted(spans))):
        raise _CannotUnpack("F607")
    names = _Names(infos)
    return [info for info in infos if not _is_ignored(names.of(info))]


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: _Budget) -> str:
    """Write one member, counted while it is inflated; its sha256. Raises _Refused, _NoRoom."""
    if info.flag_bits & 0x1:
        raise _CannotUnpack("F605")
    if info.file_size > LARGEST_FILE:
        raise _CannotUnpack("F603", limit=LARGEST_FILE >> 20)
    digest = hashlib.sha256()
    chunks = _chunks(archive, info)
    try:
        with target.open("xb") as out:
            for chunk in chunks:
                digest.update(chunk)
                out.write(chunk)
    except OSError as error:
        raise _NoRoom(error) from error
    budget.bytes -= info.file_size
    return digest.hexdigest()


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    left = info.file_size
    try:
        with archive.open(info) as member:
            while chunk := member.read(min(1 << 20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise _CannotUnpack("F604")
                yield chunk
    except zip_directory.DAMAGED as error:
        raise _CannotUnpack("F604") from error


# --- names ---------------------------------------------------------------------------------


class _Names:
    """What the members of one zip are called.

    A name with the UTF-8 flag is clear, as is one that its Unicode extra field repeats (APPNOTE
    4.6.9). Other programs leave open which encoding they write: Finder on a Mac UTF-8, Chinese
    Windows GBK. One program wrote all the names, so all of them are looked at together.
    """

    def __init__(self, infos: Sequence[zipfile.ZipInfo]) -> None:
        unclear = [raw for info in infos if (raw := _unflagged(info))]
        self._encoding = _encoding(b"/".join(unclear))

    def of(self, info: zipfile.ZipInfo) -> str:
        raw = _unflagged(info)
        found = raw and (_unicode_extra(info.extra, raw) or _text(raw, self._encoding))
        return unicodedata.normalize("NFC", found or info.filename)


def _unflagged(info: zipfile.ZipInfo) -> bytes:
    """The bytes of a name whose encoding is not declared; b'' where it is."""
    if info.flag_bits & 0x800 or info.orig_filename.isascii():
        return b""
    try:
        return info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return b""


def _encoding(names: bytes) -> str:
    """UTF-8 or GBK, by what is valid.

    Two characters of GBK may by chance be valid UTF-8, but then they are no Chinese: Chinese takes
    three bytes a character there.
    """
    as_utf8, as_gbk = _text(names, "utf-8"), _text(names, "gb18030")
    if as_utf8 and (not as_gbk or any(character >= "\u2e80" for character in as_utf8)):
        return "utf-8"
    return "gb18030"


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _unicode_extra(extra: bytes, raw: bytes) -> str:
    """The name in UTF-8 that Info-ZIP and WinRAR add, where it belongs to this name."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        field, at = extra[at + 4 : at + 4 + length], at + 4 + length
        if kind == 0x7075 and field[:5] == struct.pack("<BL", 1, zlib.crc32(raw)):
            return _text(field[5:], "utf-8")
    return ""


def _is_ignored(name: str) -> bool:
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return any(part.startswith(IGNORED_NAMES) for part in parts)


def safe_name(name: str) -> str:
    """A relative path that every system takes, from whatever a zip calls a member."""
    parts = [_safe_part(part) for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
    return "/".join(parts[-8:]) or "_"


def _safe_part(part: str) -> str:
    kept = "".join(
        "_" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in part
    )
    kept = _FORBIDDEN.sub("_", kept).strip().rstrip(". ")
    if len(kept) > LONGEST_NAME:
        stem, suffix = kept[: LONGEST_NAME - 12], _suffix(kept)
        kept = stem + suffix
    return f"_{kept}" if not kept or _RESERVED.fullmatch(kept) else kept


def _suffix(name: str) -> str:
    suffix = Path(name).suffix
    return suffix if len(suffix) <= 6 and suffix[1:].isalnum() and suffix.isascii() else ""


def _unique(name: str, taken: set[str]) -> str:
    """Told apart where case does not count."""
    stem, suffix = name.removesuffix(_suffix(name)), _suffix(name)
    number, unique = 2, name
    while unique.casefold() in taken:
        unique, number = f"{stem}-{number}{suffix}", number + 1
    taken.add(unique.casefold())
    return unique
