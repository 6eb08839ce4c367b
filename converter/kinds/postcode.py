"""A postcode: six digits.

Tidied: spaces, full-width digits (K901); the leading zero that a numeric cell took from five
digits, where it makes them begin with one of `prefixes` (K903). Faults: K701 not six digits ·
K702 begins with none of `prefixes` (a warning: units move).

Option: `prefixes`, what the province's postcodes begin with.

>>> read("54000", ("05", "06"))
'054000'
>>> read("０５４ ０００", ("05", "06"))
'054000'
>>> read("54000", ("10",))
'54000'
"""

from __future__ import annotations

import re

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
    texts,
)
from converter.kinds.options import Texts
from converter.model.arrays import np, pd
from converter.model.errors import option_error
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text.characters import squeeze

_FIVE, _SIX = re.compile("[0-9]{5}"), re.compile("[0-9]{6}")


def read(text: str, prefixes: tuple[str, ...]) -> str:
    code = squeeze(text)
    lost_zero = _FIVE.fullmatch(code) and f"0{code}".startswith(prefixes)
    return f"0{code}" if lost_zero else code


class Postcode(Kind):
    """A postcode."""

    name = "postcode"
    example = "050000"
    excel_text_cell = True
    prefixes = Texts(default=())

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        if not all(prefix.isascii() and prefix.isdigit() for prefix in self.prefixes(field)):
            raise option_error("prefixes", "form_digits", field.options["prefixes"])

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        prefixes = self.prefixes(field)
        text = map_unique(cells.text, lambda t: read(t, prefixes))
        before, after = texts(cells.text), texts(text)
        restored = after != texts(map_unique(cells.text, squeeze))
        note = np.where(restored, "K903", np.where(before != after, "K901", ""))
        return Normalised(text, pd.Series(note, index=text.index, dtype=object))

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        found = [failing("K701", lambda c: ~matches(c.text, _SIX.fullmatch))]
        prefixes = self.prefixes(field)
        if prefixes:
            found.append(
                failing("K702", lambda c: ~matches(c.text, lambda t: t.startswith(prefixes)))
            )
        return tuple(found)

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        return {"prefixes": "、".join(self.prefixes(field))} if code == "K702" else {}

    def excel_text(self, raw: str, field: Field, form: Form) -> str:
        return expressions.half_width_digits(expressions.without_whitespace(raw))

    def excel_of_text(self, raw: str, text: str, field: Field, form: Form) -> str:
        begins = expressions.starts_with_any(f'"0"&{text}', self.prefixes(field))
        lost_zero = f"AND(LEN({text})=5,{expressions.all_digits(text)},{begins})"
        return f'IF({lost_zero},"0"&{text},{text})'

    def excel_of_number(self, raw: str, text: str, field: Field, form: Form) -> str:
        return self.excel_of_text(raw, text, field, form)

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        digits = expressions.all_digits(norm)
        found = [ExcelCondition("K701", f"NOT(AND(LEN({norm})=6,{digits}))")]
        prefixes = self.prefixes(field)
        if prefixes:
            found.append(
                ExcelCondition("K702", f"NOT({expressions.starts_with_any(norm, prefixes)})")
            )
        return tuple(found)
