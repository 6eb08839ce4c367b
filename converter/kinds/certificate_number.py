"""The number of a union's legal-person certificate: a free text, unless it is a code.

Newer certificates carry a unified social credit code (GB 32100-2015, trade unions begin with
8): 18 characters of its alphabet behind one of `prefixes` are judged by their check character
(K811, a warning). Older formats are free text, see `text`. K805: typed as a number of 16
digits and more, of which a spreadsheet keeps 15.

Option: `prefixes`, what the codes begin with.

>>> read("８１130000 mc0000000e", ("81", "89"))
'81130000MC0000000E'
>>> read(" 工法证字第 030100123 号", ("81", "89"))
'工法证字第 030100123 号'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from converter.formulas import expressions
from converter.kinds import free, uscc
from converter.kinds import text as free_text
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    Normalised,
    excel_lost_digits,
    failing,
    lost_digits,
    map_unique,
    matches,
    option_texts,
    same_text,
    squeeze,
)
from converter.model.forms import Field, Form

NAME = "certificate_number"
OPTIONS: tuple[str, ...] = ("prefixes",)
NUMBER_FORMAT = "@"


def read(typed: str, prefixes: tuple[str, ...]) -> str:
    """A code in its own writing, anything else as a text."""
    code = squeeze(typed).upper()
    return code if _is_code(code, prefixes) else free_text.tidy(typed)


def _is_code(typed: str, prefixes: tuple[str, ...]) -> bool:
    return typed.startswith(prefixes) and uscc.is_shaped(typed)


def accept(field: Field, form: Form) -> None:
    free_text.accept(field, form)
    option_texts(field, "prefixes")


def normalise(cells: Cells, field: Field, form: Form) -> Normalised:
    prefixes = option_texts(field, "prefixes")
    return same_text(cells, map_unique(cells.text, lambda t: read(t, prefixes)), "K901")


def checks(field: Field, form: Form) -> tuple[Check, ...]:
    prefixes = option_texts(field, "prefixes")

    def fails(typed: str) -> bool:
        return _is_code(typed, prefixes) and not uscc.is_valid(typed)

    return (
        lost_digits("K805"),
        free.formula(),
        failing("K811", lambda c: matches(c.text, fails)),
        free.private(),
        free.too_long(form, free_text.LIMIT),
    )


def value(text: pd.Series, field: Field, form: Form) -> pd.Series:
    return text


def params(code: str, raw: str, text: str, field: Field, form: Form) -> Mapping[str, str | int]:
    return free_text.params(code, raw, text, field, form)


def cell(text: str, field: Field, form: Form) -> str:
    return text


def excel_norm(raw: str, field: Field, form: Form) -> str:
    code = uscc.excel_compact(raw)
    begins = expressions.starts_with_any(code, option_texts(field, "prefixes"))
    typed = free_text.excel_norm(raw, field, form)
    return f"IF(AND(LEN({code})={uscc.LENGTH},{begins}),{code},{typed})"


def excel_faults(raw: str, norm: str, field: Field, form: Form) -> tuple[ExcelCondition, ...]:
    begins = expressions.starts_with_any(norm, option_texts(field, "prefixes"))
    return (
        excel_lost_digits("K805", raw),
        free.excel_formula(norm),
        ExcelCondition("K811", f"IF({begins},{uscc.excel_wrong(norm)},FALSE)"),
    )


def excel_usable(norm: str) -> str:
    return f'{norm}<>""'


def excel_list(field: Field, form: Form, norm_of: Callable[[str], str]) -> str:
    return ""
