"""`decide` and `forget`, killed at any step of their writing: the register is as before or as after,
never half, what others read stays readable, and the same command once more ends it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.register import Register, Snapshot, forgetting, questions, writer
from converter.register.deciding import Order
from converter.register.questions import DecisionRow
from converter.usecases import deciding
from converter.usecases.forgetting import ForgetRequest, forget
from converter.usecases.receive import receive
from converter.workers.pool import Worker
from tests.sheets import FORM
from tests.usecases.receive.collection import Inbox, listed, packed, people, records
from tests.usecases.receive.conftest import NOW, plan
from tests.usecases.test_forgetting import held_in, numbers

pytestmark = pytest.mark.posix("SIGKILL")

EVERY_STEP = "EVERY_STEP" in os.environ
KILLS = 6  # of each command, unless it is killed at every step
ROSTER = [listed(n) for n in (1, 2, 3)]
Command = Callable[[Path], Any]


class _Steps:
    """Counts what reaches the disk or the database, before and after; kills at one of them."""

    def __init__(self, kill_at: int) -> None:
        self.count, self._kill_at = 0, kill_at

    def step(self) -> None:
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.step()
            result = function(*arguments, **options)
            self.step()
            return result

        return counted


class _Connection:
    """A connection whose statements are steps."""

    def __init__(self, inner: Any, steps: _Steps) -> None:
        self._inner, self.execute = inner, steps.around(inner.execute)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()


def in_fork(command: Command, store: Path, kill_at: int, counted: Path | None = None) -> int:
    """Run it in a process of its own; how that ended."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 70
    try:  # nothing may leave this block: behind it are the tests
        steps = _Steps(kill_at)
        for name in ("replace", "rename", "unlink", "rmdir", "mkdir", "fsync"):
            setattr(os, name, steps.around(getattr(os, name)))
        for module in (writer, forgetting):
            connect = module.connect
            module.connect = lambda path, c=connect: _Connection(c(path), steps)  # type: ignore
        command(store)
        if counted:
            counted.write_text(str(steps.count))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def chosen(command: Command, store: Path, folder: Path) -> Iterator[tuple[int, Path]]:
    """Steps to be killed at, each with a copy of the register."""
    whole = folder / "whole"
    shutil.copytree(store, whole)
    assert in_fork(command, whole, 0, folder / "steps") == 0
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
    "merge": order("merge", listed(2).code, listed(3).code),
    "rename": order("rename", listed(2).code, "示例改名工会委员会"),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_made_once_or_not_at_all(name: str, store: Path, tmp_path: Path) -> None:
    command = DECISIONS[name]
    before = registered(store)
    after: tuple[Any, ...] = ()
    for step, copy in chosen(command, store, tmp_path):
        after = after or registered(tmp_path / "whole")
        assert after != before
        assert in_fork(command, copy, step) == -signal.SIGKILL
        assert published(copy) in (before, after)
        assert registered(copy) in (before, after)
        assert in_fork(command, copy, 0) == 0
        assert registered(copy) == published(copy) == after


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
        assert in_fork(command, copy, step) == -signal.SIGKILL
        made = registered(copy)[2]
        assert made == after[2][: len(made)]
        published(copy)
        assert in_fork(command, copy, 0) == 0
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
        assert in_fork(remove, copy, step) == -signal.SIGKILL
        assert states(copy) == shown
        left = count(copy)  # the next command that writes also ends what was begun
        assert left in (before, 0)
        assert in_fork(remove, copy, 0) == 0
        assert (count(copy), held_in(copy, secret)) == (0, set())
        assert states(copy) == shown
        with Register(copy, FORM) as register:
            done = register.query("SELECT count(*), bool_and(finished) FROM forgotten")
        assert done == [(1, True)]
