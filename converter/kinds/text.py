"""A free text: a name of a unit, an address, the number of a document.

Tidied (K901): spaces at both ends, line breaks and tabs inside, which become a space. Faults:
K007 begins like a formula · K006 private-use characters · K008 longer than `text_length` of
the form's limits. No options; a number is as good as a text chosen.

>>> tidy(" 石家庄市桥西区\\n自强路\u3000")
'石家庄市桥西区 自强路'
"""

from __future__ import annotations

import re

from converter.kinds import free
from converter.kinds.base import (
    Cells,
    Check,
    ExcelConditions,
    Kind,
    Normalised,
    map_unique,
    same_text,
)
from converter.model.forms import Field, Form
from converter.model.issues import Params
from converter.text import characters
from converter.text.characters import strip

_BREAKS = "\r\n\t\u2028\u2029"
_BLANKS = re.compile(f"[{re.escape(characters.VISIBLE_BLANKS)}]+")
_USUAL = str.maketrans(dict.fromkeys(set(characters.VISIBLE_BLANKS) - {" ", "\u3000"}, " "))


def tidy(text: str) -> str:
    """The text on one line, without spaces around it."""
    return _BLANKS.sub(_on_one_line, characters.without_invisible(strip(text)))


def _on_one_line(spaces: re.Match[str]) -> str:
    return " " if any(c in _BREAKS for c in spaces[0]) else spaces[0].translate(_USUAL)


class Text(Kind):
    """A free text."""

    name = "text"
    example = "示例"
    width = 20
    limit = "text_length"  # a key of the form's limits

    def accept(self, field: Field, form: Form) -> None:
        super().accept(field, form)
        free.accept(form, self.limit)

    def normalise(self, cells: Cells, field: Field, form: Form) -> Normalised:
        return same_text(cells, map_unique(cells.text, tidy), "K901")

    def checks(self, field: Field, form: Form) -> tuple[Check, ...]:
        return (free.formula(), free.private(), free.too_long(form, self.limit))

    def message_params(self, code: str, raw: str, text: str, field: Field, form: Form) -> Params:
        return {"length": len(text), "limit": form.limits[self.limit]} if code == "K008" else {}

    def excel_faults(self, raw: str, norm: str, field: Field, form: Form) -> ExcelConditions:
        return (free.excel_formula(norm),)
