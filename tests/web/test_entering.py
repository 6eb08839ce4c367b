"""The way in: what is told, what is not, who has to wait, and whose session ends when."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from converter.identity import issuing, passwords
from converter.model.submissions import Unit
from converter.web import attempts, sessions
from converter.web.fair_queue import QueueFull
from converter.web.sessions import UNIT, Sessions
from converter.web.units import IssuedUnits
from tests.web.conftest import Clock
from tests.web.visitors import Visitor
from tests.web.world import World

Made = Callable[..., Any]
WRONG = "AAAA-BBBB-CCCC"


def bare(text: str) -> str:
    """A page without what differs each time."""
    return re.sub(r'value="[^"]*"', "", text)


def test_name_and_password_lead_to_what_is_on_record(union: World, quick: Made) -> None:
    visitor, unit = Visitor(quick()), union.units[0]
    page = visitor.sign_in(f" {unit.name} ", union.passwords[unit.code].lower().replace("-", ""))
    assert (page.status_code, page.url.path) == (200, "/unit")
    for text in ("单位信息验证", "所属工会", unit.superior_name, "单位名称", unit.name):
        assert text in page.text


def test_a_unit_sees_when_its_identity_file_was_fetched_first(union: World, quick: Made) -> None:
    app = quick()
    clerk = Visitor(app).enter(union)
    assert "第一次下载" not in clerk.get("/unit").text
    assert clerk.post("/unit/identity").status_code == 200
    other = Visitor(app, "192.0.2.77").enter(union)
    assert "第一次下载" in other.get("/unit").text


def test_a_wrong_name_and_a_wrong_password_are_told_alike(union: World, quick: Made) -> None:
    app, unit = quick(), union.units[0]
    other = union.passwords[union.units[1].code]
    answers = [
        Visitor(app, f"192.0.2.{n}").sign_in(name, password)
        for n, (name, password) in enumerate(
            [(unit.name, WRONG), ("没有这个单位工会", WRONG), (unit.name, other)]
        )
    ]
    assert {a.status_code for a in answers} == {403}
    assert len({bare(a.text) for a in answers}) == 1


def test_as_many_hashes_are_worked_out_whatever_is_wrong(
    union: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    units, unit = IssuedUnits(union.keys, union.issued), union.units[0]
    counted: list[str] = []
    whole = passwords._scrypt

    def counting(password: str, salt: bytes, *cost: int) -> bytes:
        counted.append(str(cost))
        return whole(password, salt, *cost)

    monkeypatch.setattr(passwords, "_scrypt", counting)
    seen = []
    for name, password in [
        (unit.name, union.passwords[unit.code]), (unit.name, WRONG), ("没有", WRONG), ("", ""),
    ]:  # fmt: skip
        counted.clear()
        units.open(name, password)
        seen.append(tuple(counted))
    assert len(set(seen)) == 1
    assert len(seen[0]) == 1


def test_units_of_one_name_are_told_apart_by_their_passwords(union: World) -> None:
    from datetime import date, timedelta

    twin = Unit("130999-0001", union.units[0].name, "另一个县总工会")
    today = date.today()
    until = today + timedelta(days=9)
    issuing.issue([twin], union.keys, union.issued, period="2026", issued=today, valid_until=until)
    word = issuing.new_password(union.keys, twin.code)
    units = IssuedUnits(union.keys, union.issued)
    lines = passwords.read(union.keys).values()
    assert len({line.rpartition("$")[0] for line in lines}) == len(lines) - 1  # twins: one hash
    found = [units.open(twin.name, w) for w in (word, union.passwords[union.units[0].code])]
    assert [f.unit_code for f in found if f] == [twin.code, union.units[0].code]
    assert units.open(twin.name, WRONG) is None


# --- waiting ----------------------------------------------------------------------------------------


def lock(app: Any, name: str, address: str = "198.51.100.1") -> None:
    """An attacker at an address types wrong passwords until he has to wait."""
    attacker = Visitor(app, address)
    codes = [attacker.sign_in(name, WRONG).status_code for _ in range(attempts.ONE_NAME.free + 2)]
    assert codes[-1] == 429


def test_who_types_wrong_passwords_has_to_wait_and_nobody_else(union: World, quick: Made) -> None:
    clock = Clock(time.time())
    app, unit = quick(clock=clock), union.units[0]
    lock(app, unit.name)
    attacker = Visitor(app, "198.51.100.1")
    page = attacker.sign_in(unit.name, union.passwords[unit.code])
    assert page.status_code == 429
    assert 0 < int(page.headers["retry-after"]) <= attempts.ONE_NAME.first
    assert Visitor(app, "192.0.2.1").enter(union).get("/unit").url.path == "/unit"
    clock.now += attempts.ONE_NAME.first + 1
    assert attacker.sign_in(unit.name, union.passwords[unit.code]).url.path == "/unit"


def test_an_address_that_opened_a_name_never_waits_for_it(union: World, quick: Made) -> None:
    app, unit = quick(), union.units[0]
    Visitor(app).enter(union)
    codes = {Visitor(app).sign_in(unit.name, WRONG).status_code for _ in range(9)}
    codes |= {Visitor(app).sign_in(f"没有{n}", WRONG).status_code for n in range(40)}
    assert codes == {403, 429}
    assert Visitor(app).enter(union)


def test_a_browser_that_opened_a_name_never_waits_for_it(union: World, quick: Made) -> None:
    app, unit = quick(), union.units[0]
    clerk = Visitor(app, "192.0.2.1").enter(union)
    clerk.post("/leave")
    lock(app, unit.name, "203.0.113.5")
    forged = Visitor(app, "203.0.113.5")
    forged.client.cookies.set(app.state.services.sessions.known_name, "forged")
    assert forged.sign_in(unit.name, union.passwords[unit.code]).status_code == 429
    # The same browser on another day behind the attacker's address.
    moved = Visitor(app, "203.0.113.5")
    moved.client.cookies.update(dict(clerk.client.cookies))
    assert moved.enter(union).get("/unit").url.path == "/unit"


def test_a_refused_attempt_counts_for_nothing(union: World, quick: Made) -> None:
    clock = Clock(time.time())
    app, unit = quick(clock=clock), union.units[0]
    lock(app, unit.name)
    attacker = Visitor(app, "198.51.100.1")
    waits = [int(attacker.sign_in(unit.name, WRONG).headers["retry-after"]) for _ in range(50)]
    assert max(waits) <= attempts.ONE_NAME.first
    # Nor do refused ones use up what the address may try with other names.
    assert attacker.sign_in(union.units[1].name, WRONG).status_code == 403


def test_a_new_password_forgives(union: World, quick: Made) -> None:
    app, unit = quick(), union.units[0]
    lock(app, unit.name)
    word = issuing.new_password(union.keys, unit.code)
    assert Visitor(app, "198.51.100.1").sign_in(unit.name, word).url.path == "/unit"


def test_the_officer_forgives_on_a_page(union: World, quick: Made) -> None:
    from converter.web import app as application

    app, unit = quick(), union.units[0]
    officer = Visitor(app, "192.0.2.9")
    officer.officer(application.officer_password(app, reset=True))
    lock(app, unit.name)
    assert f'value="{unit.code}"' in officer.get("/officer/units").text
    officer.post("/officer/unlock", unit=unit.code)
    assert f'value="{unit.code}"' not in officer.get("/officer/units").text
    attacker = Visitor(app, "198.51.100.1")
    assert attacker.sign_in(unit.name, union.passwords[unit.code]).url.path == "/unit"
    # Nobody else can.
    lock(app, union.units[1].name)
    stranger = Visitor(app)
    assert stranger.post("/officer/unlock", unit=union.units[1].code).url.path == "/officer/sign-in"
    assert attacker.sign_in(union.units[1].name, WRONG).status_code == 429


def test_the_officer_forgives_an_address_that_guessed_names(union: World, quick: Made) -> None:
    from converter.web import app as application

    app = quick()
    officer = Visitor(app, "192.0.2.9")
    officer.officer(application.officer_password(app, reset=True))
    guesser = Visitor(app, "198.51.100.1")
    for n in range(attempts.ANY_NAME.free + 1):
        code = guesser.sign_in(f"猜的名字{n}工会", WRONG).status_code
    assert code == 429
    officer.post("/officer/unlock")
    assert guesser.enter(union).get("/unit").url.path == "/unit"


def test_a_name_that_no_unit_has_waits_the_same(union: World, quick: Made) -> None:
    app = quick()
    seen = []
    for name in (union.units[0].name, "没有这个单位工会"):
        visitor = Visitor(app)
        seen.append([visitor.sign_in(name, WRONG).status_code for _ in range(8)])
    assert seen[0] == seen[1]
    assert 429 in seen[0]


def test_the_wait_grows_and_a_restart_forgets_nothing(union: World, quick: Made) -> None:
    clock = Clock(time.time())
    unit = union.units[0]
    waits = []
    app = quick(clock=clock)
    for n in range(attempts.ONE_NAME.free + 4):
        if n > attempts.ONE_NAME.free:
            app.state.services.state.close()
            app = quick(clock=clock)  # as after a restart
        page = Visitor(app).sign_in(unit.name, WRONG)
        if page.status_code == 429:
            wait = int(page.headers["retry-after"])
            waits.append(wait)
            clock.now += wait + 1
            page = Visitor(app).sign_in(unit.name, WRONG)
        assert page.status_code == 403
    assert waits == sorted(waits)
    assert waits[-1] >= 2 * waits[0] > 0


def test_a_day_of_quiet_forgives(union: World, quick: Made) -> None:
    clock = Clock(time.time())
    state = quick(clock=clock).state.services.state
    tries = [("name", "source", attempts.ONE_NAME)]
    for _ in range(5):
        assert not state.attempt(tries, clock.now)
    assert state.attempt(tries, clock.now)
    clock.now += 90_000
    assert [state.attempt(tries, clock.now) for _ in range(5)] == [0.0] * 5


def test_one_address_cannot_try_all_units(union: World, quick: Made) -> None:
    visitor = Visitor(quick())
    codes = [
        visitor.sign_in(f"猜的名字{n}工会", WRONG).status_code
        for n in range(attempts.ANY_NAME.free + 2)
    ]
    assert codes[0] == 403
    assert codes[-1] == 429
    other = Visitor(visitor.app, "198.51.100.9")
    assert other.enter(union).get("/unit").status_code == 200


def test_a_whole_office_behind_one_address_gets_in(union: World, quick: Made) -> None:
    app = quick()
    for _ in range(attempts.ANY_NAME.free + 5):
        Visitor(app).enter(union)


def test_few_hashes_are_worked_out_at_once_and_one_for_an_address() -> None:
    async def main() -> tuple[int, bool]:
        hashing, most, now = attempts.Hashing(2), 0, 0
        gate = asyncio.Event()

        async def one(address: str) -> None:
            nonlocal most, now
            async with hashing.turn(address):
                now += 1
                most = max(most, now)
                await gate.wait()
                now -= 1

        crowd = [asyncio.create_task(one("flood")) for _ in range(attempts.HASHES_AN_ADDRESS)]
        await asyncio.sleep(0)
        refused = False
        try:
            await one("flood")
        except QueueFull:
            refused = True
        other = asyncio.create_task(one("other"))
        for _ in range(5):
            await asyncio.sleep(0)
        assert now == 2  # one of each
        gate.set()
        await asyncio.gather(other, *crowd)
        return most, refused

    assert asyncio.run(main()) == (2, True)


def test_the_state_tells_no_names(union: World, quick: Made) -> None:
    app = quick()
    Visitor(app).sign_in(union.units[0].name, WRONG)
    app.state.services.state.close()
    data = b"".join(p.read_bytes() for p in union.settings().state.glob("portal.sqlite*"))
    assert union.units[0].name.encode() not in data


# --- sessions -----------------------------------------------------------------------------------------


def test_a_form_from_elsewhere_is_refused(union: World, quick: Made) -> None:
    visitor = Visitor(quick()).enter(union)
    for token in ("", "0" * 64, Visitor(visitor.app).token()):
        answer = visitor.client.post("/unit/identity", data={"token": token})
        assert answer.status_code == 403
        assert b"<secret" not in answer.content
    cross = {"sec-fetch-site": "cross-site"}
    data = {"token": visitor.token()}
    assert visitor.client.post("/unit/identity", data=data, headers=cross).status_code == 403
    assert visitor.client.post("/unit/identity", data=data).status_code == 200


def test_a_planted_session_is_worth_nothing_after_signing_in(union: World, quick: Made) -> None:
    visitor = Visitor(quick())
    visitor.get("/")
    planted = dict(visitor.client.cookies)
    visitor.enter(union)
    assert dict(visitor.client.cookies) != planted
    other = Visitor(visitor.app)
    other.client.cookies.update(planted)
    assert other.get("/unit").url.path == "/identity"


def test_who_leaves_has_left_whoever_kept_the_cookie(union: World, quick: Made) -> None:
    visitor = Visitor(quick()).enter(union)
    kept = dict(visitor.client.cookies)
    assert visitor.post("/leave").url.path == "/"
    other = Visitor(visitor.app)
    other.client.cookies.update(kept)
    assert other.get("/unit").url.path == "/identity"


def test_a_session_ends_when_the_officer_gives_a_new_password(union: World, quick: Made) -> None:
    visitor = Visitor(quick()).enter(union)
    assert visitor.get("/unit").url.path == "/unit"
    code = union.units[0].code
    word = issuing.new_password(union.keys, code)
    assert visitor.get("/unit").url.path == "/identity"
    assert visitor.sign_in(union.units[0].name, union.passwords[code]).status_code == 403
    assert visitor.sign_in(union.units[0].name, word).url.path == "/unit"


def test_a_session_survives_a_restart_but_no_forger_makes_one(union: World, quick: Made) -> None:
    visitor = Visitor(quick()).enter(union)
    cookies = dict(visitor.client.cookies)
    visitor.services.state.close()
    again = Visitor(quick())
    again.client.cookies.update(cookies)
    assert again.get("/unit").url.path == "/unit"
    forger = Sessions("another key", secure=False)
    made = forger.opened(time.time(), UNIT, union.units[0].code)
    again.client.cookies.clear()
    again.client.cookies.set(forger.name, forger.header(made).split(";")[0].partition("=")[2])
    assert again.get("/unit").url.path == "/identity"


def test_a_session_ends_after_a_working_day(union: World, quick: Made) -> None:
    clock = Clock(time.time())
    visitor = Visitor(quick(clock=clock)).enter(union)
    clock.now += sessions.LONGEST - 5
    assert visitor.get("/unit").url.path == "/unit"
    clock.now += 10
    assert visitor.get("/unit").url.path == "/identity"


def test_cookies_over_https_are_for_https_and_this_host_alone(union: World, quick: Made) -> None:
    made = quick(secure=True).state.services.sessions
    header = made.header(made.new(time.time()))
    assert header.startswith("__Host-")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert f"; {part}" in header
    assert "Domain" not in header
    header = quick().state.services.sessions.header(made.new(time.time()))
    assert "Secure" not in header
    assert "HttpOnly" in header
