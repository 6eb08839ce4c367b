"""Where the value of a formula's cell stands in the XML of a sheet.

>>> with_value(b'<c r="A1" s="3"><f>B1</f></c>', "错误")
b'<c r="A1" s="3" t="str"><f>B1</f><v>\\xe9\\x94\\x99\\xe8\\xaf\\xaf</v></c>'
>>> with_value(b'<c r="A1" s="3"><f>1=1</f></c>', True)
b'<c r="A1" s="3" t="b"><f>1=1</f><v>1</v></c>'
>>> with_value(b'<c r="A1" s="3"><f>B1</f></c>', 1234.5)
b'<c r="A1" s="3"><f>B1</f><v>1234.5</v></c>'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from converter.template.cell_text import escaped, harmless

Value: TypeAlias = str | int | float | bool


class ValuePlace(NamedTuple):
    """Where the value of a formula's cell goes, and before it the cell's type."""

    address: str
    type: bytes
    value: bytes


_FORMULA = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"((?: s="[0-9]+")?)>(<f(?: [^>/]*)?(?:/>|>.*?</f>))</c>', re.DOTALL
)


def type_of(value: Value) -> bytes:
    if isinstance(value, str):
        return b' t="str"'
    return b' t="b"' if isinstance(value, bool) else b""


def xml_of(value: Value) -> bytes:
    if isinstance(value, str):
        text = escaped(harmless(value))
    else:
        text = f"{value:.15g}" if isinstance(value, float) else str(int(value))
    return f"<v>{text}</v>".encode() if text else b"<v/>"


def with_value(cell: bytes, value: Value) -> bytes:
    """The XML of a cell that holds a formula, with a value."""
    end = cell.index(b">")
    return cell[:end] + type_of(value) + cell[end:-4] + xml_of(value) + b"</c>"


def with_values(xml: bytes, values: Mapping[str, Value]) -> bytes:
    """A sheet with the value of every formula's cell, by address."""
    return _FORMULA.sub(lambda found: with_value(found[0], values[found[1].decode()]), xml)


def with_places(xml: bytes, sheet: str) -> tuple[bytes, list[ValuePlace]]:
    """A sheet with a place for the type and the value of every formula's cell."""
    places: list[ValuePlace] = []

    def marked(found: re.Match[bytes]) -> bytes:
        address = found[1].decode()
        kind, value = (f"@@{what}:{sheet}:{address}@@".encode() for what in ("type", "value"))
        places.append(ValuePlace(address, kind, value))
        return b'<c r="%b"%b%b>%b%b</c>' % (found[1], found[2], kind, found[3], value)

    return _FORMULA.sub(marked, xml), places


def filled_places(
    places: Sequence[ValuePlace], values: Mapping[str, Value]
) -> Iterator[tuple[bytes, bytes]]:
    """The placeholders of a sheet, filled in."""
    for place in places:
        value = values[place.address]
        yield place.type, type_of(value)
        yield place.value, xml_of(value)
