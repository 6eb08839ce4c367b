"""What is forwarded for a closed period changes its figures by decision only."""

from __future__ import annotations

import pytest

from converter.register import periods
from converter.usecases import deciding
from tests.upward.conftest import FORM, NOW, Chain
from tests.upward.test_decided import asked, decide, found
from tests.usecases.receive.collection import packed, people, records

DAY = 86_400


@pytest.fixture
def closed(chain: Chain) -> Chain:
    """The city has closed the period with one county; a later forward of it and the other's come."""
    city, county = chain.city, chain.county
    city.put(county.folder / "130102.zip")
    city.receive()
    deciding.set_period(city.store, FORM, "2026", periods.CLOSED, "", NOW + DAY)
    county.put(packed(records(2, people(2, 9), superior_union=county.desk.union.name)), "2.zip")
    county.receive(keys=False, now=NOW + 2 * DAY)
    city.put(county.forward(NOW + 2 * DAY, name="later").path)
    city.put(chain.other.folder / "130103.zip")
    return chain


def test_a_closed_period_takes_in_no_forward_by_itself(closed: Chain) -> None:
    city = closed.city
    before = city.tables(by=())
    city.put(closed.county.folder / "130102.zip", "again.zip")
    for days in (3, 4):
        assert found(city, days) == {"C126"}
        assert city.states() == {
            "130102.zip": "current", "130103.zip": "held", "again.zip": "identical",
            "later.zip": "held",
        }  # fmt: skip
    assert city.tables(by=()) == before
    assert {file for _, file, _ in asked(city, "C126")} == {"130103.zip", "later.zip"}
    number = decide(city, "accept", "later.zip")
    assert city.states()["130102.zip"] == "superseded"
    assert city.tables(by=()) != before
    decide(city, "revoke", str(number))
    assert city.states()["130102.zip"] == "current"
    assert city.tables(by=()) == before


def test_what_a_closed_period_held_counts_when_it_is_opened_again(closed: Chain) -> None:
    city = closed.city
    city.receive(now=NOW + 3 * DAY)
    deciding.set_period(city.store, FORM, "2026", periods.OPEN, "", NOW + 4 * DAY)
    assert found(city, 5) == set()
    assert city.states() == {
        "130102.zip": "superseded", "130103.zip": "current", "later.zip": "current",
    }  # fmt: skip
