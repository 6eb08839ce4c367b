"""The one place that writes zips: the same members give the same bytes.

A zip's bytes depend on its members and on `when` alone: not on the clock, the time zone, the
platform or the umask. They do depend on the zlib that Python was built with; digests that must
hold across machines are taken of the members, not of the zip.

>>> dos_time(0)  # a zip knows no time before 1980
(1980, 1, 1, 0, 0, 0)
>>> dos_time(1767225600)
(2026, 1, 1, 0, 0, 0)
"""

from __future__ import annotations

import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from converter.files.writing import Verify, keep_private, replacing

# zlib's levels; more bytes: 1/5 of the time, 11/10 of them
LEVEL_SMALLEST, LEVEL_DEFAULT, LEVEL_FAST, LARGE_MEMBER = 9, 6, 4, 1 << 20

MEDIA_TYPE = "mimetype"  # the first member of a zip that says what it is

LONG_PIECE = 1 << 17  # bytes: longer than any piece of a workbook but a table's rows

FIRST_SECOND, LAST_SECOND = 315_532_800, 4_354_819_198  # that a zip can hold, since 1970


def write_zip(
    path: Path,
    members: Iterable[tuple[str, bytes]],
    *,
    when: int,
    verify: Verify | None = None,
    private: bool = False,
) -> None:
    """Write a zip whole or not at all; members keep the order given. A `private` one is its
    owner's alone.

    `when` (seconds since 1970) becomes the time of every member, in UTC. `verify` is called with
    the private file before it takes the name `path`; what it raises stops the writing and leaves
    an older file at `path` as it was. Raises OSError, ValueError for a name given twice.
    """
    with replacing(path, verify) as file:
        if private:
            keep_private(file)
        pack(file, members, when=when)


def pack(file: BinaryIO, members: Iterable[tuple[str, bytes]], *, when: int) -> None:
    """Write a zip's bytes to an open, seekable file."""
    names: set[str] = set()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members:
            if name in names:
                raise ValueError(f"member {name!r} is given twice")
            names.add(name)
            archive.writestr(
                _info(name, when),
                data,
                compresslevel=LEVEL_FAST if len(data) > LARGE_MEMBER else LEVEL_DEFAULT,
            )


def write_streamed_zip(
    path: Path,
    members: Iterable[tuple[str, Iterable[bytes]]],
    *,
    when: int,
    media_type: bytes = b"",
) -> None:
    """Write a zip whole or not at all, for its owner alone, its members as they come in pieces:
    neither has to fit into memory. One with a `media_type` begins with it (as in EPUB and ODF), and
    its members are stored as they are. Raises OSError."""
    with replacing(path, None) as file:
        keep_private(file)
        with zipfile.ZipFile(file, "w") as archive:
            if media_type:
                archive.writestr(_info(MEDIA_TYPE, when), media_type, zipfile.ZIP_STORED)
            for name, pieces in members:
                info = _info(name, when)
                if media_type:
                    info.compress_type = zipfile.ZIP_STORED
                with archive.open(info, "w", force_zip64=True) as member:
                    for piece in pieces:
                        member.write(piece)


def has_media_type(head: bytes, media_type: bytes = b"") -> bool:
    """Whether a file's first bytes are those of a zip with this media type, or with any."""
    start = b"PK\x03\x04"
    wanted = MEDIA_TYPE.encode() + media_type
    return head.startswith(start) and head[30 : 30 + len(wanted)] == wanted


def _info(name: str, when: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, dos_time(when))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # whatever machine this is: a Unix file, rw-r--r--
    info.external_attr = 0o100644 << 16
    return info


@dataclass(frozen=True, slots=True)
class Packed:
    """A member of a zip, compressed already: it can go into any number of zips as it is."""

    name: str
    crc: int
    size: int  # bytes before compressing
    body: tuple[bytes, ...]


def packed(
    name: str, chunks: Iterable[bytes], level: int = LEVEL_DEFAULT, *, is_table: bool = False
) -> Packed:
    """Compress a member piece by piece: of what it is made of, only one piece is held at a time."""
    packer = _packer(level, is_table=is_table)
    body, crc, size = [], 0, 0
    for chunk in chunks:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        if out := packer.compress(chunk):
            body.append(out)
    body.append(packer.flush())
    return Packed(name, crc, size, tuple(body))


def zipped(members: Iterable[Packed], *, when: int) -> list[bytes]:
    """A zip of compressed members, in pieces."""
    out: list[bytes] = []
    directory, offset = [], 0
    day = _dos_stamp(when)
    for member in members:
        name, stored = member.name.encode("ascii"), sum(map(len, member.body))
        common = _COMMON.pack(20, 0, 8, *day, member.crc, stored, member.size, len(name), 0)
        out += [b"PK\x03\x04", common, name, *member.body]
        rest = struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, offset)
        directory.append(b"".join((b"PK\x01\x02\x14\x03", common, rest, name)))
        offset += 4 + len(common) + len(name) + stored
    listed, count = b"".join(directory), len(directory)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(listed), offset, 0)
    return [*out, listed, end]


class Pattern:
    """A zip of which many copies differ in a few places: everything else is compressed once.

    A place is a text that stands in a member where every copy has its own. The bytes between
    places are compressed to whole blocks of their own (RFC 1951 lets blocks follow one another),
    and what fills a place goes between them as a stored block.
    """

    def __init__(
        self, members: Iterable[tuple[str, bytes]], places: Iterable[bytes], *, when: int
    ) -> None:
        """Raises ValueError for a place that no member has: it would be filled in nowhere."""
        known = tuple(places)
        splitting = re.compile(b"(" + b"|".join(map(re.escape, known)) + b")")
        self._when = when
        self._members: list[tuple[str, list[bytes], list[bytes]]] = []
        missing = set(known)
        for name, data in members:
            pieces = splitting.split(data) if known else [data]
            missing -= set(pieces[1::2])
            blocks = [_blocks(p, last=n == len(pieces) - 1) for n, p in enumerate(pieces)][::2]
            self._members.append((name, pieces, blocks))
        if missing:
            raise ValueError(f"no member has {sorted(missing)[0]!r}")
        self._whole = [zlib.crc32(pieces[0]) for _, pieces, _ in self._members]

    def copy(self, fill: Callable[[str, bytes], bytes]) -> bytes:
        """One zip. `fill` gives the content of a member; up to 65,535 bytes."""
        return b"".join(zipped(self._filled(fill), when=self._when))

    def _filled(self, fill: Callable[[str, bytes], bytes]) -> Iterator[Packed]:
        for (name, pieces, blocks), start in zip(self._members, self._whole, strict=True):
            crc, body, size = start, [blocks[0]], len(pieces[0])
            for n in range(1, len(pieces), 2):
                value = fill(name, pieces[n])
                crc = zlib.crc32(pieces[n + 1], zlib.crc32(value, crc))
                size += len(value) + len(pieces[n + 1])
                body += [struct.pack("<BHH", 0, len(value), len(value) ^ 0xFFFF), value]
                body.append(blocks[(n + 1) // 2])
            yield Packed(name, crc, size, tuple(body))


_COMMON = struct.Struct("<HHHHHLLLHH")


def _packer(level: int, *, is_table: bool) -> zlib._Compress:
    # Little memory means short blocks. The rows of a table differ in the digits of their numbers,
    # and which digits are frequent changes from hundred to hundred.
    memory = (3 if is_table else 5) if level == LEVEL_SMALLEST else zlib.DEF_MEM_LEVEL
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, memory)


def _blocks(data: bytes, *, last: bool) -> bytes:
    """Deflated to blocks that end on a byte and look back on nothing before them."""
    packer = _packer(LEVEL_SMALLEST, is_table=len(data) > LONG_PIECE)  # once for many copies
    ending = zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH
    return packer.compress(data) + packer.flush(ending)


def _dos_stamp(when: int) -> tuple[int, int]:
    year, month, day, hour, minute, second = dos_time(when)
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def dos_time(when: int) -> tuple[int, int, int, int, int, int]:
    """Seconds since 1970 → the UTC time a zip can hold (1980 to 2107)."""
    # Clipped first: Windows converts no time before 1970.
    found = time.gmtime(max(FIRST_SECOND, min(when, LAST_SECOND)))
    return (found.tm_year, found.tm_mon, found.tm_mday, found.tm_hour, found.tm_min, found.tm_sec)
