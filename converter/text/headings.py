"""Headings and items are found by their text, however a clerk has dressed it up.

Compared is what `normalized` leaves: no spaces, line breaks, stars, colons, remarks in brackets,
full-width forms; a numbering in front is tolerated.

>>> normalized("会员 姓名＊\\n（必填）") == normalized("会员姓名")
True
>>> normalized("身份证号（18位）："), without_number(normalized("3、职工总数"))
('身份证号', '职工总数')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeVar

from converter.model.forms import Sheet
from converter.text import characters

V = TypeVar("V")

REMEMBERED = 4_096  # texts
LONGEST_HEADING = 80  # characters; longer texts are explanations, not headings

# Not longer: of thousands of brackets that are never closed, each would be searched to the end.
_REMARK = re.compile(r"[(\[【〔{「][^)\]】〕}」]{0,100}[)\]】〕}」]")
_DRESS = dict.fromkeys(map(ord, characters.BLANKS + "*※★☆●#"))
_ENDS = ":;,.、。!"
_AFTER_NUMBER = ".、:)）"


@lru_cache(maxsize=REMEMBERED)
def normalized(text: str) -> str:
    """A heading without its dress; brackets alone keep what is inside them."""
    bare = unicodedata.normalize("NFKC", text).translate(_DRESS)
    short = _REMARK.sub("", bare) or bare
    return short.strip(_ENDS).lower()


def without_number(text: str) -> str:
    """A plain text without its leading number (a bracketed one is gone already)."""
    digits = (n for n, character in enumerate(text) if unicodedata.numeric(character, None) is None)
    return text[next(digits, len(text)) :].lstrip(_AFTER_NUMBER) if text else text


class Meaning(NamedTuple):
    """What a heading or item stands for."""

    field: tuple[str, int] | None  # its key, and how it is named: 0 = title, 1.. = alias
    role: str | None


NO_MEANING = Meaning(None, None)


@dataclass(frozen=True, slots=True)
class Names:
    """What the fields and columns of a sheet may be called."""

    fields: Mapping[str, tuple[str, int]]  # plain text → (field key, 0 = title, 1.. = alias)
    roles: Mapping[str, str]  # plain text → number, check, item, answer, …
    _seen: dict[str, Meaning] = field(default_factory=dict, repr=False)

    def field(self, text: str) -> tuple[str, int] | None:
        """The key of the field that a heading or item means, and how it is named."""
        return self.meaning(text).field

    def role(self, text: str) -> str | None:
        return self.meaning(text).role

    def meaning(self, text: str) -> Meaning:
        if not text or len(text) > LONGEST_HEADING:
            return NO_MEANING
        found = self._seen.get(text)
        if found is None:  # most texts stand in every workbook of a form
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            known = _look_up(self.fields, text), _look_up(self.roles, text)
            found = self._seen[text] = Meaning(*known) if any(known) else NO_MEANING
        return found


def names_of(sheet: Sheet) -> Names:
    known = tuple((field.key, (field.title, *field.aliases)) for field in sheet)
    return _names(known, tuple(sheet.headings.items()))


@lru_cache(maxsize=16)
def _names(
    known: tuple[tuple[str, tuple[str, ...]], ...], roles: tuple[tuple[str, str], ...]
) -> Names:
    fields: dict[str, tuple[str, int]] = {}
    for rank in range(max((len(texts) for _, texts in known), default=0)):
        for key, texts in known:
            if rank < len(texts):
                fields.setdefault(normalized(texts[rank]), (key, rank))
    return Names(fields, {normalized(text): role for role, text in roles})


def _look_up(known: Mapping[str, V], text: str) -> V | None:
    short = normalized(text)
    return known.get(short) or known.get(without_number(short))
