"""Which unit a file is from: by its code, else by name and superior union, as the roster knows.

Decided for a batch of files at a time, from the units and lines of the roster that these may be
about (`unit_lookup`); the register writes what is found. A code that a spreadsheet robbed of its
zeros is still the roster's, which never lists two that differ in zeros alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from converter.register.precedence import ClaimedSender, RosterEntry, plain_code
from converter.register.unit_lookup import names_of

# What a unit was called before an officer renamed or moved it → the unit.
FormerNames = Mapping[tuple[str, str], RosterEntry]


@dataclass(frozen=True, slots=True)
class SenderChanges:
    """What the register is to write: units that are new, known ones that got their code, those
    that turned out to be another one (number → the other's), and codes of the roster that files
    spell otherwise (as it has them → as files do)."""

    new: tuple[tuple[int, ClaimedSender], ...]
    coded: tuple[tuple[int, ClaimedSender], ...]
    merged: Mapping[int, int]
    respelled: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sender:
    """A unit, or an unknown sender."""

    unit: int  # 0 = unknown
    claim: ClaimedSender  # the unit's as registered; of an unknown sender, what the file says


class SenderResolver:
    """Units of a register, of which the newest has the number `last`, and lines of the roster.
    `issued`: the serials of the identity files that count, by unit code, as the ledger has them."""

    def __init__(
        self,
        units: Iterable[tuple[int, ClaimedSender]],
        last: int,
        roster: Iterable[RosterEntry],
        former: FormerNames,
        issued: Mapping[str, int],
    ) -> None:
        self._issued = issued
        self._last = last
        self._claims: dict[int, ClaimedSender] = {}
        self._by_code: dict[str, int] = {}
        self._by_name: dict[tuple[str, str], int] = {}
        self._new: list[int] = []
        self._coded: list[int] = []
        self._respelled: dict[str, str] = {}
        self._merged: dict[int, int] = {}
        for number, claim in units:
            self._know(number, claim)
        self._listed = {unit.code: unit for unit in roster}
        self._listed_names = {names_of(unit): unit for unit in self._listed.values()}
        self._former = former
        self._plain_codes = {plain_code(code): code for code in self._listed}

    def _know(self, number: int, claim: ClaimedSender) -> None:
        self._claims[number] = claim
        if claim.code:
            self._by_code[claim.code] = number
        self._by_name.setdefault(names_of(claim), number)

    def sender(self, claim: ClaimedSender) -> Sender:
        """The sender of a file that claims this, with the roster's names."""
        unit = self._of(claim)
        if not unit:
            return Sender(unit, claim)
        code = self._claims[unit].code
        listed = self._listed.get(code)
        return Sender(unit, _claim(listed) if listed else replace(claim, code=code))

    def _of(self, claim: ClaimedSender) -> int:
        """The number of the unit that claims this, perhaps a new one; 0 for none."""
        if not claim.code and not claim.name:
            return 0
        if not claim.code:
            listed = self._called(names_of(claim))
            claim = _claim(listed) if listed else claim
        elif claim.code not in self._listed and claim.code not in self._by_code:
            self._respell(claim.code)
        known = self._by_code.get(claim.code) if claim.code else None
        if known is None:
            known = self._by_name.get(names_of(claim))
            if known is not None and claim.code:
                if self._claims[known].code:
                    known = None  # another unit of that name
                else:
                    self._give_code(known, claim)
        if known is not None:
            return known
        self._last += 1
        # The roster knows better how the union spells its units.
        listed = self._listed.get(claim.code)
        self._know(self._last, _claim(listed) if listed else claim)
        self._new.append(self._last)
        return self._last

    def _called(self, names: tuple[str, str]) -> RosterEntry | None:
        return self._listed_names.get(names) or self._former.get(names)

    def _respell(self, code: str) -> None:
        """Files know the zeros that the roster lost."""
        listed = self._plain_codes.get(plain_code(code))
        if listed is None or listed in self._issued or not _may_be_robbed(listed, code):
            return  # a code that was issued, or kept its zeros, is spelled right
        self._respelled[listed] = code
        unit = replace(self._listed.pop(listed), code=code)
        self._listed[code] = self._listed_names[names_of(unit)] = unit
        self._plain_codes[plain_code(code)] = code
        known = self._by_code.pop(listed, None)
        if known is None:
            return
        if code in self._by_code:  # files of one unit came with both codes
            self._merge(known, self._by_code[code])
        else:
            self._give_code(known, replace(self._claims[known], code=code))

    def match_roster(self, numbers: Iterable[int]) -> None:
        """Know these units by the roster. Those that were known by name alone get their code, or
        turn out to be a unit that is known by it, as do those of a code without its zeros."""
        chosen = [number for number in numbers if number in self._claims]  # others were merged
        plain = {plain_code(self._claims[one].code) for one in chosen if self._claims[one].code}
        for code in [one for one in self._by_code if plain_code(one) in plain]:
            if code in self._by_code and code not in self._listed:
                self._respell(code)
        for number in chosen:
            claim = self._claims.get(number)
            listed = None if claim is None or claim.code else self._called(names_of(claim))
            if listed is None:
                continue
            known = self._by_code.get(listed.code)
            if known is None:
                self._give_code(number, _claim(listed))
            else:
                self._merge(number, known)

    def _merge(self, number: int, other: int) -> None:
        del self._claims[number]
        self._by_name = {
            names: other if known == number else known for names, known in self._by_name.items()
        }
        self._merged = {n: other if known == number else known for n, known in self._merged.items()}
        self._merged[number] = other

    def _give_code(self, number: int, claim: ClaimedSender) -> None:
        known = self._claims[number]
        self._know(number, replace(known, code=claim.code, superior_code=claim.superior_code))
        self._coded.append(number)

    def changes(self) -> SenderChanges:
        """What became known."""
        known = self._claims.keys() - set(self._new)  # of the coded ones some were merged
        return SenderChanges(
            tuple((n, self._claims[n]) for n in self._new),
            tuple((n, self._claims[n]) for n in self._coded if n in known),
            self._merged,
            self._respelled,
        )


def _may_be_robbed(listed: str, code: str) -> bool:
    """Whether a spreadsheet makes the one out of the other: it takes all zeros or none.

    >>> _may_be_robbed("1", "001"), _may_be_robbed("001", "01"), _may_be_robbed("001", "1")
    (True, False, False)
    """
    return listed.casefold() in (code.casefold(), plain_code(code))


def _claim(unit: RosterEntry) -> ClaimedSender:
    return ClaimedSender(unit.code, unit.name, unit.superior_code, unit.superior)
