"""What differs between a new roster and the one before: names and upper unions of known units.

What officers decided counts in both, so a decision is no change.
"""

from __future__ import annotations

from typing import NamedTuple

from converter.register.schema import RegisterTables
from converter.text.characters import plain_name

RENAMED, MOVED = "renamed", "moved"


class RosterChange(NamedTuple):
    """A unit (by its code) that the roster gives another name or another upper union."""

    how: str
    code: str
    unit: str  # as it is called now
    before: str
    after: str


Listed = dict[str, tuple[str, str]]  # code → name, upper union


def listed(tables: RegisterTables, period: str) -> Listed:
    """The roster that counts for a period."""
    rows = tables.query("SELECT code, name, superior FROM roster_of(?)", [period])
    return {str(code): (str(name), str(superior)) for code, name, superior in rows if code}


def between(before: Listed, now: Listed) -> list[RosterChange]:
    """What has changed of the units that stand on both, in the order of the new one.

    >>> between({"1": ("甲厂", "东区")}, {"1": ("甲厂", "西区"), "2": ("乙厂", "东区")})
    [RosterChange(how='moved', code='1', unit='甲厂', before='东区', after='西区')]
    """
    return [
        RosterChange(how, code, name, was, is_)
        for code, (name, superior) in now.items()
        if code in before
        for how, was, is_ in zip((RENAMED, MOVED), before[code], (name, superior), strict=True)
        if was and is_ and plain_name(was) != plain_name(is_)
    ]
