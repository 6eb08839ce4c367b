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
from io import BytesIO
from itertools import pairwise

from converter.workbook.refusal import Refused, refusing
from converter.workbook.sniff import LARGEST_DIRECTORY, directory_size, part_name

LARGEST_FILE = 128 << 20  # a million members fill some 90 MB
MOST_MEMBERS = 5_000  # five times the largest honest count
LARGEST_INFLATED = 768 << 20  # what fits a worker's memory beside all that is made of it
LARGEST_RATIO = 200  # only bombs passed it
RATIO_GRACE = 64 << 20  # small files may be very regular: no ratio below this size

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
_DTD = b"<!DOCTYPE"  # before any entity, and in capitals or it is not well-formed


def parts(data: bytes) -> dict[str, bytes]:
    """The XML parts of a workbook in UTF-8, by lower-case name. Raises Refused."""
    if not 0 <= directory_size(BytesIO(data)) <= LARGEST_DIRECTORY:
        raise Refused("F009")
    with refusing("F009"), zipfile.ZipFile(BytesIO(data)) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
    _vet(members, len(data))
    starts = _starts(members, data)
    found = {}
    for info, start in zip(members, starts, strict=True):
        inflated = _inflate(info, data, start)
        if _is_xml(inflated):
            found[part_name(info.filename)] = _utf8(inflated, info.filename)
    return found


def _vet(members: list[zipfile.ZipInfo], size: int) -> None:
    """What the directory alone gives away."""
    if len(members) > MOST_MEMBERS:
        raise Refused("F301", count=len(members), limit=MOST_MEMBERS)
    seen: set[str] = set()
    for info in members:
        name = part_name(info.filename)
        if name in seen:
            raise Refused("F305", part=info.filename)
        seen.add(name)
        if ".." in name.split("/") or stat.S_ISLNK(info.external_attr >> 16):
            raise Refused("F308", part=info.filename)
        if info.flag_bits & 0x1:
            raise Refused("F307", part=info.filename)
        if info.compress_type not in _READABLE:
            raise Refused("F313", part=info.filename)
    inflated = sum(info.file_size for info in members)
    if inflated > LARGEST_INFLATED:
        raise Refused("F302", limit=LARGEST_INFLATED >> 20)
    if inflated > RATIO_GRACE and inflated > size * LARGEST_RATIO:
        raise Refused("F303", ratio=inflated // max(size, 1))


def _starts(members: list[zipfile.ZipInfo], data: bytes) -> list[int]:
    """Where each member's bytes begin. Members that share bytes are a bomb's trick."""
    starts, spans = [], []
    for info in members:
        try:
            signature, name, extra = _LOCAL.unpack_from(data, info.header_offset)
        except struct.error:
            raise Refused("F009") from None
        start = info.header_offset + _LOCAL.size + name + extra
        if signature != b"PK\x03\x04" or start + info.compress_size > len(data):
            raise Refused("F009")
        starts.append(start)
        spans.append((info.header_offset, start + info.compress_size, info.filename))
    spans.sort()
    for (_, end, _), (begin, _, name) in pairwise(spans):
        if begin < end:
            raise Refused("F306", part=name)
    return starts


def _inflate(info: zipfile.ZipInfo, data: bytes, start: int) -> bytes:
    """One member, counted while it is inflated, its checksum compared."""
    packed = memoryview(data)[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        inflated = bytes(packed)
    else:
        # One byte more than declared is enough to know that the declaration lies; 0 would
        # mean 'no limit'.
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        with refusing("F304", part=info.filename):
            inflated = engine.decompress(packed, info.file_size + 1)
    if len(inflated) != info.file_size or zlib.crc32(inflated) != info.CRC:
        raise Refused("F304", part=info.filename)
    return inflated


def _is_xml(data: bytes) -> bool:
    """Whether a part begins as XML in any encoding. Data models and pictures do not, though
    they may begin with a byte order mark."""
    codec = next((codec for mark, codec in _MARKS if data.startswith(mark)), "latin-1")
    head = data[:400].decode(codec, "ignore").removeprefix("\ufeff")
    return head.lstrip(" \t\r\n").startswith("<")


def _utf8(data: bytes, name: str) -> bytes:
    """A part in UTF-8 without byte order mark; refuses document types and odd encodings."""
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
                raise Refused("F312", part=name)
            data = _recoded(data, encoding, name)
    if _DTD in data or _DTD.lower() in data[:4096].lower():
        raise Refused("F309", part=name)
    return data


def _recoded(data: bytes, encoding: str, name: str) -> bytes:
    with refusing("F312", part=name):
        text = data.decode(encoding).removeprefix("\ufeff")
    return text.encode("utf-8", "replace")
