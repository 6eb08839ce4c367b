"""Workbook → file: the same bytes for the same workbook, written whole or not at all."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl.writer.excel import ExcelWriter

from converter.files import zip_writing

# Without SOURCE_DATE_EPOCH: 2026-01-01, so that a blank template is the same on every day.
FIXED_TIME = 1_767_225_600

# By these a zip is known for an OOXML file; programs that sniff look at the first members.
FIRST_MEMBERS = ("[Content_Types].xml", "_rels/.rels")
# What follows <ignoredErrors> in a worksheet, by CT_Worksheet's order.
_AFTER_IGNORED = re.compile(
    rb"<(smartTags|drawing|legacyDrawing|legacyDrawingHF|picture|oleObjects|controls"
    rb"|webPublishItems|tableParts|extLst)\b|</worksheet>"
)
# IDs are digits stored as text and member rows are formulas in unlocked cells: both on
# purpose, so no green corners.
_IGNORED = (
    b'<ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"'
    b' unlockedFormula="1"/></ignoredErrors>'
)


class _Parts(dict[str, bytes]):
    """Takes the parts that openpyxl writes, in place of its zip."""

    def writestr(self, name: str, data: str | bytes) -> None:
        self[name] = data.encode() if isinstance(data, str) else data

    def write(self, file: str, name: str) -> None:
        self[name] = Path(file).read_bytes()

    def namelist(self) -> list[str]:
        return list(self)

    def close(self) -> None:
        pass


def save(workbook: Any, path: Path) -> None:
    """Write a workbook that `build` made. Raises OSError."""
    zip_writing.write_zip(path, parts(workbook), when=time_of_parts())


def save_dated(workbook: Any, file: BinaryIO, when: int) -> None:
    """Write a plain workbook dated by `when` (seconds since 1970); the same one and time give the
    same bytes."""
    zip_writing.pack(file, _taken(workbook, when).items(), when=when)


def time_of_parts() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH") or FIXED_TIME)


def parts(workbook: Any) -> list[tuple[str, bytes]]:
    """The parts of a workbook that `build` made, in the order of the file."""
    taken = _taken(workbook, time_of_parts())
    del taken[_THEME]
    names = [*FIRST_MEMBERS, *(name for name in taken if name not in FIRST_MEMBERS)]
    return [(name, _finished(name, taken[name])) for name in names]


def _taken(workbook: Any, when: int) -> _Parts:
    stamp = datetime.fromtimestamp(when, UTC).replace(tzinfo=None)
    workbook.properties.created = workbook.properties.modified = stamp
    taken = _Parts()
    ExcelWriter(workbook, taken).save()
    return taken


_THEME = "xl/theme/theme1.xml"
_OF_THEME = re.compile(rb'<color theme="1" ?/>|<scheme val="minor" ?/>')
_NAMING_THEME = {
    "[Content_Types].xml": re.compile(rb'<Override PartName="/xl/theme/[^>]*>'),
    "xl/_rels/workbook.xml.rels": re.compile(rb'<Relationship [^>]*"theme/theme1.xml"[^>]*>'),
}


# The children of a font in the order of CT_Font, which openpyxl does not keep to.
_FONT_ORDER = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color",
    "name", "family", "charset", "scheme",
)  # fmt: skip
_FONT = re.compile(rb"<font>(.*?)</font>", re.DOTALL)
_CHILD = re.compile(rb"<([a-zA-Z]+)[^>]*/>")


def _ordered_font(found: re.Match[bytes]) -> bytes:
    children = [(_FONT_ORDER.index(c[1].decode()), c[0]) for c in _CHILD.finditer(found[1])]
    return b"<font>%b</font>" % b"".join(child for _, child in sorted(children))


def _finished(name: str, data: bytes) -> bytes:
    """A part as it goes to the file: without the theme, of which no look makes use, and with
    <ignoredErrors>, which openpyxl cannot write."""
    if name == "xl/styles.xml":
        return _FONT.sub(_ordered_font, _OF_THEME.sub(b"", data))
    if name in _NAMING_THEME:
        return _NAMING_THEME[name].sub(b"", data)
    if not name.startswith("xl/worksheets/sheet"):
        return data
    found = _AFTER_IGNORED.search(data, data.rindex(b"</sheetData>"))
    assert found
    return data[: found.start()] + _IGNORED + data[found.start() :]
