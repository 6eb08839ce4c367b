"""The number of a union's legal-person certificate: a free text, unless it is a code.

Newer certificates carry a unified social credit code (GB 32100-2015, trade unions begin with
8): 18 characters of its alphabet behind one of `prefixes` are validated by their check character
(K811, a warning). Older formats are free text, see `text`. K805: typed as a number of 16
digits and more, of which a spreadsheet keeps 15.

Option: `prefixes`, what the codes begin with.

>>> read("８１130000 mc0000000e", ("81", "89"))
'81130000MC0000000E'
>>> read(" 工法证字第 030100123 号", ("81", "89"))
'工法证字第 030100123 号'
"""

from __future__ import annotations

from converter.formulas import expressions
from converter.kinds import free, uscc
from converter.kinds.base import (
    Cells,
    Check,
    ExcelCondition,
    ExcelConditions,
    Normalised,
    failing,
    map_unique,
    matches,
    same_text,
)
from converter.kinds.lost_digits import excel_lost_digits, lost_digits
from converter.kinds.options import Texts
from converter.kinds.text import Text, tidy
from converter.model.forms import Field, Form
from converter.text.characters import squeeze


def read(typed: str, prefixes: tuple[str, ...]) -> str:
    """A code in its own writing, anything else as a text."""
    code = squeeze(typed).upper()
    return code if _is_code(code, prefixes) else tidy(typed)


def _is_code(typed: str, prefixes: tuple[str, ...]) -> bool:
    return typed.startswith(prefixes) and uscc.is_shaped(typed)


class CertificateNumber(Text):
    """A free text, unless it is a unified social credit code."""

    name = "certificate_number"
    example = "81130102MCEXAMPLEA"
    width = 23
    excel_text_cell = True
    prefixes = Texts(default=())

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        prefixes = self.prefixes(field)
        return same_text(cells, map_unique(cells.text, lambda t: read(t, prefixes)), "K901")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        prefixes = self.prefixes(field)

        def fails(typed: str) -> bool:
            return _is_code(typed, prefixes) and not uscc.is_valid(typed)

        return (
            lost_digits("K805"),
            free.formula(),
            failing("K811", lambda c: matches(c.text, fails)),
            free.private(),
            free.too_long(form, self.limit),
        )

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return uscc.excel_text(raw)

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        begins = expressions.starts_with_any(text, self.prefixes(field))
        is_code = f"AND(LEN({text})={uscc.LENGTH},{begins})"
        return f'IF({is_code},{uscc.excel_compact(text)},IF({text}="","",{raw}&""))'

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        begins = expressions.starts_with_any(norm, self.prefixes(field))
        return (
            excel_lost_digits("K805", raw),
            free.excel_formula(norm),
            ExcelCondition("K811", f"IF({begins},{uscc.excel_wrong(norm)},FALSE)"),
        )
