"""The unified social credit code (GB 32100-2015), shared by the kinds that may hold one.

18 characters from an alphabet without I O Z S V; the last one checks the others: each
character's place in the alphabet times 3^i modulo 31, summed, taken from 31.
No kind itself.

>>> is_shaped("91110000000000000A"), is_shaped("91110000000000000O")
(True, False)
>>> check_character("91110000000000000")
'E'
>>> is_valid("91110000000000000E")
True
"""

from __future__ import annotations

from converter.formulas import expressions

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
_WEIGHTS = tuple(pow(3, i, 31) for i in range(LENGTH - 1))


def is_shaped(text: str) -> bool:
    """Whether a text has the length and the alphabet of a code."""
    return len(text) == LENGTH and set(text) <= set(ALPHABET)


def check_character(body: str) -> str:
    """The 18th character that belongs to 17 of the alphabet."""
    total = sum(w * ALPHABET.index(c) for w, c in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[-total % 31]


def is_valid(text: str) -> bool:
    return is_shaped(text) and check_character(text[:-1]) == text[-1]


def _places(count: int) -> str:
    return "{" + ",".join(str(n) for n in range(1, count + 1)) + "}"


def excel_shaped(norm: str) -> str:
    """Expression: TRUE for the shape of a code."""
    found = f"ISNUMBER(FIND(MID({norm},{_places(LENGTH)},1),{expressions.quote(ALPHABET)}))"
    # FIND finds the nothing behind a short text everywhere, so the length is asked for, too.
    return f"AND(LEN({norm})={LENGTH},SUMPRODUCT(--{found})={LENGTH})"


def excel_wrong(norm: str) -> str:
    """Expression: TRUE for the shape of a code whose check character fails."""
    alphabet = expressions.quote(ALPHABET)
    weights = "{" + ",".join(str(w) for w in _WEIGHTS) + "}"
    found = f"FIND(MID({norm},{_places(LENGTH - 1)},1),{alphabet})-1"
    total = f"SUMPRODUCT(({found})*{weights})"
    wrong = f"MID({alphabet},MOD(31-MOD({total},31),31)+1,1)<>RIGHT({norm},1)"
    return f"IF({excel_shaped(norm)},{wrong},FALSE)"


def excel_text(raw: str) -> str:
    """Expression: a typed code without spaces, its digits half-width, its letters upper case."""
    return f"UPPER({expressions.half_width_digits(expressions.without_whitespace(raw))})"


def excel_compact(text: str) -> str:
    """Expression: such a code, its letters half-width, too."""
    return expressions.half_width(text, ALPHABET[10:])
