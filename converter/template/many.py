"""The same workbook for thousands of units: built once, only what names the unit is patched.

The workbook is built for a unit whose names are marks (@@unit_name@@ …); each copy puts its
unit's own in their place, everywhere `build` puts them: cells, footers, properties. A unit
without a code of its superior union has no such property, so there is one pattern for each set
of entries that are there at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from xml.sax.saxutils import escape

from converter import ooxml
from converter.model import Form, Stamp
from converter.template import build
from converter.template.saving import parts, time_of_parts
from converter.template.values import harmless, visible

SERIAL = 987_654_321  # the mark of a number has to be one
PROPERTIES = "docProps/"
# In a footer & begins a command, so that a name's own is doubled there.
_FOOTER = re.compile(rb"<oddFooter>.*?</oddFooter>", re.DOTALL)


@dataclass
class Press:
    """Makes personalised blank workbooks of a form, `rows` member rows prepared."""

    form: Form
    rows: int
    _patterns: dict[frozenset[str], ooxml.Pattern] = field(default_factory=dict)

    def print(self, stamp: Stamp) -> bytes:
        """The workbook of a unit: part by part what `build` makes of the same stamp."""
        said = {name: text for name, text in _entries(stamp).items() if text}
        filled = {_mark(name): escape(harmless(text)).encode() for name, text in said.items()}
        named = {_mark(name): escape(visible(text)).encode() for name, text in said.items()}
        for name, text in said.items():
            filled[_footer(_mark(name))] = escape(visible(text).replace("&", "&&")).encode()

        def fill(member: str, place: bytes) -> bytes:
            return (named if member.startswith(PROPERTIES) else filled)[place]

        return self._pattern(frozenset(said)).copy(fill)

    def _pattern(self, names: frozenset[str]) -> ooxml.Pattern:
        if names not in self._patterns:
            marks: dict[str, Any] = {name: _mark(name).decode() for name in names}
            marks |= {"serial": SERIAL} if "serial" in names else {}
            stamp = Stamp(**marks)
            book = build(self.form, rows=self.rows, stamp=stamp)
            marked = [(name, _FOOTER.sub(_in_footer, data)) for name, data in parts(book)]
            places = [_mark(name) for name in sorted(names)]
            places += [p for p in map(_footer, places) if any(p in data for _, data in marked)]
            self._patterns[names] = ooxml.Pattern(marked, places, when=time_of_parts())
        return self._patterns[names]


def _entries(stamp: Stamp) -> Mapping[str, str]:
    """What differs from unit to unit; form and version do not."""
    known = {f.name: str(getattr(stamp, f.name) or "") for f in fields(stamp)}
    return {name: text for name, text in known.items() if name not in ("form", "version")}


def _mark(name: str) -> bytes:
    return str(SERIAL).encode() if name == "serial" else f"@@{name}@@".encode()


def _footer(mark: bytes) -> bytes:
    return mark.replace(b"@@", b"@@footer:", 1)


def _in_footer(found: re.Match[bytes]) -> bytes:
    return re.sub(b"@@[a-z_]+@@", lambda mark: _footer(mark[0]), found[0])
