"""A worksheet in any valid XML → the one way of writing that `sheet_xml` knows.

Prefixes, single quotes, comments, processing instructions, CDATA, references, cells without
address, elements of other programs: all of them are XML's own, so a real parser takes them
apart. What it sees, calamine then sees: it skips CDATA and references in a value, takes the
shared string of number 0 for any number that it cannot read, and expects a formula before its
value.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from converter.model.issues import column_letters, column_number
from converter.workbook.unreadable import UnreadableFile
from converter.workbook.xlsx.parts import XML_WHITESPACE

_SEPARATOR = "|"
# ECMA-376 transitional and strict; some programs forget the namespace.
_MAIN = {
    "",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
}
# What Excel shows is the first choice it understands; nothing of the form is one of these.
_ALTERNATIVES = {
    "http://schemas.openxmlformats.org/markup-compatibility/2006|AlternateContent",
    "http://schemas.openxmlformats.org/markup-compatibility/2006|Fallback",
}
_SPACE, _KEPT = f"http://www.w3.org/XML/1998/namespace{_SEPARATOR}space", "preserve"
_COPIED = {"dimension": ("ref",), "col": ("min", "max", "hidden"), "mergeCell": ("ref",)}
_WITHIN_ROWS = frozenset({"row", "c", "v", "f", "is", "t", "r"})
_TRANSPARENT = frozenset({"worksheet", "cols", "mergeCells"})
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_INDEX = re.compile("0*[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

# Tags that may stand in rows, by the two bytes behind '<'; what follows is not compared.
_STANDARD_TAGS = (
    "ro c  c> c/ v> v  v/ f> f  f/ is t> t  t/ r> rP ph b/ i/ u/ u  sz co rF fa ch sc st ve ou"
    " sh ex /c /r /v /f /i /t /p"
)
# An index of a shared string that is no number, a value with spaces at its ends or with a
# reference by number, a value that is not the last thing in its cell or is a text elsewhere, a day
# in another format.
_NONSTANDARD_VALUES = tuple(
    map(
        re.compile,
        (
            rb' t="s"[^<>]*(?<!/)>(?!<v>[0-9]{1,9}</v>|<f|</c>|<v ?/>|<v></v>)',
            rb"<v(?: [^<>]*+)?>(?:\s|(?:[^<&]++|&(?!#))*+(?:&#|(?<=\s)</v>))",
            rb"</v>(?!\s*</c>)",
            rb' t="inlineStr"[^<>]*(?<!/)>(?!<is[>/ ]|<f|</c>)',
            rb' t="d"[^<>]*(?<!/)>(?!<v>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{8,})?</v>)',
        ),
    )
)
_PIECE = 1 << 22  # bytes that are looked at together


def is_nonstandard(data: bytes, start: int, end: int) -> bool:
    """Whether rows hold something that only an XML parser reads correctly."""
    if data.find(b"<!") >= 0 or data.find(b"<?", 2) >= 0:
        return True
    codes = np.frombuffer(data, dtype=np.uint8)
    for at in range(start, end, _PIECE):
        tags = np.flatnonzero(codes[at : min(at + _PIECE, end)] == ord("<")) + at
        pairs = codes[tags + 1].astype(np.uint16) | codes[tags + 2].astype(np.uint16) << 8
        if not _KNOWN[pairs].all():
            return True
    return any(pattern.search(data, start, end) for pattern in _NONSTANDARD_VALUES)


def _known() -> npt.NDArray[np.bool_]:
    table = np.zeros(65_536, dtype=bool)
    for at in range(0, len(_STANDARD_TAGS), 3):
        table[ord(_STANDARD_TAGS[at]) | ord(_STANDARD_TAGS[at + 1]) << 8] = True
    return table


_KNOWN = _known()


def normalized(data: bytes, name: str) -> bytes:
    """A worksheet part in UTF-8 → the same without prefixes, double quotes, every cell with its
    address; only rows, hidden columns, merged areas and the extent that the sheet declares.

    A cell without address stands right of the one before it, a row without number below. Raises
    UnreadableFile, naming the sheet `name`.
    """
    return _Normalizer(name).rewrite(data)


class _Normalizer:
    """Handlers of a parser's events, and what they have made so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._made: list[str] = []
        self._skipped = 0  # depth within an element that is none of ours
        self._rows = ""  # '' before the rows, then 'in', then 'after'
        self._row = self._column = 0
        self._row_tag = ""
        self._cells: list[str] = []
        self._in_cell = False
        self._cell = _Cell("", "", "")
        self._text_parts: list[str] | None = None  # character data that is wanted
        self._keeps_blanks = self._keeps_all_blanks = False

    def rewrite(self, data: bytes) -> bytes:
        parser = expat.ParserCreate("utf-8", _SEPARATOR)  # whatever the declaration says
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(data, True)
        except expat.ExpatError:
            if self._rows != "after":  # what follows is decoration
                raise self._refuse() from None
        if self._rows != "after":
            raise self._refuse()
        return "".join(("<worksheet>", *self._made, "</worksheet>")).encode()

    def _refuse(self) -> UnreadableFile:
        return UnreadableFile("F315", sheet=self._name)

    def _doctype(self, *_: object) -> None:
        raise UnreadableFile("F309", part=self._name)

    # --- elements ------------------------------------------------------------------------

    def _start(self, tag: str, given: dict[str, str]) -> None:
        space, _, local = tag.rpartition(_SEPARATOR)
        if self._skipped or (space not in _MAIN and tag not in _ALTERNATIVES):
            self._skipped += 1
        elif tag in _ALTERNATIVES or local in _TRANSPARENT:
            self._keeps_all_blanks |= given.get(_SPACE) == _KEPT
        elif local == "sheetData":
            if self._rows:
                raise self._refuse()  # it is not clear which of them counts
            self._rows = "in"
            self._made.append("<sheetData>")
        elif local in _COPIED:
            kept = "".join(
                f' {key}="{_attribute(given[key])}"' for key in _COPIED[local] if key in given
            )
            self._made.append(f"<{local}{kept}/>")
        elif self._rows == "in" and local in _WITHIN_ROWS:
            self._start_within_rows(local, given)
        else:
            self._skipped += 1

    def _start_within_rows(self, local: str, given: dict[str, str]) -> None:
        if local == "row":
            self._row, self._column = self._row_number(given.get("r")), 0
            hidden = ' hidden="1"' if given.get("hidden") in ("1", "true", "on") else ""
            self._row_tag, self._cells = f'<row r="{self._row}"{hidden}>', []
        elif not self._row_tag:
            raise self._refuse()
        elif local == "c":
            row, self._column = self._position(given.get("r"))
            address = f"{column_letters(self._column)}{row}"
            self._cell = _Cell(address, given.get("s", ""), given.get("t", ""))
            self._in_cell = True
        elif not self._in_cell:
            raise self._refuse()
        elif local == "v":
            if self._cell.value is not None:
                raise self._refuse()
            self._text_parts = []
        elif local == "t":
            self._text_parts = []
            self._keeps_blanks = given.get(_SPACE, "") == _KEPT or (
                self._keeps_all_blanks and _SPACE not in given
            )
        elif local == "f":
            self._cell.has_formula = True
        elif local == "is":
            self._cell.inline = self._cell.inline or ""

    def _end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        local = tag.rpartition(_SEPARATOR)[2]
        if local == "v" and self._text_parts is not None:
            self._cell.value, self._text_parts = "".join(self._text_parts), None
        elif local == "t" and self._text_parts is not None:
            text, self._text_parts = "".join(self._text_parts), None
            text = text if self._keeps_blanks else text.strip(XML_WHITESPACE)
            self._cell.inline = (self._cell.inline or "") + text
        elif local == "c" and self._in_cell:
            self._in_cell = False
            self._cells.append(self._written(self._cell))
        elif local == "row":
            self._made += [self._row_tag, *self._cells, "</row>"]
            self._row_tag = ""
        elif local == "sheetData":
            self._rows = "after"
            self._made.append("</sheetData>")

    def _text(self, text: str) -> None:
        if self._text_parts is not None and not self._skipped:
            self._text_parts.append(text)

    # --- addresses and values ------------------------------------------------------------

    def _row_number(self, given: str | None) -> int:
        if given is None:
            return self._row + 1
        if not (given.isascii() and given.isdecimal()) or len(given) > 7 or not int(given):
            raise self._refuse()
        return int(given)

    def _position(self, given: str | None) -> tuple[int, int]:
        if given is None:
            return self._row, self._column + 1
        found = _ADDRESS.fullmatch(given)
        if not found:
            raise self._refuse()
        return int(found[2]), column_number(found[1].upper())

    def _written(self, cell: _Cell) -> str:
        value, kind = cell.value, cell.kind
        if cell.inline is not None and (kind == "inlineStr" or value is None):
            kind, value = "inlineStr", cell.inline
        elif value is not None and kind not in ("str", "inlineStr"):
            value = value.strip(XML_WHITESPACE)
            if kind == "s" and value and not _INDEX.fullmatch(value):
                raise self._refuse()
            if kind == "d":
                value = _day(value)
            if value and not kind and not _DECIMAL.fullmatch(value):
                kind = "str"
        if not value and not cell.has_formula:
            return ""
        style = f' s="{cell.style}"' if cell.style.isdecimal() else ""
        shown = f' t="{_attribute(kind)}"' if kind and kind != "n" else ""
        start = f'<c r="{cell.address}"{style}'
        formula = "<f/>" if cell.has_formula else ""
        text = _escaped(value) if value else ""
        if kind == "inlineStr" and cell.inline is not None and text:
            return f'{start}{shown}>{formula}<is><t xml:space="preserve">{text}</t></is></c>'
        shown = ' t="str"' if kind == "inlineStr" else shown
        return f"{start}{shown}>{formula}{f'<v>{text}</v>' if value is not None else ''}</c>"


class _Cell:
    """What has been read of a cell."""

    __slots__ = ("address", "has_formula", "inline", "kind", "style", "value")

    def __init__(self, address: str, style: str, kind: str) -> None:
        self.address, self.style, self.kind = address, style, kind
        self.value: str | None = None
        self.inline: str | None = None
        self.has_formula = False


def _day(text: str) -> str:
    """A day in one way of writing; the time zone of a clock on a wall is its own."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError:
        return text


def _attribute(text: str) -> str:
    return escape(text.replace('"', ""), quote=False)


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\r", "&#13;")  # a parser makes a line end of it
