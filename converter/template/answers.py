"""What was typed → the XML of a cell: bytes, since openpyxl takes 30 µs a cell.

A cell is written as `<c r="B7" s="` + style + what this module makes + …: everything that
follows the style's number. An answer may need another number format than its column has (2003.1
typed for a date must not turn into a day of 1905), so each comes with the format it needs.

>>> typed("示例", CellType.TEXT, "@")
Answer(tail=b'" t="inlineStr"><is><t>\\xe7\\xa4\\xba\\xe4\\xbe\\x8b</t></is></c>', shown='')
>>> typed("2003.1", CellType.NUMBER, "yyyy-mm-dd")
Answer(tail=b'"><v>2003.1</v></c>', shown='General')
>>> typed("2010-05-01", CellType.DATE, "@")
Answer(tail=b'"><v>40299</v></c>', shown='yyyy-mm-dd')
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from openpyxl.cell.cell import ERROR_CODES

from converter.kinds import KINDS
from converter.model.cell_types import CellType
from converter.model.forms import Field, Form
from converter.template.cell_text import LONGEST_TEXT, escaped, harmless
from converter.template.conditional_formats import BLANK_WAS, ERROR_WAS

# Serials before this day differ between Excel, which knows a 29 February 1900, and others.
FIRST_SAFE_DATE = date(1900, 3, 1)
EPOCH = date(1899, 12, 30)
DATE_FORMAT = "yyyy-mm-dd"
SECONDS_A_DAY = 86_400

TEXT_START, TEXT_END = b'" t="inlineStr"><is><t>', b"</t></is></c>"
_KEPT_START = b'" t="inlineStr"><is><t xml:space="preserve">'
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")
# What cannot stand in XML as it is, is taken for an escape, or loses its spaces. Texts are
# looked at all at once, joined by \x01.
_NEEDS_ESCAPING = re.compile(
    "[&<>\x00\x02-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_x|\\s\x01|\x01\\s"
)


class Answer(NamedTuple):
    """What follows a cell's style number, and the number format it needs ('' = its column's)."""

    tail: bytes
    shown: str = ""


BLANK = Answer(b'"/>')


def typed(text: str, kind: int, shown: str) -> Answer:
    """An answer with the type it was typed with; `shown` is the number format of its column."""
    if kind == CellType.NUMBER and _PLAIN_NUMBER.fullmatch(text):
        return Answer(_value(text), "General" if "yy" in shown else "")
    if kind == CellType.DATE and (day := _date(text)) is not None:
        return dated(day, shown)
    if kind == CellType.BOOL and text in ("TRUE", "FALSE"):
        return Answer(b'" t="b"><v>%d</v></c>' % (text == "TRUE"), "General")
    if kind == CellType.ERROR and text in ERROR_CODES:
        return Answer(b'" t="e"><v>%b</v></c>' % text.encode())
    return Answer(plain(text)) if text else BLANK


def canonical(text: str, field: Field, form: Form, shown: str) -> Answer:
    """A package's value as a clerk would have typed it; a broken one as it stands."""
    if not text:
        return BLANK
    try:
        value = KINDS[field.kind].cell(text, field, form)
    except (ValueError, LookupError, OverflowError):
        value = text
    if isinstance(value, date):
        return dated(value, shown)
    return Answer(plain(value) if isinstance(value, str) else _value(str(value)))


def dated(day: date, shown: str) -> Answer:
    """A date; one that no spreadsheet agrees on as ISO text."""
    plain_day = day.date() if isinstance(day, datetime) else day
    if plain_day < FIRST_SAFE_DATE:
        return Answer(plain(day.isoformat()))
    serial: float = (plain_day - EPOCH).days
    if isinstance(day, datetime) and (day.hour or day.minute or day.second):
        serial += (day.hour * 3600 + day.minute * 60 + day.second) / SECONDS_A_DAY
    return Answer(_value(repr(serial)), "" if "yy" in shown else DATE_FORMAT)


def kept(tail: bytes) -> bytes:
    """The same content for a hidden cell that a formula holds against the answer, to see whether
    it has changed: a blank and an error as texts that stand for them."""
    if tail == BLANK.tail:
        return plain(BLANK_WAS)
    return plain(ERROR_WAS) if tail.startswith(b'" t="e"') else tail


def plain(text: str) -> bytes:
    """A text that is never taken for a formula or an error."""
    if (coded := encoded((text,))) is not None:
        return TEXT_START + coded[0] + TEXT_END
    text = harmless(text)
    start = TEXT_START if text == text.strip() else _KEPT_START
    return start + escaped(text).encode() + TEXT_END


def formula(expression: str, shown: str) -> bytes:
    """A formula and the text it comes to, until a program computes it."""
    return f'" t="str"><f>{escaped(expression)}</f><v>{escaped(shown)}</v></c>'.encode()


def encoded(texts: Sequence[str]) -> list[bytes] | None:
    """Texts that can stand in XML as they are; None where one of them cannot. One search for
    thousands of them."""
    if not texts or max(map(len, texts)) * 2 > LONGEST_TEXT:
        return None
    joined = "\x01".join(texts)
    if joined.count("\x01") >= len(texts) or _NEEDS_ESCAPING.search(f"\x01{joined}\x01"):
        return None
    return joined.encode().split(b"\x01")


def _value(number: str) -> bytes:
    return b'"><v>%b</v></c>' % number.encode()


def _date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None
