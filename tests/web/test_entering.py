"""The way in: what is told, what is not, who has to wait, and whose session ends when."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from converter.identity import issuing, passwords
from converter.web import attempts, captchas, pages, sessions
from converter.web.sessions import UNIT, Sessions
from converter.web.units import IssuedUnits
from tests.web.conftest import Clock
from tests.web.running import alert
from tests.web.visitors import Visitor
from tests.web.world import World

Made = Callable[..., Any]
WRONG = "AAAA-BBBB-CCCC"


def bare(text: str) -> str:
    """A page without what differs each time."""
    return re.sub(r'value="[^"]*"|/captcha/[^"]+', "", text)


def test_examples() -> None:
    import doctest

    from converter.web import check_page

    for module in (attempts, pages, check_page):
        assert doctest.testmod(module).failed == 0


def test_name_password_and_picture_lead_to_what_is_on_record(union: World, quick: Made) -> None:
    visitor, unit = Visitor(quick()), union.units[0]
    page = visitor.sign_in(f" {unit.name} ", union.passwords[unit.code].lower().replace("-", ""))
    assert (page.status_code, page.url.path) == (200, "/unit")
    for text in ("单位信息验证", "所属工会", unit.superior_name, "单位名称", unit.name):
        assert text in page.text


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
    whole = passwords.matches

    def counting(password: str, line: str) -> bool:
        counted.append("$".join(line.split("$")[:4]))  # what it costs
        return whole(password, line)

    monkeypatch.setattr(passwords, "matches", counting)
    seen = []
    for name, password in [
        (unit.name, union.passwords[unit.code]), (unit.name, WRONG), ("没有", WRONG), ("", ""),
    ]:  # fmt: skip
        counted.clear()
        units.open(name, password)
        seen.append(tuple(counted))
    assert len(set(seen)) == 1
    assert seen[0]


def test_units_of_one_name_are_told_apart_by_their_passwords(union: World) -> None:
    from datetime import date, timedelta

    twin = issuing.Unit("130999-0001", union.units[0].name, "另一个县总工会")
    today = date.today()
    until = today + timedelta(days=9)
    issuing.issue([twin], union.keys, union.issued, period="2026", issued=today, valid_until=until)
    word = issuing.new_password(union.keys, twin.code)
    units = IssuedUnits(union.keys, union.issued)
    found = [units.open(twin.name, w) for w in (word, union.passwords[union.units[0].code])]
    assert [f.unit_code for f in found if f] == [twin.code, union.units[0].code]
    assert units.open(twin.name, WRONG) is None


# --- the picture ----------------------------------------------------------------------------------


def test_a_picture_is_good_for_one_answer_by_the_one_who_saw_it() -> None:
    clock = Clock(1000.0)
    held = captchas.Captchas(clock)
    first, second, third, fourth = (held.new("me") for _ in range(4))
    answers = {name: held._held[name].answer for name in (first, second, third, fourth)}
    assert held.picture(first, "me").startswith(b"\x89PNG")
    assert held.picture(first, "me") == held.picture(first, "me")
    assert held.picture(first, "other") == b""
    assert held.solved(first, "me", answers[first])
    assert not held.solved(first, "me", answers[first])
    assert not held.solved(second, "other", answers[second])
    assert not held.solved(third, "me", "")
    wide = answers[fourth].translate({ord("0") + n: ord("０") + n for n in range(10)})
    clock.now += 599
    assert held.solved(fourth, "me", f" {wide} ")
    late = held.new("me")
    answer = held._held[late].answer
    clock.now += 601
    assert not held.solved(late, "me", answer)


def test_pictures_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captchas, "MOST", 10)
    held = captchas.Captchas(time.time)
    names = [held.new("me") for _ in range(25)]
    assert len(held._held) == 10
    assert held.picture(names[0], "me") == b""
    assert sum(map(len, held._each.values())) == 10


def test_who_asks_for_many_pictures_pushes_out_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captchas, "MOST_EACH", 3)
    held = captchas.Captchas(time.time)
    mine = held.new("me", "192.0.2.1")
    for _ in range(50):
        held.new("flood", "198.51.100.1")
    assert len(held._held) == 4
    assert held.solved(mine, "me", held._held[mine].answer)
    assert set(held._each) == {"198.51.100.1"}


def test_a_wrong_picture_keeps_the_name_and_counts_against_no_unit(
    union: World, quick: Made
) -> None:
    visitor, unit = Visitor(quick()), union.units[0]
    for _ in range(attempts.BY_UNIT.free + 2):
        page = visitor.sign_in(unit.name, WRONG, answer="00000")
        assert page.status_code == 400
        assert f'value="{unit.name}"' in page.text
        assert "验证码" in alert(page)
    assert visitor.sign_in(unit.name, union.passwords[unit.code]).url.path == "/unit"


def test_another_picture_without_a_script(union: World, quick: Made) -> None:
    visitor = Visitor(quick())
    page = visitor.get("/identity").text
    first = re.search(r"/captcha/([^\"]+)", page)
    assert first
    again = visitor.post("/identity", again="1", name="某工会")
    second = re.search(r"/captcha/([^\"]+)", again.text)
    assert second
    assert first[1] != second[1]
    assert 'value="某工会"' in again.text


# --- waiting ----------------------------------------------------------------------------------------


def test_after_a_few_wrong_passwords_even_the_right_one_has_to_wait(
    union: World, quick: Made
) -> None:
    clock = Clock(time.time())
    app, unit = quick(clock=clock), union.units[0]
    for n in range(attempts.BY_UNIT.free):
        page = Visitor(app, f"192.0.2.{n}").sign_in(unit.name, WRONG)
        assert page.status_code == 403
    page = Visitor(app, "198.51.100.1").sign_in(unit.name, union.passwords[unit.code])
    assert page.status_code == 429
    assert 0 < int(page.headers["retry-after"]) <= attempts.BY_UNIT.first
    clock.now += attempts.BY_UNIT.first + 1
    page = Visitor(app, "198.51.100.1").sign_in(unit.name, union.passwords[unit.code])
    assert page.url.path == "/unit"


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
    for n in range(attempts.BY_UNIT.free + 4):
        if n > attempts.BY_UNIT.free:
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
    for _ in range(5):
        assert not state.attempt("k", 5, 30, 3600, clock.now)
    assert state.attempt("k", 5, 30, 3600, clock.now)
    clock.now += 90_000
    assert [state.attempt("k", 5, 30, 3600, clock.now) for _ in range(5)] == [0.0] * 5


def test_one_address_cannot_try_all_units(union: World, quick: Made) -> None:
    visitor = Visitor(quick())
    codes = [
        visitor.sign_in(f"猜的名字{n}工会", WRONG).status_code
        for n in range(attempts.BY_ADDRESS.free + 2)
    ]
    assert codes[0] == 403
    assert codes[-1] == 429
    other = Visitor(visitor.app, "198.51.100.9")
    assert other.enter(union).get("/unit").status_code == 200


def test_a_whole_office_behind_one_address_gets_in(union: World, quick: Made) -> None:
    app = quick()
    for _ in range(attempts.BY_ADDRESS.free + 5):
        Visitor(app).enter(union)


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
