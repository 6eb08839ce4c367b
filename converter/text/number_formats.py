"""What a cell shows of a number, where its number format shows another one than it holds.

A percentage, thousands left out, a word such as 万 that the format adds, digits that it adds:
somebody who looks at the cell reads another number. Colours, ¥, grouping, fractions, exponents and
rounding show the same one.

>>> [shown_otherwise("0.0512", code) for code in ("0%", "0.00_ ", '0.0"‰"', "# ?/?")]
['5.12%', '', '0.0512‰', '']
>>> [shown_otherwise("12345", code) for code in ("0.0,", '0!.0,"万元"', "¥#,##0.00", ";;;")]
['12.345≠12345', '1.2345万元', '', '≠12345']
>>> [shown_otherwise("-5", code) for code in ("0;0", "0;(0)", "0;[Red]0", "#,##0")]
['5≠-5', '', '', '']
>>> [shown_otherwise(text, '[>=10000]0!.0,"万";0') for text in ("12345", "500")]
['1.2345万', '']
>>> shown_otherwise("1.5", '0.0"万元"'), shown_otherwise("426", '"360"000')
('1.5万元', '360426≠426')
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

_BUILTIN = {"9": "0%", "10": "0.00%"}  # of the standard's formats those that show another number
DIFFERENT = "≠"  # between what is shown and what is stored
LONGEST = 255  # characters of a format; spreadsheet programs take no more
LARGEST = 400  # digits of a number, or zeros behind its point; a spreadsheet's has 308

_TOKEN = re.compile(r'"([^"]*)"?|[\\!](.)|[_*].|\[\$([^\]-]*)[^\]]*\]|\[([^\]]*)\]|(E[+-])|(.)')
_GENERAL = re.compile("general|g/|@", re.IGNORECASE)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)\]")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_POWERS = re.compile("[百千万亿%％‰]")


def shown_otherwise(text: str, code: str) -> str:
    """What a format shows of the number, with the word behind it; where no such word says what is
    meant, both numbers. '' where the number itself is shown."""
    if not code or len(code) > LONGEST:
        return ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ""
    if not number.is_finite() or abs(number.adjusted()) > LARGEST:
        return ""
    section, has_own = _section(code, number)
    if _GENERAL.search(section):
        return ""
    digits, words, power, signed = _read(section)
    shown = abs(number) if has_own and not signed else number
    if not digits:
        return f"{''.join(words)}{DIFFERENT}{text}"
    shown = shown.scaleb(power)
    before, behind = words
    plain = f"{shown:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if any(c.isdigit() for c in (before + behind)):
        return f"{before}{plain.zfill(digits)}{behind}{DIFFERENT}{text}"
    if _POWERS.search(behind):
        return plain + behind.strip()
    return f"{plain}{DIFFERENT}{text}" if shown != number else ""


def builtin(number: str) -> str:
    """The format that programs know by its number alone, where it is of interest here."""
    return _BUILTIN.get(number, "")


def is_odd(code: str) -> bool:
    """Whether a format shows another number for any number."""
    return any(shown_otherwise(text, code) for text in ("1234567", "-1234567", "0", "0.5"))


def _section(code: str, number: Decimal) -> tuple[str, bool]:
    """The section of a format that shows a number, and whether it is one of negative numbers, which
    brings its own sign."""
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)  # none within quotation marks
    conditions = [_CONDITION.search(section) for section in sections]
    for section, found in zip(sections, conditions, strict=True):
        if found and _COMPARE[found[1]](number, Decimal(found[2])):
            return section, False
    if any(conditions):
        return sections[-1], False
    if number < 0 and len(sections) > 1:
        return sections[1], True
    return sections[2 if not number and len(sections) > 2 else 0], False


def _read(section: str) -> tuple[int, tuple[str, str], int, bool]:
    """How many digits a section shows, the texts before and behind them, the power of ten by which
    what it shows differs, and whether it shows a sign (or a colour)."""
    digits, power, since, commas = 0, 0, 0, 0
    texts = ["", ""]
    signed = False
    literal_point = False
    for quoted, escaped, currency, bracket, exponent, other in _TOKEN.findall(section):
        literal = quoted or escaped or currency
        if literal == "." and digits:
            literal_point, since = True, 0
        elif literal:
            texts[bool(digits)] += literal
        elif other and other in "0#?":
            digits, since, commas = digits + 1, since + 1, 0
        elif other == ",":
            commas += 1
        elif other == "%":
            power += 2
            texts[bool(digits)] += "%"
        elif other in ("/", ".") or exponent:
            power -= 3 * commas
            commas = 0
        elif other.strip():
            texts[bool(digits)] += other
        signed = signed or bool(bracket) or literal in ("-", "(", "（") or other in ("-", "(", "（")
    power -= 3 * commas + (since if literal_point else 0)
    return digits, (texts[0], texts[1]), power, signed
