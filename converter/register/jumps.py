"""Which numbers are compared with the period before: `jump_fields` of the form's collection.

An entry is the path of a number, or a table with how much is too little to ask about:

    jump_at_least = 20
    jump_fields = ["unit.staff", { field = "unit.income", at_least = 5000 }]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from converter.model.forms import Field, Form


@dataclass(frozen=True, slots=True)
class WatchedNumber:
    """A number, and what a change is at least that is asked about, in the number's own unit."""

    field: Field
    at_least: Decimal
    share: int  # per cent


def watched(form: Form) -> Iterator[WatchedNumber]:
    """What the form's collection compares; nothing where it names no share."""
    card = form.prose.get("statistics", {}).get("collection", {})
    share, usual = card.get("jump", 0), card.get("jump_at_least", 1)
    for entry in card.get("jump_fields", ()) if share else ():
        own = entry if isinstance(entry, Mapping) else {"field": entry}
        least = Decimal(str(own.get("at_least", usual)))
        yield WatchedNumber(form.field(own["field"]), least, share)
