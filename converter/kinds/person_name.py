"""A person's name, in any script, as the ID card has it.

Tidied (K901): spaces at the ends, between Chinese characters and around the dot, runs of spaces;
full-width Latin letters; the dot of names such as 阿依古丽·买买提, of which only U+00B7 is
right; radicals that were typed for the character of the same look (U+2F00, U+2E80). A full stop
behind a Latin letter stays. Rare characters beyond the basic plane are right.

Parts with a blank between them that hardly are one name (K204) are joined and asked about: two
names, a name and a sex or a post, a name of another language that lacks its dot.

Faults: K007 begins like a formula · K201 digits, punctuation, symbols that no name
holds (characters of Western names count only beside Latin letters), or nothing but dots · K006
private-use characters · K202 any other character that is no letter · K008 longer than
`name_length` of the form's limits. No options.

>>> tidy(" 张\u3000三 "), tidy("阿依古丽•买买提"), tidy("买买提.吾守尔"), tidy("J.  Smith")
('张三', '阿依古丽·买买提', '买买提·吾守尔', 'J. Smith')
>>> tidy("\u2f63") == "\u751f"
True
>>> [has_parts(name) for name in ("张 三", "欧阳 示例", "示例明 女", "买买提 艾力", "李 示 例")]
[False, False, True, True, False]
>>> holds_wrong_character("张三1"), holds_wrong_character("O'Neill"), holds_wrong_character("张-三")
(True, False, True)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from converter.formulas import expressions
from converter.kinds import free
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Mask,
    Normalised,
    failing,
    map_at,
    matches_at,
    same_text,
    texts,
    where,
)
from converter.messages.catalogue import message
from converter.model.arrays import np
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text import characters
from converter.text.characters import half_width

if TYPE_CHECKING:
    import numpy.typing as npt

LIMIT = "name_length"  # a key of the form's limits
DOT = "·"
DOTS = "•‧・･∙⋅"  # taken for the dot
STOPS = ".．"  # taken for the dot, except in Latin names
LATIN_LETTERS = "abcdefghijklmnopqrstuvwxyz"
TSHEG = "\u0f0b"  # stands between the syllables of a Tibetan name
# Signs of Western names, no characters beside Chinese characters. Both faces use both lists.
WESTERN = "-.,'’‘‐‑–＇－．，"
WRONG = (
    '0123456789!"#$%&()*+/:;<=>?@[\\]^_`{|}~'
    "０１２３４５６７８９！＂＃＄％＆（）＊＋／：；＜＝＞？＠［＼］＾＿｀｛｜｝～"
    "、。〃“”《》〈〉【】「」『』〔〕…—―￥£€§°×÷±※№→←↑↓√□■○●◎△▲▽▼☆★◇◆"
)

ONE_NAME = 3  # characters: what is no longer than this is one person's, however it is spaced

_CJK = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Compiled when they are first asked for: a range of so many characters takes a millisecond each.
_CHINESE = f"[{_CJK}]+({DOT}[{_CJK}]+)*"
_NOT_CHINESE = f"[^{_CJK}]"
_BETWEEN_CHINESE = f"(?<=[{_CJK}]) (?=[{_CJK}])"
_RADICALS = re.compile("[\u2e80-\u2fdf]")
_AROUND_DOT = re.compile(f" ?{DOT} ?")
_LATIN = re.compile("[A-Za-z]").search
_STOP_OF_NO_LATIN = re.compile(r"(?<![A-Za-z\u00c0-\u024f])\.")
_BLANKS_AND_DOTS = str.maketrans(
    dict.fromkeys(characters.VISIBLE_BLANKS, " ") | dict.fromkeys(DOTS, DOT)
)


def tidy(text: str) -> str:
    """The name in its proper writing; what cannot belong to a name stays."""
    if re.fullmatch(_CHINESE, text):
        return text
    name = characters.without_invisible(_RADICALS.sub(_character, text).translate(_BLANKS_AND_DOTS))
    name = half_width(name)
    name = _STOP_OF_NO_LATIN.sub(DOT, name) if _LATIN(name) else name.replace(".", DOT)
    name = _AROUND_DOT.sub(DOT, " ".join(name.split()))
    return re.sub(_BETWEEN_CHINESE, "", name)


def has_parts(typed: str) -> bool:
    """Whether a name of Chinese characters, as it was typed, holds blanks that part more than the
    surname from what follows."""
    parts = typed.split()
    if (
        len(parts) < 2
        or len(parts[0]) < 2
        or parts[0] in message("long_surnames").split()
        or DOT in typed
    ):
        return False
    sex_follows = parts[-1] in message("name_sexes").split()
    return sex_follows or sum(map(len, parts)) > ONE_NAME


def _is_joined(typed: str, tidied: str) -> bool:
    """Whether blanks were taken out of a Chinese name that may be more than one thing."""
    chinese = " " not in tidied and re.fullmatch(_CHINESE, tidied)
    return bool(chinese) and has_parts(
        characters.without_invisible(typed.translate(_BLANKS_AND_DOTS))
    )


def _character(radical: re.Match[str]) -> str:
    """The character that a radical was typed for; radicals without one stay."""
    return unicodedata.normalize("NFKC", radical[0])


def holds_wrong_character(name: str) -> bool:
    """Whether a tidy name holds a character that no name holds, or nothing else at all."""
    if not name.strip(f"{DOT} "):
        return True
    return any(c in WRONG for c in name) or (not _LATIN(name) and any(c in WESTERN for c in name))


def _holds_no_letter(name: str) -> bool:
    """Whether anything in a name is neither a letter nor the subject of another check."""
    return not re.fullmatch(_CHINESE, name) and not all(
        unicodedata.category(c)[0] in "LM"
        or c in f"〇{DOT}{TSHEG} {WESTERN}{WRONG}{characters.NEEDED}"
        for c in name
    )


def _shape(name: str) -> str:
    """What a name with wrong characters looks like, where that tells what to do."""
    if re.fullmatch(f"[{_CJK}{DOT}]+[(（].*[)）]", name):
        return "brackets"
    parts = re.split("[、,，;；/]", name)
    several = len(parts) > 1 and all(re.fullmatch(f"[{_CJK}]{{2,4}}", part) for part in parts)
    return "several" if several else ""


def _where_nonstandard(cells: Cells, validate: Callable[[str], bool]) -> Mask:
    """Nearly all names are plain Chinese, and one look at them is enough."""
    return matches_at(cells.text, cells.once(_nonstandard), validate)


def _nonstandard(cells: Cells) -> npt.NDArray[np.int64]:
    return where(cells.text, re.compile(_NOT_CHINESE), between="〇")


def _excel_latin(expression: str) -> str:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in LATIN_LETTERS + LATIN_LETTERS.upper())
    found = expressions.contains_any(expression, LATIN_LETTERS + LATIN_LETTERS.upper() + wide)
    # Asked first, since it is quick: Chinese has no capitals.
    return f"IF(EXACT(UPPER({expression}),LOWER({expression})),FALSE,{found})"


class PersonName(Kind):
    """A person's name."""

    name = "person_name"
    example = "示例"
    person_name = True

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        free.accept(form, LIMIT)

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        nonstandard = cells.once(_nonstandard)
        found = same_text(cells, map_at(cells.text, nonstandard, tidy), "K901")
        typed, tidied = texts(cells.text), texts(found.text)
        found.note.iloc[[n for n in nonstandard if _is_joined(typed[n], tidied[n])]] = "K204"
        return found

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        return (
            free.formula(),
            failing("K201", lambda c: _where_nonstandard(c, holds_wrong_character)),
            free.private(),
            failing("K202", lambda c: _where_nonstandard(c, _holds_no_letter)),
            free.too_long(form, LIMIT),
        )

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        if code == "K008":
            return {"length": len(text), "limit": form.limits[LIMIT]}
        if code == "K201":
            wrong = [c for c in text if c in WRONG] or [c for c in text if c in WESTERN + DOT]
            shape = _shape(text)
            if not form.sheet(field.sheet).is_record and shape != "several":
                shape = f"{shape}_row" if shape else "row"
            variant = {"variant": shape} if shape else {}
            return {"characters": "".join(dict.fromkeys(wrong)), **variant}
        return {}

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return expressions.substitute(expressions.spaced(raw), ((c, DOT) for c in DOTS))

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        chinese = expressions.substitute(text, [(" ", ""), *((c, DOT) for c in STOPS)])
        return f"IF({_excel_latin(raw)},TRIM({text}),{chinese})"

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        foreign = f"IF({_excel_latin(norm)},FALSE,{expressions.contains_any(norm, WESTERN)})"
        dots = expressions.only(norm, f"{DOT} ")
        return (
            free.excel_formula(norm),
            ExcelCondition("K201", f"OR({dots},{expressions.contains_any(norm, WRONG)},{foreign})"),
        )
