"""From unit to county to city to province: what every level counts is what the one below counts."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import duckdb
import pytest
from frictionless import Package

from converter.identity import keys
from converter.register import Snapshot, published, receipts
from converter.statistics import collection
from converter.upward import layout
from tests.upward.conftest import NOW, SHARED, Chain, Office, listed
from tests.usecases.receive.collection import name_of, packed, records

DAY = 86_400


def test_the_citys_figures_of_a_county_are_the_countys_own(merged: Chain) -> None:
    for office in (merged.county, merged.other):
        own, below = office.breakdowns(), merged.city.breakdowns(office.desk.union.code)
        assert own == below
        assert merged.city.tables(office.desk.union.name) == office.tables()


def test_the_citys_totals_are_the_sums_of_the_counties(merged: Chain) -> None:
    by = ("superior_union",)
    own = [office.tables(by=by) for office in (merged.county, merged.other)]
    city = merged.city.tables(by=by)
    for key in ("progress", "by_superior_union"):
        totals = [found[key][-1] for found in (*own, city)]
        width = len(totals[0]) - 1  # the last is a percentage
        first, second, both = totals
        assert [first[n] + second[n] for n in range(1, width)] == list(both[1:width])  # type: ignore[operator]
    rows = {str(row[0]).strip("\u3000"): row[1:] for row in city["progress"]}
    for office, found in zip((merged.county, merged.other), own, strict=True):
        assert rows[office.desk.union.name] == found["progress"][-1][1:]


def test_a_large_register_is_read_in_place_and_says_the_same(
    merged: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    county = merged.county.desk.union.code
    small = [merged.city.tables(by=["industry"]), merged.city.tables(county)]
    monkeypatch.setattr(published, "READ_AT_ONCE", 0)
    assert [merged.city.tables(by=["industry"]), merged.city.tables(county)] == small


def test_the_provinces_figures_are_the_citys_and_drill_to_the_counties(merged: Chain) -> None:
    merged.province.put(merged.city.forward().path)
    done = merged.province.receive()
    assert [one.forward.state for one in done.forwards] == ["current"]
    assert merged.province.breakdowns("1301") == merged.city.breakdowns()
    assert merged.province.breakdowns("130102") == merged.county.breakdowns()
    assert merged.province.tables("130103") == merged.other.tables()


def test_a_county_that_sends_figures_alone_does_not_stop_its_city(merged: Chain) -> None:
    """The province gets the city's forward with the other county's members, and says how many
    members it has no row of."""
    city, province = merged.city, merged.province
    city.put(merged.county.forward(NOW + DAY, figures_only=True, name="figures").path)
    city.receive(now=NOW + 2 * DAY)
    province.put(city.forward(NOW + 3 * DAY).path)
    (done,) = province.receive(now=NOW + 4 * DAY).forwards
    assert (done.forward.state, done.issues) == ("current", ())
    assert province.breakdowns("1301") == city.breakdowns()
    figures = province.tables("130102")
    assert figures["progress"] == merged.county.tables()["progress"]
    assert "ages" not in figures
    assert province.tables("130103") == merged.other.tables()
    with Snapshot(province.store) as register:
        (members,) = register.query("SELECT sum(members) FROM submissions WHERE via = '1301/130102'"
                                    " AND state = 'current'")[0]  # fmt: skip
        found = collection.heading(register, "2026")
    assert (found.without_rows, found.has_rows) == (members, True)


def test_what_a_unit_sent_can_be_proven_later(merged: Chain) -> None:
    """The city's rows name the SHA-256 of every file that a county received."""
    with Snapshot(merged.city.store) as register:
        rows = register.query("SELECT via, file, content FROM submissions WHERE state = 'current'")
    for via, file, content in rows:
        office = merged.county if via == "130102" else merged.other
        assert content == _sha256(office.inbox / file)


def _sha256(path: Path) -> str:
    done = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True)
    return done.stdout.split()[0]


def test_findings_name_both_places(merged: Chain) -> None:
    found = [*merged.city.receive().findings]
    (twice,) = [one for one in found if one.code == "C122"]
    assert twice.value == SHARED[1]
    assert {one.file for one in (twice.place, *twice.related)} == {
        "示例县总工会/1.zip", "示例乙县总工会/11.zip",
    }  # fmt: skip
    assert sorted(one.code for one in found if one.code == "C123") == ["C123", "C123"]  # interim


def test_a_unit_in_two_counties_is_a_finding(chain: Chain) -> None:
    """The other county counts the first one's unit: its roster lists it."""
    made = records(2, superior_union=chain.other.desk.union.name)
    chain.other.put(packed(made), "2.zip")
    foreign = listed(chain.county.desk, 2)
    roster = [listed(chain.other.desk, n) for n in (11, 12, 13)]
    moved = type(foreign)(
        foreign.code, foreign.name, chain.other.desk.union.code, chain.other.desk.union.name
    )
    chain.other.receive([*roster, moved], keys=False)
    chain.city.put(chain.county.folder / "130102.zip")
    chain.city.put(chain.other.forward(NOW + DAY, name="again").path)
    found = [one for one in chain.city.receive(now=NOW + 2 * DAY).findings if one.code == "C121"]
    assert [(one.value, one.params["unit"]) for one in found] == [("130102-0002", name_of(2))]
    assert {one.file for one in (found[0].place, *found[0].related)} == {
        "示例县总工会/2.zip", "示例乙县总工会/2.zip",
    }  # fmt: skip


def test_a_county_of_the_roster_that_forwarded_nothing_is_missing(chain: Chain) -> None:
    city = chain.city
    roster = [
        type(listed(city.desk, 1))(
            office.desk.union.code, office.desk.union.name, "1301", "示例市总工会"
        )
        for office in (chain.county, chain.other)
    ]
    city.put(chain.county.folder / "130102.zip")
    found = city.receive(roster).findings
    missing = [one.params["unit"] for one in found if one.code == "C104"]
    assert missing == [chain.other.desk.union.name]
    city.put(chain.other.folder / "130103.zip")
    assert not [one for one in city.receive().findings if one.code == "C104"]


def test_a_later_forward_takes_the_place_of_the_earlier_one_as_a_whole(merged: Chain) -> None:
    county, city = merged.county, merged.city
    (county.inbox / "1.zip").unlink()
    county.put(packed(records(5, superior_union=county.desk.union.name)), "5.zip")
    county.receive([listed(county.desk, n) for n in range(1, 7)], keys=False, now=NOW + DAY)
    city.put(county.forward(NOW + DAY, name="later").path)
    city.receive(now=NOW + 2 * DAY)
    assert city.states() == {
        "130102.zip": "superseded", "130103.zip": "current", "later.zip": "current",
    }  # fmt: skip
    assert city.tables("130102") == county.tables()


def test_an_earlier_forward_that_comes_late_changes_nothing(chain: Chain) -> None:
    city, county = chain.city, chain.county
    city.put(county.forward(NOW + DAY, name="later").path)
    city.receive(now=NOW + 2 * DAY)
    before = city.tables()
    city.put(county.folder / "130102.zip", "earlier.zip")
    city.put(county.folder / "later.zip", "replayed.zip")
    city.receive(now=NOW + 3 * DAY)
    assert city.states() == {
        "later.zip": "current", "earlier.zip": "older", "replayed.zip": "identical",
    }  # fmt: skip
    assert city.tables() == before


def test_a_forward_is_sealed_for_the_union_above_alone(chain: Chain) -> None:
    path = chain.county.folder / "130102.zip"
    with zipfile.ZipFile(path) as archive:
        members = [n for n in archive.namelist() if n.startswith("members")]
        assert members == ["members.csv.gz.age"]
        data = b"".join(archive.read(name) for name in archive.namelist())
    assert SHARED[1].encode() not in data
    chain.other.put(path, "130102.zip")  # the other county cannot open it
    (done,) = chain.other.receive().forwards
    assert done.forward.state == "rejected"


def test_standard_tools_open_a_sealed_forward(chain: Chain, tmp_path: Path) -> None:
    """age, openssl and DuckDB alone: no program of ours."""
    with zipfile.ZipFile(chain.county.folder / "130102.zip") as archive:
        archive.extractall(tmp_path)
    key = chain.city.keys / "sealing.key"
    for sealed in tmp_path.glob("*.age"):
        target = sealed.with_suffix("")
        subprocess.run(["age", "-d", "-i", key, "-o", target, sealed], check=True)
    rows = duckdb.connect().execute(
        f"SELECT count(*), count(DISTINCT id_number) FROM '{tmp_path}/members.csv.gz'"
    )
    assert rows.fetchall() == [(16, 16)]
    described = json.loads((tmp_path / layout.DESCRIPTOR).read_bytes())
    for name, digest in described["content"].items():
        assert _sha256(tmp_path / name) == digest
    public = chain.county.keys / "signing.pub"
    verify: list[str | Path] = [
        "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin",
        "-in", tmp_path / layout.DESCRIPTOR, "-sigfile", tmp_path / layout.SIGNATURE,
    ]  # fmt: skip
    subprocess.run(verify, check=True, capture_output=True)


def _without_superior(office: Office) -> None:
    (office.keys / "superior.xml").unlink()


def test_without_an_identity_it_is_signed_unsealed_and_a_sound_data_package(
    chain: Chain,
) -> None:
    _without_superior(chain.county)
    path = chain.county.forward(name="open").path
    assert Package(str(path)).validate(parallel=False).valid
    for with_keys in (False, True):
        chain.city.put(path)
        (done,) = chain.city.receive(keys=with_keys).forwards or [None]
        if done is not None:
            assert done.forward.state == "unconfirmed"
    assert chain.city.states() == {"open.zip": "unconfirmed"}
    assert "C124" in {one.code for one in chain.city.receive().findings}


def test_what_is_unconfirmed_never_takes_the_place_of_what_is_confirmed(chain: Chain) -> None:
    chain.city.put(chain.county.folder / "130102.zip")
    chain.city.receive()
    before = chain.city.tables()
    _without_superior(chain.county)
    chain.city.put(chain.county.forward(NOW + DAY, name="open").path)
    chain.city.receive(now=NOW + 2 * DAY)
    assert chain.city.states()["open.zip"] == "held"
    assert chain.city.tables() == before


def test_sealed_without_keys_waits_for_them(chain: Chain) -> None:
    chain.city.put(chain.county.folder / "130102.zip")
    chain.city.receive(keys=False)
    assert chain.city.states() == {"130102.zip": "unopened"}
    chain.city.receive()
    assert chain.city.states() == {"130102.zip": "current"}


def test_figures_alone_have_no_people(chain: Chain) -> None:
    _without_superior(chain.county)
    path = chain.county.forward(figures_only=True, name="figures").path
    with zipfile.ZipFile(path) as archive:
        assert "members.csv.gz" not in archive.namelist()
    with Snapshot(chain.county.store) as register:
        ((phone,),) = register.query("SELECT DISTINCT phone FROM answers WHERE phone <> ''")
    chain.city.put(path)
    chain.city.receive()
    own, below = chain.county.breakdowns(), chain.city.breakdowns("130102")
    assert own["progress"] == below["progress"]
    assert own["units"] == below["units"]
    with Snapshot(chain.city.store) as register:
        assert register.query("SELECT count(*) FROM members") == [(0,)]
        assert register.query("SELECT count(*) FROM answers WHERE phone = ?", [phone]) == [(0,)]


def test_the_same_register_gives_the_same_tables(chain: Chain) -> None:
    _without_superior(chain.county)
    paths = [chain.county.forward(name=name).path for name in ("one", "two")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_file_that_stands_there_is_left_alone(chain: Chain) -> None:
    before = (chain.county.folder / "130102.zip").read_bytes()
    again = chain.county.forward(NOW + DAY)
    assert again.path.name == "130102-2.zip"
    assert (chain.county.folder / "130102.zip").read_bytes() == before


def test_two_runs_without_news_change_nothing(merged: Chain) -> None:
    before = merged.city.tables()
    assert merged.city.receive(now=NOW + DAY).forwards == ()
    assert merged.city.tables() == before


@pytest.mark.parametrize("level", ["city", "county"])
def test_a_register_without_forwards_reads_as_before(level: str, chain: Chain) -> None:
    office: Office = getattr(chain, level)
    if level == "city":
        office.put(packed(records(1)), "1.zip")
        office.receive(keys=False)
    assert not (office.store / "published" / "forwards").exists()


def test_a_county_gets_a_signed_receipt(merged: Chain) -> None:
    city = merged.city
    city.put(b"".join([(merged.county.folder / "130102.zip").read_bytes()[:-40]]), "cut.zip")
    city.receive(now=NOW + DAY)
    public = keys.public(city.keys).signing
    good = receipts.read(city.folder / "reply" / "回执-130102.zip.json")
    cut = receipts.read(city.folder / "reply" / "回执-cut.zip.json")
    assert good
    assert cut
    assert receipts.verify(good, public)
    assert receipts.verify(cut, public)
    assert (good["result"], good["state"], good["unit"]["code"]) == (
        "accepted",
        "current",
        "130102",
    )
    assert (cut["result"], [one["code"] for one in cut["problems"]]) == ("rejected", ["P201"])
    page = (city.folder / "reply" / "回执-130102.zip.html").read_text("utf-8")
    assert merged.county.desk.union.name in page


def test_townships_of_one_name_in_two_counties_stay_two(chain: Chain) -> None:
    """One name is everywhere; the city, the province and each county still count alike."""
    for office, number in ((chain.county, 2), (chain.other, 12)):
        made = records(number, superior_union="城关镇总工会")
        office.put(packed(made), f"{number}.zip")
        entries = [listed(office.desk, n) for n in (number - 1, number)]
        town = entries[1]
        entries[1] = type(town)(town.code, town.name, "", "城关镇总工会")
        own = office.desk.union
        entries.append(type(town)(f"{own.code}-T1", "城关镇总工会", own.code, own.name))
        office.receive(entries, keys=False, now=NOW + DAY)
        chain.city.put(office.forward(NOW + DAY, name=f"{own.code}镇").path)
    chain.city.receive(now=NOW + 2 * DAY)
    chain.province.put(chain.city.forward(NOW + 2 * DAY).path)
    chain.province.receive(now=NOW + 3 * DAY)
    assert chain.province.breakdowns("1301") == chain.city.breakdowns()
    rows = {str(row[0]).strip("\u3000"): row[1:] for row in chain.city.tables()["progress"]}
    for office in (chain.county, chain.other):
        own = office.desk.union
        assert chain.city.tables(own.code) == office.tables()
        assert chain.province.tables(own.code) == office.tables()
        assert rows[own.name] == office.tables()["progress"][-1][1:]
        assert rows[f"城关镇总工会（{own.name}）"][0] == 1
