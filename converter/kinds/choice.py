"""One entry of a code list; canonical text is the entry's code.

Read: the entry's label or code; one of its aliases (K904); either of them written with other
blanks or full-width signs (K901); a code that lost its leading zeros in a numeric cell (K903).
Fault: K601 not in the list; the remedy names the entry that looks most alike.

Options: `codes`, the list; `within`, the key of the choice on the same sheet whose entries are
the parents of this list's: the dropdown then offers only what belongs to the chosen one.

>>> from converter.model.forms import Code
>>> entries = (Code("01", "停业(歇业)", ("停业",)), Code("02", "农、林业"))
>>> reader = Reader(CodeList("status", entries))
>>> [reader(t) for t in ("停业(歇业)", "01", "停业（歇业）", "停业", "1", "其他")]
[('01', ''), ('01', ''), ('01', 'K901'), ('01', 'K904'), ('01', 'K903'), ('其他', '')]
>>> reader.nearest("停业了")
'停业(歇业)'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from itertools import groupby

import pandas as pd

from converter.formulas import expressions
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    Normalised,
    failing,
    map_unique,
    matches,
    option_list,
    squeeze,
    strip,
)
from converter.model.errors import option_error
from converter.model.forms import CodeList, Field, Form

NAME = "choice"
OPTIONS: tuple[str, ...] = ("codes", "within")
NUMBER_FORMAT = "@"

LONGEST = 60  # signs of a text that are compared with the labels
MOST_SIGNS = 34  # that a formula can fold beside all blanks
# Signs that are typed for one another, beyond full-width forms of ASCII.
_ALIKE = {"、": ",", "“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "–": "-"}
_ALIKE_TABLE = str.maketrans(_ALIKE)


def fold(text: str) -> str:
    """What is left of a label when blanks and the width of signs do not count."""
    return squeeze(text).translate(_ALIKE_TABLE)


class Reader:
    """Typed text → (code, note), or (the text as it is, '') for what is not in the list."""

    def __init__(self, codes: CodeList) -> None:
        self.codes = {entry.code for entry in codes.entries}
        self._labels = {entry.label: entry.code for entry in codes.entries}
        self._folded = {fold(entry.label): entry.code for entry in codes.entries}
        self._aliases = {fold(a): entry.code for entry in codes.entries for a in entry.aliases}
        self._spellings = [(s, e.label) for e in codes.entries for s in (e.label, *e.aliases)]
        self.width = code_width(codes)

    def __call__(self, text: str) -> tuple[str, str]:
        plain = strip(text)
        if plain in self._labels:
            return self._labels[plain], "" if plain == text else "K901"
        if plain in self.codes:
            return plain, "" if plain == text else "K901"
        folded = fold(text)
        if folded in self.codes:
            return folded, "K901"
        if folded in self._folded:
            return self._folded[folded], "K901"
        if folded in self._aliases:
            return self._aliases[folded], "K904"
        padded = folded.rjust(self.width, "0")
        return (padded, "K903") if folded and padded in self.codes else (text, "")

    def nearest(self, text: str) -> str:
        """The label that looks most like a text, be it never so little."""
        folded = fold(text)[:LONGEST]

        def likeness(spelling: str) -> tuple[bool, float]:
            other = fold(spelling)
            return folded in other or other in folded, SequenceMatcher(None, folded, other).ratio()

        return max(self._spellings, key=lambda pair: likeness(pair[0]))[1]


def code_width(codes: CodeList) -> int:
    """Digits of every code of a list; 0 where codes are not numbers of one length."""
    lengths = {len(entry.code) if entry.code.isdigit() else 0 for entry in codes.entries}
    return lengths.pop() if len(lengths) == 1 else 0


def accept(field: Field, form: Form) -> None:
    codes = form.codes[option_list(field, form, "codes")]
    owner: dict[str, str] = {}
    for entry in codes.entries:
        for spelling in {fold(s) for s in (entry.code, entry.label, *entry.aliases)}:
            other = owner.setdefault(spelling, entry.code)
            if other != entry.code:
                params = {"spelling": spelling, "first": other, "second": entry.code}
                raise option_error("codes", "form_ambiguous", codes.name, list=codes.name, **params)
    if "within" in field.options:
        _accept_within(field, form, codes)


def _accept_within(field: Field, form: Form, codes: CodeList) -> None:
    key = field.options["within"]
    parent = next((f for f in form.sheet(field.sheet) if f.key == key), None)
    if parent is None or parent.kind != NAME:
        choices = [f.key for f in form.sheet(field.sheet) if f.kind == NAME and f != field]
        raise option_error("within", "form_no_field", key, choices)
    known = {entry.code for entry in form.codes[option_list(parent, form, "codes")].entries}
    groups = [parent for parent, _ in groupby(entry.parent for entry in codes.entries)]
    for entry in codes.entries:
        if entry.parent not in known:
            params = {"code": entry.code, "parent": entry.parent, "list": parent.options["codes"]}
            raise option_error("within", "form_no_parent", entry.parent, known, **params)
    if len(set(groups)) < len(groups):
        raise option_error("within", "form_parents_apart", key)


def _reader(field: Field, form: Form) -> Reader:
    return Reader(form.codes[str(field.options["codes"])])


def normalise(cells: Cells, field: Field, form: Form) -> Normalised:
    read = _reader(field, form)
    return Normalised(
        map_unique(cells.text, lambda t: read(t)[0]), map_unique(cells.text, lambda t: read(t)[1])
    )


def checks(field: Field, form: Form) -> tuple[Check, ...]:
    codes = _reader(field, form).codes
    return (failing("K601", lambda c: ~matches(c.text, lambda t: t in codes)),)


def value(text: pd.Series, field: Field, form: Form) -> pd.Series:
    return text


def params(code: str, raw: str, text: str, field: Field, form: Form) -> Mapping[str, str | int]:
    return {"suggestion": _reader(field, form).nearest(raw)}


def cell(text: str, field: Field, form: Form) -> str:
    entry = form.codes[str(field.options["codes"])].find(text)
    return entry.label if entry else text


# --- the Excel face ------------------------------------------------------------------------


def excel_norm(raw: str, field: Field, form: Form) -> str:
    name = str(field.options["codes"])
    codes = form.codes[name]
    code, label, alias, alias_code = (
        expressions.list_name(name, column) for column in ("code", "label", "alias", "alias_code")
    )
    typed = expressions.substitute(expressions.without_blanks(raw), _typed_signs(codes))
    found = typed
    if any(entry.aliases for entry in codes.entries):
        alias = expressions.substitute(alias, _listed_signs(codes))
        found = expressions.find_in(typed, alias, alias_code, found)
    found = expressions.find_in(
        typed, expressions.substitute(label, _listed_signs(codes)), code, found
    )
    width = code_width(codes)
    padded = f'RIGHT("{"0" * width}"&{typed},MAX({width},LEN({typed})))' if width > 1 else typed
    return expressions.find_in(padded, code, code, found)


def _spellings(codes: CodeList) -> str:
    return "".join(f"{e.label}{''.join(e.aliases)}" for e in codes.entries)


def _listed_signs(codes: CodeList) -> list[tuple[str, str]]:
    """What `fold` changes in the labels and aliases of a list."""
    return [(c, fold(c)) for c in sorted(set(_spellings(codes))) if fold(c) != c]


def _typed_signs(codes: CodeList) -> list[tuple[str, str]]:
    """What `fold` may have to change in a text so that it equals an entry of a list."""
    wanted = set(fold(_spellings(codes))) | {c for e in codes.entries for c in e.code}
    wide = [(chr(ord(c) + 0xFEE0), c) for c in sorted(wanted) if "!" <= c <= "~"]
    alike = [(sign, c) for sign, c in _ALIKE.items() if c in wanted]
    # Punctuation sorts before letters, and Excel nests no more than 64 levels.
    return (alike + wide)[:MOST_SIGNS]


def excel_faults(raw: str, norm: str, field: Field, form: Form) -> tuple[ExcelCondition, ...]:
    code = expressions.list_name(str(field.options["codes"]), "code")
    return (ExcelCondition("K601", f"SUMPRODUCT(--EXACT({norm},{code}))=0"),)


def excel_usable(norm: str) -> str:
    return f'{norm}<>""'


def excel_list(field: Field, form: Form, norm_of: Callable[[str], str]) -> str:
    name = str(field.options["codes"])
    label, parents = expressions.list_name(name, "label"), expressions.list_name(name, "parent")
    if "within" not in field.options:
        return label
    chosen = norm_of(str(field.options["within"]))
    # INDIRECT would need names without punctuation. COUNTIF is fine with codes this short.
    count = f"COUNTIF({parents},{chosen})"
    own = f"OFFSET({label},MATCH({chosen},{parents},0)-1,0,{count},1)"
    return f"IF({count}=0,{label},{own})"
