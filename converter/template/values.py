"""What a cell is given: raw answers as they were typed, and texts that no program runs.

A text stays a text whatever it begins with. What XML cannot hold is shown instead of dropped:
control characters as their pictures (␇), lone surrogates as U+FFFD.

>>> harmless("a\\x07b\\ud800")
'a␇b\ufffd'
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime
from typing import Any

from openpyxl.cell.cell import ERROR_CODES

from converter.kinds import KINDS
from converter.model import CellType, Field, Form

LONGEST_TEXT = 32_767  # UTF-16 units a cell holds
# Serials before this day differ between Excel, which knows a 29 February 1900, and others.
FIRST_SAFE_DATE = date(1900, 3, 1)
DATE_FORMAT = "yyyy-mm-dd"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def visible(text: str) -> str:
    """A text that XML can hold, with the rest made visible."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(lambda m: "␡" if m[0] == "\x7f" else chr(0x2400 + ord(m[0])), text)
    return _NOT_XML.sub("\ufffd", text)


def harmless(text: str) -> str:
    """A text that a cell can hold and shows as it is."""
    # Programs read _x0041_ in a cell as an escaped A: escape the escape.
    text = _ESCAPE.sub("_x005F_", visible(text))
    if len(text) * 2 > LONGEST_TEXT:
        units = text.encode("utf-16-le")[: LONGEST_TEXT * 2]
        text = units.decode("utf-16-le", errors="ignore")
    return text


def put_text(cell: Any, text: str) -> None:
    """Write a text that is never taken for a formula or an error."""
    cell.value = harmless(text)
    cell.data_type = "s"


def put_formula(cell: Any, expression: str) -> None:
    cell.value = f"={expression}"


def put_raw(cell: Any, text: str, kind: int) -> None:
    """Write an answer with the type it was typed with; blank ones leave the cell alone."""
    if kind == CellType.NUMBER and (number := _number(text)) is not None:
        cell.value = number
        if "yy" in cell.number_format:  # 2003.1 typed for a date must not turn into a day of 1905
            _format(cell, "General")
    elif kind == CellType.DATE and (day := _date(text)) is not None:
        put_date(cell, day)
    elif kind == CellType.BOOL and text in ("TRUE", "FALSE"):
        cell.value = text == "TRUE"
        _format(cell, "General")
    elif kind == CellType.ERROR and text in ERROR_CODES:
        cell.value = text
        cell.data_type = "e"
    elif text:
        put_text(cell, text)


def put_canonical(cell: Any, text: str, field: Field, form: Form) -> None:
    """Write a package's value as a clerk would have typed it; a broken one as it stands."""
    if not text:
        return
    try:
        value = KINDS[field.kind].cell(text, field, form)
    except (ValueError, LookupError, OverflowError):
        value = text
    if isinstance(value, date):
        put_date(cell, value)
    elif isinstance(value, str):
        put_text(cell, value)
    else:
        cell.value = value


def put_date(cell: Any, day: date) -> None:
    """Write a date; one that no spreadsheet agrees on as ISO text."""
    plain = day.date() if isinstance(day, datetime) else day
    if plain < FIRST_SAFE_DATE:
        put_text(cell, day.isoformat())
        return
    if "yy" not in cell.number_format:
        _format(cell, DATE_FORMAT)
    cell.value = day


def _format(cell: Any, number_format: str) -> None:
    """Change one cell's format; prepared rows share one style object."""
    cell._style = copy(cell._style)
    cell.number_format = number_format


def _number(text: str) -> float | int | None:
    try:
        return int(text) if re.fullmatch("-?[0-9]{1,300}", text) else float(text)
    except ValueError:
        return None


def _date(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None
