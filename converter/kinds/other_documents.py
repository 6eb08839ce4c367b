"""Documents that some have instead of an ID number, known by their shape.

>>> [bool(OTHER_DOCUMENT.fullmatch(text)) for text in ("E12345678", "H12345678", "130102")]
[True, True, False]
"""

from __future__ import annotations

import re
import string

from converter.formulas import expressions

# Passports, permits of Hong Kong and Macao (H or M and 8 or 10 digits), older residence cards of
# foreigners (three letters and 12 digits), permits of Taiwan (8 digits, which begin with a 0).
_LETTERED = (8, 11, 15)  # characters at least, at most, and of a residence card
_DIGITS_ONLY = 8
OTHER_DOCUMENTS = "[A-Z][0-9A-Z]{2}[0-9]{5,8}|[A-Z]{3}[0-9]{12}|0[0-9]{7}"
OTHER_DOCUMENT = re.compile(OTHER_DOCUMENTS)


def excel_other_document(norm: str) -> str:
    """TRUE for what `OTHER_DOCUMENT` matches, with letters of either width."""
    letters = string.ascii_uppercase
    letters += "".join(chr(ord(letter) + 0xFEE0) for letter in letters)

    def begins(*characters: str) -> list[str]:
        return [
            f"ISNUMBER(FIND(MID({norm},{at},1),{expressions.quote(allowed)}))"
            for at, allowed in enumerate(characters, 1)
        ]

    least, most, card = _LETTERED
    either = letters + "0123456789"
    short = [f"LEN({norm})>={least}", f"LEN({norm})<={most}", *begins(letters, either, either)]
    long = [f"LEN({norm})={card}", *begins(letters, letters, letters)]
    begin = expressions.either(map(expressions.both, (short, long)))
    lettered = expressions.both([begin, expressions.all_digits(f"MID({norm},4,99)")])
    digits = expressions.both(
        [f"LEN({norm})={_DIGITS_ONLY}", f'LEFT({norm},1)="0"', expressions.all_digits(norm)]
    )
    # An ID number is longer: asked first, since it is quick.
    return f"IF(LEN({norm})>{card},FALSE,{expressions.either([lettered, digits])})"
