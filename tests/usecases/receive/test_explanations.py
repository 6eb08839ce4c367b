"""What units write into 情况说明 reaches the officer: a question a file, until she has answered."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from converter import cli
from converter.register import Register, questions
from converter.register.explanations import EXPLAINED
from converter.register.questions import OpenQuestion
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.people import id_number
from tests.sheets import FORM, MEMBER_SHEET, UNIT_SHEET, blank, fill, member_cell, put, unit_cell
from tests.usecases.receive.collection import Inbox, answers, listed, packed, people, records
from tests.usecases.receive.conftest import plan
from tests.usecases.receive.test_ordinary_years import states
from tests.usecases.receive.test_situations import decide

ROSTER = [listed(n) for n in (1, 2)]
ID = id_number("130102", "1988-09-09", 990)
WHY_FEWER, WHY_SO = "退休会员保留会籍", f"与派出所核对过，{ID}"


def explained(number: int = 1, why: str = WHY_SO) -> bytes:
    """More members than staff, with a reason; and a reason beside a member, nothing being wrong."""
    members = people(number)
    book = fill(blank(12), answers(number, members, 职工总数=2, 女职工人数=1), members)
    put(book[UNIT_SHEET], unit_cell(book, "会员总数", "情况说明"), WHY_FEWER)
    put(book[UNIT_SHEET], unit_cell(book, "女职工会员数", "情况说明"), WHY_FEWER)
    put(book[MEMBER_SHEET], member_cell(book, 3, "情况说明"), why)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


@dataclass
class Desk:
    folder: Path
    box: Inbox
    worker: Worker

    @property
    def store(self) -> Path:
        return self.folder / "S"

    def receive(self) -> None:
        receive(self.box.folder, self.store, plan(self.folder / "R"), self.worker, roster=ROSTER)

    def questions(self) -> list[OpenQuestion]:
        with Register(self.store, FORM) as register:
            found = questions.questions(register, FORM, "2026")
        return [one for one in found if one.code == EXPLAINED]


@pytest.fixture
def desk(tmp_path: Path, worker: Worker) -> Desk:
    made = Desk(tmp_path, Inbox(tmp_path / "in"), worker)
    made.box.put("1.xlsx", explained())
    made.box.put("2.zip", packed(records(2)))
    made.receive()
    return made


def test_a_file_with_explanations_is_one_question_with_each_of_them(desk: Desk) -> None:
    (one,) = desk.questions()
    assert (one.file, one.unit, one.choices) == (
        "1.xlsx", listed(1).name, ("note", "ask", "withdraw"),
    )  # fmt: skip
    assert one.detail.count(f"说明：“{WHY_FEWER}”") == 2
    assert "会员总数" in one.detail
    assert f"{MEMBER_SHEET} 第" in one.detail
    assert ID not in one.detail
    assert "与派出所核对过" in one.detail


def test_noted_it_is_answered_until_the_unit_sends_another(desk: Desk) -> None:
    (one,) = desk.questions()
    decide(desk.store, "note", one.key)
    assert desk.questions() == []
    desk.receive()
    assert desk.questions() == []
    desk.box.put("1改.xlsx", explained(1, "另有原因"))
    desk.receive()
    assert states(desk.store)["1改.xlsx"] == "identical"  # but for what it explains
    (again,) = desk.questions()
    assert (again.file, "另有原因" in again.detail) == ("1.xlsx", True)
    desk.box.put("1再.zip", packed(records(1, people(1, 6))))
    desk.receive()
    assert desk.questions() == []  # what counts now explains nothing


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def called(desk: Desk) -> list[dict[str, str]]:
    path = desk.folder / "催报.csv"
    path.unlink(missing_ok=True)
    assert run("remind", "--store", desk.store, "-o", path) == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("near_workers")
def test_asked_back_it_still_counts_is_on_the_call_list_and_in_the_receipt(desk: Desk) -> None:
    number = decide(desk.store, "ask", "1.xlsx", why="请附退休人员名单", officer="王示例")
    assert desk.questions() == []
    assert states(desk.store)["1.xlsx"] == "current"
    (row,) = called(desk)
    assert (row["单位"], row["情况"], row["原因"]) == (
        listed(1).name, "请单位说明", "请附退休人员名单",
    )  # fmt: skip
    desk.receive()
    receipt = json.loads((desk.folder / "R" / "回执-1.xlsx.json").read_text("utf-8"))
    assert [receipt["decision"][key] for key in ("action", "why")] == ["ask", "请附退休人员名单"]
    decide(desk.store, "revoke", str(number))
    assert len(desk.questions()) == 1
    assert called(desk) == []
    decide(desk.store, "ask", "1.xlsx")
    desk.box.put("1改.xlsx", explained(1, "另有原因"))  # the unit's answer
    desk.receive()
    assert called(desk) == []
    (one,) = desk.questions()
    assert "另有原因" in one.detail
    decide(desk.store, "withdraw", "1.xlsx")
    assert [row["情况"] for row in called(desk)] != ["请单位说明"]


def test_forgotten_members_take_their_explanations_along(desk: Desk) -> None:
    from converter.model.clock import created_at
    from converter.usecases import deciding
    from converter.usecases.forgetting import ForgetRequest, forget

    def held() -> bool:
        data = b"".join(p.read_bytes() for p in desk.store.rglob("*") if p.is_file())
        return WHY_FEWER.encode() in data or rows() > 0

    def rows() -> Any:
        with Register(desk.store, FORM) as register:
            return register.query("SELECT count(*) FROM explanations")[0][0]

    assert rows() == 3
    deciding.set_period(desk.store, FORM, "2026", "closed", "王示例", created_at())
    forget(desk.store, FORM, ForgetRequest("2026"), created_at())
    assert not held()
    desk.receive()
    assert not held()
