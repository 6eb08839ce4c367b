"""The small parts of an OOXML package: which sheets there are, which formats show dates.

Read by regular expressions over UTF-8 that `archive` has vetted: no document type, no entities
but the predefined ones. Element and attribute names are compared without their prefix, so
that Strict files and those that write <x:sheet> read alike.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import pairwise
from typing import ParamSpec, TypeVar

from converter.text import number_formats
from converter.text.cell_values import BUILTIN_DATES, shows_date
from converter.workbook.type_detection import part_name
from converter.workbook.unreadable import UnreadableFile

# The shared strings' reader reserves memory by this number before it has seen one string.
# An entry takes five bytes at least; up to a million a wrong count is a slip that costs little.
CREDIBLE_STRINGS = 1_000_000
BYTES_A_STRING = 5
# What XML calls white space. At the ends of a text it counts only where xml:space says so.
XML_WHITESPACE = " \t\r\n"

# Links to other workbooks and programs (DDE), and to data bases.
_OUTSIDE = ("xl/externallinks/externallink", "xl/connections.xml")
# Types of what a workbook runs, whatever the parts are called.
_MACROS = {"vbaproject", "xlmacrosheet", "xlintlmacrosheet"}

LONGEST_REMEMBERED = 64 << 10  # bytes
# Of a start tag; honest ones have some hundred bytes.
LONGEST_TAG = 65_536

P = ParamSpec("P")
T = TypeVar("T")
Relation = tuple[str, tuple[str, str]]  # id, (last word of the type, part)

# A name begins after a blank or another value: a long value that is cut off is searched once.
_ATTRIBUTE = re.compile(rb"""(?:^|(?<=[\s"'/]))([^\s=<>"'/]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_CLOSINGS = {b"<!--": b"-->", b"<?": b"?>", b"<![CDATA[": b"]]>"}
_NO_MARKUP = re.compile(b"|".join(map(re.escape, _CLOSINGS)))
_PROPERTY = re.compile(rb"\s*<[^<>]+>([^<]*)</")
_COUNT = re.compile(rb"""uniqueCount\s*=\s*["']\s*\+?0*([0-9]{1,30})""")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet as the workbook lists it."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class BookParts:
    """What a workbook part lists."""

    sheets: tuple[SheetPart, ...]
    date1904: bool
    date_styles: tuple[bool, ...]  # by cell style: shows numbers as dates
    odd_formats: Mapping[int, str]  # by cell style: formats that may show another number
    struck_styles: frozenset[int]  # whose letters have a line through them
    strings: str  # the shared strings' part, '' = none


def remembered(read: Callable[P, T]) -> Callable[P, T]:
    """Read the same small piece (the first argument) once: thousands of workbooks of one template
    share theirs."""
    known = lru_cache(maxsize=64)(read)

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        small = len(args[0]) <= LONGEST_REMEMBERED  # type: ignore[arg-type]
        return known(*args, **kwargs) if small else read(*args, **kwargs)  # type: ignore[arg-type]

    return reading


def read_book(parts: Mapping[str, bytes]) -> BookParts:
    """Raises UnreadableFile where a package is no workbook after all."""
    workbook = _by_type(parts, "officedocument") or "xl/workbook.xml"
    if workbook not in parts:
        raise UnreadableFile("F314")
    links = dict(relations(parts, workbook))
    if any(kind in _MACROS for kind, _ in links.values()):
        raise UnreadableFile("F101")
    listed, date1904 = _listed(parts[workbook])
    sheets: list[SheetPart] = []
    for id_, name, hidden in listed:
        kind, target = links.get(id_, ("", ""))
        if kind == "worksheet":
            if any(target == sheet.part for sheet in sheets):
                raise UnreadableFile("F305", part=target)  # read a thousand times, it is a bomb
            sheets.append(SheetPart(name, target, hidden))
    if not any(sheet.part in parts for sheet in sheets):
        raise UnreadableFile("F314")
    strings = _linked(parts, workbook, links, "sharedstrings")
    styles = _linked(parts, workbook, links, "styles")
    dates, odd, struck = _read_styles(parts[styles]) if styles else ((), {}, frozenset[int]())
    return BookParts(tuple(sheets), date1904, dates, odd, struck, strings)


@remembered
def _listed(data: bytes) -> tuple[tuple[tuple[str, str, bool], ...], bool]:
    """(relationship, name, hidden) of every sheet of a workbook part, and whether its days
    count from 1904."""
    data = _bare(data)
    sheets = tuple(
        (found.get("id", ""), found.get("name", ""), found.get("state", "visible") != "visible")
        for found in elements(data, "sheet")
    )
    # Only the first: Excel's extension list may hold another <workbookPr> that is no heir.
    settings = next(elements(data, "workbookPr"), {})
    return sheets, is_true(settings.get("date1904", ""))


def elements(data: bytes, name: str) -> Iterator[dict[str, str]]:
    """The attributes of every element of a local name."""
    for _, attributes in named_elements(data, name):
        yield attributes


def named_elements(data: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The same, with where the element's start tag ends."""
    # No '<' may stand inside a tag, so a tag without an end costs no search to the file's end.
    tag = rb"""<(?:[^\s<>/!?:="']++:)?%b(?=[\s/>])((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>"""
    for found in re.finditer(tag % re.escape(name.encode()), data):
        yield found.end(), attributes_of(found[1])


def attributes_of(inside: bytes) -> dict[str, str]:
    """The attributes of a start tag by local name."""
    found = [
        (name.rpartition(b":"), text_of(double or single))
        for name, double, single in _ATTRIBUTE.findall(inside[:LONGEST_TAG])
    ]
    # An attribute of another namespace takes no one's place.
    return {
        local.decode("utf-8", "replace"): value
        for others in (True, False)
        for (prefix, _, local), value in found
        if bool(prefix) == others
    }


def _bare(data: bytes) -> bytes:
    """Without comments, processing instructions and CDATA, whose markup means nothing. One
    that never ends takes the rest with it."""
    kept, at = [], 0
    while found := _NO_MARKUP.search(data, at):
        kept.append(data[at : found.start()])
        closing = _CLOSINGS[found[0]]
        end = data.find(closing, found.end())
        if end < 0:
            return b"".join(kept)
        at = end + len(closing)
    return b"".join((*kept, data[at:])) if kept else data


def text_of(raw: bytes) -> str:
    """Character data with its references resolved."""
    text = raw.decode("utf-8", "replace")
    return html.unescape(text) if "&" in text else text


def is_true(value: str) -> bool:
    return value in ("1", "true", "on")


def properties(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The custom document properties, by name."""
    data = parts.get(_by_type(parts, "custom-properties") or "docprops/custom.xml", b"")
    data = _bare(data)
    found = {}
    for end, attributes in named_elements(data, "property"):
        value = _PROPERTY.match(data, end)
        if value and attributes.get("name"):
            found[attributes["name"]] = text_of(value[1])
    return found


def outside(parts: Mapping[str, bytes]) -> int:
    """How many other files, programs and servers a workbook takes something from."""
    own = sum(name.startswith(_OUTSIDE) for name in parts)
    return own + sum("/_rels/" in name and b"oleObject" in parts[name] for name in parts)


# --- relationships and styles ------------------------------------------------------------


def relations(parts: Mapping[str, bytes], source: str) -> tuple[Relation, ...]:
    """Everything a part points at."""
    folder, name = posixpath.split(source)
    data = parts.get(posixpath.join(folder, "_rels", f"{name}.rels"), b"")
    return _targets(data, folder)


@remembered
def _targets(data: bytes, folder: str) -> tuple[Relation, ...]:
    found = []
    for attributes in elements(_bare(data), "Relationship"):
        target = attributes.get("Target", "").replace("\\", "/")
        absolute = target if target.startswith("/") else posixpath.join("/", folder, target)
        kind = attributes.get("Type", "").rpartition("/")[2].lower()
        where = part_name(posixpath.normpath(absolute))
        found.append((attributes.get("Id", ""), (kind, where)))
    return tuple(found)


def _by_type(parts: Mapping[str, bytes], kind: str) -> str:
    """The part of the package that its own relations name for a type ("" = none)."""
    return next((part for _, (k, part) in relations(parts, "") if k == kind), "")


def _linked(
    parts: Mapping[str, bytes], workbook: str, links: Mapping[str, tuple[str, str]], kind: str
) -> str:
    """The part of a type, or where it stands by custom ('' = none): some writers forget it."""
    standard = posixpath.join(posixpath.dirname(workbook), f"{kind}.xml")
    found = (target for linked, target in links.values() if linked == kind)
    return next((part for part in (*found, standard) if part in parts), "")


@remembered
def _read_styles(data: bytes) -> tuple[tuple[bool, ...], Mapping[int, str], frozenset[int]]:
    """For every cell style, whether its number format shows dates; the formats of those that may
    show another number than the cell holds; those whose letters are struck through."""
    data = _bare(data)
    struck_fonts = _struck_fonts(_section(data, "fonts"))
    codes = {
        attributes.get("numFmtId", ""): attributes.get("formatCode", "")
        for attributes in elements(_section(data, "numFmts"), "numFmt")
    }
    known: dict[str, tuple[bool, str]] = {}
    styles: list[bool] = []
    odd, struck = {}, set[int]()
    for attributes in elements(_section(data, "cellXfs"), "xf"):
        if attributes.get("fontId") in struck_fonts:
            struck.add(len(styles))
        number = attributes.get("numFmtId", "0")
        if number not in known:
            code = codes.get(number)
            builtin = number.isdecimal() and int(number) in BUILTIN_DATES
            is_date = shows_date(code) if code is not None else builtin
            code = code or number_formats.builtin(number)
            is_odd = not is_date and number_formats.is_odd(code)
            known[number] = is_date, code if is_odd else ""
        is_date, code = known[number]
        if code:
            odd[len(styles)] = code
        styles.append(is_date)
    return tuple(styles), odd, frozenset(struck)


def _struck_fonts(data: bytes) -> set[str]:
    """The numbers of the fonts with a line through their letters."""
    starts = [at for at, _ in named_elements(data, "font")]
    bodies = (data[at:end] for at, end in pairwise([*starts, len(data)]))
    strikes = (next(elements(body, "strike"), {"val": "0"}) for body in bodies)
    return {str(n) for n, strike in enumerate(strikes) if is_true(strike.get("val", "1"))}


def _section(data: bytes, name: str) -> bytes:
    tag = re.escape(name.encode())
    start = re.search(rb"<(?:[\w.-]+:)?%b[\s>]" % tag, data)
    if not start:
        return b""
    end = re.compile(rb"</(?:[\w.-]+:)?%b\s*>" % tag).search(data, start.end())
    return data[start.start() : end.start() if end else len(data)]


def check_count(data: bytes, size: int) -> None:
    """Refuse shared strings that claim to be many more than they can be."""
    claimed = max((int(digits) for digits in _COUNT.findall(data)), default=0)
    if claimed > CREDIBLE_STRINGS and claimed > size // BYTES_A_STRING:
        raise UnreadableFile("F310", count=claimed)
