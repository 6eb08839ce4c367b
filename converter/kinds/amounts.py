"""Numbers of a field that add up. Counts are whole numbers; sums of money and other decimals stay
exact, and show as many digits after the point as their field.

>>> plain_amount(Decimal("1.500000"), 2), plain_amount(Decimal("1.005000"), 2)
(Decimal('1.50'), Decimal('1.005'))
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any

from converter.kinds import KINDS
from converter.kinds.decimal import MOST_PLACES, decimal_number, plain
from converter.messages.catalogue import message
from converter.model.forms import Field

Amount = int | Decimal

_EXACT = Context(prec=60)  # sums of DECIMAL(28) have 38 digits at most
_BRACKETED = re.compile(r"[（(]([^（）()]+)[）)]$")


def database_type(field: Field) -> str:
    """What a database adds a field's numbers up as. Places beyond the field's are kept: last year's
    form may have had more."""
    return f"DECIMAL(28, {MOST_PLACES})" if _places(field) else "BIGINT"


def amount(found: Any, field: Field) -> Amount:
    """A number that the database found."""
    places = _places(field)
    return plain_amount(Decimal(found), places) if places else int(found)


def amount_of(text: str, field: Field) -> Amount | None:
    """The number of a canonical text; None where it is none."""
    is_number = decimal_number(text) is not None and (bool(_places(field)) or "." not in text)
    return amount(text, field) if is_number else None


def plain_amount(number: Decimal, places: int) -> Decimal:
    """The number with so many places, or with more where it has more."""
    rounded = number.quantize(Decimal(1).scaleb(-places), context=_EXACT)
    return rounded if rounded == number else Decimal(plain(number))


def amount_heading(field: Field, title: str = "") -> str:
    """What stands over a field's numbers: its title or this one, and the unit unless that says
    it."""
    title, unit = title or field.title, KINDS[field.kind].shown_unit(field)
    bracketed = _BRACKETED.search(title)
    if not unit or (bracketed and unit in bracketed[1]):
        return title
    return message("amount_heading", title=title, unit=unit)


def shown_amount(text: str, field: Field) -> str:
    """A canonical text as a table shows it: sums of money with all the places of their field."""
    found = amount_of(text, field) if _places(field) else None
    return text if found is None else str(found)


def worded(found: Amount, field: Field) -> int | str:
    """A number as a message names it, with its unit."""
    unit = KINDS[field.kind].shown_unit(field)
    return f"{found}{unit}" if unit or isinstance(found, Decimal) else found


def _places(field: Field) -> int:
    return KINDS[field.kind].decimal_places(field)
