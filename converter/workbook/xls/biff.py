"""The records of an .xls workbook's stream ([MS-XLS] 2.1.4), tidied for a reader that stumbles.

Excel minds neither a table of strings with a wrong count nor names and remarks that make no
sense to xlrd, nor cells of a style that the file does not have, and reads a stream to its end
whatever length the container gives. Nothing here changes what a cell holds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

_HEAD = struct.Struct("<HH")  # kind, bytes that follow
_STRINGS, _CONTINUE = 0x00FC, 0x003C
# Names and other records that are not needed.
_SKIPPED = {0x0018, 0x0023, 0x001C}
_STYLE = 0x00E0
# Records of one cell: row, column, style, value.
_CELLS = {0x0201, 0x0203, 0x0204, 0x0205, 0x0006, 0x0206, 0x0406, 0x027E, 0x00D6, 0x00FD}
_NUMBERS = 0x00BD  # cells of a row: row, first column, then style and value of each
_NO_STYLE = bytes(2)
_IGNORED = 0xFFFF  # no kind of record
_STREAMS = ("Workbook", "Book")


def tidied(data: bytes) -> bytes:
    """A container, or a stream without one → the stream, tidied. Raises nearly anything at
    damaged files."""
    import olefile  # type: ignore[import-untyped]

    stream = data
    if data.startswith(olefile.MAGIC):
        with olefile.OleFileIO(BytesIO(data)) as container:
            name = next(name for name in _STREAMS if container.exists(name))
            stream = container.openstream(name).read()
    made = bytearray(stream)
    pieces: list[tuple[int, int]] = []  # of the strings: where each record's bytes are
    kind_before = 0
    styles = sum(kind == _STYLE for _, kind, _ in _records(stream))
    for at, kind, length in _records(stream):
        for style in _style_places(kind, at + _HEAD.size, length):
            if int.from_bytes(stream[style : style + 2], "little") >= styles:
                made[style : style + 2] = _NO_STYLE
        if kind in _SKIPPED:
            _HEAD.pack_into(made, at, _IGNORED, length)
        elif kind == _STRINGS or (kind == _CONTINUE and kind_before == _STRINGS):
            pieces.append((at + _HEAD.size, at + _HEAD.size + length))
            kind = _STRINGS
        kind_before = kind
    if pieces:
        start = pieces[0][0]
        struct.pack_into("<L", made, start + 4, _count([stream[a:b] for a, b in pieces]))
    return bytes(made)


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each record starts, its kind and the length of its contents."""
    at = 0
    while at + _HEAD.size <= len(stream):
        kind, length = _HEAD.unpack_from(stream, at)
        yield at, kind, length
        at += _HEAD.size + length


def _style_places(kind: int, start: int, length: int) -> range:
    """Where a record holds the styles of its cells."""
    if kind in _CELLS and length >= 6:
        return range(start + 4, start + 5)
    return range(start + 4, start + length - 6, 6) if kind == _NUMBERS else range(0)


def _count(pieces: list[bytes]) -> int:
    """How many strings there really are ([MS-XLS] 2.4.265, 2.5.293)."""
    number, at, count = 0, 8, 0
    while number < len(pieces):
        if at >= len(pieces[number]):
            number, at = number + 1, at - len(pieces[number])
            continue
        piece = pieces[number]
        if at + 3 > len(piece):
            break
        left, flags = struct.unpack_from("<HB", piece, at)
        at += 3
        trailing = 0  # bytes of formats and readings
        if flags & 8:
            trailing += 4 * struct.unpack_from("<H", piece, at)[0]
            at += 2
        if flags & 4:
            trailing += struct.unpack_from("<L", piece, at)[0]
            at += 4
        while left:
            width = 1 + (flags & 1)
            taken = min((len(pieces[number]) - at) // width, left)
            left, at = left - taken, at + taken * width
            if left:
                number += 1
                if number == len(pieces):
                    return count
                # A string that continues in the next record repeats the flag of its width.
                flags, at = pieces[number][0], 1
        at += trailing
        count += 1
    return count
