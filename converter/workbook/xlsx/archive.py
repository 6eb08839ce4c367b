"""The pre-flight: a zip's members, each inflated once, counted and vetted.

No parser sees the file itself; it gets the parts that passed here. So two programs cannot see
two different workbooks in one file, and no declared size is believed before it was counted.
The limits are about safety, not about the form: measured over some 680 real workbooks
(121 : 1 and 60 MB inflated at most, 1,033 members) with room above.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from io import SEEK_END
from itertools import chain, pairwise
from typing import BinaryIO

from converter.workbook.type_detection import part_name
from converter.workbook.unreadable import UnreadableFile, unreadable_on_error

LARGEST_FILE = 128 << 20  # a million members fill some 90 MB
MOST_MEMBERS = 5_000  # five times the largest honest count
LARGEST_INFLATED = 768 << 20  # what fits a worker's memory beside all that is made of it
LARGEST_RATIO = 200  # only bombs passed it
RATIO_GRACE = 64 << 20  # small files may be very regular: no ratio below this size
SMALL = 64 << 10  # bytes; larger parts stay packed until they are read …
LARGE = 1 << 20  # … and come in pieces of about this size
PIECE = 128 << 10  # packed bytes that are inflated at a time
MAGIC_LENGTH = 256  # bytes that show what a part is

_LOCAL = struct.Struct("<4s22xHH")  # signature, …, length of name, length of extra
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}
# Encodings that keep '<' and '&' in place or are decoded by a byte order mark. In others
# (UTF-7, EBCDIC) a declaration could hide from any search.
_DECODED = {
    "utf-16", "utf-16le", "utf-16be", "gb2312", "gbk", "gb18030", "big5", "iso-8859-1",
    "latin-1", "windows-1252", "windows-936",
}  # fmt: skip
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
# One large piece of memory, given back: from then on glibc keeps what a file leaves free for the
# next one. Else it would be returned and fetched again, some 800 pages a small workbook.
bytes(16 << 20)
_TEXTS = "sharedstrings.xml"
_DTD = b"<!DOCTYPE"  # before any entity, and in capitals or it is not well-formed


class Parts(Mapping[str, bytes]):
    """The XML parts of a workbook in UTF-8, by lower-case name.

    Large ones stay packed until they are read, whole or as a stream. `finish` vets those that
    have not been read: a damaged file is damaged, wherever the damage is.
    """

    def __init__(self, file: BinaryIO, members: Sequence[zipfile.ZipInfo]) -> None:
        """`file` is seekable and stays open as long as parts are read; `members` is its
        directory. Raises UnreadableFile."""
        members = [info for info in members if not info.is_dir()]
        size = file.seek(0, SEEK_END)
        _vet(members, size)
        self._file = file
        self._small: dict[str, bytes] = {}
        self._large: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        self._unseen: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        for info, start in zip(members, _starts(members, file, size), strict=True):
            name, member = part_name(info.filename), (info, start)
            # Texts are each workbook's own.
            if max(info.file_size, info.compress_size) > SMALL or name.endswith(_TEXTS):
                self._unseen[name] = member
                if _is_xml(self._beginning(*member)):
                    self._large[name] = member
                continue
            file.seek(start)
            part = _small(
                file.read(info.compress_size),
                info.compress_type,
                info.file_size,
                info.CRC,
                info.filename,
            )
            if part is not None:
                self._small[name] = part

    def __getitem__(self, name: str) -> bytes:
        """Raises KeyError, UnreadableFile."""
        if name in self._small:
            return self._small[name]
        info, start = self._large[name]
        part = _utf8(b"".join(_inflate(info, self._file, start)), info.filename)
        self._unseen.pop(name, None)
        return part

    def __contains__(self, name: object) -> bool:
        return name in self._small or name in self._large

    def __iter__(self) -> Iterator[str]:
        return chain(self._small, self._large)

    def __len__(self) -> int:
        return len(self._small) + len(self._large)

    def small(self, name: str) -> bytes | None:
        """A part that is small: the same object in every workbook that has it."""
        return self._small.get(name)

    def stream(self, name: str) -> Iterator[bytes]:
        """A part piece by piece, as it is in the file: not vetted for its encoding and document
        type. A damaged one raises UnreadableFile at its end. Raises KeyError, UnreadableFile."""
        if name in self._small:
            yield self._small[name]
            return
        info, start = self._large[name]
        yield from _inflate(info, self._file, start)
        self._unseen.pop(name, None)

    def finish(self) -> None:
        """Raises UnreadableFile."""
        for name, (info, start) in list(self._unseen.items()):
            pieces = _inflate(info, self._file, start)
            if name in self._large:
                first = next(pieces)
                if _utf8(first, info.filename) != first:
                    _ = self[name]  # in another encoding: as a whole
                    continue
                pieces = chain([first], pieces)
            last = b""
            for piece in pieces:
                around = last + piece
                # One character is found ten times faster than several.
                if b"!" in around and name in self._large and _DTD in around:
                    raise UnreadableFile("F309", part=info.filename)
                last = piece[-len(_DTD) :]

    def _beginning(self, info: zipfile.ZipInfo, start: int) -> bytes:
        with unreadable_on_error("F304", part=info.filename):
            return next(_pieces(info, self._file, start, MAGIC_LENGTH), b"")


def _vet(members: Sequence[zipfile.ZipInfo], size: int) -> None:
    """What the directory alone gives away."""
    if len(members) > MOST_MEMBERS:
        raise UnreadableFile("F301", count=len(members), limit=MOST_MEMBERS)
    seen: set[str] = set()
    for info in members:
        name = part_name(info.filename)
        if name in seen:
            raise UnreadableFile("F305", part=info.filename)
        seen.add(name)
        if ".." in name.split("/") or stat.S_ISLNK(info.external_attr >> 16):
            raise UnreadableFile("F308", part=info.filename)
        if info.flag_bits & 0x1:
            raise UnreadableFile("F307", part=info.filename)
        if info.compress_type not in _READABLE:
            raise UnreadableFile("F313", part=info.filename)
    inflated = sum(info.file_size for info in members)
    if inflated > LARGEST_INFLATED:
        raise UnreadableFile("F302", limit=LARGEST_INFLATED >> 20)
    if inflated > RATIO_GRACE and inflated > size * LARGEST_RATIO:
        raise UnreadableFile("F303", ratio=inflated // max(size, 1))


def _starts(members: Sequence[zipfile.ZipInfo], file: BinaryIO, size: int) -> list[int]:
    """Where each member's bytes begin. Members that share bytes are a bomb's trick."""
    starts, spans = [], []
    for info in members:
        if not 0 <= info.header_offset < size:
            raise UnreadableFile("F009")
        file.seek(info.header_offset)
        try:
            signature, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        except struct.error:
            raise UnreadableFile("F009") from None
        start = info.header_offset + _LOCAL.size + name + extra
        if signature != b"PK\x03\x04" or start + info.compress_size > size:
            raise UnreadableFile("F009")
        starts.append(start)
        spans.append((info.header_offset, start + info.compress_size, info.filename))
    spans.sort()
    for (_, end, _), (begin, _, name) in pairwise(spans):
        if begin < end:
            raise UnreadableFile("F306", part=name)
    return starts


@lru_cache(maxsize=64)  # thousands of workbooks of one template share their small parts
def _small(packed: bytes, method: int, size: int, crc: int, name: str) -> bytes | None:
    """A small part in UTF-8; None where it is no XML."""
    with unreadable_on_error("F304", part=name):
        data = packed
        if method == zipfile.ZIP_DEFLATED:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    if len(data) != size or zlib.crc32(data) != crc:
        raise UnreadableFile("F304", part=name)
    return _utf8(data, name) if _is_xml(data) else None


def _inflate(info: zipfile.ZipInfo, file: BinaryIO, start: int) -> Iterator[bytes]:
    """One member in pieces, counted while it is inflated, its checksum compared at the end."""
    size, crc = 0, 0
    for piece in _pieces(info, file, start, LARGE):
        size, crc = size + len(piece), zlib.crc32(piece, crc)
        if size > info.file_size:
            break  # the declaration lies; no more of it is wanted
        yield piece
    if size != info.file_size or crc != info.CRC:
        raise UnreadableFile("F304", part=info.filename)


def _pieces(info: zipfile.ZipInfo, file: BinaryIO, start: int, most: int) -> Iterator[bytes]:
    """A member's bytes, at most so many at once."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    end = start + info.compress_size
    for at in range(start, end, PIECE):
        file.seek(at)  # others read in between
        packed = file.read(min(PIECE, end - at))
        if info.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        while packed:
            with unreadable_on_error("F304", part=info.filename):
                piece = engine.decompress(packed, most)
            if piece:
                yield piece
            packed = engine.unconsumed_tail
        if engine.eof:
            return
    with unreadable_on_error("F304", part=info.filename):
        last = engine.flush()
    if last:
        yield last


def _is_xml(data: bytes) -> bool:
    """Whether a part begins as XML in any encoding. Data models and pictures do not, though
    they may begin with a byte order mark."""
    codec = next((codec for mark, codec in _MARKS if data.startswith(mark)), "latin-1")
    head = data[:400].decode(codec, "ignore").removeprefix("\ufeff")
    return head.lstrip(" \t\r\n").startswith("<")


def _utf8(data: bytes, name: str) -> bytes:
    """A part in UTF-8 without byte order mark; refuses document types and unknown encodings."""
    encoding = next((codec for mark, codec in _MARKS if data.startswith(mark)), "")
    if encoding == "utf-8":
        data = data[3:]
    elif encoding:
        data = _recoded(data, encoding, name)
    else:
        data = data.lstrip(b" \t\r\n") if data[:1] != b"<" else data
        declared = _ENCODING.match(data)
        encoding = declared[1].decode().lower() if declared else "utf-8"
        if encoding not in _UTF8:
            if encoding not in _DECODED:
                raise UnreadableFile("F312", part=name)
            data = _recoded(data, encoding, name)
    # One character is found ten times faster than several.
    if b"!" in data and (_DTD in data or _DTD.lower() in data[:4096].lower()):
        raise UnreadableFile("F309", part=name)
    return data


def _recoded(data: bytes, encoding: str, name: str) -> bytes:
    with unreadable_on_error("F312", part=name):
        text = data.decode(encoding).removeprefix("\ufeff")
    return text.encode("utf-8", "replace")
