"""Codes for units that the officer gave none.

A unit that is known by its name keeps its code. Any other gets one that follows from its name and
its upper union alone: the same roster gives the same codes in every run, on every machine, whether
or not anything was kept.

>>> made("示例县总工会", "示例厂工会"), made("示例县总工会", "示例 厂工会。")
('DW-3DVJQVD9', 'DW-3DVJQVD9')
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from converter.model.submissions import Unit
from converter.roster.names import plain

PREFIX = "DW-"  # a letter in front: no spreadsheet takes the code for a number
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that reads like another one
LENGTH = 8


@dataclass(frozen=True, slots=True)
class CodedUnit:
    """A unit with its code. `moved_from`: the upper union under which it was known before, where
    its name alone says which unit it is."""

    unit: Unit
    fresh: bool = False
    moved_from: str = ""


def made(superior: str, name: str, attempt: int = 0) -> str:
    """The code of a unit that nobody knows."""
    text = "\n".join((plain(superior), plain(name) or name, str(attempt)))
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, len(LETTERS))
        digits.append(LETTERS[digit])
    return PREFIX + "".join(digits)


def coded(units: Sequence[Unit], known: Iterable[Unit], prefix: str = "") -> Iterator[CodedUnit]:
    """The units, each with a code. `known`: units of ledger and register; the superior of those of
    a ledger is ''. `prefix`: how the codes have to begin that the union may issue for."""
    start = f"{prefix}-" if prefix else ""
    by_name: dict[str, list[Unit]] = defaultdict(list)
    taken = {one.code.casefold() for one in units if one.code}
    for one in known:
        by_name[plain(one.name)].append(one)
    typed = set(taken)
    homonyms = Counter(plain(_earlier(one)) for one in units)
    for one in units:
        if one.code:
            yield CodedUnit(one)
            continue
        candidates = [u for u in by_name[plain(_earlier(one))] if u.code.casefold() not in typed]
        same = {u.code for u in candidates if plain(u.superior_name) == plain(one.superior_name)}
        codes = same or {u.code for u in candidates}
        if len(codes) == 1 and (same or homonyms[plain(_earlier(one))] == 1):
            (code,) = codes
            unions = [u.superior_name for u in candidates if u.superior_name]
            moved = unions[-1] if unions and not same else ""
            taken.add(code.casefold())
            yield CodedUnit(replace(one, code=code), moved_from=moved)
            continue
        attempt = 0
        code = start + made(one.superior_name, _earlier(one))
        while code.casefold() in taken:
            attempt += 1
            code = start + made(one.superior_name, _earlier(one), attempt)
        taken.add(code.casefold())
        yield CodedUnit(replace(one, code=code), fresh=True)


def _earlier(unit: Unit) -> str:
    return unit.former_name or unit.name
