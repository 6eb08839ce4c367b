"""How a hostile file is made: from a sound workbook, a part or a byte of which is spoiled.

A case is a function that writes one file; `@case(expected)` says what must become of it: the
code of its refusal, or the codes of all that is said of it, in order, '' where it is simply read.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.workbook.books import MEMBER_SHEET, SHEET_XML, parts_of, rezip, save

BOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRINGS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
SHEET = SHEET_XML[MEMBER_SHEET]
CUSTOM = "docProps/custom.xml"
# What is said of the sound workbook: its members are fewer than its unit tells.
SOUND = "X111 X112"
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    name: str
    expected: str
    make: Make
    suffix: str


CASES: dict[str, Case] = {}


def case(expected: str, suffix: str = ".xlsx") -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        name = make.__name__
        assert name not in CASES, name
        CASES[name] = Case(name, expected, make, suffix)
        return make

    return register


@cache
def _sound() -> tuple[bytes, dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder))
        return path.read_bytes(), parts_of(path)


def sound() -> bytes:
    """A workbook nobody has anything to say against but `SOUND`."""
    return _sound()[0]


def parts() -> dict[str, bytes]:
    return dict(_sound()[1])


def text(part: str) -> str:
    return parts()[part].decode()


def write(path: Path, changed: Mapping[str, bytes | str]) -> Path:
    """The sound workbook with some parts replaced or added."""
    new = {k: v.encode() if isinstance(v, str) else v for k, v in changed.items()}
    return rezip(path, parts() | new)


def insert(path: Path, part: str, before: str, new: str) -> Path:
    """Something put before the first `before` of a part."""
    old = text(part)
    assert before in old, f"{before} is not in {part}"
    return write(path, {part: old.replace(before, new + before, 1)})


def rows(path: Path, xml: str) -> Path:
    """Rows put below the members."""
    return insert(path, SHEET, "</sheetData>", xml)


def linked(
    path: Path, kind: str, target: str, members: Mapping[str, bytes] | None = None, more: str = ""
) -> Path:
    """A relationship of the workbook to something else, and perhaps that something."""
    relation = f'<Relationship Id="rIdEvil" Type="{TYPE}/{kind}" Target="{target}"{more}/>'
    old = text(RELATIONS)
    new = old.replace("</Relationships>", relation + "</Relationships>")
    return write(path, {RELATIONS: new, **(members or {})})


def add(path: Path, name: str, data: bytes = b"x", **changed: int) -> Path:
    """A member put into the zip beside the sound ones."""
    path.write_bytes(sound())
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    for key, value in changed.items():
        setattr(info, key, value)
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(info, data)
    return path


def entry(data: bytes, name: str) -> int:
    """Where a member's entry in the central directory begins."""
    at = data.find(b"PK\x01\x02")
    while data[at + 46 : at + 46 + len(name)] != name.encode():
        at = data.index(b"PK\x01\x02", at + 4)
    return at
