"""Situations of ordinary years: each figure is the union's own knowledge, and says what it is of."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from converter.messages.catalogue import message
from converter.model.issues import Issue
from converter.register import RosterEntry, Snapshot
from converter.report import register_lookup
from converter.statistics import StatisticsTable, collection
from converter.text.display import columns
from converter.usecases.receive import Summary, receive, run
from converter.workers.pool import Worker
from tests.identity.unions import office
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    SUPERIOR,
    Inbox,
    faulty,
    listed,
    name_of,
    packed,
    records,
    workbook,
    zipped,
)
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.receive.test_signed import UNIT, sent

TODAY = date(2026, 3, 7)
DAY = 86_400


def figure(store: Path, key: str, period: str = "2026") -> StatisticsTable:
    with Snapshot(store) as register:
        found = collection.figures(register, FORM, TODAY, period=period)
    return next(one.table for one in found if one.key == key)


def total(store: Path, key: str, period: str = "2026") -> object:
    return figure(store, "progress", period).column(key)[-1]


def states(store: Path) -> dict[str, str]:
    with Snapshot(store) as register:
        return dict(register.query("SELECT file, state FROM submissions"))


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


@pytest.mark.parametrize(
    ("saved", "day", "source"),
    [
        ("2010-01-01T00:00", "2026-03-07", "receipt"),  # a clock whose battery is empty
        ("2024-12-31T15:59", "2026-03-07", "receipt"),
        ("2025-12-31T16:00", "2026-01-01", "file"),
        ("2031-01-01T00:00", "2026-03-07", "receipt"),
    ],
)
def test_a_clock_that_is_years_off_proves_nothing(
    saved: str, day: str, source: str, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.zip", packed(records(1)))
    moment = datetime.fromisoformat(saved).replace(tzinfo=UTC).timestamp()
    os.utime(box.folder / "1.zip", (moment, moment))
    done = receive(box.folder, store, plan(None), worker, roster=[listed(1)], due=date(2026, 2, 28))
    assert figure(store, "daily").column("day") == [day]
    found = [issue.params["timed_by"] for issue in late(done).values()]
    assert found == ([message("timed_by_receipt")] if source == "receipt" else [])


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


# --- receipts, counts and faults ---------------------------------------------------------------


def test_a_later_run_writes_the_receipts_that_it_announces(tmp_path: Path, worker: Worker) -> None:
    box, store, reply = Inbox(tmp_path / "in"), tmp_path / "S", tmp_path / "R"
    box.put("一县/好.zip", packed(records(1)))
    box.put("错.xlsx", faulty(2))
    box.put("坏.zip", b"PK\x03\x04 but no more")
    box.put("一批.zip", zipped([("3.zip", packed(records(3)))]))
    box.put("一县/改.zip", packed(records(1, staff="40")))
    receive(box.folder, store, plan(None), worker)
    before = states(store)
    later = replace(plan(reply), now=NOW + 30 * DAY)
    assert receive(box.folder, store, later, worker).fresh == 0
    assert states(store) == before
    verdicts = {p.name: json.loads(p.read_text("utf-8")) for p in reply.rglob("回执-*.json")}
    assert {one["file"]: (one["result"], one["state"]) for one in verdicts.values()} == {
        "一县/好.zip": ("accepted", "superseded"),
        "一县/改.zip": ("accepted", "current"),
        "错.xlsx": ("rejected", "rejected"),
        "坏.zip": ("rejected", "rejected"),
        "一批.zip/3.zip": ("accepted", "current"),
    }
    assert {one["received"] for one in verdicts.values()} == {"2026-03-07T06:13:20Z"}
    assert verdicts["回执-错.xlsx.json"]["problems"]
    assert (reply / "批注-错.xlsx").exists()
    # A receipt that lies there is left alone; one of other contents is none.
    (reply / "一县/回执-好.zip.json").unlink()
    kept = (reply / "回执-错.xlsx.json").stat().st_mtime_ns
    receive(box.folder, store, later, worker)
    assert (reply / "一县/回执-好.zip.json").exists()
    assert (reply / "回执-错.xlsx.json").stat().st_mtime_ns == kept


def test_states_are_counted_as_they_are_at_the_end(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve files, of which ten replace one before in another batch."""
    monkeypatch.setattr(run, "FILES_A_BATCH", 1)
    box = Inbox(tmp_path / "in")
    for n in range(11):
        box.put(f"{n}.zip", packed(records(1, staff=str(20 + n))))
    box.put("别/2.zip", packed(records(2)))
    first = receive(box.folder, tmp_path / "S", plan(None), worker)
    assert first.states == {"current": 2, "superseded": 10}
    box.put("又.zip", packed(records(1, staff="99")))
    again = receive(box.folder, tmp_path / "S", plan(None), worker)
    assert (again.fresh, again.states) == (1, {"current": 1})


def test_a_rejected_file_that_was_moved_counts_once(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("错.xlsx", faulty(1))
    receive(box.folder, store, plan(None), worker)
    before = figure(store, "faults").rows
    (box.folder / "已看").mkdir()
    (box.folder / "错.xlsx").rename(box.folder / "已看" / "错.xlsx")
    box.put("抄.xlsx", (box.folder / "已看" / "错.xlsx").read_bytes())
    assert receive(box.folder, store, plan(None), worker).fresh == 2
    assert figure(store, "faults").rows == before
    assert set(figure(store, "faults").column("files")) == {1}


def test_periods_are_compared_like_for_like(tmp_path: Path, worker: Worker) -> None:
    """Units 1 to 3 reported last year, so far 2 to 5 this year."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    for n in range(1, 4):
        box.put(f"去年{n}.zip", packed(records(n, staff=str(100 * n)), period="2025"))
    receive(box.folder, store, plan(None), worker, period="2025")
    for n in range(2, 6):
        box.put(f"{n}.zip", packed(records(n, staff=str(110 * n))))
    receive(box.folder, store, plan(None), worker)
    change = {row[0]: row[1:] for row in figure(store, "change").rows}
    assert change["单位数"][:2] == (3, 4)
    assert change["两期都报的单位（下面只比这些单位）"][:2] == (2, 2)
    assert change["职工总数"] == (500, 550, 50, 10.0)


# --- what `show --store` says ------------------------------------------------------------------


def shown(store: Path, wanted: str = "") -> str:
    with Snapshot(store) as register:
        return register_lookup.units_text(register_lookup.units(register, FORM, wanted), FORM)


def test_why_a_file_was_rejected_is_said_beside_it(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("错.xlsx", faulty(1))
    box.put("对.xlsx", workbook(2))
    receive(box.folder, store, plan(None), worker, roster=[listed(1), listed(2)])
    first, second = (shown(store, name_of(n)) for n in (1, 2))
    assert "错.xlsx" in first
    assert re.search("原因：K503 .*电话", first)
    assert "原因" not in second
    assert "2026-03-07 14:13" in first  # as a clock in China shows it
    with Snapshot(store) as register:
        page = register_lookup.units_table(register_lookup.units(register, FORM), FORM)
    assert page.header[-1] == "原因"


def test_a_union_that_owes_no_report_is_not_missing(tmp_path: Path, worker: Worker) -> None:
    roster = [RosterEntry("130102", SUPERIOR, "1301", "示例市总工会"), listed(1), listed(2)]
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.zip", packed(records(1)))
    done = receive(box.folder, store, plan(None), worker, roster=roster)
    assert [i.params["unit"] for i in done.findings if i.code == "C104"] == [name_of(2)]
    assert "没有收到" not in shown(store, f"130102 {SUPERIOR}")
    assert "不用报" in shown(store, "130102 ")
    assert "没有收到" in shown(store, name_of(2))


def test_no_line_is_wider_than_a_terminal(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    long = "很长的文件夹名字" * 6 + "/" + "很长的文件名字" * 8
    box.put(f"{long}.xlsx", faulty(1))
    box.put(f"{long}.zip", packed(records(2, superior_union="示例" * 40 + "总工会")))
    receive(box.folder, store, plan(None), worker)
    text = shown(store)
    assert max(map(columns, text.splitlines())) <= 100
    assert f"{long}.xlsx" in re.sub(r"\s", "", text)
