"""The number of a business licence.

15 digits, the last one by ISO 7064 MOD 11,10 (K802); or a unified social credit code of 18
characters, GB 32100-2015 (K803); 13 digits were in use before 2007 and are worth a second look
(K804). All three are warnings. K805: typed as a number of 16 digits and more, of which a
spreadsheet keeps 15. K801: any other shape. Tidied (K901): spaces, full-width characters, small
letters. No options.

>>> mod_11_10("130100000000000")
False
>>> mod_11_10("110108000000016")
True
"""

from __future__ import annotations

import re

from converter.formulas import expressions
from converter.kinds import uscc
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Normalised,
    Texts,
    by_verdict,
    map_unique,
    same_text,
    texts,
)
from converter.kinds.lost_digits import excel_lost_digits, lost_digits
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

_DIGITS = re.compile("[0-9]+")


def compact(text: str) -> str:
    return squeeze(text).upper()


def mod_11_10(digits: str) -> bool:
    """Whether digits end in the check digit of ISO 7064 MOD 11,10."""
    rest = 10
    for digit in digits[:-1]:
        rest = ((rest + int(digit)) % 10 or 10) * 2 % 11
    return (rest + int(digits[-1])) % 10 == 1


def _verdict(text: str) -> str:
    if _DIGITS.fullmatch(text) and len(text) in (13, 15):
        if len(text) == 13:
            return "K804"
        return "" if mod_11_10(text) else "K802"
    if not uscc.is_shaped(text):
        return "K801"
    return "" if uscc.is_valid(text) else "K803"


def _verdicts(cells: Cells) -> Texts:
    return texts(map_unique(cells.text, _verdict))


# 2x modulo 11, less one, for every x = 1…20 taken modulo 10 with 10 for 0.
_STEP = "13579024681357902468"


def _excel_mod_11_10(norm: str) -> str:
    """TRUE where the last of 15 digits is right. What is left after each digit is kept less one,
    so that it is a single digit: one MID a step."""
    rest = "9"
    for place in range(1, 15):
        rest = f'MID("{_STEP}",{rest}+MID({norm},{place},1)+1,1)'
    return f"MOD({rest}+MID({norm},15,1),10)=0"


class RegistrationNumber(Kind):
    """The number of a business licence."""

    name = "registration_number"
    example = "110108000000016"
    width = 23
    excel_text_cell = True

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        return same_text(cells, map_unique(cells.text, compact), "K901")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        return (lost_digits("K805"), *by_verdict(("K801", "K804", "K802", "K803"), _verdicts))

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        return {"length": len(text)} if code == "K801" else {}

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return uscc.excel_text(raw)

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        return uscc.excel_compact(text)

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return f'TEXT({raw},"0")'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        digits = expressions.all_digits(norm)
        numbered = f"AND({digits},OR(LEN({norm})=13,LEN({norm})=15))"
        return (
            excel_lost_digits("K805", raw),
            ExcelCondition("K801", f"NOT(OR({numbered},{uscc.excel_shaped(norm)}))"),
            ExcelCondition("K804", f"LEN({norm})=13"),
            ExcelCondition("K802", f"IF(LEN({norm})=15,NOT({_excel_mod_11_10(norm)}),FALSE)"),
            ExcelCondition("K803", uscc.excel_wrong(norm)),
        )
