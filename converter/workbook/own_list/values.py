"""What a cell of a list looks like: an ID number, a name, a date."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from converter.kinds.id_number import check_character, compact
from converter.model.cell_types import CellType

SIGNIFICANT = 15  # digits that a spreadsheet keeps of a number

_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "[01]?[0-9]", "[0-3]?[0-9]"
_DATE = re.compile(
    f"{_YEAR}(?:[-/.年]{_MONTH}(?:[-/.月]{_DAY}日?|月)?|[01][0-9](?:[0-3][0-9])?)(?:[ T].*)?"
)
_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_DOT = "·•．.・"
_NAME = re.compile(f"[{_HAN}]{{2,4}}|[{_HAN}]+[{_DOT}][{_HAN}{_DOT}]+")
_ROUNDED = re.compile(r"[1-9](?:\.[0-9]+)?[eE]\+?1[4-9]")


@lru_cache(maxsize=1 << 16)
def id_number(text: str) -> str:
    """The valid ID number that a text holds, '' where it holds none."""
    if len(text) < SIGNIFICANT:
        return ""
    number = compact(unicodedata.normalize("NFKC", text))
    if len(number) == 18 and number[:17].isdecimal() and number.isascii():
        right = check_character(number[:17]) == number[17]
        return number if right and _is_day(number[6:14]) else ""
    if len(number) == SIGNIFICANT and number.isdecimal() and number.isascii():
        return number if _is_day("19" + number[6:12]) else ""
    return ""


def _is_day(digits: str) -> bool:
    try:
        return 1850 < date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False


def is_rounded(text: str, kind: int) -> bool:
    """Whether a number of 18 digits has lost its last ones: a spreadsheet keeps 15."""
    if kind == CellType.NUMBER:
        return bool(_ROUNDED.fullmatch(text)) or len(text.partition(".")[0]) > SIGNIFICANT
    return bool(_ROUNDED.fullmatch(text.strip()))


def has_long_number(text: str) -> bool:
    return sum(character.isalnum() and character.isascii() for character in text) >= 8 and any(
        map(str.isdigit, text)
    )


def is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text.strip().replace(" ", "").replace("\u3000", "")))


def is_date(text: str, kind: int) -> bool:
    if kind == CellType.DATE:
        return True
    return bool(_DATE.fullmatch(unicodedata.normalize("NFKC", text).strip()))


def birth_digits(number: str) -> str:
    """The day of birth in a valid number, as eight digits."""
    return number[6:14] if len(number) == 18 else "19" + number[6:12]
