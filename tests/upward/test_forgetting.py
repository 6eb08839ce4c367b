"""`forget` reaches the members in what unions below forwarded, and they do not come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.model.errors import UsageError
from converter.register import Snapshot
from converter.statistics import collection
from converter.usecases import deciding, forgetting
from converter.usecases.forgetting import ForgetRequest
from tests.upward.conftest import FORM, NOW, Chain, Office
from tests.upward.test_decided import decide
from tests.upward.test_strangers import ROSTER, STRANGERS, invented
from tests.usecases.receive.collection import people
from tests.usecases.test_forgetting import held_in

DAY = 86_400


def numbers(*units: int) -> set[str]:
    return {number for unit in units for _, number, _ in people(unit)}


def closed(office: Office) -> Path:
    deciding.set_period(office.store, FORM, "2026", "closed", "", NOW + 2 * DAY)
    return office.store


def forget(office: Office, days: int, **request: object) -> int:
    made = ForgetRequest(**request)  # type: ignore[arg-type]
    done = forgetting.forget(office.store, FORM, made, NOW + days * DAY)
    assert done is not None
    return done[0].members


def test_a_period_is_removed_from_every_partition(merged: Chain) -> None:
    city = merged.city
    store, there = closed(city), numbers(1, 2, 3, 4, 11, 12, 13)
    assert held_in(store, there) == there
    before = city.tables()["progress"]
    with Snapshot(store) as register:
        ((phone,),) = register.query("SELECT any_value(phone) FROM answers WHERE phone <> ''")
        ((counted,),) = register.query("SELECT count(*) FROM members")
    assert forget(city, 3, period="2026") == counted
    assert held_in(store, there | {phone}) == set()
    assert city.tables()["progress"] == before
    assert forget(city, 4, period="2026") == 0  # nothing is left
    # Later forwards of the period bring nobody back, not even where a decision lets them in.
    city.put(merged.county.forward(NOW + 5 * DAY, name="later").path)
    city.receive(now=NOW + 6 * DAY)
    assert city.states()["later.zip"] == "held"
    assert held_in(store / "published", there | {phone}) == set()
    decide(city, "accept", "later.zip")
    assert city.states()["later.zip"] == "current"
    assert held_in(store / "published", there | {phone}) == set()


def test_one_unit_is_removed_and_the_others_stay(merged: Chain) -> None:
    city = merged.city
    closed(city)
    others = numbers(1, 3, 4, 12, 13)
    assert forget(city, 3, unit="130102-0002") == len(numbers(2))
    assert held_in(city.store, numbers(2)) == set()
    assert held_in(city.store, others) == others
    city.put(merged.county.forward(NOW + 5 * DAY, name="later").path)
    city.receive(now=NOW + 6 * DAY)
    assert held_in(city.store, numbers(2)) == set()
    with pytest.raises(UsageError):
        forget(city, 7, unit="130102-9999")


def test_what_is_left_can_still_be_forwarded(merged: Chain) -> None:
    """One unit is removed, or everybody; the figures go up, the members that are left with them."""
    city, county = merged.city, merged.county
    closed(county)
    for days, removed in ((3, {"unit": "130102-0002"}), (6, {"period": "2026"})):
        forget(county, days, **removed)
        county.forward(NOW + (days + 1) * DAY, interim=False, name=f"left{days}")
        city.put(county.folder / f"left{days}.zip")
        city.receive(now=NOW + (days + 2) * DAY)
        assert city.states()[f"left{days}.zip"] == "current"
        assert city.tables("130102") == county.tables()
    with Snapshot(city.store) as register:
        found = collection.heading(register, "2026")
        counted = register.query("SELECT sum(members) FROM submissions WHERE state = 'current'")
        rows = register.query("SELECT count(*) FROM members")
    assert found.without_rows == sum(len(people(n)) for n in (1, 2, 3, 4)) > 0
    assert rows[0][0] == counted[0][0] - found.without_rows


def test_what_does_not_count_is_removed_alone(chain: Chain) -> None:
    """A forward that is held; it has its members back when it is accepted from the inbox: no."""
    city = chain.city
    city.put(chain.county.folder / "130102.zip")
    city.put(invented(chain, STRANGERS[0]), "野.zip")
    city.receive(ROSTER, now=NOW + 2 * DAY)
    closed(city)
    counting, held = numbers(1, 2, 3, 4), numbers(40)
    assert held_in(city.store, held) == held
    assert forget(city, 3, period="2026", superseded=True) == len(held)
    assert held_in(city.store, held) == set()
    assert held_in(city.store, counting) == counting
    decide(city, "accept", "野.zip")
    assert held_in(city.store, held) == set()


def test_where_they_still_are_is_named(merged: Chain) -> None:
    city = merged.city
    closed(city)
    request = ForgetRequest(period="2026")
    done = forgetting.forget(city.store, FORM, request, NOW + 3 * DAY)
    assert done is not None
    # The store is a copy of one that received one county's file, then a copy of that both.
    assert [(path.name, count) for path, count in done[1].inboxes] == [("inbox", 1), ("inbox", 2)]
