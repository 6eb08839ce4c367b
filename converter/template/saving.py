"""Workbook → file: the same bytes for the same workbook, written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl.writer.excel import ExcelWriter

from converter.files import zip_writing

# Without SOURCE_DATE_EPOCH: 2026-01-01, so that a blank template is the same on every day.
FIXED_TIME = 1_767_225_600

# By these a zip is known for an OOXML file; programs that sniff look at the first members.
FIRST_MEMBERS = ("[Content_Types].xml", "_rels/.rels")
_NO_FOOTER = re.compile(rb"<(?:odd|even|first)(?:Header|Footer) ?/>")
_FOOTER = re.compile(rb"<oddFooter>.*?</oddFooter>", re.DOTALL)
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
    taken = _taken(workbook, when)
    zip_writing.pack(file, [(name, taken[name]) for name in _in_order(taken)], when=when)


def time_of_parts() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH") or FIXED_TIME)


def parts(workbook: Any) -> list[tuple[str, bytes]]:
    """The parts of a workbook that `build` made, in the order of the file."""
    taken = _taken(workbook, time_of_parts())
    taken[_THEME] = _PLAIN_THEME.encode()
    taken[_PROGRAM] = _EXCELS.encode()
    return [(name, _finished(name, taken[name])) for name in _in_order(taken)]


def _in_order(names: Iterable[str]) -> list[str]:
    return [*FIRST_MEMBERS, *(name for name in names if name not in FIRST_MEMBERS)]


def _taken(workbook: Any, when: int) -> _Parts:
    stamp = datetime.fromtimestamp(when, UTC).replace(tzinfo=None)
    workbook.properties.created = workbook.properties.modified = stamp
    taken = _Parts()
    ExcelWriter(workbook, taken).save()
    taken[_PROGRAM] = _VERSION.sub(b"", taken[_PROGRAM])
    taken["xl/styles.xml"] = _FONT.sub(_ordered_font, taken["xl/styles.xml"])
    return taken


_VERSION = re.compile(rb" / Openpyxl [0-9.]+|<AppVersion>.*?</AppVersion>")
_PROGRAM = "docProps/app.xml"
# LibreOffice believes the stored values of programs that it knows. Without the name it computes
# every row before it shows the first sheet: seconds for some thousand members.
_EXCELS = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>Microsoft Excel</Application></Properties>"
)
_THEME = "xl/theme/theme1.xml"
_OF_THEME = re.compile(rb'<color theme="1" ?/>|<scheme val="minor" ?/>')
# No look makes use of the theme, but programs want one: as short as its schema lets it be. It
# names the typefaces that stand in where a computer lacks the form's own.
_COLOURS = "".join(
    f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>'
    for name, value in (
        *(("dk1", "000000"), ("lt1", "FFFFFF"), ("dk2", "000000"), ("lt2", "FFFFFF")),
        *((f"accent{n}", "2B5C75") for n in range(1, 7)),
        *(("hlink", "2B5C75"), ("folHlink", "2B5C75")),
    )
)
_FACES = (
    '<a:latin typeface="Calibri"/><a:ea typeface=""/><a:cs typeface=""/>'
    '<a:font script="Hans" typeface="宋体"/>'
)
_FILL = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
_PLAIN_THEME = (
    '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="">'
    f'<a:themeElements><a:clrScheme name="">{_COLOURS}</a:clrScheme><a:fontScheme name="">'
    f"<a:majorFont>{_FACES}</a:majorFont><a:minorFont>{_FACES}</a:minorFont></a:fontScheme>"
    f'<a:fmtScheme name=""><a:fillStyleLst>{_FILL * 3}</a:fillStyleLst>'
    f"<a:lnStyleLst>{f'<a:ln>{_FILL}</a:ln>' * 3}</a:lnStyleLst><a:effectStyleLst>"
    f"{'<a:effectStyle><a:effectLst/></a:effectStyle>' * 3}</a:effectStyleLst>"
    f"<a:bgFillStyleLst>{_FILL * 3}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
)


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
    """A part as it goes to the file: with <ignoredErrors>, which openpyxl cannot write."""
    if name == "xl/styles.xml":
        return _OF_THEME.sub(b"", data)
    if not name.startswith("xl/worksheets/sheet"):
        return data
    # A line break is one; openpyxl escapes it, and programs print what it writes.
    data = _FOOTER.sub(lambda footer: footer[0].replace(b"_x000a_", b"\n"), data)
    data = _NO_FOOTER.sub(b"", data)
    found = _AFTER_IGNORED.search(data, data.rindex(b"</sheetData>"))
    assert found
    return data[: found.start()] + _IGNORED + data[found.start() :]
