"""Two counties below a city below a province, each with its register and its keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from converter.forms import loading
from converter.identity import keys as signing
from converter.identity import subordinates
from converter.register import RosterEntry, Snapshot
from converter.statistics import collection
from converter.upward.writing import Forwarded, ForwardPlan
from converter.usecases import forwarding
from converter.usecases.receive import Plan, Summary, receive
from converter.workers.pool import Worker
from tests.commands import near_workers
from tests.identity.chain import CITY, COUNTY, OTHER_COUNTY, PROVINCE, UnionDesk
from tests.usecases.receive.collection import (
    CREATED,
    Person,
    faulty,
    name_of,
    packed,
    people,
    records,
)

FOLDER = loading.form_dir().resolve()
FORM = loading.load(FOLDER)
NOW = CREATED + 10 * 86_400
TODAY = date(2026, 3, 7)
BREAKDOWNS = ("superior_union", "industry", "member.sex", "member.birthday")
SHARED: Person = people(1)[0]  # a member in both counties


@dataclass(frozen=True)
class Office:
    """A union's desk: keys, inbox, register."""

    desk: UnionDesk
    folder: Path
    worker: Worker

    @property
    def keys(self) -> Path:
        return self.desk.keys

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def put(self, file: Path | bytes, name: str = "") -> Path:
        self.inbox.mkdir(parents=True, exist_ok=True)
        if isinstance(file, Path):
            return Path(shutil.copy(file, self.inbox / (name or file.name)))
        path = self.inbox / name
        path.write_bytes(file)
        return path

    def receive(
        self, roster: Sequence[RosterEntry] | None = None, *, keys: bool = True, now: int = NOW
    ) -> Summary:
        own = self.keys if keys else None
        signer = signing.signer(own) if own else None
        reply = self.folder / "reply"
        plan = Plan(FOLDER, loading.read(FOLDER), reply, own, signer, 1, now)
        return receive(self.inbox, self.store, plan, self.worker, roster=roster, period="2026")

    def forward(
        self, now: int = NOW, *, interim: bool = True, figures_only: bool = False, name: str = ""
    ) -> Forwarded:
        plan = ForwardPlan("2026", interim, figures_only, now)
        output = self.folder / f"{name or self.desk.union.code}.zip"
        return forwarding.forward(self.store, FOLDER, self.keys, output, plan, None)

    def tables(
        self, union: str = "", by: Sequence[str] = ()
    ) -> dict[str, list[tuple[object, ...]]]:
        """The tables of the statistics, as they are shown; all of them are in `breakdowns`."""
        with Snapshot(self.store) as register:
            via = register.via(union) if union else ""
        with Snapshot(self.store, union=via) as register:
            found = collection.figures(
                register, FORM, TODAY, period="2026",
                by=by, counts=["full_time_cadres"], cross=bool(by), units=True,
            )  # fmt: skip
        return {one.table.key: [one.table.header, *one.table.rows] for one in found}

    def breakdowns(self, union: str = "") -> dict[str, list[tuple[object, ...]]]:
        """Every table that there is, which takes five times as long."""
        return self.tables(union, BREAKDOWNS)

    def states(self) -> dict[str, str]:
        """What became of every forward, by file."""
        with Snapshot(self.store) as register:
            return {one.file: one.state for one in register.forwards}


@dataclass(frozen=True)
class Chain:
    province: Office
    city: Office
    county: Office
    other: Office


def listed(office: UnionDesk, number: int) -> RosterEntry:
    code = f"{office.union.code}-{number:04d}"
    return RosterEntry(code, name_of(number), office.union.code, office.union.name)


def county(office: Office, numbers: Sequence[int], more: Sequence[Person] = ()) -> None:
    """Fill a county's register: packages, a refused workbook, one unit that is missing."""
    for number in numbers:
        members = [*people(number), *(more if number == numbers[0] else ())]
        made = records(number, members, superior_union=office.desk.union.name)
        office.put(packed(made), f"{number}.zip")
    office.put(faulty(numbers[-1] + 1), "有错.xlsx")
    roster = [listed(office.desk, n) for n in (*numbers, numbers[-1] + 1, 90)]
    office.receive(roster, keys=False)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Path:
    """The folder of the whole chain; copied by `chain`."""
    folder = tmp_path_factory.mktemp("chain")
    made = offices(folder, worker)
    until = date.today() + timedelta(days=300)
    made.province.desk.endorse(made.city.desk, until=until)
    made.city.desk.endorse(made.county.desk, until=until)
    made.city.desk.endorse(made.other.desk, until=until)
    with near_workers():
        county(made.county, range(1, 5))
        county(made.other, range(11, 14), [SHARED])
        made.county.forward()
        made.other.forward()
    return folder


def offices(folder: Path, worker: Worker) -> Chain:
    def office(union: subordinates.UnionName) -> Office:
        keys = folder / "keys"
        found = (keys / union.code).exists()
        desk = UnionDesk(union, keys / union.code) if found else UnionDesk.new(keys, union)
        return Office(desk, folder / union.code, worker)

    return Chain(*map(office, (PROVINCE, CITY, COUNTY, OTHER_COUNTY)))


@pytest.fixture(scope="session")
def received(filled: Path, tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Path:
    """The same once the city has received the other county."""
    folder = Path(shutil.copytree(filled, tmp_path_factory.mktemp("received") / "chain"))
    made = offices(folder, worker)
    made.city.put(made.other.folder / "130103.zip")
    with near_workers():
        made.city.receive()
    return folder


@pytest.fixture(scope="session")
def received_both(received: Path, tmp_path_factory: pytest.TempPathFactory, worker: Worker) -> Path:
    folder = Path(shutil.copytree(received, tmp_path_factory.mktemp("both") / "chain"))
    made = offices(folder, worker)
    made.city.put(made.county.folder / "130102.zip")
    with near_workers():
        made.city.receive()
    return folder


def copied(folder: Path, target: Path, worker: Worker) -> Iterator[Chain]:
    with near_workers():
        yield offices(Path(shutil.copytree(folder, target / "chain")), worker)


@pytest.fixture
def chain(filled: Path, tmp_path: Path, worker: Worker) -> Iterator[Chain]:
    yield from copied(filled, tmp_path, worker)


@pytest.fixture
def joined(received: Path, tmp_path: Path, worker: Worker) -> Iterator[Chain]:
    """The city has received the other county, and the county's forward not yet."""
    yield from copied(received, tmp_path, worker)


@pytest.fixture
def merged(received_both: Path, tmp_path: Path, worker: Worker) -> Iterator[Chain]:
    """The city has received both counties."""
    yield from copied(received_both, tmp_path, worker)
