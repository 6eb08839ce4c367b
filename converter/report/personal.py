"""What a listing shows of a field's value unless IDs are asked for.

Personal values are masked by their kind. A day of birth beside them is shown as its year: with
the ends of the number it would give the whole number away.
"""

from __future__ import annotations

from collections.abc import Callable

from converter import rules
from converter.kinds import is_personal
from converter.model.forms import Field, Form
from converter.text import masking

Masking = Callable[[str], str]


def mask_of(field: Field | None, form: Form) -> Masking:
    """How the values of a field are masked where the record's numbers stand beside them."""
    if is_personal(field):
        return masking.whole
    if field and field.path in rules.birthdays(form):
        return _birthday
    return masking.text


def _birthday(text: str) -> str:
    return masking.year_only(masking.text(text))
