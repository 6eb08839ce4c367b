"""Workers are bounded and replaced; only the file at fault is refused."""

from __future__ import annotations

import os
import signal
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converter.model.errors import FormError, InternalError, OutputError, WorkerDied
from converter.workers import limits
from converter.workers import pool as engine
from converter.workers.pool import Task, Worker

FAULTY = textwrap.dedent(
    """
    import os, signal, time, weakref
    from converter.model.errors import FormError

    def obey(args, blobs, about_to_read):
        done = []
        for number, what in enumerate(args["what"]):
            about_to_read(number)
            if what == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if what == "hang":
                time.sleep(600)
            if what == "eat":
                hoard = [bytes(1 << 24) for _ in range(1000)]
            if what == "hoard":
                import resource
                resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
                hoard = b"x" * (600 << 20)
                time.sleep(600)
            if what == "spin":
                while True:
                    pass
            if what == "raise":
                raise KeyError("110101199003070000")
            if what == "form":
                raise FormError("unit.toml", "staff.kind", "form_unknown_kind", found="x", choices=["a"])
            if what == "full":
                raise OSError(28, "No space left on device", "out.zip")
            if what == "shout":
                os.write(2, b"thread panicked at src/lib.rs" * 5000)
            if what == "print":
                print("a library says hello")
            if what == "circle":
                circle = Circle()
                circle.itself, CIRCLES[:] = circle, [*CIRCLES, weakref.ref(circle)]
            if what == "circles":
                what = sum(found() is not None for found in CIRCLES)
            done.append(what)
        return {"done": done, "pid": os.getpid()}, blobs

    class Circle:
        pass

    CIRCLES = []
    TASKS = {"obey": obey}
    """
)


@pytest.fixture
def obedient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose tasks are faults to order, in place of the real ones."""
    (tmp_path / "orders.py").write_text(FAULTY)
    (tmp_path / "start.py").write_text(
        "import sys, orders, converter.workers\n"
        "sys.modules['converter.workers.tasks'] = converter.workers.tasks = orders\n"
        "from converter.workers import process\n"
        "process.main()\n"
    )
    monkeypatch.setattr(engine, "_command", lambda: [*PYTHON, str(tmp_path / "start.py")])
    monkeypatch.setattr(engine, "SECONDS_A_FILE", 3.0)
    monkeypatch.setattr(engine, "PATIENCE", 1)
    monkeypatch.setattr(engine, "START_SECONDS", 20.0)
    monkeypatch.setenv("CONVERTER_WORKER_MEMORY", str(256 << 20))


PYTHON = [engine.sys.executable]


def order(*what: str, blobs: tuple[bytes, ...] = ()) -> Task:
    return Task("obey", {"what": list(what)}, tuple(what), blobs)


@pytest.mark.usefixtures("obedient")
@pytest.mark.parametrize(("what", "how"), [("die", "crash"), ("hang", "time"), ("eat", "memory")])
def test_a_worker_that_dies_says_how_and_at_which_file(what: str, how: str) -> None:
    with Worker() as worker:
        with pytest.raises(WorkerDied) as caught:
            worker.run(order("ok", what))
        assert caught.value.how == how
        assert caught.value.file == 1
        assert worker.run(order("ok"))[0]["done"] == ["ok"]  # replaced


@pytest.mark.usefixtures("obedient")
def test_a_worker_stays_warm() -> None:
    with Worker() as worker:
        assert worker.run(order("ok"))[0]["pid"] == worker.run(order("ok"))[0]["pid"]


@pytest.mark.usefixtures("obedient")
def test_a_worker_keeps_nothing_of_a_task() -> None:
    """Tables that refer to themselves in a circle would pile up, batch by batch."""
    with Worker() as worker:
        for _ in range(3):
            worker.run(order("circle"))
        assert worker.run(order("circles"))[0]["done"] == [0]


@pytest.mark.usefixtures("obedient")
def test_what_a_library_prints_does_not_disturb() -> None:
    with Worker() as worker:
        answer, blobs = worker.run(order("print", blobs=(b"\x00",)))
    assert answer["done"] == ["print"]
    assert blobs == (b"\x00",)


@pytest.mark.usefixtures("obedient")
def test_bugs_and_refusals_are_told_apart() -> None:
    with Worker() as worker:
        with pytest.raises(InternalError, match="KeyError"):
            worker.run(order("raise"))
        with pytest.raises(FormError) as form:
            worker.run(order("form"))
        with pytest.raises(OutputError) as full:
            worker.run(order("full"))
    assert form.value.packed() == ["unit.toml", "staff.kind", "form_unknown_kind", "x", ["a"], {}]
    assert full.value.path == "out.zip"


def test_a_worker_that_cannot_start_is_a_bug_not_a_bad_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("import no_such_library")
    monkeypatch.setattr(engine, "_command", lambda: [*PYTHON, str(tmp_path / "broken.py")])
    with Worker() as worker, pytest.raises(InternalError, match="did not start"):
        worker.run(order("ok"))


@pytest.mark.usefixtures("obedient")
def test_what_a_library_shouts_while_it_dies_stays_away_from_the_clerk(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Worker() as worker, pytest.raises(WorkerDied):
        worker.run(order("shout", "die"))
    assert "panicked" not in capfd.readouterr().err


@pytest.mark.usefixtures("obedient")
def test_only_the_file_at_fault_is_lost_and_the_order_stays() -> None:
    def split(task: Task) -> list[Task]:
        what = task.args["what"]
        return [order(one) for one in what] if len(what) > 1 else []

    def lost(task: Task, died: WorkerDied) -> engine.Answer:
        return {"done": [f"{task.args['what'][0]}:{died.how}"]}, ()

    batches = [order("ok", "die", "ok"), order("ok"), order("eat", "ok")]
    pool = [Worker(), Worker()]
    with engine.answers(batches, pool, split, lost) as answers:
        found = [done for data, _ in answers for done in data["done"]]
    for worker in pool:
        worker.stop()
    assert found == ["ok", "die:crash", "ok", "ok", "eat:memory", "ok"]


class Hanging:
    """A runner that dies over the file 'bad', and keeps what it was asked to read."""

    def __init__(self, how: str) -> None:
        self.how, self.asked = how, list[tuple[str, ...]]()

    def run(self, task: Task) -> engine.Answer:
        self.asked.append(task.paths)
        if "bad" in task.paths:
            raise WorkerDied(self.how, task.paths.index("bad"))
        return task.paths, ()


@pytest.mark.parametrize(
    ("how", "files", "times"),
    [
        ("time", ("a", "bad", "b"), 1),
        ("time", ("a", "b", "bad"), 2),  # or the checks of all of them hung
        ("memory", ("a", "bad", "b"), 2),
        ("crash", ("a", "bad", "b"), 2),
    ],
)
def test_a_file_that_hangs_is_tried_once(how: str, files: tuple[str, ...], times: int) -> None:
    runner = Hanging(how)

    def split(task: Task) -> list[Task]:
        return [replace(task, paths=(path,)) for path in task.paths]

    def lost(task: Task, died: WorkerDied) -> engine.Answer:
        return f"{task.paths[0]} {died.how}", ()

    with engine.answers([Task("x", {}, files)], [runner], split, lost) as found:
        told = [data for data, _ in found]
    assert told == [f"bad {how}" if file == "bad" else (file,) for file in files]
    assert sum("bad" in paths for paths in runner.asked) == times


@pytest.mark.usefixtures("obedient")
def test_no_worker_is_left_behind() -> None:
    tasks = [order("ok"), order("ok")]
    with (
        engine.local_pool(Worker(), 2) as pool,
        engine.answers(tasks, pool, lambda task: [], lambda task, died: None) as answers,
    ):
        pids = [data["pid"] for data, _ in answers]
    for pid in set(pids):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIG_DFL)


class Counting:
    """A runner that does nothing but count."""

    def __init__(self) -> None:
        self.ran = 0

    def run(self, task: Task) -> engine.Answer:
        self.ran += 1
        return task.args, ()


def test_tasks_are_taken_only_as_fast_as_answers_are() -> None:
    taken = []

    def endless() -> Any:
        for number in range(10**9):
            taken.append(number)
            yield Task("count", {"n": number})

    pool = [Counting(), Counting()]
    with engine.answers(endless(), pool, lambda task: [], lambda task, died: None) as answers:
        for number, (data, _) in zip(range(50), answers, strict=False):
            assert data == {"n": number}
            assert len(taken) <= number + engine.AHEAD * len(pool) + 1
    assert sum(runner.ran for runner in pool) <= len(taken)
    left = len(taken)
    with pytest.raises(RuntimeError):
        next(answers)  # whoever has left the block gets nothing more
    assert len(taken) <= left + 1


def test_patience_grows_with_what_is_left_to_read(tmp_path: Path) -> None:
    paths = []
    for n, megabytes in enumerate((1, 2, 4)):
        path = tmp_path / str(n)
        path.write_bytes(bytes(megabytes * 1_000_000))
        paths.append(str(path))
    patience = engine._Patience([*paths, "not there"])
    extra = [patience.seconds(n) - engine.SECONDS_A_FILE for n in (None, 0, 1, 2, 3, 4, 9)]
    each = engine.SECONDS_A_MEGABYTE
    assert extra == [7 * each, 7 * each, 6 * each, 4 * each, 0, 7 * each, 7 * each]
    assert engine._Patience([]).seconds(None) == engine.SECONDS_A_FILE


@pytest.mark.usefixtures("obedient")
@pytest.mark.parametrize(("what", "how"), [("hoard", "memory"), ("spin", "time")])
def test_a_worker_is_watched_where_the_system_bounds_nothing(
    what: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: memory that no bound of its own stops is seen from outside, and a loop is
    known by the time that it takes, not by the clock."""
    monkeypatch.setattr(engine.limits, "LIBRARIES", 100 << 20)
    monkeypatch.setattr(engine.limits, "allowances", lambda *_: [200 << 20])
    monkeypatch.setattr(engine, "PATIENCE", 100)
    with Worker() as worker:
        worker.run(order("ok"))
        with pytest.raises(WorkerDied) as caught:
            worker.run(order("ok", what))
    assert (caught.value.how, caught.value.file) == (how, 1)


def test_what_a_process_has_taken_is_known() -> None:
    before = limits.usage(os.getpid())
    hoard, until = b"x" * (64 << 20), time.process_time() + 0.2
    while time.process_time() < until:
        pass
    after = limits.usage(os.getpid())
    assert before
    assert after
    assert after.bytes > before.bytes + len(hoard) // 2
    assert after.seconds - before.seconds > 0.1
    assert limits.usage(2**22 + 1) is None


def test_a_small_file_may_take_less_than_a_large_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10_000_000))
    small, large, again = limits.allowances("check", {}, ["none", str(tmp_path / "a"), "none"])
    assert small < again < 1 << 30
    assert again < large < limits.MOST
    # a copy with its marks takes by rows
    assert limits.allowances("check", {"annotate": ["b"]}, ["none"]) == [limits.MOST]
