"""Questions go down, replies come up with the next forward, and the officer accepts or asks back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from converter.model.errors import UsageError
from converter.register import Snapshot
from converter.register.deciding import Order
from converter.register.questions import OpenQuestion
from converter.report.audit_text import decision_text
from converter.usecases import deciding
from tests.identity.chain import COUNTY, OTHER_COUNTY
from tests.upward.conftest import FOLDER, FORM, NOW, Chain, Office

DAY = 86_400
HEAD = {"decision": "决定", "why": "理由", "kind": "事项", "detail": "说明", "unit": "单位"}


def open_questions(office: Office, *codes: str) -> list[OpenQuestion]:
    _, found = deciding.questions_of(office.store, FORM, "2026")
    return [one for one in found if one.code in codes]


def filled_in(path: Path, choices: Mapping[str, tuple[str, str]]) -> list[str]:
    """Fill in a workbook of questions as a person does, by unit; returns what it asks."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    head = next(n for n, row in enumerate(rows) if any(c.value == HEAD["decision"] for c in row))
    at = {str(cell.value): cell.column - 1 for cell in rows[head] if cell.value}
    asked = []
    for row in rows[head + 1 :]:
        unit = str(row[at[HEAD["unit"]]].value or "")
        if not unit:
            continue
        asked.append(str(row[at[HEAD["detail"]]].value))
        if unit in choices:
            row[at[HEAD["decision"]]].value, row[at[HEAD["why"]]].value = choices[unit]
    book.save(path)
    return asked


def written(office: Office, below: str = "") -> Path:
    path = office.folder / f"问题{below}.xlsx"
    path.unlink(missing_ok=True)
    if below:
        return deciding.write_questions_below(office.store, FOLDER, below, "", path, office.worker)[
            0
        ]
    return deciding.write_questions(office.store, FOLDER, FORM, "", path, office.worker)[0]


def apply(office: Office, path: Path, days: int) -> list[str]:
    outcome, rows = deciding.read_decisions(FOLDER, path, office.worker)
    assert outcome.status not in ("errors", "unreadable"), [*outcome.issues]
    found = deciding.apply_rows(office.store, FORM, rows, "", "王示例", NOW + days * DAY)
    return [one.result for one in found if one.result != "blank"]


def forwarded(chain: Chain, below: Office, days: int) -> set[str]:
    """The union below forwards anew, the city receives; the codes of its findings."""
    chain.city.put(below.forward(NOW + days * DAY, name=f"d{days}").path)
    done = chain.city.receive(now=NOW + days * DAY + 60)
    return {one.code for one in done.findings}


def test_a_question_goes_down_and_its_reply_comes_up(merged: Chain) -> None:
    city, county = merged.city, merged.county
    both = open_questions(city, "C122")
    assert [one.superior for one in both] == [COUNTY.name, OTHER_COUNTY.name]
    first, _ = both
    assert "1.zip" in first.detail
    assert "11.zip" not in first.detail.partition("（")[2]  # where it is in the other union
    asked = filled_in(written(city), {first.unit: ("请下级核实", "转会了没有")})
    assert len(asked) == 2
    assert apply(city, city.folder / "问题.xlsx", 1) == ["made"]
    assert [one.superior for one in open_questions(city, "C122")] == [OTHER_COUNTY.name]

    path = written(city, COUNTY.name)
    (question,) = filled_in(path, {first.unit: ("答复上级", "已转到乙县，我县下次去掉")})
    assert question.endswith("转会了没有")
    assert apply(county, path, 2) == ["made"]
    assert apply(county, path, 2) == ["before"]
    (answered,) = deciding.waiting_of(county.store, FORM, "").decisions
    assert decision_text(answered) == f"答复上级：{first.unit}"
    assert "C127" in forwarded(merged, county, 3)
    (reply,) = open_questions(city, "C127")
    assert "已转到乙县，我县下次去掉" in reply.detail
    assert "王示例" in reply.detail
    with pytest.raises(UsageError):  # nothing waits for a reply
        written(city, COUNTY.name)

    filled_in(written(city), {first.unit: ("已核实，不用改", "")})
    assert apply(city, city.folder / "问题.xlsx", 4) == ["made"]
    assert open_questions(city, "C127") == []
    found = {one.code for one in city.receive(now=NOW + 5 * DAY).findings}
    assert not found & {"C122", "C127"}


def test_a_reply_that_says_too_little_is_asked_back(merged: Chain) -> None:
    city, county = merged.city, merged.county
    made, _ = deciding.decide(
        city.store, FORM, Order("ask", "130102-0002", why="请核实会员人数"), NOW + DAY
    )
    assert (made.action, made.unit_code, made.superior) == ("ask_below", "130102", COUNTY.name)
    path = written(city, "130102")
    filled_in(path, {made.unit_name: ("答复上级", "属实")})
    assert apply(county, path, 2) == ["made"]
    forwarded(merged, county, 3)
    filled_in(written(city), {made.unit_name: ("请下级核实", "请附名册")})
    assert apply(city, city.folder / "问题.xlsx", 4) == ["made"]
    assert open_questions(city, "C127") == []  # the old reply is none to the new question
    path = written(city, "130102")
    (again,) = filled_in(path, {made.unit_name: ("答复上级", "名册已寄")})
    assert "属实" in again
    assert again.endswith("请附名册")
    assert apply(county, path, 5) == ["made"]
    forwarded(merged, county, 6)
    (reply,) = open_questions(city, "C127")
    assert "名册已寄" in reply.detail


def test_a_reply_that_was_taken_back_is_none(merged: Chain) -> None:
    city, county = merged.city, merged.county
    deciding.decide(city.store, FORM, Order("ask", COUNTY.name, why="何时收齐"), NOW + DAY)
    path = written(city, COUNTY.name)
    filled_in(path, {COUNTY.name: ("答复上级", "下周")})
    assert apply(county, path, 2) == ["made"]
    forwarded(merged, county, 3)
    assert len(open_questions(city, "C127")) == 1
    deciding.decide(county.store, FORM, Order("revoke", "1"), NOW + 4 * DAY)
    forwarded(merged, county, 5)
    assert open_questions(city, "C127") == []
    assert written(city, COUNTY.name).exists()  # it waits for a reply again


def test_nobody_replies_for_another_union(merged: Chain) -> None:
    """And what was never asked is no reply."""
    city, other = merged.city, merged.other
    deciding.decide(city.store, FORM, Order("ask", COUNTY.name, why="何时收齐"), NOW + DAY)
    path = written(city, COUNTY.name)
    filled_in(path, {COUNTY.name: ("答复上级", "冒充的")})
    assert apply(other, path, 2) == ["made"]
    forged = Order("answer", "Q-9-0123456789ab", why="没有问过", file="x")
    deciding.decide(other.store, FORM, forged, NOW + 2 * DAY)
    forwarded(merged, other, 3)
    assert open_questions(city, "C127") == []
    with Snapshot(city.store) as register:
        assert register.query("SELECT count(*) FROM replies") == [(0,)]


def test_what_cannot_be_asked_is_said(merged: Chain) -> None:
    city = merged.city
    with pytest.raises(UsageError) as caught:
        deciding.decide(city.store, FORM, Order("ask", COUNTY.name), NOW)
    assert caught.value.message_key == "decide_ask_what"
    with pytest.raises(UsageError) as caught:
        written(city, COUNTY.name)
    assert caught.value.message_key == "decide_nothing_asked"
    with pytest.raises(UsageError) as caught:
        deciding.decide(city.store, FORM, Order("ask", "没有这个", why="x"), NOW)
    assert caught.value.message_key == "decide_no_file"
