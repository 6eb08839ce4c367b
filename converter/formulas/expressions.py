"""Building blocks of spreadsheet formulas: strings in, strings out.

Only functions that Excel 2010, WPS and LibreOffice share. Expressions carry no leading '='.
"""

from __future__ import annotations

from collections.abc import Iterable

# Blanks that clerks cannot see; the same set is removed by the pandas faces (kinds.base).
WHITESPACE = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
VISIBLE_WHITESPACE = " \t\r\n\u00a0\u3000"  # those of them that take room
# The others: formulas find them by a range, however many there are, and leave them to the check.
INVISIBLE = "".join(
    dict.fromkeys(
        "".join(c for c in WHITESPACE if c not in VISIBLE_WHITESPACE)
        + "\u034f\u061c\u180e\u202f\u205f\u1680\u2028\u2029\u115f\u1160\u3164\uffa0\u2800\ufffc"
        + "".join(
            map(chr, (*range(0x2000, 0x200B), *range(0x202A, 0x202F), *range(0x2061, 0x2070)))
        )
        + "".join(map(chr, range(0xFE00, 0xFE10)))
    )
)
FULL_WIDTH_DIGITS = "０１２３４５６７８９"


def quote(text: str) -> str:
    """A text as a formula's literal."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a formula's literal; a lone control character, which the XML of a workbook
    would not keep, as CHAR()."""
    return f"CHAR({ord(text)})" if len(text) == 1 and ord(text) < 32 else quote(text)


def array(items: Iterable[str]) -> str:
    """Texts as an inline array constant."""
    return "{" + ",".join(quote(item) for item in items) + "}"


def substitute(expression: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Nested SUBSTITUTE, one level a pair (64 levels at most in Excel)."""
    for old, new in pairs:
        expression = f"SUBSTITUTE({expression},{literal(old)},{literal(new)})"
    return expression


def without_whitespace(expression: str) -> str:
    """The text with every blank removed that takes room."""
    return substitute(expression, ((blank, "") for blank in VISIBLE_WHITESPACE))


def spaced(expression: str) -> str:
    """The text with a space in place of every other blank that takes room."""
    return substitute(expression, ((blank, " ") for blank in VISIBLE_WHITESPACE if blank != " "))


def count_invisible(expression: str) -> str:
    """How many invisible characters a text holds."""
    rest = f'SUBSTITUTE({expression},{array(INVISIBLE)},"")'
    return f"SUMPRODUCT(LEN({expression})-LEN({rest}))"


def holds_invisible(expression: str) -> str:
    """TRUE where a text holds an invisible character."""
    return contains_any(expression, INVISIBLE)


def is_blank(expression: str) -> str:
    """TRUE where a text is empty or holds nothing but spaces, visible or not."""
    return f"LEN({without_whitespace(expression)})={count_invisible(expression)}"


def all_in(expression: str, count: int, characters: str) -> str:
    """TRUE where each of the first `count` characters of a text, which has them, is allowed."""
    places = "{" + ",".join(str(n) for n in range(1, count + 1)) + "}"
    found = f"FIND(MID({expression},{places},1),{quote(characters)})"
    return f"SUMPRODUCT(--ISNUMBER({found}))={count}"


def half_width_digits(expression: str) -> str:
    return substitute(expression, zip(FULL_WIDTH_DIGITS, "0123456789", strict=True))


def half_width(expression: str, characters: Iterable[str]) -> str:
    """The text with the full-width forms of some ASCII characters turned into these characters."""
    return substitute(expression, ((chr(ord(c) + 0xFEE0), c) for c in characters))


def number_as_text(expression: str) -> str:
    """A number with all the digits of its whole part."""
    return f'IF({expression}=INT({expression}),TEXT({expression},"0"),{expression}&"")'


def only(expression: str, characters: Iterable[str]) -> str:
    """TRUE where a text is empty or holds nothing but some characters; names the text once."""
    return f'{substitute(expression, ((c, "") for c in characters))}=""'


def one_of(expression: str, texts: Iterable[str]) -> str:
    """TRUE where a text is one of several, letter by letter and without wildcards."""
    return f"SUMPRODUCT(--EXACT({expression},{array(texts)}))>0"


def starts_with_any(expression: str, prefixes: Iterable[str]) -> str:
    """TRUE where a text begins with one of some texts."""
    by_length: dict[int, list[str]] = {}
    for prefix in prefixes:
        by_length.setdefault(len(prefix), []).append(prefix)
    starts = [one_of(f"LEFT({expression},{n})", texts) for n, texts in by_length.items()]
    return either(starts) if starts else "FALSE"


def contains_any(expression: str, characters: Iterable[str]) -> str:
    """TRUE where the text holds one of the characters (FIND knows no wildcards)."""
    return f"SUMPRODUCT(--ISNUMBER(FIND({array(characters)},{expression})))>0"


def count_digits(expression: str) -> str:
    """How many of a text's characters are 0-9."""
    digits = array("0123456789")
    return f'SUMPRODUCT(LEN({expression})-LEN(SUBSTITUTE({expression},{digits},"")))'


def all_digits(expression: str) -> str:
    """TRUE where a text is empty or holds nothing but 0-9."""
    return f"{count_digits(expression)}=LEN({expression})"


def either(conditions: Iterable[str]) -> str:
    return _joined("OR", conditions)


def both(conditions: Iterable[str]) -> str:
    return _joined("AND", conditions)


def _joined(function: str, conditions: Iterable[str]) -> str:
    first, *others = conditions
    return f"{function}({','.join((first, *others))})" if others else first


def first_of(cases: Iterable[tuple[str, str]]) -> str:
    """Nested IF: the value of the first case whose condition holds, else nothing."""
    expression = '""'
    for condition, value in reversed(list(cases)):
        expression = f"IF({condition},{value},{expression})"
    return expression


def list_name(code_list: str, column: str) -> str:
    """The workbook-wide name of one part of a code list on the hidden sheet: label, code, parent,
    or a text of spellings (see `kinds.choice.spelling_texts`)."""
    return f"list_{code_list}_{column}"


def look_up(needle: str, keys: str, values: str) -> str:
    """The value beside the key that equals needle letter by letter, without wildcards: a clerk's
    * or ? must not match anything. Names the needle only once, and takes rows and columns.

    Dividing by FALSE gives errors that LOOKUP skips, so it stops at the last TRUE.
    """
    return f'IFERROR(LOOKUP(2,1/EXACT({needle},{keys}),{values}),"")'
