"""A citizen's ID number: 17 digits and a check character (GB 11643-1999).

Digits 1-6 name the region that issued it first, 7-14 the birth date, 15-17 the sequence (17th
odd = male). Weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2; the sum modulo 11 picks the check
character from 10X98765432. The same structure holds for residence permits of Hong Kong, Macao
and Taiwan (81, 82, 83) and foreign permanent resident cards (9…, since 2023-12-01).

Tidied (K901): spaces and whatever cannot be seen, full-width characters, a small x or what looks
like an X at the end, an apostrophe in front. Faults, in order: K111 typed as a number of 16 digits
and more, of which a spreadsheet keeps 15 · K119 a permit or a passport, which is accepted with a
reason (sex and birthday are typed then) · K113 a first-generation number of 15 digits (ended
2013-01-01) · K112 not 18 characters · K114 characters that do not belong · K115 no birth date ·
K117 born in the future · K116 check character · K118 unknown region (a warning: lists of regions
are never complete).

Option: `regions`, the code list of known region codes; without it regions are not validated.

>>> compact("１１０１０１ 18500101 003x")
'11010118500101003X'
>>> compact("'110101185001010001")
'110101185001010001'
>>> check_character("11010118500101003")
'4'
>>> from_first_generation("110101500101003")
'110101195001010033'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Mask,
    Normalised,
    failing,
    matches_at,
    same_text,
    texts,
)
from converter.kinds.lost_digits import excel_lost_digits, lost_digits
from converter.kinds.options import ListName
from converter.kinds.other_documents import OTHER_DOCUMENT, OTHER_DOCUMENTS, excel_other_document
from converter.kinds.points import Points, points
from converter.model.arrays import np, pd
from converter.model.cell_types import CellType
from converter.model.clock import today
from converter.model.errors import option_error
from converter.model.forms import CodeList, Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

if TYPE_CHECKING:
    import numpy.typing as npt

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHARACTERS = "10X98765432"
EARLIEST_BIRTH = 1850  # nobody born before has ever held an ID number
APOSTROPHES = "'‘’`"
LIKE_X = "ⅩХΧ×✕✖╳"  # typed for the X at the end
# Cards that other authorities issue; the list of regions does not know them.
_OTHER_ISSUERS = (81, 82, 83)

Numbers: TypeAlias = "npt.NDArray[np.int32]"

_LENGTH, _OLD_LENGTH = 18, 15
# 1.30102E+17 as text: a list where a program had turned numbers to this was pasted as it looked.
_EXPONENT = re.compile(r"[1-9](?:\.[0-9]+)?E\+?1[0-9]")
SHORTEST_DOCUMENT = 8  # characters
# One digit over and over, digits in their order, a mask, a tail that nobody has.
_MADE_UP = re.compile(r"(\d)\1{8}|12345678|[X*?#_]{2}|(?:1234|123X|0000)$")
# The birth date and what follows: a number format shows the six digits before them.
_WITHOUT_PREFIX = re.compile("(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{4}")
_PUNCTUATION = re.compile(r"[^0-9A-Z]")
_LABEL = re.compile("^[\u4e00-\u9fff]+[:号]*|[(][\u4e00-\u9fff]+[)]$")  # 护照E12345678
_ANYWHERE = re.compile("(?<![0-9])[1-9][0-9]{16}[0-9X](?![0-9A-Z])")
_NOTHING = -ord("0")  # behind the end of a text


def compact(text: str) -> str:
    """The number without what does not belong to it."""
    if text.isascii() and text[:-1].isdigit() and (text.isdigit() or text[-1] == "X"):
        return text  # as nearly all are
    squeezed = squeeze(text).upper()
    number = squeezed[1:] if squeezed[:1] in APOSTROPHES else squeezed
    if len(number) == _LENGTH and number[-1] in LIKE_X:
        number = f"{number[:-1]}X"
    return number


def valid_numbers(text: str) -> set[str]:
    """The 18-character numbers in a compact text whose birth date and check character are right."""
    return {
        number
        for number in _ANYWHERE.findall(text)
        if "1850" <= number[6:10] <= "2100"
        and "01" <= number[10:12] <= "12"
        and "01" <= number[12:14] <= "31"
        and check_character(number[:17]) == number[17]
    }


def is_document(text: str) -> bool:
    """Whether a compact text looks like the number of a permit or a passport."""
    return bool(OTHER_DOCUMENT.fullmatch(text))


def is_made_up(text: str) -> bool:
    """Whether a compact text of 18 characters was put in for a number, as in an example's row.

    >>> [is_made_up(t) for t in ("0" * 18, "110101199001011234", "13010219******0017")]
    [True, True, True]
    """
    return bool(_MADE_UP.search(text)) and not valid_numbers(text)


def _shape(raw: str, text: str) -> Params:
    """What is wrong with a text of another length, where there is more to say than its length."""
    if _WITHOUT_PREFIX.fullmatch(text) or not any(map(str.isdigit, text)):
        return {"variant": "prefix" if text[:1].isdigit() else "words"}
    parts = (text, _PUNCTUATION.sub("", text), *map(compact, raw.split()))
    numbers = set[str]().union(*map(valid_numbers, parts))
    if len(numbers) > 1:
        return {"variant": "several", "count": len(numbers)}
    return {"variant": "more"} if numbers or is_document(_LABEL.sub("", text)) else {}


def check_character(digits: str) -> str:
    """The 18th character that belongs to 17 digits."""
    return CHARACTERS[sum(w * int(d) for w, d in zip(WEIGHTS, digits, strict=True)) % 11]


def from_first_generation(digits: str) -> str:
    """The 18-character form of a 15-digit number: everybody who had one was born in 19…"""
    longer = digits[:6] + "19" + digits[6:]
    return longer + check_character(longer)


# --- checks over arrays of code points, one row a number, one column more than it may have -----


def _read(cells: Cells) -> Points:
    return points(cells.text, _LENGTH + 1)


def _points(cells: Cells) -> Points:
    return cells.once(_read)


def _has_length(characters: Points, length: int) -> Mask:
    return np.asarray((characters[:, length - 1] != _NOTHING) & (characters[:, length] == _NOTHING))


def _digits(characters: Points, count: int) -> Mask:
    """Whether numbers begin with so many digits."""
    part = characters[:, :count]
    return np.asarray(((part >= 0) & (part <= 9)).all(axis=1))


def _value(characters: Points, start: int, end: int) -> Numbers:
    """The digits of some columns, nine at most, as one number; nonsense where they are none."""
    result = np.zeros(len(characters), dtype=np.int32)
    for column in range(start, end):
        result *= 10
        result += characters[:, column]
    return result


def _well_formed(characters: Points) -> Mask:
    last = characters[:, _LENGTH - 1]
    ends = _digits(characters, _LENGTH) | (last == ord("X") - ord("0"))
    ends &= characters[:, _LENGTH] == _NOTHING
    return np.asarray(_digits(characters, _LENGTH - 1) & ends)


def _not_well_formed(cells: Cells) -> npt.NDArray[np.int64]:
    return np.flatnonzero(~_well_formed(_points(cells)))


def _malformed_where(cells: Cells, accepts: Callable[[str], Any]) -> Mask:
    """TRUE where a function finds anything in a text that is no well-formed number, as few are."""
    return matches_at(cells.text, cells.once(_not_well_formed), accepts)


# Month 0, and whatever is no month, has no day.
_MONTH_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_date(year: Numbers, month: Numbers, day: Numbers) -> Mask:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    possible = (month >= 1) & (month <= 12)
    days = np.array(_MONTH_DAYS, dtype=np.int8)
    last = days[np.where(possible, month, 0)] - ((month == 2) & ~leap)
    return np.asarray((day >= 1) & (day <= last))


def _first_generation(cells: Cells) -> Mask:
    characters = _points(cells)
    found = _has_length(characters, _OLD_LENGTH)
    characters = characters[found]
    born = (_value(characters, 6, 8) + 1900, _value(characters, 8, 10), _value(characters, 10, 12))
    found[found] = _digits(characters, _OLD_LENGTH) & _is_date(*born)
    return found


def _lost_digits(cells: Cells) -> Mask:
    kept = lost_digits("K111").passes(cells)
    return np.asarray(~kept | _malformed_where(cells, _EXPONENT.fullmatch))


def _wrong_length(cells: Cells) -> Mask:
    # A number cell that is not K111 can hold 15 digits at most, whatever its text looks like.
    wrong = ~_has_length(_points(cells), _LENGTH)
    return np.asarray(wrong | cells.is_type(CellType.NUMBER))


def _wrong_characters(cells: Cells) -> Mask:
    return ~_well_formed(_points(cells))


def _no_birth_date(cells: Cells) -> Mask:
    characters = _points(cells)
    year = _value(characters, 6, 10)
    born = _is_date(year, _value(characters, 10, 12), _value(characters, 12, 14))
    return ~born | (year < EARLIEST_BIRTH)


def _not_born_yet(cells: Cells) -> Mask:
    now = today()
    born = _value(_points(cells), 6, 14)
    return np.asarray(born > now.year * 10000 + now.month * 100 + now.day)


def _wrong_check_character(cells: Cells) -> Mask:
    characters = _points(cells)
    # Digit by digit: a product of all at once would take eight bytes a character.
    total = np.zeros(len(characters), dtype=np.int16)
    for column, weight in enumerate(WEIGHTS):
        total += np.multiply(characters[:, column], weight, dtype=np.int16)
    expected = np.array([ord(c) - ord("0") for c in CHARACTERS], dtype=np.int8)[total % 11]
    return np.asarray(characters[:, _LENGTH - 1] != expected)


def _unknown_region(codes: CodeList) -> Callable[[Cells], Mask]:
    @cache
    def known_codes() -> Mask:
        known = np.zeros(10**6, dtype=bool)
        known[[int(entry.code) for entry in codes.entries]] = True
        return known

    def wrong(cells: Cells) -> Mask:
        is_known = known_codes()
        characters = _points(cells)
        other = (characters[:, 0] == 9) | np.isin(_value(characters, 0, 2), _OTHER_ISSUERS)
        code = _value(characters, 0, 6).clip(0, len(is_known) - 1)  # what is no code is K114
        return np.asarray(~is_known[code] & ~other)

    return wrong


# --- the Excel face ------------------------------------------------------------------------


def _excel_date(year: str, month: str, day: str) -> str:
    """TRUE where three numbers are a date. Years are moved into 2000-2399, where the calendar
    is the same and DATE understands them all."""
    last = f"DAY(DATE(2000+MOD({year},400),{month}+1,0))"
    return f"AND({month}>=1,{month}<=12,{day}>=1,{day}<={last})"


class IdNumber(Kind):
    """A citizen's ID number."""

    name = "id_number"
    example = "110101199001019909"
    width = 25
    personal = True
    unique_key = True
    birth_and_sex = True
    has_substitutes = True
    derivable = frozenset({"K116", "K117"})
    schema_pattern = f"^([0-9]{{17}}[0-9X]|{OTHER_DOCUMENTS})$"
    regions = ListName(default="")

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        if self.regions(field):
            entries = form.codes[self.regions(field)].entries
            if not all(len(e.code) == 6 and e.code.isdigit() for e in entries):
                raise option_error(
                    "regions", "form_region_codes", self.regions(field), list=self.regions(field)
                )

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        text = texts(cells.text)
        nonstandard = cells.once(_not_well_formed)
        if len(nonstandard):
            text = text.copy()
            for at in nonstandard:
                text[at] = compact(text[at])
        return same_text(cells, pd.Series(text, index=cells.text.index, dtype=object), "K901")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        found = [
            failing("K111", _lost_digits),
            failing("K119", lambda c: _malformed_where(c, self.is_substitute)),
            failing("K113", _first_generation),
            failing("K112", _wrong_length),
            failing("K114", _wrong_characters),
            failing("K115", _no_birth_date),
            failing("K117", _not_born_yet),
            failing("K116", _wrong_check_character),
        ]
        if self.regions(field):
            codes = form.codes[self.regions(field)]
            found.append(failing("K118", _unknown_region(codes)))
        return tuple(found)

    def is_substitute(self, text: str) -> bool:
        return is_document(text)

    def excel_substitute(self, norm: str) -> str:
        return f"LEN({norm})<>{_LENGTH}"

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        if code == "K112":
            return {"length": len(text), **_shape(raw, text)}
        if code == "K113":
            return {"offer": from_first_generation(text)}
        if code in ("K114", "K115", "K116") and is_made_up(text):
            return {} if form.sheet(field.sheet).is_record else {"variant": "example"}
        # No birth date: reports mask ID numbers, and it must not slip out beside them.
        return {"region": text[:6]} if code == "K118" else {}

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        digits = expressions.half_width_digits(expressions.without_whitespace(raw))
        # ASC makes every letter half-width, in a Chinese program; elsewhere at least UPPER knows
        # full-width letters, X is turned by itself, and `excel_other_document` takes both.
        return f'SUBSTITUTE(UPPER(ASC({digits})),"Ｘ","X")'

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        first = f"LEFT({expressions.without_whitespace(raw)},1)"
        quoted = f"ISNUMBER(FIND({first},{expressions.quote(APOSTROPHES + '＇')}))"
        # LEFT of nothing is found everywhere; nothing without its first character is nothing again.
        return f"MID({text},1+{quoted},99)"

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return f'TEXT({raw},"0")'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        def part(start: int, length: int) -> str:
            return f"VALUE(MID({norm},{start},{length}))"

        old_born = _excel_date(f"1900+{part(7, 2)}", part(9, 2), part(11, 2))
        old = f"IF({expressions.all_digits(norm)},{old_born},FALSE)"
        born = _excel_date(part(7, 4), part(11, 2), part(13, 2))
        places = "{" + ",".join(str(n) for n in range(1, _LENGTH)) + "}"
        weights = "{" + ",".join(str(w) for w in WEIGHTS) + "}"
        total = f"SUMPRODUCT(MID({norm},{places},1)*{weights})"
        last = f"MID({norm},{_LENGTH},1)"
        return (
            excel_lost_digits("K111", raw),
            ExcelCondition("K119", excel_other_document(norm)),
            ExcelCondition("K113", f"IF(LEN({norm})={_OLD_LENGTH},{old},FALSE)"),
            ExcelCondition("K112", f"LEN({norm})<>{_LENGTH}"),
            ExcelCondition(
                "K114",
                f"NOT(AND({expressions.all_in(norm, _LENGTH - 1, '0123456789')},"
                f'ISNUMBER(FIND({last},"0123456789X"))))',
            ),
            ExcelCondition("K115", f"IF({part(7, 4)}<{EARLIEST_BIRTH},TRUE,NOT({born}))"),
            ExcelCondition(
                "K116", f"MID({expressions.quote(CHARACTERS)},MOD({total},11)+1,1)<>{last}"
            ),
        )
