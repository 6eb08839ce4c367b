"""The list of members at a zip's end, looked at before `zipfile` may read it (APPNOTE 4.3).

An entry takes 46 bytes and its name; `zipfile` makes an object of each before anybody can ask how
many there are. It also takes the last bytes that look like an end record for one, though a comment
may hold them.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

# What reading a damaged zip raises.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
# Room for 40,000 members, some forty times the largest honest workbook's.
LARGEST_DIRECTORY = 4 << 20

_END, _END_SIZE = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END64, _END64_SIZE = b"PK\x06\x06", 56
_TAIL = 66_000 + _LOCATOR_SIZE + _END64_SIZE  # the longest comment, and all three records


def opened(file: BinaryIO, largest: int = LARGEST_DIRECTORY) -> zipfile.ZipFile:
    """A zip to be read, whose list of members is at most so many bytes long.

    Raises zipfile.BadZipFile, and what `zipfile` raises at other damage.
    """
    if not 0 <= directory_size(file) <= largest:
        raise zipfile.BadZipFile
    tail, start, at = _end(file)
    file.seek(0)
    if tail.rfind(_END) == at:
        return zipfile.ZipFile(file)
    return zipfile.ZipFile(_WithoutComment(file, start + at))


def directory_size(file: BinaryIO) -> int:
    """Bytes of a zip's list of members, by the record that `zipfile` reads; -1 where there
    is none."""
    tail, _, at = _end(file)
    if at < 0:
        return -1
    before = at - _LOCATOR_SIZE - _END64_SIZE
    if tail[at - _LOCATOR_SIZE : at].startswith(_LOCATOR):
        # It outweighs the other one, whatever that says.
        if before < 0 or tail[before : before + 4] != _END64:
            return -1
        return int(struct.unpack_from("<Q", tail, before + 40)[0])
    return int(struct.unpack_from("<L", tail, at + 12)[0])


def _end(file: BinaryIO) -> tuple[bytes, int, int]:
    """The last bytes of a file, where they start, and where among them the end record is."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _TAIL)
    file.seek(start)
    tail = file.read()
    found = list(_found(tail))
    # The one whose comment ends with the file; else the last one, as most programs take it.
    whole = (
        at
        for at in found
        if at + _END_SIZE + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)
    )
    return tail, start, next(whole, found[0] if found else -1)


def _found(tail: bytes) -> Iterator[int]:
    """Where end records may begin, from the last one on."""
    at = tail.rfind(_END, 0, len(tail) - _END_SIZE + len(_END))
    while at >= 0:
        yield at
        at = tail.rfind(_END, 0, at)


class _WithoutComment(io.RawIOBase):
    """A zip as it would be without its comment."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file, self._at = file, 0
        file.seek(end)
        self._record = file.read(_END_SIZE - 2) + bytes(2)
        self._end = end

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = (0, self._at, self._end + _END_SIZE)[whence]
        if base + offset < 0:
            raise OSError
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        wanted = len(buffer)
        if self._at < self._end:
            self._file.seek(self._at)
            found = self._file.read(min(wanted, self._end - self._at))
        else:
            within = self._at - self._end
            found = self._record[within : within + wanted]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)
