"""Invented unions in a chain, from a province down to a township, with their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from converter import identity
from converter.identity import files, issuing, keys, subordinates
from converter.identity.files import Public
from converter.identity.links import UnionIdentity
from converter.identity.subordinates import UnionName
from converter.model.issues import Place
from converter.model.submissions import Unit
from tests.identity.unions import ISSUED, TODAY, UNTIL

NOW = "2026-01-05T01:00:00Z"
PROVINCE = UnionName("13", "示例省总工会")
CITY = UnionName("1301", "示例市总工会")
COUNTY = UnionName("130102", "示例县总工会")
TOWN = UnionName("130102-T1", "示例镇总工会")
OTHER_COUNTY = UnionName("130103", "示例乙县总工会")


@dataclass(frozen=True)
class UnionDesk:
    """A union's folder of keys."""

    union: UnionName
    keys: Path

    @classmethod
    def new(cls, folder: Path, union: UnionName) -> UnionDesk:
        desk = cls(union, folder / union.code)
        keys.create(desk.keys)
        subordinates.keep_name(desk.keys, union)
        return desk

    def request(self) -> bytes:
        return subordinates.request(self.keys, self.union)

    def endorse(
        self,
        below: UnionDesk,
        scope: Sequence[str] = (),
        until: date = UNTIL,
        now: str = NOW,
        *,
        joins: bool = True,
    ) -> tuple[UnionIdentity, ...]:
        """The chain of the union below."""
        document = subordinates.endorse(
            subordinates.parse_request(below.request()),
            self.keys,
            scope=scope,
            issued=min(ISSUED, until),
            valid_until=until,
            now=now,
        )
        return subordinates.join(below.keys, document) if joins else files.parse_union(document)

    def issue(self, code: str = "", until: date = UNTIL) -> bytes:
        """The identity file of a unit, with its secret."""
        unit = Unit(code or f"{self.union.code}-0001", "示例厂工会", self.union.name)
        issued = issuing.issue(
            [unit], self.keys, self.keys / "files", period="2026", issued=ISSUED, valid_until=until
        )
        return issued.files[0].read_bytes()

    def codes(self, data: bytes | Public, today: date = TODAY) -> list[str]:
        """What this union finds wrong with a unit's identity file."""
        public = identity.parse(data) if isinstance(data, bytes) else data
        place = Place("标识.xml")
        union = identity.union_of(self.keys)
        return [i.code for i in identity.validate(public, place, today, union)]


@dataclass(frozen=True)
class Unions:
    """A chain of four levels, and another county beside."""

    folder: Path
    province: UnionDesk
    city: UnionDesk
    county: UnionDesk
    town: UnionDesk
    other: UnionDesk


def unions(folder: Path) -> Unions:
    made = [UnionDesk.new(folder, one) for one in (PROVINCE, CITY, COUNTY, TOWN, OTHER_COUNTY)]
    province, city, county, town, other = made
    province.endorse(city)
    city.endorse(county)
    city.endorse(other)
    county.endorse(town)
    return Unions(folder, *made)
