"""An officer decides about forwards: what was held counts, what counted is put away, and back."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from converter.identity import keys as signing
from converter.identity.subordinates import UnionName
from converter.model.errors import UsageError
from converter.register import RosterEntry, receipts
from converter.register.deciding import Order
from converter.report import reply_files
from converter.usecases import deciding
from tests.identity.chain import CITY, COUNTY
from tests.upward.conftest import FORM, NOW, Chain, Office, listed
from tests.upward.test_strangers import ROSTER, STRANGERS, invented
from tests.usecases.receive.collection import packed, records

DAY = 86_400


def decide(office: Office, action: str, subject: str, why: str = "") -> int:
    made, _ = deciding.decide(office.store, FORM, Order(action, subject, why=why), NOW + 5 * DAY)
    return made.number


def found(office: Office, days: int) -> set[str]:
    done = office.receive(now=NOW + days * DAY)
    return {one.code for one in done.findings} & {"C124", "C126"}


def asked(office: Office, *codes: str) -> list[tuple[str, str, tuple[str, ...]]]:
    _, questions = deciding.questions_of(office.store, FORM, "2026")
    return [(one.code, one.file, one.choices) for one in questions if one.code in codes]


@pytest.fixture
def strange(chain: Chain) -> Chain:
    """The city holds the forward of a union that its roster lacks."""
    chain.city.put(chain.county.folder / "130102.zip")
    chain.city.put(invented(chain, STRANGERS[0]), "野.zip")
    chain.city.receive(ROSTER, now=NOW + 2 * DAY)
    assert chain.city.states()["野.zip"] == "held"
    return chain


def test_a_held_forward_that_is_accepted_counts_and_is_asked_about_no_more(strange: Chain) -> None:
    city = strange.city
    before = city.tables()
    assert asked(city, "C124", "C126") == [("C126", "野.zip", ("accept", "reject"))]
    number = decide(city, "accept", "野.zip", "电话核实")
    assert city.states()["野.zip"] == "current"
    assert city.tables() != before
    after = city.tables()
    for days in (6, 7):
        assert found(city, days) == set()
        assert city.states() == {"130102.zip": "current", "野.zip": "current"}
    assert city.tables() == after
    assert asked(city, "C124", "C126") == []
    decide(city, "revoke", str(number))
    assert city.states()["野.zip"] == "held"
    assert city.tables() == before
    assert found(city, 8) == {"C126"}


def test_a_held_forward_that_is_refused_is_asked_about_no_more(strange: Chain) -> None:
    city = strange.city
    before = city.tables()
    decide(city, "reject", "野.zip")
    for days in (6, 7):
        assert found(city, days) == set()
        assert city.tables() == before


def test_an_accepted_one_counts_over_a_confirmed_one_until_that_is_revoked(chain: Chain) -> None:
    """And a later confirmed one takes its place."""
    city, county = chain.city, chain.county
    city.put(county.folder / "130102.zip")
    city.receive()
    before = city.tables()
    own = county.keys / "superior.xml"
    identity = own.read_bytes()
    own.unlink()
    (county.inbox / "1.zip").unlink()
    county.put(packed(records(5, superior_union=county.desk.union.name)), "5.zip")
    county.receive([listed(county.desk, n) for n in range(1, 7)], keys=False, now=NOW + DAY)
    city.put(county.forward(NOW + DAY, name="open").path)
    assert found(city, 2) == {"C126"}
    number = decide(city, "accept", "open.zip")
    assert city.states() == {"130102.zip": "superseded", "open.zip": "current"}
    assert city.tables("130102") == county.tables()
    assert found(city, 6) == set()
    decide(city, "revoke", str(number))
    assert city.states() == {"130102.zip": "current", "open.zip": "held"}
    assert city.tables() == before
    decide(city, "accept", "open.zip")
    own.write_bytes(identity)
    city.put(county.forward(NOW + 7 * DAY, name="signed").path)
    found(city, 8)
    assert city.states() == {
        "130102.zip": "superseded", "open.zip": "superseded", "signed.zip": "current",
    }  # fmt: skip


def test_what_a_withdrawn_forward_replaced_comes_back_with_the_next_run(chain: Chain) -> None:
    city, county = chain.city, chain.county
    city.put(county.folder / "130102.zip")
    city.receive()
    before = city.tables()
    (county.inbox / "1.zip").unlink()
    county.put(packed(records(5, superior_union=county.desk.union.name)), "5.zip")
    county.receive([listed(county.desk, n) for n in range(1, 7)], keys=False, now=NOW + DAY)
    city.put(county.forward(NOW + DAY, name="later").path)
    city.receive(now=NOW + 2 * DAY)
    number = decide(city, "withdraw", "later.zip")
    assert city.states()["later.zip"] == "withdrawn"
    city.receive(now=NOW + 6 * DAY)
    assert city.states() == {"130102.zip": "current", "later.zip": "withdrawn"}
    assert city.tables() == before
    decide(city, "revoke", str(number))
    assert city.states() == {"130102.zip": "older", "later.zip": "current"}
    assert city.tables("130102") == county.tables()


def test_what_no_officer_can_decide_is_said(chain: Chain) -> None:
    city = chain.city
    sound = (chain.county.folder / "130102.zip").read_bytes()
    city.put(sound[:-40], "cut.zip")
    city.put(sound, "sealed.zip")
    city.receive(keys=False)
    for action, subject, key in (
        ("accept", "cut.zip", "decide_errors"),
        ("accept", "sealed.zip", "decide_unopened"),
        ("ask", "sealed.zip", "decide_forward_action"),
    ):
        with pytest.raises(UsageError) as caught:
            decide(city, action, subject)
        assert caught.value.message_key == key


# --- a forward in the name of an ordinary unit ---------------------------------------------------


def in_the_name_of(chain: Chain, unit: RosterEntry) -> Path:
    return invented(chain, UnionName(unit.code, unit.name))


def _below_a_line(chain: Chain) -> list[RosterEntry]:
    """The roster lists the county and its units."""
    return [*ROSTER, listed(chain.county.desk, 3)]


def _reported(chain: Chain) -> list[RosterEntry]:
    """A unit right below the city, which reports to it itself."""
    unit = RosterEntry("1301-0003", listed(chain.county.desk, 3).name, CITY.code, CITY.name)
    chain.city.put(packed(records(3, superior_union=CITY.name)), "3.zip")
    chain.city.receive([*ROSTER, unit], now=NOW)
    return [*ROSTER, unit]


@pytest.mark.parametrize("roster", [_below_a_line, _reported])
def test_a_unit_forwards_nothing(roster: object, chain: Chain) -> None:
    assert callable(roster)
    lines: list[RosterEntry] = roster(chain)
    city, unit = chain.city, lines[-1]
    city.put(chain.county.folder / "130102.zip")
    city.receive(lines)
    before = city.tables()
    city.put(in_the_name_of(chain, unit), "单位.zip")
    for keys in (True, False):
        done = city.receive(lines, keys=keys, now=NOW + 3 * DAY)
        (issue,) = [one for one in done.findings if one.code == "C126"]
        assert "不是下级工会" in str(issue.params["why"])
        assert city.tables() == before
    decide(city, "accept", "单位.zip")
    assert city.states()["单位.zip"] == "current"


def test_a_listed_union_without_an_identity_still_counts_unconfirmed(chain: Chain) -> None:
    city = chain.city
    (chain.county.keys / "superior.xml").unlink()
    city.put(chain.county.forward(name="open").path)
    lines = [RosterEntry(COUNTY.code, COUNTY.name, CITY.code, CITY.name)]
    city.receive([*lines, listed(chain.county.desk, 1)], keys=False)
    assert city.states() == {"open.zip": "unconfirmed"}
    assert asked(city, "C124", "C126") == [("C124", "open.zip", ("accept", "withdraw"))]
    decide(city, "accept", "open.zip")
    assert found(city, 6) == set()
    assert city.states() == {"open.zip": "current"}


# --- receipts ------------------------------------------------------------------------------------


def receipt(office: Office, file: str) -> tuple[str, str, str]:
    """What the receipt of a forward says: state, reason, the action that was decided."""
    path = reply_files.receipt(office.folder / "reply", file)
    found = receipts.read(path)
    assert found
    assert receipts.verify(found, signing.public(office.keys).signing)
    assert reply_files.receipt_page(office.folder / "reply", file).is_file()
    return found["state"], found["reason"], found.get("decision", {}).get("action", "")


def test_a_receipt_follows_what_was_decided(strange: Chain) -> None:
    """The next run writes it anew, in a zip too; what nothing changed stays as it was."""
    city, county = strange.city, strange.county
    with zipfile.ZipFile(city.inbox / "一批.zip", "w") as archive:
        archive.write(county.forward(NOW + DAY, name="later").path, "later.zip")
    city.receive(now=NOW + 2 * DAY)
    inside = "一批.zip/later.zip"
    assert receipt(city, "野.zip") == ("held", "stranger", "")
    assert receipt(city, inside) == ("current", "", "")
    kept = reply_files.receipt(city.folder / "reply", "130102.zip")
    unchanged = kept.read_bytes()
    accepted = decide(city, "accept", "野.zip")
    withdrawn = decide(city, "withdraw", inside)
    city.receive(now=NOW + 6 * DAY)
    assert receipt(city, "野.zip") == ("current", "", "accept")
    assert receipt(city, inside) == ("withdrawn", "decision", "withdraw")
    for number in (accepted, withdrawn):
        decide(city, "revoke", str(number))
    city.receive(now=NOW + 7 * DAY)
    assert receipt(city, "野.zip") == ("held", "stranger", "")
    assert receipt(city, inside) == ("current", "", "")
    assert kept.read_bytes() == unchanged


def test_replies_are_written_later_for_what_was_refused_too(chain: Chain) -> None:
    city = chain.city
    city.put((chain.county.folder / "130102.zip").read_bytes()[:-40], "断.zip")
    city.receive()
    reply = city.folder / "reply"
    first = receipts.read(reply_files.receipt(reply, "断.zip"))
    shutil.rmtree(reply)
    city.receive(now=NOW + DAY)
    again = receipts.read(reply_files.receipt(reply, "断.zip"))
    assert first
    assert first["problems"]
    assert again == first
