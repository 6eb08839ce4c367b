"""A province's collection whose truth is known: three cities, nine counties, units of every story.

Each unit follows one of the stories below, which repeat; each county and city hands its forward in
under a story of its own. A story writes files and says what counts of them, from the words of
docs/register.md and docs/forward-format.md; nothing here asks a register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from converter import package
from converter.identity import issuing
from converter.identity import keys as signing
from converter.identity.loading import LoadedIdentity
from converter.identity.subordinates import UnionName
from converter.model.submissions import Unit
from converter.register import RosterEntry
from converter.register.deciding import Order
from converter.usecases import deciding
from converter.workers.pool import Worker
from tests.identity.chain import UnionDesk
from tests.identity.unions import held
from tests.sheets import FORM
from tests.upward.conftest import NOW, Office
from tests.usecases.receive.collection import (
    CREATED,
    Person,
    faulty,
    name_of,
    packed,
    people,
    records,
    zipped,
)

DAY = 86_400
TODAY = date.today()
UNTIL = TODAY + timedelta(days=300)


@dataclass
class Counted:
    """What counts of one unit: its code, its members' numbers, its staff."""

    code: str
    members: list[str]
    staff: int
    women: int


@dataclass
class CountyTruth:
    """A county: its office, its roster, what counts there and what does not come."""

    office: Office
    roster: list[RosterEntry] = field(default_factory=list)
    counted: dict[str, Counted] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)  # of the units' files
    withdraw: list[str] = field(default_factory=list)
    late: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.office.desk.union.code

    def put(self, name: str, data: bytes, state: str) -> None:
        self.office.put(data, name)
        self.states[name] = state

    def count(self, number: int, members: list[Person], staff: int, code: str = "") -> None:
        women = sum(int(one[1][16]) % 2 == 0 for one in members)
        code = code or unit_code(self, number)
        self.counted[code] = Counted(code, [one[1] for one in members], staff, women)


def unit_code(county: CountyTruth, number: int) -> str:
    return f"{county.code}-{number:04d}"


def sent(
    county: CountyTruth, by: LoadedIdentity, number: int, members: list[Person], staff: int,
    after: int = 0,
) -> bytes:  # fmt: skip
    """A signed report, sealed for the county."""
    superior = county.office.desk.union.name
    of = records(number, members, staff=str(staff), superior_union=superior)
    recipient = signing.public(county.office.keys).sealing
    made = package.build(of, FORM, by.document, CREATED + after, recipient=recipient)
    assert by.signer is not None
    descriptor = FORM.package.descriptor
    return zipped([*made, (FORM.package.signature, by.signer.sign(dict(made)[descriptor]))])


def identity_of(county: CountyTruth, number: int, folder: str = "标识") -> LoadedIdentity:
    union = county.office.desk.union
    unit = Unit(unit_code(county, number), name_of(number), union.name, union.code)
    target = county.office.folder / folder / str(number)
    issued = issuing.issue(
        [unit], county.office.keys, target, period="2026", issued=TODAY, valid_until=UNTIL
    )
    return held(issued.files[0], TODAY)


# --- units --------------------------------------------------------------------------------------


def honest(county: CountyTruth, number: int) -> LoadedIdentity:
    by, staff = identity_of(county, number), 20 + number
    county.put(f"{number}.zip", sent(county, by, number, people(number), staff), "current")
    county.count(number, people(number), staff)
    return by


def double(county: CountyTruth, number: int) -> None:
    """Reported twice; the later one counts, however the files are called."""
    by, later = identity_of(county, number), people(number, 6)
    county.put(f"{number}乙.zip", sent(county, by, number, later, 50, 3600), "current")
    county.put(f"{number}甲.zip", sent(county, by, number, people(number), 40), "older")
    county.count(number, later, 50)


def forged(county: CountyTruth, number: int) -> None:
    """Someone without the unit's key sends other figures: unsigned, and with a key of its own."""
    honest(county, number)
    superior = county.office.desk.union.name
    false = packed(records(number, people(number, 9), superior_union=superior))
    county.put(f"{number}冒充.zip", false, "held")
    stranger = UnionDesk.new(county.office.folder / f"假{number}", county.office.desk.union)
    fake = CountyTruth(Office(stranger, county.office.folder / f"假{number}", county.office.worker))
    by = identity_of(fake, number)
    county.put(f"{number}伪造.zip", sent(county, by, number, people(number, 8), 99), "rejected")


def unsigned(county: CountyTruth, number: int) -> None:
    superior = county.office.desk.union.name
    made = records(number, people(number, 3), staff="30", superior_union=superior)
    county.put(f"{number}.zip", packed(made), "current")
    county.count(number, people(number, 3), 30)


def withdrawn(county: CountyTruth, number: int) -> None:
    honest(county, number)
    del county.counted[unit_code(county, number)]
    county.states[f"{number}.zip"] = "withdrawn"
    county.withdraw.append(f"{number}.zip")


def absent(county: CountyTruth, number: int) -> None:
    """On the roster, never heard of."""


def wrong(county: CountyTruth, number: int) -> None:
    county.put(f"{number}.xlsx", faulty(number), "rejected")


def late(county: CountyTruth, number: int) -> None:
    """It comes after the county has closed the period."""
    by = identity_of(county, number)
    county.late.append((f"{number}迟.zip", sent(county, by, number, people(number), 70)))


STORIES: tuple[Callable[[CountyTruth, int], object], ...] = (
    honest, double, forged, unsigned, withdrawn, absent, wrong, late,
)  # fmt: skip


@dataclass
class Province:
    """The whole chain and its truth."""

    office: Office
    cities: dict[str, Office]
    counties: dict[str, CountyTruth]

    def of_city(self, code: str) -> list[CountyTruth]:
        return [one for one in self.counties.values() if one.code.startswith(code)]


def build(folder: Path, worker: Worker, units: int) -> Province:
    """Write every unit's files; every county has received and closed."""

    def office(code: str, name: str) -> Office:
        union = UnionName(code, name)
        return Office(UnionDesk.new(folder / "keys", union), folder / code, worker)

    top = office("13", "示例省总工会")
    cities = {f"130{n}": office(f"130{n}", f"示例第{n}市总工会") for n in (1, 2, 3)}
    counties = {}
    for city, above in cities.items():
        top.desk.endorse(above.desk, until=UNTIL)
        for n in (2, 3, 4):
            code = f"{city}0{n}"
            made = CountyTruth(office(code, f"示例{code}县总工会"))
            above.desk.endorse(made.office.desk, until=UNTIL)
            counties[code] = made
    for number, county in _spread(units, list(counties.values())):
        union = county.office.desk.union
        entry = RosterEntry(unit_code(county, number), name_of(number), union.code, union.name)
        county.roster.append(entry)
        STORIES[(number - 1) // 9 % len(STORIES)](county, number)
    _overlap(list(counties.values()))
    for county in counties.values():
        _collect(county)
    return Province(top, cities, counties)


def _spread(units: int, counties: list[CountyTruth]) -> Iterator[tuple[int, CountyTruth]]:
    for number in range(1, units + 1):
        yield number, counties[(number - 1) % len(counties)]


def _overlap(counties: list[CountyTruth]) -> None:
    """A unit that two counties of one city count, and one in two cities; a member likewise."""
    first, second, *_, last = counties
    for county, number in ((second, 1), (last, 2)):
        owner = first if number == 1 else second
        superior = county.office.desk.union
        code = unit_code(owner, number)
        county.roster.append(RosterEntry(code, name_of(number), superior.code, superior.name))
        made = records(number, people(number, 2), staff="11", superior_union=superior.name)
        county.put(f"又{number}.zip", packed(made), "current")
        county.count(number, people(number, 2), 11, code)


def _collect(county: CountyTruth) -> None:
    office = county.office
    office.receive(county.roster)
    for file in county.withdraw:
        deciding.decide(office.store, FORM, Order("withdraw", file), NOW)
    deciding.set_period(office.store, FORM, "2026", "closed", "", NOW + DAY)
    for name, data in county.late:
        county.put(name, data, "held")
    if county.late:
        office.receive(now=NOW + DAY + 60)
