"""Unions that nobody knows: what a forward says of itself is no reason to count it."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.identity.subordinates import UnionName
from converter.register import RosterEntry
from tests.identity.chain import CITY, COUNTY, OTHER_COUNTY, UnionDesk
from tests.upward.conftest import NOW, Chain, Office, county

DAY = 86_400
ROSTER = [RosterEntry(one.code, one.name, CITY.code, CITY.name) for one in (COUNTY, OTHER_COUNTY)]
STRANGERS = [
    UnionName("999999", "示例野工会"),
    UnionName("1301020", COUNTY.name),  # the name of one, the code of none
    UnionName(OTHER_COUNTY.code, "示例丙县总工会"),  # the code of one, the name of none
]


def invented(chain: Chain, union: UnionName) -> Path:
    """A forward by a union with keys of its own making and no identity."""
    folder = chain.city.folder.parent / f"{union.code}-made-up"
    office = Office(UnionDesk.new(folder / "keys", union), folder, chain.city.worker)
    county(office, [40])
    return office.forward(now=NOW + DAY).path


def take(chain: Chain, roster: list[RosterEntry] | None, days: int, *, keys: bool) -> set[str]:
    """Receive; the codes of what is said of forwards nobody vouches for."""
    done = chain.city.receive(roster, keys=keys, now=NOW + days * DAY)
    return {one.code for one in done.findings} & {"C124", "C126"}


@pytest.mark.parametrize("union", STRANGERS, ids=["nobody", "name", "code"])
@pytest.mark.parametrize("knows", ["roster", "identities"])
def test_a_union_that_nobody_knows_counts_nowhere_and_is_named(
    union: UnionName, knows: str, chain: Chain
) -> None:
    city, roster = chain.city, ROSTER if knows == "roster" else None
    keys = knows == "identities"
    city.put(chain.county.folder / "130102.zip")
    city.receive(roster)
    before = city.tables()
    city.put(invented(chain, union), "野.zip")
    assert take(chain, roster, 2, keys=keys) == {"C126"}
    assert city.states()["野.zip"] == "held"
    assert city.tables() == before
    assert take(chain, roster, 3, keys=keys) == {"C126"}  # said by every run


def test_it_counts_once_the_roster_lists_it_and_no_more_when_it_is_struck_off(
    chain: Chain,
) -> None:
    city, union = chain.city, STRANGERS[0]
    city.put(invented(chain, union), "野.zip")
    assert take(chain, ROSTER, 2, keys=True) == {"C126"}
    listed = [*ROSTER, RosterEntry(union.code, union.name, CITY.code, CITY.name)]
    assert take(chain, listed, 3, keys=True) == {"C124"}
    assert city.states() == {"野.zip": "unconfirmed"}
    assert take(chain, ROSTER, 4, keys=True) == {"C126"}
    assert city.states() == {"野.zip": "held"}


def test_a_union_that_lists_nobody_yet_takes_it_as_unconfirmed(chain: Chain) -> None:
    chain.city.put(invented(chain, STRANGERS[0]), "野.zip")
    assert take(chain, None, 2, keys=False) == {"C124"}
