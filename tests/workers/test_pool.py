"""Workers are bounded and replaced; only the file at fault is refused."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.model.errors import FormError, InternalError, OutputError, WorkerDied
from converter.workers import limits, starting
from converter.workers import pool as engine
from converter.workers.pool import Worker
from converter.workers.requests.check import CheckRequest, CopyTarget
from converter.workers.requests.template import TemplateRequest
from tests.workers.orders import Obeyed, Order, split

FAULTY = textwrap.dedent(
    """
    import os, time, weakref
    from converter.model.errors import FormError
    from tests.workers.orders import Obeyed, Order

    def obey(request, report_progress):
        done = []
        for number, what in enumerate(request.what):
            report_progress(number)
            if what == "die":
                os.kill(os.getpid(), 9)
            if what == "hang":
                time.sleep(600)
            if what == "eat":
                hoard = [bytes(1 << 24) for _ in range(1000)]
            if what == "hoard":
                if os.name == "posix":
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
                raise FormError("unit.toml", "staff.kind", "form_unknown_kind", choices=["a"])
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
        return Obeyed(tuple(map(str, done)), os.getpid(), request.data)

    class Circle:
        pass

    CIRCLES = []

    def find(frame):
        return Order, obey

    def prepare():
        pass
    """
)


@pytest.fixture
def obedient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose tasks are faults to order, in place of the real ones."""
    (tmp_path / "faulty.py").write_text(FAULTY)
    (tmp_path / "start.py").write_text(
        "import sys, faulty, converter.workers\n"
        "sys.modules['converter.workers.tasks'] = converter.workers.tasks = faulty\n"
        "from converter.workers import process\n"
        "process.main()\n"
    )
    monkeypatch.setattr(starting, "command", lambda *_: [*PYTHON, str(tmp_path / "start.py")])
    monkeypatch.setattr(engine, "SECONDS_A_FILE", 3.0)
    monkeypatch.setattr(engine, "PATIENCE", 1)
    monkeypatch.setattr(engine, "START_SECONDS", 20.0)
    monkeypatch.setenv("CONVERTER_WORKER_MEMORY", str(256 << 20))


PYTHON = [sys.executable]
NO_LIMIT = pytest.mark.real_windows("Wine 8 keeps the limit of a job without obeying it")
NO_CPU_TIME = pytest.mark.real_windows("Wine 8 does not tell the CPU time of another process")


def order(*what: str, data: bytes = b"") -> Order:
    return Order(what, data)


@pytest.mark.usefixtures("obedient")
@pytest.mark.parametrize(
    ("what", "how"),
    [("die", "crash"), ("hang", "time"), pytest.param("eat", "memory", marks=NO_LIMIT)],
)
def test_a_worker_that_dies_says_how_and_at_which_file(what: str, how: str) -> None:
    with Worker() as worker:
        with pytest.raises(WorkerDied) as caught:
            worker.run(order("ok", what))
        assert caught.value.how == how
        assert caught.value.file == 1
        assert worker.run(order("ok")).done == ("ok",)  # replaced


@pytest.mark.usefixtures("obedient")
def test_a_worker_stays_warm() -> None:
    with Worker() as worker:
        assert worker.run(order("ok")).pid == worker.run(order("ok")).pid


@pytest.mark.usefixtures("obedient")
def test_a_worker_keeps_nothing_of_a_task() -> None:
    """Tables that refer to themselves in a circle would pile up, batch by batch."""
    with Worker() as worker:
        for _ in range(3):
            worker.run(order("circle"))
        assert worker.run(order("circles")).done == ("0",)


@pytest.mark.usefixtures("obedient")
def test_what_a_library_prints_does_not_disturb() -> None:
    with Worker() as worker:
        answer = worker.run(order("print", data=b"\x00"))
    assert answer.done == ("print",)
    assert answer.data == b"\x00"


@pytest.mark.usefixtures("obedient")
def test_bugs_and_refusals_are_told_apart() -> None:
    with Worker() as worker:
        with pytest.raises(InternalError, match="KeyError"):
            worker.run(order("raise"))
        with pytest.raises(FormError) as form:
            worker.run(order("form"))
        with pytest.raises(OutputError) as full:
            worker.run(order("full"))
    assert (form.value.file, form.value.key) == ("unit.toml", "staff.kind")
    assert (form.value.message_key, form.value.choices) == ("form_unknown_kind", ("a",))
    assert full.value.path == "out.zip"


@pytest.mark.posix("a pipe that a third process holds; Windows' debugger does so")
def test_a_pipe_that_somebody_else_holds_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "holding.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "held = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(held.pid))\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setattr(starting, "command", lambda *_: [*PYTHON, str(script)])
    monkeypatch.setattr(engine, "SECONDS_TO_END", 0.2)
    monkeypatch.setattr(engine, "START_SECONDS", 0.0)
    monkeypatch.setattr(engine, "SECONDS_A_FILE", 0.5)
    with Worker() as worker, pytest.raises(WorkerDied):
        worker.run(order("ok"))
    holder = int((tmp_path / "pid").read_text())
    os.kill(holder, 0)  # it still holds them: nobody waited for its end
    os.kill(holder, signal.SIGKILL)


def test_a_worker_that_cannot_start_is_a_bug_not_a_bad_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text("import no_such_library")
    monkeypatch.setattr(starting, "command", lambda *_: [*PYTHON, str(tmp_path / "broken.py")])
    with Worker() as worker, pytest.raises(InternalError, match="did not start"):
        worker.run(order("ok"))


@pytest.mark.usefixtures("obedient")
def test_what_a_library_shouts_while_it_dies_stays_away_from_the_clerk(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Worker() as worker, pytest.raises(WorkerDied):
        worker.run(order("shout", "die"))
    assert "panicked" not in capfd.readouterr().err


@NO_LIMIT
@pytest.mark.usefixtures("obedient")
def test_only_the_file_at_fault_is_lost_and_the_order_stays() -> None:
    def lost(request: Order, died: WorkerDied) -> Obeyed:
        return Obeyed((f"{request.what[0]}:{died.how}",))

    batches = [order("ok", "die", "ok"), order("ok"), order("eat", "ok")]
    pool = [Worker(), Worker()]
    with engine.answers(batches, engine.Shared(pool), split, lost) as answers:
        found = [done for some in answers for answer in some for done in answer.done]
    for worker in pool:
        worker.stop()
    assert found == ["ok", "die:crash", "ok", "ok", "eat:memory", "ok"]


class Hanging:
    """A runner that dies over the file 'bad', and keeps what it was asked to read."""

    def __init__(self, how: str) -> None:
        self.how, self.requested = how, list[tuple[str, ...]]()

    def run(self, request: Any) -> Any:
        self.requested.append(request.what)
        if "bad" in request.what:
            raise WorkerDied(self.how, request.what.index("bad"))
        return Obeyed(request.what)


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

    def lost(request: Order, died: WorkerDied) -> Obeyed:
        return Obeyed((f"{request.what[0]} {died.how}",))

    with engine.answers([order(*files)], engine.Shared([runner]), split, lost) as found:
        done = [answer.done for some in found for answer in some]
    assert done == [(f"bad {how}",) if file == "bad" else (file,) for file in files]
    assert sum("bad" in paths for paths in runner.requested) == times


@pytest.mark.posix("whether a process lives cannot be asked on Windows without doing harm")
@pytest.mark.usefixtures("obedient")
def test_no_worker_is_left_behind() -> None:
    orders = [order("ok"), order("ok")]
    with (
        engine.local_pool(Worker(), 2) as pool,
        engine.answers(
            orders, engine.Shared(pool), split, lambda request, died: Obeyed()
        ) as answers,
    ):
        pids = [answer.pid for some in answers for answer in some]
    for pid in set(pids):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIG_DFL)


class Counting:
    """A runner that does nothing but count."""

    def __init__(self) -> None:
        self.ran = 0

    def run(self, request: Any) -> Any:
        self.ran += 1
        return Obeyed(request.what)


def test_tasks_are_taken_only_as_fast_as_answers_are() -> None:
    taken = []

    def endless() -> Iterator[Order]:
        for number in range(10**9):
            taken.append(number)
            yield order(str(number))

    pool = [Counting(), Counting()]
    with engine.answers(
        endless(), engine.Shared(pool), split, lambda request, died: Obeyed()
    ) as answers:
        number = 0
        for some in itertools.islice(answers, 20):
            assert len(taken) <= number + engine.AHEAD * len(pool) + 1
            assert len(some) <= engine.TOGETHER
            for answer in some:
                assert answer.done == (str(number),)
                number += 1
    assert sum(runner.ran for runner in pool) <= len(taken)
    left = len(taken)
    with pytest.raises(RuntimeError):
        next(answers)  # whoever has left the block gets nothing more
    assert len(taken) <= left + 1


def test_patience_grows_with_what_is_left_to_read() -> None:
    patience = engine._Patience([1_000_000, 2_000_000, 4_000_000, 0])
    extra = [patience.seconds(n) - engine.SECONDS_A_FILE for n in (None, 0, 1, 2, 3, 4, 9)]
    each = engine.SECONDS_A_MEGABYTE
    assert extra == [7 * each, 7 * each, 6 * each, 4 * each, 0, 7 * each, 7 * each]
    assert engine._Patience([]).seconds(None) == engine.SECONDS_A_FILE


@pytest.mark.usefixtures("obedient")
@pytest.mark.parametrize(
    ("what", "how"), [("hoard", "memory"), pytest.param("spin", "time", marks=NO_CPU_TIME)]
)
def test_a_worker_is_watched_where_the_system_bounds_nothing(
    what: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: memory that no bound of its own stops is seen from outside, and a loop is
    known by the time that it takes, not by the clock."""
    monkeypatch.setattr(limits, "LIBRARIES", 100 << 20)
    monkeypatch.setattr(limits, "allowances", lambda *_: (200 << 20,))
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


def test_a_small_file_may_take_less_than_a_large_one() -> None:
    files = tuple((Path(name),) for name in "abc")
    request = CheckRequest(Path("form"), files)
    small, large, again = limits.allowances(request, [0, 10_000_000, 0])
    assert small < again < 1 << 30
    assert again < large < limits.MOST


def test_what_writes_workbooks_takes_memory_by_rows() -> None:
    with_copy = CheckRequest(
        Path("form"), ((Path("a"),),), (CopyTarget(Path("a"), annotated=Path("b")),)
    )
    for request in (with_copy, TemplateRequest(Path("form"), Path("b"), 100, (Path("a"),))):
        assert limits.allowances(request, [0]) == (limits.MOST,)


def test_the_size_of_a_file_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(5))
    assert [limits.size(tmp_path / name) for name in "ab"] == [5, 0]
