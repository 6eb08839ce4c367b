"""An inbox of sixty mixed files: what becomes of each, what is replied, what shows across units."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
import pytest

from converter.model.issues import Issue
from converter.register import Register, Snapshot, cross_unit_checks
from converter.usecases.receive import receive, run
from converter.workers import pool
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    MISSING,
    SHARED,
    STRANGER,
    Inbox,
    faulty,
    name_of,
    packed,
    people,
    records,
    roster,
    workbook,
    zipped,
)
from tests.usecases.receive.conftest import NOW, Collection, plan

T = TypeVar("T")


def outcomes(store: Path) -> dict[str, tuple[str, str]]:
    with Snapshot(store) as found:
        rows = found.query("SELECT file, result, state FROM submissions")
    return {file: (result, state) for file, result, state in rows}


def found(collection: Collection, code: str) -> list[Issue]:
    return [issue for issue in collection.first.findings if issue.code == code]


def test_every_file_ends_as_it_should(collection: Collection) -> None:
    assert len(collection.inbox.truth) >= 57
    assert outcomes(collection.store) == collection.inbox.truth
    results = Counter(result for result, _ in collection.inbox.truth.values())
    assert collection.first.results == dict(results)


def test_every_file_gets_a_receipt_where_it_lay(collection: Collection) -> None:
    for file, (result, state) in collection.inbox.truth.items():
        folder, _, name = file.rpartition("/")
        reported = json.loads((collection.reply / folder / f"回执-{name}.json").read_text("utf-8"))
        # A receipt tells the state at the time; a later file may supersede it.
        expected = "current" if state == "superseded" else state
        in_same_batch = {"superseded", expected}
        assert (reported["file"], reported["result"]) == (file, result)
        assert reported["state"] in in_same_batch
        assert bool(reported["problems"]) == (result != "accepted")


def test_what_is_wrong_comes_back_marked(collection: Collection) -> None:
    marked = sorted({p.name for p in collection.reply.rglob("批注-*")})  # and once for the unit
    assert marked == ["批注-有提示.xlsx", "批注-有错.xlsx"]
    book = openpyxl.load_workbook(collection.reply / "一县" / "批注-有错.xlsx")
    comments = [c.comment.text for row in book[FORM.record.title] for c in row if c.comment]
    assert any("K503" in text for text in comments)


def test_every_member_leads_back_to_its_row(collection: Collection) -> None:
    with Snapshot(collection.store) as register:
        rows = register.query(
            "SELECT m.id_number, m.source_row, s.id_column FROM members m JOIN submissions s"
            " ON s.id = m.submission WHERE s.file = '一县/单位2.xlsx' ORDER BY m.record"
        )
    sheet = openpyxl.load_workbook(collection.inbox.folder / "一县/单位2.xlsx")[
        FORM.main_table.title
    ]
    assert [number for number, _, _ in rows] == [i for _, i, _ in [*people(2), SHARED]]
    assert [sheet.cell(row, column).value for _, row, column in rows] == [n for n, _, _ in rows]


def test_members_of_superseded_submissions_stay_in_the_history(collection: Collection) -> None:
    with Register(collection.store, plan(None).form) as register:
        rows = register.query(
            "SELECT s.state, count(*) FROM members m JOIN submissions s ON s.id = m.submission"
            " WHERE s.file LIKE '二县/单位5%' GROUP BY s.state ORDER BY s.state"
        )
    assert rows == [("current", 5), ("identical", 4), ("superseded", 4)]


def test_units_of_the_roster_are_known_by_name_and_the_others_reported(
    collection: Collection,
) -> None:
    with Snapshot(collection.store) as register:
        codes = dict(register.query("SELECT name, code FROM units"))
    assert codes[name_of(1)] == "130102-0001"
    assert codes[name_of(STRANGER)] == ""
    assert collection.first.unmatched == (name_of(STRANGER),)


def test_running_again_does_nothing_twice(collection: Collection) -> None:
    before = {p: p.stat().st_mtime_ns for p in collection.reply.rglob("*.json")}
    again = collection.again()
    assert (again.fresh, again.seen) == (0, collection.first.seen)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert outcomes(collection.store) == collection.inbox.truth


# --- across units ---------------------------------------------------------------------------


def test_one_id_in_two_units_names_both_places(collection: Collection) -> None:
    (issue,) = found(collection, "C101")
    assert issue.value == SHARED[1]
    (other,) = issue.related
    assert [p.file for p in (issue.place, other)] == ["一县/单位1.xlsx", "一县/单位2.xlsx"]
    sheet = openpyxl.load_workbook(collection.inbox.folder / other.file)[other.sheet]
    assert sheet[other.cell].value == SHARED[1]


def test_who_is_missing_and_who_was_only_refused(collection: Collection) -> None:
    assert [i.params["unit"] for i in found(collection, "C104")] == [name_of(MISSING)]
    assert [i.params["unit"] for i in found(collection, "C105")] == [name_of(4)]


def test_a_unit_heard_twice_and_a_stranger_are_asked_about(collection: Collection) -> None:
    (twice,) = found(collection, "C102")
    assert (twice.place.file, twice.params["other"]) == ("二县/单位5改.xlsx", "二县/单位5.xlsx")
    assert [i.params["unit"] for i in found(collection, "C108")] == [name_of(STRANGER)]


def test_late_is_who_first_came_after_the_day(collection: Collection) -> None:
    counted = sum(state == "current" for _, state in collection.inbox.truth.values())
    assert len(found(collection, "C106")) == counted
    with Snapshot(collection.store) as register:
        day = register.query("SELECT max(received) FROM submissions")[0][0]
    from datetime import datetime

    due = datetime.fromisoformat(day).astimezone().date()
    with Snapshot(collection.store) as register:
        assert "C106" not in cross_unit_checks.count(
            cross_unit_checks.findings(register, FORM, "2026", due)
        )


def test_nothing_else_is_found(collection: Collection) -> None:
    codes = set(cross_unit_checks.count(collection.first.findings))
    assert codes == {"C101", "C102", "C104", "C105", "C106", "C108"}


def test_figures_that_jump_are_asked_about(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.put("去年.zip", packed(records(1, staff="100"), period="2025"))
    box.put("去年小.zip", packed(records(2, staff="16"), period="2025"))
    receive(box.folder, tmp_path / "S", plan(None), worker, period="2025")
    box.put("今年.zip", packed(records(1, staff="131")))
    box.put("今年小.zip", packed(records(2, staff="35")))  # doubled, but few people
    done = receive(box.folder, tmp_path / "S", plan(None), worker)
    (jump,) = [i for i in done.findings if i.code == "C103"]
    assert (jump.place.file, jump.params["before"], jump.params["now"]) == ("今年.zip", 100, 131)


def test_a_change_of_just_the_share_is_no_jump(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.put("去年.zip", packed(records(1, staff="100"), period="2025"))
    receive(box.folder, tmp_path / "S", plan(None), worker, period="2025")
    box.put("今年.zip", packed(records(1, staff="130")))
    assert [*receive(box.folder, tmp_path / "S", plan(None), worker).findings] == []


def test_another_name_than_the_rosters_is_asked_about(tmp_path: Path, worker: Worker) -> None:
    from dataclasses import replace

    of = records(1)
    stamp = replace(of.stamp, unit_code="130102-0002", superior_code="130102")
    box = Inbox(tmp_path / "in")
    box.put("冒名.zip", packed(replace(of, stamp=stamp)))
    done = receive(box.folder, tmp_path / "S", plan(None), worker, roster=roster()[:2])
    (issue,) = [i for i in done.findings if i.code == "C109"]
    assert (issue.params["unit"], issue.params["claimed"]) == (name_of(2), name_of(1))


def test_the_period_is_the_given_one_else_the_forms(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.put("明年.zip", packed(records(1), period="2027"))
    first = receive(box.folder, tmp_path / "S", plan(None), worker, roster=roster()[:1])
    assert (first.period, cross_unit_checks.count(first.findings)) == ("2026", {"C112": 1})
    second = receive(box.folder, tmp_path / "S", plan(None), worker, period="2027")
    assert (second.period, [*second.findings]) == ("2027", [])  # what was held is taken up


# --- order -------------------------------------------------------------------------------------


def test_order_of_arrival_is_the_time_of_the_file_not_its_name(
    tmp_path: Path, worker: Worker
) -> None:
    box = Inbox(tmp_path / "in")
    box.put("乙.zip", packed(records(1)))
    box.put("甲.zip", packed(records(1, staff="40")))
    receive(box.folder, tmp_path / "S", plan(None), worker)
    states = {f: s for f, (_, s) in outcomes(tmp_path / "S").items()}
    assert states == {"乙.zip": "superseded", "甲.zip": "current"}


def test_the_same_file_elsewhere_is_identical_and_the_changed_file_new(
    collection: Collection, tmp_path: Path, worker: Worker
) -> None:
    box = Inbox(tmp_path / "in")
    data = workbook(1)
    box.put("a.xlsx", data)
    box.put("b.xlsx", data)
    receive(box.folder, tmp_path / "S", plan(None), worker)
    box.put("a.xlsx", workbook(1, 职工总数=9))
    receive(box.folder, tmp_path / "S", plan(None), worker)
    with Snapshot(tmp_path / "S") as register:
        rows = register.query("SELECT file, state FROM submissions ORDER BY id")
    assert rows == [("a.xlsx", "superseded"), ("b.xlsx", "identical"), ("a.xlsx", "current")]


def test_a_corrected_file_has_no_marked_copy_any_more(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.put("表.xlsx", faulty(1))
    receive(box.folder, tmp_path / "S", plan(tmp_path / "R"), worker)
    assert (tmp_path / "R" / "批注-表.xlsx").exists()
    box.put("表.xlsx", workbook(1))
    receive(box.folder, tmp_path / "S", plan(tmp_path / "R"), worker)
    assert not list((tmp_path / "R").rglob("批注-*"))
    receipts = sorted(p.name for p in (tmp_path / "R").glob("回执-*"))
    assert receipts == ["回执-表.xlsx.html", "回执-表.xlsx.json"]


def test_a_damaged_file_is_refused_and_the_others_are_not(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    box.put("好.zip", packed(records(1)))
    box.put("坏.xlsx", b"PK\x03\x04" + b"\0" * 100)
    box.put("也好.zip", packed(records(2)))
    done = receive(box.folder, tmp_path / "S", plan(tmp_path / "R"), worker)
    assert done.results == {"accepted": 2, "rejected": 1}


def test_a_document_is_no_zip_of_submissions(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    types = ("[Content_Types].xml", b"<Types/>")
    box.put("文档.zip", zipped([types, ("word/document.xml", b"<a/>")]))
    box.put("不全.zip", zipped([types, ("xl/styles.xml", b"<a/>")]))
    done = receive(box.folder, tmp_path / "S", plan(tmp_path / "R"), worker)
    reported = {one.file: list(one.codes) for one in done.refused}
    assert reported == {"文档.zip": ["F111"], "不全.zip": ["F009"]}


@pytest.mark.posix("names and links of other systems")
def test_no_name_and_no_link_stops_a_run(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path / "in")
    for name in ("长" * 83 + ".xlsx", "\n\x1b[2J\u202e.xlsx", "深" * 80 + "/" + "表" * 80 + ".xls"):
        box.put(name, faulty(1))
    (box.folder / "loop.xlsx").symlink_to("loop.xlsx")
    (box.folder / "dangling.xlsx").symlink_to("nowhere")
    (box.folder / "loop").symlink_to(".")
    os.mkfifo(box.folder / "pipe.xlsx")
    (box.folder / os.fsdecode(b"\xff" * 120 + b".xlsx")).write_bytes(b"x")
    reply = tmp_path / "R"
    done = receive(box.folder, tmp_path / "S", plan(reply), worker)
    assert done.results == {"rejected": 5}
    assert len(done.not_received) == 2  # links that lead nowhere, as of now
    reported = {path.name for path in reply.rglob("*") if path.is_file()}
    assert sum(name.startswith("回执-") for name in reported) == 10  # to read, and as data
    assert sum(name.startswith("批注-") for name in reported) == 3
    assert sum(name.endswith(".json") for name in reported) == 5


def test_store_and_reply_inside_the_inbox_are_not_received(tmp_path: Path, worker: Worker) -> None:
    box = Inbox(tmp_path)
    box.put("a.zip", packed(records(1)))
    for _ in range(2):
        done = receive(tmp_path, tmp_path / "S", plan(tmp_path / "R"), worker)
        assert done.seen == 1


def test_receipts_are_dated_by_the_run(collection: Collection) -> None:
    assert NOW > CREATED
    reported = json.loads((collection.reply / "一县/回执-单位1.xlsx.json").read_text("utf-8"))
    assert reported["received"] == "2026-03-07T06:13:20Z"


def test_one_file_may_be_received_by_itself(
    collection: Collection, tmp_path: Path, worker: Worker
) -> None:
    shutil.copy(collection.inbox.folder / "邮件.zip", tmp_path / "邮件.zip")
    done = receive(tmp_path / "邮件.zip", tmp_path / "S", plan(None), worker)
    assert done.results == {"accepted": 2, "rejected": 1}


def test_others_see_the_progress_of_a_long_run(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FILES_A_BATCH", 2)
    monkeypatch.setattr(pool, "TOGETHER", 1)
    monkeypatch.setattr(run, "PUBLISH_SECONDS", -1)
    monkeypatch.setattr(run, "PUBLISH_SHARE", 0)
    box = Inbox(tmp_path / "in")
    for n in range(1, 7):
        box.put(f"{n}.zip", packed(records(n)))
    seen = []

    def watching(finished: Iterable[T], total: Any, count: Any) -> Iterator[T]:
        for number, answer in enumerate(finished):
            if number in (2, 4):  # the first of the next two
                with Snapshot(tmp_path / "S") as published:
                    seen.extend(published.query("SELECT count(*) FROM submissions"))
            yield answer

    receive(box.folder, tmp_path / "S", plan(None), worker, progress=watching)
    assert seen == [(2,), (4,)]
    with Snapshot(tmp_path / "S") as published:
        assert published.query("SELECT count(*), count(DISTINCT unit) FROM answers") == [(6, 6)]


def test_answers_that_are_registered_together_give_the_same(
    collection: Collection, tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What worker after worker answered while the register wrote."""
    batches: list[int] = []
    record = Register.record

    def counting(register: Register, batch: Any, received: str) -> Any:
        batches.append(len(batch))
        return record(register, batch, received)

    monkeypatch.setattr(run, "FILES_A_BATCH", 3)
    monkeypatch.setattr(Future, "done", lambda future: True)  # it is waited for
    monkeypatch.setattr(Register, "record", counting)
    receive(collection.inbox.folder, tmp_path / "S", plan(None), worker, roster=roster())
    jobs = 2
    assert max(batches) == 3 * min(pool.TOGETHER, pool.AHEAD * jobs)
    with Snapshot(collection.store) as one, Snapshot(tmp_path / "S") as other:
        for table in ("submissions", "answers", "members", "findings"):
            sql = f"SELECT * FROM {table} ORDER BY ALL"
            assert other.query(sql) == one.query(sql)


def test_what_comes_out_of_zips_does_not_pile_up(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "ITEMS_A_ROUND", 1)
    box = Inbox(tmp_path / "in")
    for n in range(1, 5):
        box.put(f"{n}.zip", zipped([(f"{n}.zip", packed(records(n)))]))
    lying: list[int] = []

    def watching(finished: Iterable[T], total: Any, count: Any) -> Iterator[T]:
        for answer in finished:
            spool = tmp_path / "S" / "spool"
            lying.append(sum(path.is_file() for path in (spool / "zips").rglob("*")))
            yield answer

    receive(box.folder, tmp_path / "S", plan(None), worker, progress=watching)
    assert lying == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("files", "runners", "most"),
    [(7, 1, 100), (400, 1, 200), (400, 2, 100), (1_000, 2, 250), (2_000, 8, 125), (20_000, 2, 250)],
)
def test_many_files_are_checked_as_larger_frames(files: int, runners: int, most: int) -> None:
    """Never so large that a runner has less than two batches while others work."""
    assert run.files_a_batch(files, runners) == most
