"""A code that is written by a mask, such as `AA-0000`: canonical text is upper case, half-width.

In a mask 0 is a digit, A a letter, ? a letter or a digit; every other character stands for itself.
What stands in square brackets may be left out. A code stays as it is written, with it or without.
Tidied: spaces, full-width characters, lower case (K901). Faults: K731 not written like that.

Options: `pattern`, the mask; `hint`, what the remedy adds.

>>> Mask("冀A-00").read("冀ｂ－０7"), Mask("A?").read("a 7")
('冀B-07', 'A7')
>>> [bool(Mask("A?-0").matches(text)) for text in ("AB-7", "A7-7", "77-7", "A7-77", "A77")]
[True, True, False, False, False]
>>> Mask("A?.0").expression, Mask("A[-]0").expression
('^[A-Z][A-Z0-9]\\\\.[0-9]$', '^[A-Z](?:-)?[0-9]$')
>>> Mask("A[-]00[0A]").spellings
('A-000A', 'A000A', 'A-00', 'A00')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Normalised,
    failing,
    map_unique,
    matches,
    same_text,
)
from converter.kinds.options import OPTIONAL_PART, Line, MaskText
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

FAULT = "K731"
_CLASSES = {"0": digits, "A": ascii_uppercase, "?": ascii_uppercase + digits}
_EXPRESSIONS = {"0": "[0-9]", "A": "[A-Z]", "?": "[A-Z0-9]"}
_SPECIAL = re.compile(r"[\\^$.|*+()\[\]{}]")  # what every dialect escapes
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
_IN_ONE_FORMULA = 20  # letters that are made half-width beside each other


@dataclass(frozen=True)
class Mask:
    """How a code is written."""

    text: str

    def read(self, typed: str) -> str:
        return squeeze(typed).translate(_UPPER)

    @cached_property
    def _parts(self) -> list[str]:
        """What every code has and what may be left out, in turn."""
        return OPTIONAL_PART.split(self.text)

    @cached_property
    def expression(self) -> str:
        """The same as a regular expression."""
        parts = [
            "".join(_EXPRESSIONS.get(one) or _SPECIAL.sub(r"\\\g<0>", one) for one in part)
            for part in self._parts
        ]
        return f"^{''.join(f'(?:{p})?' if n % 2 else p for n, p in enumerate(parts))}$"

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """The masks without brackets that it stands for, the whole one first."""
        found = [""]
        for number, part in enumerate(self._parts):
            left_out = found if number % 2 else []
            found = [*(before + part for before in found), *left_out]
        return tuple(dict.fromkeys(found))

    def matches(self, text: str) -> object:
        return re.fullmatch(self.expression, text)

    @property
    def example(self) -> str:
        return self.spellings[0].replace("?", "0")

    @property
    def _literals(self) -> str:
        used = {c for c in self.spellings[0] if c.isascii() and c not in _CLASSES}
        return "".join(sorted(used))

    @property
    def letters(self) -> str:
        """The letters that may stand in a code."""
        return ascii_uppercase if {"A", "?"} & set(self.text) else self._letters

    @property
    def _letters(self) -> str:
        return "".join(c for c in self._literals if c.isalpha())

    @property
    def signs(self) -> str:
        """The other characters of ASCII that stand for themselves, but for digits."""
        return "".join(c for c in self._literals if not c.isalnum())

    def excel_wrong(self, norm: str) -> str:
        """Expression: TRUE for a text that is not written like that."""
        return f"NOT({expressions.either(_excel_fits(norm, one) for one in self.spellings)})"


def _excel_fits(norm: str, spelling: str) -> str:
    """Expression: TRUE for a text that is written like that."""
    parts, at = [f"LEN({norm})={len(spelling)}"], 1
    for one, run in groupby(spelling, lambda c: c if c in _CLASSES else ""):
        part = "".join(run)
        found = f"MID({norm},{at},{len(part)})"
        same = f"EXACT({found},{expressions.quote(part)})"
        parts.append(expressions.all_in(found, len(part), _CLASSES[one]) if one else same)
        at += len(part)
    # A short text has nothing at its end, and nothing is found everywhere: the length, too.
    return expressions.both(parts)


@lru_cache(maxsize=64)
def _mask(text: str) -> Mask:
    return Mask(text)


class MaskedCode(Kind):
    """A code that is written by a mask."""

    name = "pattern"
    example = "A-01"
    excel_text_cell = True
    pattern = MaskText()
    hint = Line(default="")

    def example_of(self, field: Field, form: Form) -> str:
        return _mask(self.pattern(field)).example

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        return same_text(cells, map_unique(cells.text, _mask(self.pattern(field)).read), "K901")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        mask = _mask(self.pattern(field))
        return (failing(FAULT, lambda c: ~matches(c.text, mask.matches)),)

    def schema_constraints(self, field: Field, form: Form) -> Mapping[str, Any]:
        return {"pattern": _mask(self.pattern(field)).expression}

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        hint = self.hint(field)
        params = {"example": self.example_of(field, form), "hint": hint}
        return {**params, "variant": "hint"} if hint else params

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        mask = _mask(self.pattern(field))
        text = expressions.half_width_digits(expressions.without_whitespace(raw))
        rest = mask.letters[_IN_ONE_FORMULA:]
        return expressions.half_width(f"UPPER({text})", mask.signs + rest)

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        return expressions.half_width(text, _mask(self.pattern(field)).letters[:_IN_ONE_FORMULA])

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return expressions.number_as_text(raw)

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        return (ExcelCondition(FAULT, _mask(self.pattern(field)).excel_wrong(norm)),)
