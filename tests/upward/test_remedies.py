"""Remedies about files from unions below, done by a machine: afterwards the file counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from converter.forms import loading
from converter.identity import keys
from converter.messages.catalogue import catalogue
from converter.usecases.receive import Plan, receive
from tests.upward.conftest import FOLDER, FORM, NOW, Chain, Office
from tests.upward.test_faults import (
    DAY,
    FORGERIES,
    Members,
    _other_county_in_the_first_ones_name,
    _signed_anew_with_other_counts,
    _signed_by_the_other_county,
    _table_exchanged,
)

Act = Callable[[Chain], Path]


def sent(chain: Chain) -> Path:
    """The original that the county has kept."""
    return chain.county.folder / "130102.zip"


def made_again(chain: Chain) -> Path:
    return chain.county.forward(NOW + DAY, name="again").path


def forged(change: Callable[[Chain, Members], None]) -> Act:
    def act(chain: Chain) -> Path:
        members = Members.of(sent(chain))
        change(chain, members)
        return members.write(chain.county.folder / "changed.zip")

    return act


def cut_short(chain: Chain) -> Path:
    path = chain.county.folder / "cut.zip"
    path.write_bytes(sent(chain).read_bytes()[:-500])
    return path


def of_an_older_form(chain: Chain, members: Members) -> None:
    members.described(lambda content: content.update(form={"id": "jiceng", "version": "1999"}))
    members.sign(chain.county.keys)


REMEDIES: dict[str, tuple[Act, Act]] = {
    "P201": (cut_short, sent),
    "P203": (forged(of_an_older_form), made_again),
    "P204": (forged(_table_exchanged), sent),
    "P205": (forged(_signed_by_the_other_county), sent),
    "P206": (forged(_other_county_in_the_first_ones_name), made_again),
    "P208": (forged(_signed_anew_with_other_counts), made_again),
}
# P202 is mended by a newer program alone; P207 and P209 have a test each, those of folders stand
# in test_registers.
ELSEWHERE = {"P202", "P207", "P209", "P210", "P211"}


def what_became_of(office: Office, path: Path, days: int) -> tuple[str, str]:
    """The state of a forward that was given, and for which code it was refused."""
    office.put(path, f"{days}.zip")
    (done,) = office.receive(now=NOW + days * DAY).forwards
    return done.forward.state, done.forward.reason


@pytest.mark.parametrize("code", REMEDIES)
def test_what_the_remedy_says_makes_a_forward_count(code: str, chain: Chain) -> None:
    fault, remedy = REMEDIES[code]
    assert what_became_of(chain.city, fault(chain), 2)[1] == code
    assert what_became_of(chain.city, remedy(chain), 3) == ("current", "")
    assert chain.city.tables("130102") == chain.county.tables()


def test_a_forward_of_another_period_is_received_into_that_period(chain: Chain) -> None:
    """P207"""
    city = chain.city
    city.put(sent(chain))
    plan = Plan(FOLDER, loading.read(FOLDER), None, city.keys, keys.signer(city.keys), 1, NOW + DAY)
    (refused,) = receive(city.inbox, city.store, plan, city.worker, period="2027").forwards
    assert refused.forward.reason == "P207"
    (done,) = city.receive(now=NOW + 3 * DAY).forwards  # into 2026: the inbox is looked at again
    assert (done.forward.state, done.forward.reason) == ("current", "")


def test_a_forward_for_the_city_counts_with_the_city(chain: Chain) -> None:
    """P209"""
    assert what_became_of(chain.province, sent(chain), 2)[1] == "P209"
    assert what_became_of(chain.city, sent(chain), 2) == ("current", "")


def test_every_code_of_forwards_has_its_remedy_followed() -> None:
    codes = {code for code in catalogue(FORM) if code.startswith("P2")}
    assert codes == REMEDIES.keys() | ELSEWHERE
    assert {code for _, code in FORGERIES.values()} <= codes
