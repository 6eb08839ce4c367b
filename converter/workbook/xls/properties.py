"""Custom document properties of an .xls file: what a template wrote about itself survives there.

They stand in the second property set of a stream (MS-OLEPS 2.21): a dictionary of names, and a
value for each number. Only texts are read; olefile knows the first set alone.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator, Mapping
from io import BytesIO

STREAM = "\x05DocumentSummaryInformation"
USER_DEFINED = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")
MOST = 64  # properties; a template writes eight
LONGEST = 4_096  # bytes of a stream's names and values
DICTIONARY, CODE_PAGE = 0, 1
NARROW, WIDE = 0x1E, 0x1F  # types of texts
UTF_16 = 1200


def properties(data: bytes) -> Mapping[str, str]:
    """Texts by name; none where the file is no container or what it says of itself is damaged."""
    import olefile  # type: ignore[import-untyped]

    if not data.startswith(olefile.MAGIC):
        return {}
    try:
        with olefile.OleFileIO(BytesIO(data)) as container:
            if not container.exists(STREAM):
                return {}
            stream = container.openstream(STREAM).read(1 << 20)
        return dict(texts(stream))
    except (OSError, ValueError, LookupError, struct.error, AttributeError, TypeError):
        return {}


def texts(stream: bytes) -> Iterator[tuple[str, str]]:
    """Names and texts of the stream. Raises nearly anything at a damaged one."""
    (sets,) = struct.unpack_from("<L", stream, 24)
    for number in range(min(sets, 2)):
        kind, start = struct.unpack_from("<16sL", stream, 28 + 20 * number)
        if kind != USER_DEFINED:
            continue
        (count,) = struct.unpack_from("<L", stream, start + 4)
        places = dict(
            struct.unpack_from("<LL", stream, start + 8 + 8 * n) for n in range(min(count, MOST))
        )
        page = _page(stream, start + places[CODE_PAGE]) if CODE_PAGE in places else "cp1252"
        for key, name in _names(stream, start + places[DICTIONARY], page):
            if key in places:
                text = _text(stream, start + places[key], page)
                if text is not None:
                    yield name, text


def _page(stream: bytes, at: int) -> str:
    (number,) = struct.unpack_from("<H", stream, at + 4)
    if number == UTF_16:
        return "utf-16-le"
    return codecs.lookup("utf-8" if number == 65001 else f"cp{number}").name


def _names(stream: bytes, at: int, page: str) -> Iterator[tuple[int, str]]:
    (count,) = struct.unpack_from("<L", stream, at)
    at += 4
    for _ in range(min(count, MOST)):
        key, length = struct.unpack_from("<LL", stream, at)
        size = min(length * (2 if page == "utf-16-le" else 1), LONGEST)
        yield key, _decoded(stream[at + 8 : at + 8 + size], page)
        at += 8 + (size + 3 & ~3 if page == "utf-16-le" else size)


def _text(stream: bytes, at: int, page: str) -> str | None:
    kind, length = struct.unpack_from("<LL", stream, at)
    if kind == WIDE:
        return _decoded(stream[at + 8 : at + 8 + min(2 * length, LONGEST)], "utf-16-le")
    if kind == NARROW:
        return _decoded(stream[at + 8 : at + 8 + min(length, LONGEST)], page)
    return None


def _decoded(data: bytes, page: str) -> str:
    return data.decode(page, errors="replace").partition("\0")[0]
