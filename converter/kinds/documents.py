"""The documents that identify people instead of ID cards: how their numbers look.

Both faces ask the same: how long a number is, which characters it may have, how many of them are
digits. Passports differ from country to country: ICAO allows nine letters and digits at most.

>>> [PASSPORT.fits(text) for text in ("E12345678", "1234", "E1234-5678")]
[True, False, False]
>>> [OFFICER_CARD.fits(text) for text in ("军字第1234567号", "军字第号")]
[True, False]
>>> [TRAVEL_PERMIT.fits(text) for text in ("H12345678", "12345678", "AB345678")]
[True, True, False]
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from converter.formulas import expressions

_DIGITS = "0123456789"
_LETTERS = string.ascii_uppercase


def _both_widths(characters: str) -> str:
    return characters + "".join(chr(ord(character) + 0xFEE0) for character in characters)


@dataclass(frozen=True, slots=True)
class PaperShape:
    """A paper and what its number may look like. A number never has the 18 characters of an ID."""

    code: str  # of the check that names a wrong one
    least: int  # characters …
    most: int
    digits: int  # … of them digits, at least
    first: str = ""  # what the first one may be ('' = anything)
    others: str = ""  # what all others may be ('' = anything)

    def fits(self, text: str) -> bool:
        return (
            self.least <= len(text) <= self.most
            and sum(character in _DIGITS for character in text) >= self.digits
            and (not self.first or text[:1] in self.first)
            and (not self.others or all(character in self.others for character in text[1:]))
        )

    def excel_wrong(self, norm: str) -> str:
        """Expression: TRUE for what does not fit. Letters come in either width."""
        right = [
            f"LEN({norm})>={self.least}",
            f"LEN({norm})<={self.most}",
            f"{expressions.count_digits(norm)}>={self.digits}",
        ]
        if self.first:
            allowed = expressions.quote(self._widened(self.first))
            right.append(f"ISNUMBER(FIND(LEFT({norm},1),{allowed}))")
        if self.others:
            places = "{" + ",".join(str(n) for n in range(2, self.most + 1)) + "}"
            allowed = expressions.quote(self._widened(self.others))
            # Filled up to its longest: Excel finds '' in every text, LibreOffice in none.
            filled = f"{norm}&{expressions.quote(self.others[0] * self.most)}"
            right.append(f"SUMPRODUCT(--ISERROR(FIND(MID({filled},{places},1),{allowed})))=0")
        return f"NOT({expressions.both(right)})"

    def _widened(self, characters: str) -> str:
        letters = "".join(c for c in characters if c not in _DIGITS)
        return characters + _both_widths(letters)[len(letters) :]


PASSPORT = PaperShape("K131", 6, 9, 4, _DIGITS + _LETTERS, _DIGITS + _LETTERS)
OFFICER_CARD = PaperShape("K132", 6, 15, 4)
TRAVEL_PERMIT = PaperShape("K133", 8, 11, 8, _DIGITS + "HM", _DIGITS)

ID_NUMBER = "id_number"
DOCUMENTS: Mapping[str, PaperShape] = {
    "passport": PASSPORT,
    "officer_card": OFFICER_CARD,
    "travel_permit": TRAVEL_PERMIT,
}
