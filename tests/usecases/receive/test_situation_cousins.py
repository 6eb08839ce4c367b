"""Cousins of the ordinary years' situations: the same principles, other files and other slips."""

from __future__ import annotations

from pathlib import Path

import pytest

from converter.messages import catalogue
from converter.usecases import deciding
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, listed, packed, people, records
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.receive.test_ordinary_years import figure, total
from tests.usecases.receive.test_situations import decide, members

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
