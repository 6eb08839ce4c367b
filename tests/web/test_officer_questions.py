"""Files that wait for the officer, on the pages: shown always, decided only where the portal was
started for it, and taken by `receive` alone."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from converter.forms import loading
from converter.identity import keys
from converter.model.submissions import Unit
from converter.register import RosterEntry
from converter.usecases.receive import Plan, Summary, orders, receive
from converter.web import app as application
from converter.workers.pool import Worker
from tests.web.running import heading
from tests.web.visitors import Visitor
from tests.web.world import FOLDER, World, workbook


def collect(own: World) -> Summary:
    plan = Plan(
        FOLDER, loading.read(FOLDER), None, own.keys, keys.signer(own.keys), 1, int(time.time()),
        decisions=own.settings().decisions,
    )  # fmt: skip
    roster = [RosterEntry(u.code, u.name, u.superior_code, u.superior_name) for u in own.units]
    with Worker() as worker:
        return receive(own.inbox, own.store, plan, worker, roster=roster)


@pytest.fixture
def asked(union: World) -> World:
    """Unit 2 sent a report that nobody signed."""
    union.inbox.mkdir()
    (union.inbox / "2.xlsx").write_bytes(workbook(2))
    collect(union)
    return union


def officer(own: World, **changed: Any) -> Visitor:
    made = application.build(own.settings(**changed))
    password = application.officer_password(made, reset=True)
    visitor = Visitor(made)
    assert visitor.officer(password).status_code == 200
    return visitor


def decide(visitor: Visitor, **fields: str) -> Any:
    token = visitor.token("/officer/questions")
    return visitor.client.post("/officer/questions", data={"token": token, **fields})


def state_of(own: World) -> list[tuple[str, str]]:
    from converter.register import Snapshot

    with Snapshot(own.store) as register:
        return [
            (str(file), str(state))
            for file, state in register.query("SELECT file, state FROM submissions ORDER BY id")
        ]


def test_questions_are_shown_and_only_shown(asked: World) -> None:
    visitor = officer(asked)
    page = visitor.get("/officer/questions").text
    assert "2.xlsx" in page
    assert "没有签名，未核实" in page
    assert "这里只看" in page
    assert 'name="action"' not in page
    token = visitor.token()
    data = {"token": token, "action": "accept", "subject": "1"}
    assert visitor.client.post("/officer/questions", data=data).status_code == 404
    assert not asked.settings().decisions.exists()


def test_a_decision_waits_until_receive_takes_it(asked: World) -> None:
    visitor = officer(asked, decides=True)
    assert state_of(asked) == [("2.xlsx", "unconfirmed")]
    published = {p: p.read_bytes() for p in asked.store.rglob("*") if p.is_file()}
    for _ in range(2):  # a second click is none
        page = decide(visitor, action="reject", subject="1", why="重复", officer="王示例")
    assert "已决定，等接收时生效" in page.text
    assert len(orders.waiting(asked.settings().decisions)) == 1
    assert {p: p.read_bytes() for p in asked.store.rglob("*") if p.is_file()} == published
    done = collect(asked)
    assert (done.ordered, done.undecided) == (1, ())
    assert orders.waiting(asked.settings().decisions) == []
    assert state_of(asked) == [("2.xlsx", "rejected")]
    page = visitor.get("/officer/questions").text
    assert "没有待处理的文件" in page
    assert "不采用 2.xlsx" in page
    assert "王示例" in page
    assert collect(asked).ordered == 0  # taken once
    decide(visitor, action="revoke", subject="1")
    assert collect(asked).ordered == 1
    assert state_of(asked) == [("2.xlsx", "unconfirmed")]


def test_a_file_goes_to_the_unit_that_is_named(asked: World) -> None:
    visitor = officer(asked, decides=True)
    assert heading(decide(visitor, action="assign", subject="1")) == "没有写单位"
    decide(visitor, action="assign", subject="1", unit="没有这个单位")
    done = collect(asked)
    assert [one.file for one in done.undecided] == ["2.xlsx"]
    page = visitor.get("/officer/questions").text
    assert "没有办成的决定" in page
    assert "没有这个单位" in page
    decide(visitor, action="assign", subject="1", unit=asked.units[0].name)
    assert collect(asked).ordered == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "accept", "subject": "99"},
        {"action": "accept", "subject": "x"},
        {"action": "withdraw", "subject": "1"},
        {"action": "revoke", "subject": "1"},
        {"action": "", "subject": ""},
    ],
)
def test_what_no_page_offers_is_refused(asked: World, fields: dict[str, str]) -> None:
    visitor = officer(asked, decides=True)
    assert decide(visitor, **fields).status_code == 400
    assert orders.waiting(asked.settings().decisions) == []


def test_nobody_but_the_officer_decides(asked: World) -> None:
    clerk = Visitor(application.build(asked.settings(decides=True))).enter(asked)
    data = {"token": clerk.token(), "action": "accept", "subject": "1"}
    answer = clerk.client.post("/officer/questions", data=data)
    assert answer.url.path == "/officer/sign-in"
    assert orders.waiting(asked.settings().decisions) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"action": "accept"}', "null",
        json.dumps({"action": "forget", "subject": "1", "file": "", "content": "", "decided": ""}),
        json.dumps({"action": "accept", "subject": 1, "file": "", "content": "", "decided": ""}),
        json.dumps({"action": "accept", "subject": "1", "file": "a", "content": "b", "decided": ""}),
    ],
)  # fmt: skip
def test_what_is_no_decision_of_this_register_changes_nothing(asked: World, text: str) -> None:
    folder = asked.settings().decisions
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(text, encoding="utf-8")
    before = state_of(asked)
    done = collect(asked)
    assert done.ordered == 0
    assert len(done.undecided) == 1
    assert state_of(asked) == before
    assert not (folder / "1.json").exists()
    assert (folder / orders.REFUSED / "1.json").is_file()


def test_units_that_are_missing_are_called_by_telephone(asked: World) -> None:
    mixed = (*asked.units, Unit("130102-0009", "没有电话的工会委员会", "示例县总工会"))
    page = officer(asked, roster=mixed).get("/officer/calls").text
    assert f'href="tel:{asked.units[0].contact.replace("-", "")}"' in page
    assert asked.units[1].name not in page  # it has reported
    assert "名册上没有电话" in page
    assert "3 个单位还没有报" in page
