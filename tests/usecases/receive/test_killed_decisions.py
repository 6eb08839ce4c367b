"""`decide` and `forget`, killed at any step of their writing: the register is as before or as after,
never half, what others read stays readable, and the same command once more ends it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.register import Register, Snapshot, questions
from converter.register.deciding import Order
from converter.register.questions import DecisionRow
from converter.usecases import deciding
from converter.usecases.forgetting import ForgetRequest, forget
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, listed, packed, people, records
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.receive.killing import KILLED, Steps, at_every_step, in_fork
from tests.usecases.test_forgetting import held_in, numbers

pytestmark = pytest.mark.posix("SIGKILL")

EVERY_STEP = "EVERY_STEP" in os.environ
KILLS = 3  # of each command, unless it is killed at every step
ROSTER = [listed(n) for n in (1, 2, 3)]
Command = Callable[[Path], Any]


def run(command: Command, store: Path, kill_at: int, counted: Path | None = None) -> int:
    """Run it in a process of its own; how that ended."""

    def work(steps: Steps) -> None:
        at_every_step(steps)
        command(store)
        if counted:
            counted.write_text(str(steps.count))

    return in_fork(work, kill_at)


def chosen(command: Command, store: Path, folder: Path) -> Iterator[tuple[int, Path]]:
    """Steps to be killed at, each with a copy of the register."""
    whole = folder / "whole"
    shutil.copytree(store, whole)
    assert run(command, whole, 0, folder / "steps") == 0
    count = int((folder / "steps").read_text())
    assert count > 30
    steps = list(range(1, count + 1))
    for step in sorted(steps if EVERY_STEP else random.Random(count).sample(steps, KILLS)):
        copy = folder / f"S{step}"
        shutil.copytree(store, copy)
        yield step, copy
        shutil.rmtree(copy)


@pytest.fixture
def store(tmp_path: Path, worker: Worker) -> Path:
    """1 and 2 reported, 1 a second time; a stranger and a file of another period wait."""
    box = Inbox(tmp_path / "in")
    box.put("1.zip", packed(records(1, people(1, 6))))
    box.put("1改.zip", packed(records(1, people(1, 5))))
    box.put("2.zip", packed(records(2)))
    box.put("陌生.zip", packed(records(9)))
    box.put("别期.zip", packed(records(3), period="2031"))
    receive(box.folder, tmp_path / "S", plan(None), worker, roster=ROSTER)
    return tmp_path / "S"


def registered(store: Path) -> tuple[Any, ...]:
    """What the register holds, as a decision changes it; it can be opened for writing."""
    with Register(store, FORM) as register:
        return (
            register.query("SELECT file, state, unit FROM submissions ORDER BY id"),
            register.query("SELECT code, name, superior, exempt FROM roster ORDER BY position"),
            register.query("SELECT action, file, unit_code FROM decisions ORDER BY number"),
        )


def published(store: Path) -> tuple[Any, ...]:
    """The same as others read it."""
    with Snapshot(store) as register:
        return (
            register.query("SELECT file, state, unit FROM submissions ORDER BY id"),
            register.query("SELECT code, name, superior, exempt FROM roster ORDER BY position"),
            register.query("SELECT action, file, unit_code FROM decisions ORDER BY number"),
        )


def order(*words: str) -> Command:
    return lambda store: deciding.decide(store, FORM, Order(*words), NOW)


DECISIONS = {
    "accept": order("accept", "别期.zip"),
    "assign": order("assign", "陌生.zip", listed(3).code),
    "withdraw": order("withdraw", "2.zip"),
    "merge": order("merge", listed(2).code, listed(3).code),
    "rename": order("rename", listed(1).code, "示例改名工会委员会"),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_made_once_or_not_at_all(name: str, store: Path, tmp_path: Path) -> None:
    command = DECISIONS[name]
    before = registered(store)
    after: tuple[Any, ...] = ()
    for step, copy in chosen(command, store, tmp_path):
        after = after or registered(tmp_path / "whole")
        assert after != before
        assert run(command, copy, step) == KILLED
        assert published(copy) in (before, after)
        assert registered(copy) in (before, after)
        assert run(command, copy, 0) == 0
        assert registered(copy) == published(copy) == after


def test_a_revocation_is_made_once_or_not_at_all(store: Path, tmp_path: Path) -> None:
    order("accept", "别期.zip")(store)
    before = registered(store)
    for step, copy in chosen(order("revoke", "1"), store, tmp_path):
        after = registered(tmp_path / "whole")
        assert run(order("revoke", "1"), copy, step) == KILLED
        assert registered(copy) in (before, after)
        assert run(order("revoke", "1"), copy, 0) == 0
        assert registered(copy) == published(copy) == after


def test_the_inbox_once_more_after_killed_decisions_changes_nothing(
    store: Path, tmp_path: Path, worker: Worker
) -> None:
    for command in DECISIONS.values():
        run(command, store, 40)
        assert run(command, store, 0) == 0
    made = registered(store)
    assert len(made[2]) == len(DECISIONS)
    receive(tmp_path / "in", store, plan(None), worker, roster=ROSTER)
    assert registered(store) == published(store) == made


def workbook(store: Path) -> Command:
    """All open questions answered at once, as a workbook would."""
    with Register(store, FORM) as register:
        found = questions.questions(register, FORM, "2026")
    rows = [
        DecisionRow(n, one.key, one.file, one.choices[0], "", "") for n, one in enumerate(found, 4)
    ]
    assert len(rows) > 2
    return lambda folder: deciding.apply_rows(folder, FORM, rows, "2026", "王示例", NOW)


def test_a_workbook_of_decisions_is_applied_row_by_row(store: Path, tmp_path: Path) -> None:
    command = workbook(store)
    for step, copy in chosen(command, store, tmp_path):
        after = registered(tmp_path / "whole")
        assert run(command, copy, step) == KILLED
        made = registered(copy)[2]
        assert made == after[2][: len(made)]
        published(copy)
        assert run(command, copy, 0) == 0
        assert registered(copy) == published(copy) == after


def test_a_removal_is_whole_or_not_at_all(store: Path, tmp_path: Path) -> None:
    deciding.set_period(store, FORM, "2026", "closed", "王示例", NOW)

    def remove(folder: Path) -> None:
        forget(folder, FORM, ForgetRequest("2026", officer="王示例"), NOW)

    def count(folder: Path) -> int:
        with Register(folder, FORM) as register:
            return int(register.query("SELECT count(*) FROM members")[0][0])

    def states(folder: Path) -> Any:
        with Snapshot(folder) as register:
            return register.query("SELECT file, state, members FROM submissions ORDER BY id")

    before, shown = count(store), states(store)
    secret = numbers(1, 2, 3, 9)
    assert held_in(store, secret)
    for step, copy in chosen(remove, store, tmp_path):
        assert run(remove, copy, step) == KILLED
        assert states(copy) == shown
        left = count(copy)  # the next command that writes also ends what was begun
        assert left in (before, 0)
        assert run(remove, copy, 0) == 0
        assert (count(copy), held_in(copy, secret)) == (0, set())
        assert states(copy) == shown
        with Register(copy, FORM) as register:
            done = register.query("SELECT count(*), bool_and(finished) FROM forgotten")
        assert done == [(1, True)]
