"""One entry of a code list; canonical text is the entry's code.

Read: the entry's label; its code, one of its aliases, the label without marks or with the code in
front (K904); the label written with other spaces or full-width characters (K901); a code that lost
its leading zeros in a numeric cell (K903).
Fault: K601 not in the list; the remedy names an entry that looks alike, where there is one.

Options: `codes`, the list; `unlisted`, words of what the list does not have though it looks like
an entry (先进职工之家 is no 模范职工之家): the cell is to be emptied; `unclear`, words for which
nothing is proposed though they look like an entry (a 高级工程师 is no 高级工); `within`, the key of
the choice on the same sheet whose entries are the parents of this list's: the dropdown then
offers only what belongs to the chosen one.

>>> from converter.model.forms import Code
>>> entries = (Code("01", "停业(歇业)", ("停业",)), Code("02", "农、林业"))
>>> reader = Reader(CodeList("status", entries))
>>> [reader(t) for t in ("停业(歇业)", "01", "停业（歇业）", "停业", "1", "其他")]
[('01', ''), ('01', 'K904'), ('01', 'K901'), ('01', 'K904'), ('01', 'K903'), ('其他', '')]
>>> reader.nearest("停业了")
'停业(歇业)'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Kind,
    Normalised,
    ValueType,
    failing,
    map_unique,
    matches,
)
from converter.kinds.options import FieldKey, ListName, Texts
from converter.model.errors import option_error
from converter.model.forms import CodeList, Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze, strip

LONGEST = 60  # characters of a text that are compared with the labels
MOST_FOLDED = 16  # levels of a formula
SPELLINGS_A_CELL = 15_000  # characters, of 32,767 UTF-16 units that a cell holds
# Signs that are typed for one another, beyond full-width forms of ASCII.
_ALIKE = {"、": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "–": "-"}
_CLEANING = str.maketrans(
    expressions.FULL_WIDTH_DIGITS, "0123456789", expressions.VISIBLE_WHITESPACE
)
_MARKS = str.maketrans("", "", ",\"'()-·.")
SHORTEST_OFFERED = 3  # characters of what the workbook offers an entry for
SHORTEST_PART = 2  # characters that two spellings have to share
NEAR, NEAR_START = 0.8, 0.6  # likeness of spellings that are near, and of those that begin alike
_OPPOSITES = ("非", "不", "未", "无", "没", "间接", "半", "原")
_ALIKE_TABLE = str.maketrans(_ALIKE)


def _cleaned(text: str) -> str:
    """A text as formulas clean it, see `Choice.excel_text`."""
    return text.translate(_CLEANING)


def fold(text: str) -> str:
    """What is left of a label when spaces and the width of characters do not count."""
    return squeeze(text).translate(_ALIKE_TABLE)


class Reader:
    """Typed text → (code, note), or (the text as it is, '') for what is not in the list."""

    def __init__(self, codes: CodeList) -> None:
        self.codes = {entry.code for entry in codes.entries}
        self._labels = {entry.label: entry.code for entry in codes.entries}
        self._folded = {fold(entry.label): entry.code for entry in codes.entries}
        self._aliases = {fold(a): entry.code for entry in codes.entries for a in entry.aliases}
        self._spellings = [(s, e.label) for e in codes.entries for s in (e.label, *e.aliases)]
        self._variants = _variants(codes)
        self.width = code_width(codes)

    def __call__(self, text: str) -> tuple[str, str]:
        plain = strip(text)
        if plain in self._labels:
            return self._labels[plain], "" if plain == text else "K901"
        folded = fold(text)
        if folded in self.codes:
            return folded, "K904"
        if folded in self._folded:
            return self._folded[folded], "K901"
        if folded in self._aliases:
            return self._aliases[folded], "K904"
        if folded in self._variants:
            return self._variants[folded], "K904"
        padded = folded.rjust(self.width, "0")
        return (padded, "K903") if folded and padded in self.codes else (text, "")

    def nearest(self, text: str) -> str:
        """The label that looks like a text; '' where none is near: a far one misleads."""
        folded = fold(text)[:LONGEST]

        def likeness(other: str) -> float:
            ratio = SequenceMatcher(None, folded, other).ratio()
            same_start = folded[:SHORTEST_PART] == other[:SHORTEST_PART]
            if len(folded) == SHORTEST_PART and not same_start:  # 物业 is not 物流业
                return 0
            return ratio if ratio >= (NEAR_START if same_start else NEAR) else 0

        opposite = folded.startswith(_OPPOSITES)  # 非党员 is no 党员, 常住 is no 未落常住
        spellings = [
            (spelling, label)
            for spelling, label in ((fold(one), label) for one, label in self._spellings)
            if spelling.startswith(_OPPOSITES) == opposite and len(spelling) >= SHORTEST_PART
        ]
        if len(folded) < SHORTEST_PART:
            return ""
        begun = {label for spelling, label in spellings if spelling.startswith(folded)}
        around = {label for spelling, label in spellings if _is_most(folded, spelling)}
        if len(around) == 1 or len(begun) > 1:
            return around.pop() if len(begun | around) == 1 else ""
        if within := [pair for pair in spellings if pair[0] in folded]:
            # The entry that is named first, and of those the longest, unless another one follows.
            named, label = min(within, key=lambda pair: (folded.index(pair[0]), -len(pair[0])))
            rest = folded.replace(named, "")
            return "" if any(s in rest for s, other in within if other != label) else label
        likest = [(likeness(spelling), label) for spelling, label in spellings]
        best = max((ratio for ratio, _ in likest), default=0)
        labels = {label for ratio, label in likest if best and ratio == best}
        return labels.pop() if len(labels) == 1 else ""


def _is_most(text: str, spelling: str) -> bool:
    """Whether a text is the greater part of a spelling, or the half with which it begins."""
    begins = spelling.startswith(text)
    return text in spelling and 2 * len(text) >= len(spelling) + (not begins)


def _variants(codes: CodeList) -> dict[str, str]:
    """Other writings of the entries that are nobody else's: without marks (农林牧渔业), with the
    code in front (C制造业, C34), without 业 at the end."""
    found: dict[str, set[str]] = {}
    for entry in codes.entries:
        bare = fold(entry.label).translate(_MARKS)
        spellings = {bare, f"{entry.code}{fold(entry.label)}", f"{entry.code}{bare}"}
        if len(bare) > SHORTEST_PART:
            spellings.add(bare.removesuffix("业"))
        if entry.parent:
            spellings |= {f"{entry.parent}{spelling}" for spelling in (entry.code, *spellings)}
        for spelling in spellings:
            found.setdefault(spelling, set()).add(entry.code)
    return {spelling: codes.pop() for spelling, codes in found.items() if len(codes) == 1}


def code_width(codes: CodeList) -> int:
    """Digits of every code of a list; 0 where codes are not numbers of one length."""
    lengths = {len(entry.code) if entry.code.isdigit() else 0 for entry in codes.entries}
    return lengths.pop() if len(lengths) == 1 else 0


def _codes(field: Field, form: Form) -> CodeList:
    return form.codes[Choice.codes(field)]


def _reader(field: Field, form: Form) -> Reader:
    return Reader(_codes(field, form))


# --- the Excel face ------------------------------------------------------------------------


def spelling_keys(codes: CodeList) -> dict[str, str]:
    """The code of every spelling that is read, as `fold` leaves it: of codes that lost their
    zeros, aliases, codes, labels; the last of them counts."""
    width = code_width(codes)
    shortened = [
        (entry.code[n:], entry.code)
        for entry in codes.entries
        for n in range(1, width)
        if entry.code[:n] == "0" * n
    ]
    aliases = [(fold(alias), entry.code) for entry in codes.entries for alias in entry.aliases]
    labels = [(fold(entry.label), entry.code) for entry in codes.entries]
    whole = [(entry.code, entry.code) for entry in codes.entries]
    # A letter alone is found in its full-width form, too: a chain of all letters would be long.
    wide = [
        (chr(ord(entry.code) + 0xFEE0), entry.code)
        for entry in codes.entries
        if len(entry.code) == 1 and "A" <= entry.code.upper() <= "Z"
    ]
    return dict([*shortened, *aliases, *wide, *whole, *labels])


def spelling_texts(codes: CodeList) -> list[str]:
    """Every spelling below its code, each on a line of its own, in as few cells as hold them.

    One search finds a line between two line breaks. No spelling holds a blank, so the line of a
    code, which begins with one, is never taken for a spelling. A code of digits is its own
    spelling: formulas leave it as it was typed.

    >>> from converter.model.forms import Code
    >>> spelling_texts(CodeList("yes_no", (Code("1", "是", ("有",)), Code("0", "否"))))
    [' 1\\n有\\n 1\\n是\\n 0\\n否\\n']
    """
    width, texts = _longest_code(codes), [""]
    for key, code in spelling_keys(codes).items():
        if key == code and key.isdigit():
            continue
        if len(texts[-1]) > SPELLINGS_A_CELL:
            texts.append("")
        texts[-1] += f" {code:>{width}}\n{key}\n"
    return texts if texts[0] else ["\n"]  # there is a cell for it in any case


def spelling_name(number: int) -> str:
    """The part of a list (see `expressions.list_name`) that holds one of its spelling texts."""
    return f"spellings{number or ''}"


def _longest_code(codes: CodeList) -> int:
    return max((len(entry.code) for entry in codes.entries), default=0)


def _spelling_areas(codes: CodeList) -> list[str]:
    """Where the spelling texts of a list stand, as formulas name them."""
    parts = range(len(spelling_texts(codes)))
    return [expressions.list_name(codes.name, spelling_name(part)) for part in parts]


def _code_of(needle: str, codes: CodeList, otherwise: str) -> str:
    """Expression: the code of a folded text, letter by letter and without wildcards."""
    width = _longest_code(codes)
    found = otherwise
    for texts in reversed(_spelling_areas(codes)):
        code = f"MID({texts},FIND(CHAR(10)&{needle}&CHAR(10),{texts})-{width},{width})"
        if any(len(entry.code) < width for entry in codes.entries):
            code = f"TRIM({code})"
        found = f"IFERROR({code},{found})"
    return found


def _typed_characters(codes: CodeList) -> list[tuple[str, str]]:
    """What `fold` may have to change in a text so that it equals a spelling, digits left out."""
    wanted = {c for key in spelling_keys(codes) if len(key) > 1 for c in key}
    wanted -= set("0123456789")
    wide = [(chr(ord(c) + 0xFEE0), c) for c in sorted(wanted) if "!" <= c <= "~"]
    alike = [(character, c) for character, c in _ALIKE.items() if c in wanted]
    # Punctuation sorts before letters.
    return (alike + wide)[:MOST_FOLDED]


class Choice(Kind):
    """One entry of a code list."""

    name = "choice"
    value_type = ValueType.CHOICE
    excel_text_cell = True
    offers_at = "K601"
    codes = ListName()
    within = FieldKey(default="")
    unlisted = Texts(default=())
    unclear = Texts(default=())

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        codes = _codes(field, form)
        owner: dict[str, str] = {}
        for entry in codes.entries:
            for spelling in {fold(s) for s in (entry.code, entry.label, *entry.aliases)}:
                other = owner.setdefault(spelling, entry.code)
                if other != entry.code:
                    params = {"spelling": spelling, "first": other, "second": entry.code}
                    raise option_error(
                        "codes", "form_ambiguous", codes.name, list=codes.name, **params
                    )
        if self.within.given(field):
            self._accept_within(field, form, codes)

    def _accept_within(self, field: Field, form: Form, codes: CodeList) -> None:
        key = field.options["within"]
        parent = next((f for f in form.sheet(field.sheet) if f.key == key), None)
        if parent is None or parent.kind != self.name:
            choices = [f.key for f in form.sheet(field.sheet) if f.kind == self.name and f != field]
            raise option_error("within", "form_no_field", key, choices)
        self.codes.accept(parent, form)
        known = {entry.code for entry in _codes(parent, form).entries}
        groups = [parent for parent, _ in groupby(entry.parent for entry in codes.entries)]
        for unknown in set(groups) - known:
            code = next(entry.code for entry in codes.entries if entry.parent == unknown)
            params = {"code": code, "parent": unknown, "list": self.codes(parent)}
            raise option_error("within", "form_no_parent", unknown, known, **params)
        if len(set(groups)) < len(groups):
            raise option_error("within", "form_parents_apart", key)

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        read = _reader(field, form)
        return Normalised(
            map_unique(cells.text, lambda t: read(t)[0]),
            map_unique(cells.text, lambda t: read(t)[1]),
        )

    def code_list(self, field: Field, form: Form) -> CodeList:
        return _codes(field, form)

    def choices(self, field: Field, form: Form, record: Mapping[str, str]) -> tuple[str, ...]:
        entries = _codes(field, form).entries
        parent = record.get(self.within(field), "") if self.within.given(field) else ""
        own = tuple(entry.label for entry in entries if entry.parent == parent)
        return own if parent and own else tuple(entry.label for entry in entries)

    def schema_constraints(self, field: Field, form: Form) -> Mapping[str, Any]:
        return {"enum": [entry.code for entry in _codes(field, form).entries]}

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        codes = _reader(field, form).codes
        return (failing("K601", lambda c: ~matches(c.text, lambda t: t in codes)),)

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        folded = fold(raw)
        if any(fold(word) in folded for word in self.unlisted(field)):
            return {"typed": strip(raw), "variant": "unlisted"}
        unclear = any(fold(word) in folded for word in self.unclear(field))
        suggestion = "" if unclear else _reader(field, form).nearest(raw)
        return {"suggestion": suggestion} if suggestion else {"variant": "far"}

    def example_of(self, field: Field, form: Form) -> str:
        return _codes(field, form).entries[0].label

    def cell(self, text: str, field: Field, form: Form) -> str:
        entry = _codes(field, form).find(text)
        return entry.label if entry else text

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return expressions.half_width_digits(expressions.without_whitespace(raw))

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        codes = _codes(field, form)
        return _code_of(expressions.substitute(text, _typed_characters(codes)), codes, text)

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return _code_of(text, _codes(field, form), text)

    def excel_differs(self, raw: str, norm: str, field: Field, form: Form) -> str:
        codes = _codes(field, form)
        folded = expressions.substitute(self.excel_text(raw, field, form), _typed_characters(codes))
        lines = f'" "&{norm}&CHAR(10)&{folded}&CHAR(10)'
        first, *further = _spelling_areas(codes)
        areas = (f'" "&{norm}&CHAR(10)&{norm}&CHAR(10)&{first}', *further)
        other = [f"ISERROR(FIND({lines},{texts}))" for texts in areas]
        silent = f"OR({expressions.holds_invisible(raw)},{expressions.is_blank(raw)})"
        # Nearly always what the formula beside it has written: asked first, since it is quick.
        same = f'ISNUMBER(FIND(" "&{norm}&CHAR(10)&{raw}&CHAR(10),{first}))'
        return f"IF(IF({same},TRUE,{silent}),FALSE,{expressions.both(other)})"

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        code = expressions.list_name(self.codes(field), "code")
        return (ExcelCondition("K601", f"SUMPRODUCT(--EXACT({norm},{code}))=0"),)

    def offered(self, raw: str, field: Field, form: Form) -> str:
        """The one entry of which a text is the greater part, or else the one that it holds. The
        check offers more, see `Reader.nearest`: no formula compares spellings."""
        text = _cleaned(raw)
        labels = [entry.label for entry in _codes(field, form).entries]
        around = [e for e in labels if text in e and 2 * len(text) >= len(e)]
        within = [e for e in labels if e in text and len(e) >= SHORTEST_OFFERED]
        one = next((some for some in (around, within) if len(some) == 1), None)
        return one[0] if one and len(text) >= SHORTEST_OFFERED else ""

    def excel_offered(self, norm: str, field: Field, form: Form) -> str:
        labels = expressions.list_name(self.codes(field), "label")
        # What does not count is divided by 0: neither counted nor looked up.
        around = f"FIND({norm},{labels})/(2*LEN({norm})>=LEN({labels}))"
        within = f"FIND({labels},{norm})/(LEN({labels})>={SHORTEST_OFFERED})"
        found = '""'
        for place in (within, around):
            one = f"SUMPRODUCT(--ISNUMBER({place}))=1"
            found = f"IF({one},LOOKUP(2,1/({place}),{labels}),{found})"
        return f'IF(LEN({norm})<{SHORTEST_OFFERED},"",{found})'

    def excel_list(self, field: Field, form: Form, norm_of: Callable[[str], str]) -> str:
        name = self.codes(field)
        label, parents = expressions.list_name(name, "label"), expressions.list_name(name, "parent")
        if not self.within.given(field):
            return label
        chosen = norm_of(self.within(field))
        # INDIRECT would need names without punctuation. COUNTIF is fine with codes this short.
        count = f"COUNTIF({parents},{chosen})"
        own = f"OFFSET({label},0,MATCH({chosen},{parents},0)-1,1,{count})"
        return f"IF({count}=0,{label},{own})"
