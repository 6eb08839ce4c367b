"""Decisions in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.messages.catalogue import message
from converter.model.clock import in_china

if TYPE_CHECKING:
    from converter.register.decisions import Decision


def what(one: Decision) -> str:
    """What was decided."""
    unit = " ".join(filter(None, (one.unit_name, one.unit_code)))
    params = {"file": one.file, "period": one.period, "unit": unit, "revokes": one.revokes}
    params |= {"name": one.unit_name, "superior": one.superior}
    return message(f"decide_{one.action}", **params)


def whole(one: Decision) -> str:
    """What was decided, by whom, when and why."""
    by = " ".join(filter(None, (in_china(one.decided), one.officer)))
    why = message("decision_why_told", why=one.why) if one.why else ""
    return message("decision_told", number=one.number, by=by, what=what(one), why=why)
