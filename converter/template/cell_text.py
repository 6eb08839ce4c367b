"""What a cell is given: texts that no program runs, formulas.

A text stays a text whatever it begins with. What XML cannot hold is shown instead of dropped:
control characters as their pictures (␇), lone surrogates as U+FFFD.

>>> harmless("a\\x07b\\ud800")
'a␇b\ufffd'
"""

from __future__ import annotations

import html
import re
from typing import Any

LONGEST_TEXT = 32_767  # UTF-16 units a cell holds

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_IN_ATTRIBUTES = str.maketrans({'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
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


def escaped(text: str) -> str:
    """A text within XML."""
    # As xml.sax.saxutils does, which brings the whole of urllib along.
    return html.escape(text, quote=False)


def attribute(text: str) -> str:
    """A text as the value of an attribute, with the quotes around it."""
    return f'"{escaped(text).translate(_IN_ATTRIBUTES)}"'


def put_text(cell: Any, text: str) -> None:
    """Write a text that is never taken for a formula or an error."""
    cell.value = harmless(text)
    cell.data_type = "s"


def put_formula(cell: Any, expression: str) -> None:
    cell.value = f"={expression}"
