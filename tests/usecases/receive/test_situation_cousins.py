"""Cousins of the ordinary years' situations: the same principles, other files and other slips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from converter.identity import keys
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.errors import UsageError
from converter.usecases import deciding
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.identity.unions import office
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    CREATED,
    Inbox,
    faulty,
    listed,
    packed,
    people,
    records,
    workbook,
)
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.receive.test_ordinary_years import figure, states, total
from tests.usecases.receive.test_situations import decide, members, signed, unit

# --- 4: one period, however it is typed --------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "again"), [("2026年度", "２０２６"), ("２０２６年", " 2026 "), ("2026", "2026 年")]
)
def test_a_period_is_one_however_an_officer_types_it(
    first: str, again: str, tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    assert deciding.set_period(store, FORM, first, "open", "", NOW) == "2026"
    for number, period in ((1, first), (2, again)):
        box.put(f"{number}.zip", packed(records(number), period="2026"))
        roster = [listed(1), listed(2)]
        done = receive(box.folder, store, plan(None), worker, roster=roster, period=period)
        assert (done.period, done.states) == ("2026", {"current": 1})
    assert deciding.waiting_of(store, FORM, again).period == "2026"
    assert deciding.set_period(store, FORM, again, "closed", "", NOW) == "2026"
    assert [(one.period, count) for one, count in deciding.periods_of(store, FORM)] == [("2026", 2)]


def test_halves_of_a_year_are_periods_of_their_own(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    found = []
    for name in ("2026上半年", "2026-上半年", "2026年下半年", "2026 年 上半年"):
        box.put("1.zip", packed(records(1), period=name))
        found.append(receive(box.folder, store, plan(None), worker, period=name).period)
    assert found == ["2026上半年", "2026上半年", "2026年下半年", "2026上半年"]


# --- 7: what is taken back ----------------------------------------------------------------------


def test_a_unit_of_which_all_was_withdrawn_is_asked_to_report_again(
    tmp_path: Path, worker: Worker
) -> None:
    """Nothing of it was refused: there is no receipt with errors to hand out."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    box.put("1.zip", packed(records(1)))
    box.put("1 改.zip", packed(records(1, people(1, 6))))
    roster = [listed(1), listed(2)]
    receive(box.folder, store, plan(None), worker, roster=roster)
    for _ in range(2):  # said twice, it is one decision
        first, second = (decide(store, "withdraw", name) for name in ("1 改.zip", "1.zip"))
    assert (first, second) == (1, 2)
    progress = ("reported", "held", "only_rejected", "missing")
    assert [total(store, key) for key in progress] == [0, 0, 0, 2]
    assert figure(store, "missing").column("how") == ["报来的已撤回", "没有收到"]
    done = receive(box.folder, store, plan(None), worker, roster=roster)
    (issue,) = [one for one in done.findings if one.code == "C105"]
    assert catalogue.fix(issue, FORM).startswith("请单位重报")
    decide(store, "accept", "1.zip")  # as the remedy says
    assert [total(store, key) for key in progress] == [1, 0, 0, 1]
    assert members(store) == 4


# --- 5: a closed period that is opened again ------------------------------------------------------


def test_what_a_closed_period_held_counts_when_it_is_opened_again(
    tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    roster = [listed(1), listed(2)]
    box.put("1.zip", packed(records(1), period="2026"))
    box.put("陌生.zip", packed(records(7), period="2026"))
    receive(box.folder, store, plan(None), worker, roster=roster, period="2026")
    deciding.set_period(store, FORM, "2026", "closed", "", NOW)
    decide(store, "accept", "陌生.zip")  # a decision changes a closed period
    box.put("2.zip", packed(records(2), period="2026"))
    box.put("2 改.zip", packed(records(2, people(2, 6)), period="2026"))
    done = receive(box.folder, store, plan(None), worker, roster=roster)
    assert [issue.code for issue in done.findings if issue.code != "C104"] == ["C113", "C113"]
    assert [total(store, key) for key in ("expected", "reported", "held")] == [3, 2, 1]
    deciding.set_period(store, FORM, "2026", "open", "", NOW)
    receive(box.folder, store, plan(None), worker, roster=roster)
    assert [total(store, key) for key in ("expected", "reported", "held")] == [3, 3, 0]
    assert states(store) == {
        "1.zip": "current",
        "陌生.zip": "current",
        "2.zip": "superseded",
        "2 改.zip": "current",
    }


# --- 6, 7: units that are renamed, struck off, put back ---------------------------------------------


def test_two_old_files_of_a_renamed_unit_are_one_report(tmp_path: Path, worker: Worker) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    renamed = replace(listed(1), name="示例改名公司工会委员会")
    for name, count in (("旧1.xlsx", 4), ("旧2.xlsx", 6)):
        box.put(name, workbook(1, people(1, count)))
    receive(box.folder, store, plan(None), worker, roster=[renamed])
    assert [total(store, key) for key in ("reported", "missing")] == [0, 1]
    for name in ("旧1.xlsx", "旧2.xlsx"):
        decide(store, "assign", name, renamed.code)
    done = receive(box.folder, store, plan(None), worker, roster=[renamed])
    assert [issue.code for issue in done.findings] == ["C102"]  # two, with what differs
    assert states(store) == {"旧1.xlsx": "superseded", "旧2.xlsx": "current"}
    assert (total(store, "reported"), members(store)) == (1, 6)


def test_a_unit_that_is_struck_off_and_put_back_counts_as_before(
    tmp_path: Path, worker: Worker
) -> None:
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    for number in (1, 2):
        box.put(f"{number}.zip", packed(records(number)))
    seen = []
    for numbers in ((1, 2), (1,), (1, 2)):
        roster = [listed(number) for number in numbers]
        receive(box.folder, store, plan(None), worker, roster=roster)
        seen.append(([total(store, key) for key in ("expected", "reported")], members(store)))
    assert seen == [([2, 2], 8), ([1, 1], 4), ([2, 2], 8)]


# --- 11: replies ------------------------------------------------------------------------------------


def test_replies_are_written_for_an_inbox_that_was_moved(tmp_path: Path, worker: Worker) -> None:
    box, store, replies = Inbox(tmp_path / "in"), tmp_path / "S", tmp_path / "R"
    box.put("1.zip", packed(records(1)))
    box.put("坏.xlsx", faulty(2))
    roster = [listed(1), listed(2)]
    receive(box.folder, store, plan(None), worker, roster=roster)
    moved = tmp_path / "新收件"
    (moved / "子").mkdir(parents=True)
    (box.folder / "1.zip").rename(moved / "1.zip")
    (box.folder / "坏.xlsx").rename(moved / "子" / "坏.xlsx")
    receive(moved, store, plan(replies), worker, roster=roster)
    assert {str(path.relative_to(replies)) for path in replies.rglob("回执*.json")} >= {
        "回执-1.zip.json",
        "子/回执-坏.xlsx.json",
    }
    assert (replies / "子" / "批注-坏.xlsx").is_file()
    assert set(figure(store, "faults").column("files")) == {1}  # it is the same file


# --- 3: sealed reports ------------------------------------------------------------------------------


def test_a_sealed_report_that_was_moved_away_is_opened_when_it_is_back(
    tmp_path: Path, worker: Worker
) -> None:
    """One of two is opened later, a third is sealed for another union; each is named."""
    own, other = office(tmp_path), office(tmp_path / "other")
    box, store, roster = Inbox(tmp_path / "in"), tmp_path / "S", [listed(1), listed(2)]
    sealing = keys.public(own.keys).sealing
    file = own.file(unit(1))
    box.put("1.zip", signed(file, recipient=sealing, many=5))
    later = signed(file, created=CREATED + 60, recipient=sealing, many=7)
    box.put("1 改.zip", later)
    foreign = keys.public(other.keys).sealing
    box.put("2.zip", signed(own.file(unit(2)), 2, recipient=foreign))
    receive(box.folder, store, plan(None), worker, roster=roster)
    with pytest.raises(UsageError, match="decide_unopened"):
        decide(store, "accept", "1.zip")
    (box.folder / "1 改.zip").unlink()
    with_keys = plan(None, own.keys)
    done = receive(box.folder, store, with_keys, worker, roster=roster)
    assert {file.file for file in done.refused} == {"2.zip"}
    (unopened,) = [one for one in done.findings if one.code == "C115"]
    assert unopened.place.file == "1 改.zip"
    assert members(store) == 5
    assert "放回来" in catalogue.fix(unopened, FORM)
    box.put("1 改.zip", later)  # as the remedy says
    receive(box.folder, store, with_keys, worker, roster=roster)
    assert (members(store), states(store)["1 改.zip"]) == (7, "current")


@pytest.mark.parametrize("own", [True, False])
def test_a_merged_unit_is_compared_with_both_before(
    own: bool, tmp_path: Path, worker: Worker
) -> None:
    """Nobody joined: the members of two units are now those of one. Where that one did not report
    by itself before, there is nothing like it to compare with."""
    box, store = Inbox(tmp_path / "in"), tmp_path / "S"
    roster = [listed(number) for number in (1, 2, 3)]
    for number in (1, 2, 3) if own else (2, 3):
        box.put(f"去年{number}.zip", packed(records(number, people(number, 20)), period="2025"))
    receive(box.folder, store, plan(None), worker, roster=roster, period="2025")
    receive(box.folder, store, plan(None), worker, roster=roster, period="2026")
    decide(store, "merge", listed(2).code, listed(1).code)
    both = [*people(1, 20), *people(2, 20)]
    box.put("今年1.zip", packed(records(1, both), period="2026"))
    box.put("今年3.zip", packed(records(3, people(3, 20)), period="2026"))
    done = receive(box.folder, store, plan(None), worker, roster=roster, period="2026")
    change = figure(store, "change")
    found = dict(
        zip(
            change.column("item"),
            zip(change.column("before"), change.column("now"), strict=True),
            strict=True,
        )
    )
    assert found[message("summary_change_both")] == ((2, 2) if own else (1, 1))
    assert found["会员总数"] == ((60, 60) if own else (20, 20))
    assert not [issue for issue in done.findings if issue.code == "C103"]
