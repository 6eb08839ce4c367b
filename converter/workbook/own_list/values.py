"""What a cell of a list looks like: an ID number, a date."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from converter.kinds import written_days
from converter.kinds.id_number import check_character, compact, valid_numbers
from converter.model.cell_types import CellType
from converter.text import characters
from converter.workbook import person_names

LENGTH = 18  # characters of an ID number
SIGNIFICANT = 15  # digits that a spreadsheet keeps of a number

_YEAR, _MONTH, _DAY = "(?:19|20)[0-9]{2}", "[01]?[0-9]", "[0-3]?[0-9]"
_DATE = re.compile(
    f"{_YEAR}(?:[-/.年]{_MONTH}(?:[-/.月]{_DAY}日?|月)?|[01][0-9](?:[0-3][0-9])?)(?:[ T].*)?"
)
_APART = re.compile(r"[\s,;/|、，；]+")  # two things in one cell
_COUNTS = "0123456789.)("
_BESIDE = " \t\r\n,;:/|、，；：()（）"
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


def numbers_in(text: str) -> list[str]:
    """The valid numbers of 18 characters anywhere in a text, from left to right."""
    if len(text) < SIGNIFICANT:
        return []
    whole = characters.half_width(characters.without_invisible(text)).upper()
    if sum(map(whole.count, "0123456789")) < LENGTH - 1:
        return []
    parts = (compact(part) for part in _APART.split(whole) if len(part) >= LENGTH)
    found = [number for part in parts for number in sorted(valid_numbers(part))]
    return found or sorted(valid_numbers(compact(whole)))  # 赵一 130102 19600101 9902


def holds_number(text: str) -> bool:
    """Whether a cell is one person's ID number, or holds one beside something else."""
    return bool(id_number(text)) or len(numbers_in(text)) == 1


def without_number(text: str, number: str) -> str:
    """The text that stands beside a number."""
    rest = characters.half_width(characters.without_invisible(text)).upper()
    if number not in rest:
        rest = compact(rest)
    return rest.replace(number, "").strip(_BESIDE)


def parts(text: str) -> list[str]:
    """What stands in one cell, apart: 赵一、钱二."""
    return [part for part in _APART.split(text) if part]


def name_beside(text: str, number: str) -> str:
    """The one name that stands in a cell beside a number, '' where it is none: 1. 赵一 130102…"""
    parts = (part.strip(_COUNTS) for part in _APART.split(without_number(text, number)))
    names = [part for part in parts if person_names.is_usual_name(part)]
    return names[0] if len(names) == 1 else ""


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


def is_date(text: str, kind: int) -> bool:
    if kind == CellType.DATE:
        return True
    if _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip()):
        return True
    return not text.isdecimal() and len(written_days.read(text).days) == 1  # 二〇一〇年五月一日


def birth_digits(number: str) -> str:
    """The day of birth in a valid number, as eight digits."""
    return number[6:14] if len(number) == 18 else "19" + number[6:12]
