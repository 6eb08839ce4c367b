"""The queue before the workers: everybody in turn, nobody for ever, nothing lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from converter.web.fair_queue import FairQueue, QueueFull
from converter.web.visitor import Visitor

Job = Callable[[Any], None]


def unit(key: str) -> Visitor:
    return Visitor(key, True)


def stranger(key: str) -> Visitor:
    return Visitor(key, False)


def fair_queue(jobs: int = 1, queue: int = 100, patience: float = 30) -> FairQueue:
    """Its workers are never started: the jobs of these tests do without."""
    return FairQueue(jobs, queue, patience)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


class Line:
    """A queue of one worker that is at work until the gate opens, and what it served."""

    def __init__(self, queue: int = 100) -> None:
        self.queue = fair_queue(queue=queue)
        self.gate = threading.Event()
        self.served: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def add(self, visitor: Visitor, count: int = 1) -> None:
        for _ in range(count):
            self.tasks.append(asyncio.create_task(self.queue.run(visitor, self._job(visitor.key))))
            await asyncio.sleep(0)

    def _job(self, key: str) -> Job:
        def job(_: Any) -> None:
            self.gate.wait()
            self.served.append(key)

        return job

    async def finish(self) -> list[Any]:
        """Open the gate; what came of the jobs, in the order in which they were added."""
        self.gate.set()
        done = await asyncio.gather(*self.tasks, return_exceptions=True)
        self.queue.stop()
        return [type(one) if isinstance(one, BaseException) else one for one in done]


def test_a_visitor_with_many_files_waits_behind_them_alone() -> None:
    async def main() -> list[str]:
        line = Line()
        await line.add(unit("a"), 4)
        await line.add(unit("b"))
        await line.add(unit("c"))
        await line.finish()
        return line.served

    assert asyncio.run(main()) == ["a", "a", "b", "c", "a", "a"]


def test_units_come_before_strangers() -> None:
    async def main() -> list[str]:
        line = Line()
        await line.add(stranger("x"), 3)
        await line.add(stranger("y"))
        await line.add(unit("a"), 2)
        await line.finish()
        return line.served

    assert asyncio.run(main()) == ["x", "a", "a", "x", "y", "x"]


def test_one_worker_is_left_to_units() -> None:
    async def main() -> None:
        queue, gate = fair_queue(jobs=2), threading.Event()
        flood = [
            asyncio.create_task(queue.run(stranger(str(n)), lambda _: gate.wait()))
            for n in range(5)
        ]
        await until(lambda: queue.waiting == 4)
        assert await queue.run(unit("a"), lambda _: "served") == "served"
        assert queue.waiting == 4
        gate.set()
        await asyncio.gather(*flood)
        assert len(queue._free) == 2
        queue.stop()

    asyncio.run(main())


def test_one_visitor_cannot_fill_the_queue() -> None:
    async def main() -> list[Any]:
        line = Line(queue=40)
        await line.add(stranger("x"), 30)  # one at work, ten wait
        await line.add(stranger("y"))
        return await line.finish()

    done = asyncio.run(main())
    assert done == [None] * 11 + [QueueFull] * 19 + [None]


def test_when_the_queue_is_full_the_longest_line_yields_strangers_first() -> None:
    async def main() -> list[Any]:
        line = Line(queue=8)
        await line.add(stranger("w"))  # at work
        await line.add(unit("a"), 2)
        for key in "xyz":
            await line.add(stranger(key), 2)
        await line.add(unit("b"))  # instead of a stranger's last one
        await line.add(stranger("v"))  # has none yet: another's second one goes
        await line.add(stranger("v"))  # would be among the longest itself
        waiting = line.queue.waiting
        done = await line.finish()
        assert waiting == 8
        return done

    done = asyncio.run(main())
    assert done[:3] == [None] * 3
    assert done[3:9].count(QueueFull) == 2
    assert done[9:] == [None, None, QueueFull]


def test_a_queue_full_of_units_refuses_strangers() -> None:
    async def main() -> list[Any]:
        line = Line(queue=4)
        await line.add(unit("w"))  # at work
        for key in "abcd":
            await line.add(unit(key))
        await line.add(stranger("x"))
        return await line.finish()

    assert asyncio.run(main()) == [None] * 5 + [QueueFull]


def test_a_full_queue_says_so_at_once_and_a_slow_one_in_time() -> None:
    async def main() -> None:
        gate = threading.Event()
        queue = fair_queue(queue=1, patience=0.05)
        working = asyncio.create_task(queue.run(unit("a"), lambda _: gate.wait()))
        await until(lambda: not queue._free)
        waiting = asyncio.create_task(queue.run(unit("b"), lambda _: None))
        await until(lambda: queue.waiting == 1)
        with pytest.raises(QueueFull):
            await queue.run(unit("c"), lambda _: None)
        with pytest.raises(QueueFull):
            await waiting
        gate.set()
        await working
        assert await queue.run(unit("d"), lambda _: "served") == "served"
        assert (queue.waiting, len(queue._free)) == (0, 1)
        queue.stop()

    asyncio.run(main())


def test_a_job_that_fails_or_whose_visitor_left_frees_its_worker() -> None:
    async def main() -> None:
        queue, gate = fair_queue(), threading.Event()

        def failing(_: Any) -> None:
            raise ValueError("a bug")

        with pytest.raises(ValueError, match="a bug"):
            await queue.run(unit("a"), failing)
        leaving = asyncio.create_task(queue.run(unit("a"), lambda _: gate.wait()))
        await until(lambda: not queue._free)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        # The thread is still at it: no second job may get its worker.
        assert queue._free == []
        waiting = asyncio.create_task(queue.run(unit("b"), lambda _: "served"))
        await until(lambda: queue.waiting == 1)
        gate.set()
        assert await waiting == "served"
        await until(lambda: len(queue._free) == 1)
        queue.stop()

    asyncio.run(main())


def test_a_job_whose_visitor_left_while_it_waited_never_starts() -> None:
    async def main() -> list[str]:
        line = Line()
        await line.add(unit("a"))
        await line.add(stranger("gone"), 3)
        await line.add(stranger("x"))
        for task in line.tasks[1:4]:
            task.cancel()
        for _ in range(20):
            await asyncio.sleep(0)
        left = line.queue.waiting
        await line.finish()
        assert left == 1
        return line.served

    assert asyncio.run(main()) == ["a", "x"]


def test_no_more_jobs_at_once_than_workers() -> None:
    most, now, lock = [0], [0], threading.Lock()

    def job(_: Any) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.002)
        with lock:
            now[0] -= 1

    async def main() -> None:
        queue = fair_queue(jobs=3)
        await asyncio.gather(*(queue.run(unit(str(n % 5)), job) for n in range(40)))
        assert len(queue._free) == 3
        queue.stop()

    asyncio.run(main())
    assert 1 <= most[0] <= 3
