"""A province, three cities and nine counties of known truth, compared with it at every level by SQL
over the published files (`make held-out`; UNITS of them, 72 unless told otherwise)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb

from converter.register import RosterEntry
from converter.register.deciding import Order
from converter.usecases import deciding
from converter.workers.pool import Worker
from tests.commands import near_workers
from tests.identity.chain import UnionDesk
from tests.upward.conftest import FORM, NOW, Office
from tests.upward.known_truth import DAY, UNTIL, CountyTruth, Province, build
from tests.upward.test_faults import Members
from tests.usecases.receive.collection import people

UNITS = int(os.environ.get("UNITS", "72"))
Rows = list[tuple[str, str, int, str, str]]  # via, code, members, staff, women
Numbers = dict[tuple[str, str], list[str]]  # (via, code) → the members' ID numbers

FIGURES_ONLY, ABSENT, WITHDRAWN = "130203", "130204", "130303"


def published(store: Path) -> tuple[Rows, Numbers]:
    """What counts, by SQL over the files as docs/register.md describes them."""
    place = store / "published"
    folder = place / json.loads((place / "state.json").read_text())["folder"]
    connection = duckdb.connect()
    counting = connection.execute(
        f"SELECT number FROM '{folder}/forwards.parquet' WHERE state IN ('current', 'unconfirmed')"
    ).fetchall()

    def every(table: str) -> str:
        parts = [folder, *(place / "forwards" / str(number) for (number,) in counting)]
        files = [f"SELECT * FROM '{part}/{table}.parquet'" for part in parts]
        return f"({' UNION ALL BY NAME '.join(files)})"

    reports = (
        f"{every('submissions')} s JOIN {every('units')} u ON u.id = s.unit"
        " AND s.state IN ('current', 'unconfirmed') AND s.period = '2026'"
    )
    rows = connection.execute(
        f"SELECT u.via, u.code, s.members, a.staff, a.women_members FROM {reports}"
        f" JOIN {every('answers')} a ON a.submission = s.id ORDER BY ALL"
    ).fetchall()
    numbers = connection.execute(
        f"SELECT u.via, u.code, list(m.id_number ORDER BY m.id_number) FROM {reports}"
        f" JOIN {every('members')} m ON m.submission = s.id GROUP BY ALL"
    ).fetchall()
    return rows, {(via, code): found for via, code, found in numbers}


def truth(county: CountyTruth, via: str = "") -> tuple[Rows, Numbers]:
    counted = county.counted.values()
    rows = [(via, one.code, len(one.members), str(one.staff), str(one.women)) for one in counted]
    numbers = {(via, one.code): sorted(one.members) for one in counted}
    return sorted(rows), {} if county.code == FIGURES_ONLY and via else numbers


def of_city(made: Province, city: str, above: str = "") -> tuple[Rows, Numbers]:
    rows: Rows = []
    numbers: Numbers = {}
    for county in made.of_city(city):
        if county.code not in (ABSENT, WITHDRAWN):
            more, those = truth(county, f"{above}{county.code}")
            rows, numbers = rows + more, numbers | those
    return sorted(rows), numbers


def first_city(made: Province, folder: Path) -> dict[str, str]:
    """Replayed, cut, altered, superseded, forged by a false city, sent in another's name."""
    city, counties = made.cities["1301"], made.counties
    two, three, four = counties["130102"], counties["130103"], counties["130104"]
    first = two.office.forward(NOW + 3 * DAY, interim=False).path
    data = first.read_bytes()
    city.put(first, "二.zip")
    city.put(first, "二又.zip")
    city.put(data[:-200], "二断.zip")
    city.put(data[: len(data) // 2] + b"?" + data[len(data) // 2 + 1 :], "二改.zip")
    early = three.office.forward(NOW + 3 * DAY, name="早").path
    city.put(early, "三早.zip")
    receive(made, city, 4)
    for file, _ in three.late:
        deciding.decide(three.office.store, FORM, Order("accept", file), NOW + 5 * DAY)
        number = int(file.partition("迟")[0])
        three.count(number, people(number), 70)
    city.put(three.office.forward(NOW + 6 * DAY, interim=False, name="终").path, "三终.zip")
    receive(made, city, 7)
    city.put(early, "三重放.zip")
    sound = four.office.forward(NOW + 6 * DAY, interim=False).path
    city.put(sound, "四.zip")
    false = UnionDesk.new(folder / "false", four.office.desk.union)
    UnionDesk.new(folder / "false-city", city.desk.union).endorse(false, until=UNTIL)
    forged = Members.of(sound)
    forged.names["identity.xml"] = (false.keys / "superior.xml").read_bytes()
    forged.sign(false.keys)
    city.put(forged.write(folder / "forged.zip"), "四伪.zip")
    own = Office(
        UnionDesk.new(folder / "own", four.office.desk.union), two.office.folder, city.worker
    )
    city.put(own.forward(NOW + 8 * DAY, name="冒").path, "四冒.zip")
    return {
        "二.zip": "current", "二又.zip": "identical", "二断.zip": "rejected", "二改.zip": "rejected",
        "三早.zip": "superseded", "三终.zip": "current", "三重放.zip": "older",
        "四.zip": "current", "四伪.zip": "rejected", "四冒.zip": "held",
    }  # fmt: skip


def second_city(made: Province) -> dict[str, str]:
    """One county without an identity, one with figures alone, one that sends nothing; the city
    itself forwards before the second has come."""
    city, counties = made.cities["1302"], made.counties
    two, three = counties["130202"].office, counties[FIGURES_ONLY].office
    (two.keys / "superior.xml").unlink()
    city.put(two.forward(NOW + 6 * DAY, interim=False).path, "二.zip")
    receive(made, city, 8)
    made.office.put(city.forward(NOW + 9 * DAY, name="早").path, "二市早.zip")
    receive(made, made.office, 10)
    city.put(three.forward(NOW + 6 * DAY, interim=False, figures_only=True).path, "三.zip")
    return {"二.zip": "unconfirmed", "三.zip": "current"}


def third_city(made: Province) -> dict[str, str]:
    """One forward is withdrawn and comes back, one stays withdrawn."""
    city = made.cities["1303"]
    for county in made.of_city("1303"):
        path = county.office.forward(NOW + 6 * DAY, interim=False).path
        city.put(path, f"{county.code}.zip")
    receive(made, city, 11)
    decided = Order("withdraw", "130302.zip")
    number = deciding.decide(city.store, FORM, decided, NOW + 12 * DAY)[0].number
    deciding.decide(city.store, FORM, Order("revoke", str(number)), NOW + 12 * DAY)
    deciding.decide(city.store, FORM, Order("withdraw", f"{WITHDRAWN}.zip"), NOW + 12 * DAY)
    return {"130302.zip": "current", f"{WITHDRAWN}.zip": "withdrawn", "130304.zip": "current"}


def receive(made: Province, office: Office, day: int) -> set[str]:
    """Receive with the roster of the unions right below; the codes of what was found."""
    below = made.cities.values()
    if office is not made.office:
        below = [one.office for one in made.of_city(office.desk.union.code)]  # type: ignore[assignment]
    own = office.desk.union
    roster = [
        RosterEntry(one.desk.union.code, one.desk.union.name, own.code, own.name) for one in below
    ]
    return {one.code for one in office.receive(roster, now=NOW + day * DAY).findings}


def test_every_level_counts_what_is_true(tmp_path: Path, worker: Worker) -> None:
    with near_workers():
        made = build(tmp_path, worker, UNITS)
        expected = {"1301": first_city(made, tmp_path), "1302": second_city(made)}
        expected["1303"] = third_city(made)
        for code, city in made.cities.items():
            found = receive(made, city, 13)
            assert ("C121" in found, "C104" in found) == (code == "1301", code != "1301")
            assert city.states() == expected[code]
            assert published(city.store) == of_city(made, code)
            deciding.set_period(city.store, FORM, "2026", "closed", "", NOW + 14 * DAY)
            made.office.put(city.forward(NOW + 15 * DAY, interim=False).path)
        made.office.put(made.counties["130302"].office.folder / "130302.zip", "越级.zip")
        assert {"C121", "C122"} <= receive(made, made.office, 16)
        assert made.office.states() == {
            "二市早.zip": "superseded", "越级.zip": "rejected",
            **{f"{code}.zip": "current" for code in made.cities},
        }  # fmt: skip
        whole = [of_city(made, code, f"{code}/") for code in made.cities]
        rows, numbers = published(made.office.store)
        assert rows == sorted(row for more, _ in whole for row in more)
        assert numbers == {key: one for _, more in whole for key, one in more.items()}
        for code, city in made.cities.items():
            assert made.office.breakdowns(code) == city.breakdowns()
            for county in made.of_city(code):
                assert published(county.office.store) == truth(county)
                if county.code not in (FIGURES_ONLY, ABSENT, WITHDRAWN):
                    own = county.office.breakdowns()
                    assert city.breakdowns(county.code) == own
                    assert made.office.breakdowns(county.code) == own
