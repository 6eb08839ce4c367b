"""Situations of ordinary years: each figure is the union's own knowledge, and says what it is of."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from converter.model.issues import Issue
from converter.register import Snapshot
from converter.statistics import StatisticsTable, collection
from converter.usecases.receive import Summary, receive
from converter.workers.pool import Worker
from tests.identity.unions import office
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    Inbox,
    listed,
    name_of,
    packed,
    records,
    zipped,
)
from tests.usecases.receive.conftest import plan
from tests.usecases.receive.test_signed import UNIT, sent

TODAY = date(2026, 3, 7)
DAY = 86_400


def figure(store: Path, key: str, period: str = "2026") -> StatisticsTable:
    with Snapshot(store) as register:
        found = collection.figures(register, FORM, TODAY, period=period)
    return next(one.table for one in found if one.key == key)


def total(store: Path, key: str, period: str = "2026") -> object:
    return figure(store, "progress", period).column(key)[-1]


def late(done: Summary) -> dict[str, Issue]:
    return {issue.place.file: issue for issue in done.findings if issue.code == "C106"}


# --- when a report was sent --------------------------------------------------------------------


def test_lateness_goes_by_the_signed_time_then_the_files_then_the_receipt(
    tmp_path: Path, worker: Worker
) -> None:
    """All are received on 7 March, six days after the day they were due."""
    union, box = office(tmp_path), Inbox(tmp_path / "in")
    file = union.file(UNIT)
    box.clock = CREATED + 6 * DAY  # saved on 3 March
    box.put("签名早.zip", sent(file, CREATED))
    box.put("晚.zip", packed(records(2)))
    box.put("钟快.zip", packed(records(3)))
    os.utime(box.folder / "钟快.zip", (CREATED + 900 * DAY,) * 2)
    box.clock = CREATED
    box.put("早.zip", packed(records(4)))
    box.put("一批.zip", zipped([("5.zip", packed(records(5)))]))
    done = receive(box.folder, tmp_path / "S", plan(None, union.keys), worker, due=date(2026, 3, 1))
    found = late(done)
    assert {name: issue.params["sent"] for name, issue in found.items()} == {
        "晚.zip": "2026-03-03",
        "钟快.zip": "2026-03-07",  # nothing is sent after it was received
    }
    assert found["晚.zip"].params["timed_by"] == "按文件的时间"
    assert found["钟快.zip"].params["timed_by"] == "按收到的时间"
    days = figure(tmp_path / "S", "daily")
    assert dict(zip(days.column("day"), days.column("new"), strict=True)) == {
        "2026-02-25": 3,
        "2026-03-03": 1,
        "2026-03-07": 1,
    }
    assert "按签名的时间 1 个、按文件的时间 3 个、按收到的时间 1 个" in days.title


def test_a_day_ends_in_china_not_in_london(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.clock = 1_772_294_400 - 60  # 16:00 on 28 February in London, 1 March in China
    box.put("1.zip", packed(records(1)))
    done = receive(box.folder, tmp_path / "S", plan(None), worker, due=date(2026, 2, 28))
    assert late(done)["1.zip"].params["sent"] == "2026-03-01"
    assert figure(tmp_path / "S", "daily").column("day") == ["2026-03-01"]


# --- who owes a report -------------------------------------------------------------------------


def test_each_period_counts_by_its_own_roster(tmp_path: Path, worker: Worker) -> None:
    """Units 1 and 2 owe a report in 2025; units 2, 3 and 4 in 2026."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("去年.zip", packed(records(1), period="2025"))
    rosters = {"2025": [listed(1), listed(2)], "2026": [listed(2), listed(3), listed(4)]}
    for period, roster in rosters.items():
        receive(box.folder, store, plan(None), worker, roster=roster, period=period)
    assert [total(store, key, "2025") for key in ("expected", "reported", "missing")] == [2, 1, 1]
    assert [total(store, key, "2026") for key in ("expected", "reported", "missing")] == [3, 0, 3]
    assert figure(store, "missing", "2025").column("unit") == [name_of(2)]
    corrected = [listed(1), listed(2), listed(5)]
    done = receive(box.folder, store, plan(None), worker, roster=corrected, period="2025")
    missing = [issue.params["unit"] for issue in done.findings if issue.code == "C104"]
    assert missing == [name_of(2), name_of(5)]
    assert (total(store, "expected", "2025"), total(store, "expected", "2026")) == (3, 3)


def test_a_period_without_a_roster_goes_by_the_one_before(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.zip", packed(records(1)))
    receive(box.folder, store, plan(None), worker, roster=[listed(1), listed(2)], period="2025")
    receive(box.folder, store, plan(None), worker, period="2026")
    assert [total(store, key) for key in ("expected", "reported", "missing")] == [2, 1, 1]
