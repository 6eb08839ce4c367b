"""The queue before the workers: everybody in turn, nobody for ever, nothing lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from converter.web.fair_queue import FairQueue, QueueFull


def desk(jobs: int = 1, queue: int = 100, patience: float = 30) -> FairQueue:
    """Its workers are never started: the jobs of these tests do without."""
    return FairQueue(jobs, queue, patience)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_who_sends_many_files_waits_behind_himself() -> None:
    order: list[str] = []
    gate = threading.Event()

    async def main() -> None:
        held = desk()

        def job(name: str) -> Callable[[Any], None]:
            def work(_: Any) -> None:
                gate.wait()
                order.append(name)

            return work

        first = asyncio.create_task(held.run("a", job("a1")))
        await until(lambda: not held._free)
        rest = [asyncio.create_task(held.run("a", job(f"a{n}"))) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        rest += [asyncio.create_task(held.run(who, job(f"{who}1"))) for who in ("b", "c")]
        await until(lambda: held._count == 5)
        gate.set()
        await asyncio.gather(first, *rest)
        held.stop()

    asyncio.run(main())
    assert order == ["a1", "a2", "b1", "c1", "a3", "a4"]


def test_a_full_queue_says_so_at_once_and_a_slow_one_in_time() -> None:
    async def main() -> None:
        gate = threading.Event()
        held = desk(queue=1, patience=0.05)
        working = asyncio.create_task(held.run("a", lambda _: gate.wait()))
        await until(lambda: not held._free)
        waiting = asyncio.create_task(held.run("b", lambda _: None))
        await until(lambda: held._count == 1)
        with pytest.raises(QueueFull):
            await held.run("c", lambda _: None)
        with pytest.raises(QueueFull):
            await waiting
        gate.set()
        await working
        assert await held.run("d", lambda _: "served") == "served"
        assert (held._count, len(held._free), held._waiting) == (0, 1, {})
        held.stop()

    asyncio.run(main())


def test_a_job_that_fails_or_whose_visitor_left_frees_its_worker() -> None:
    async def main() -> None:
        held = desk()
        gate = threading.Event()

        def failing(_: Any) -> None:
            raise ValueError("a bug")

        with pytest.raises(ValueError, match="a bug"):
            await held.run("a", failing)
        leaving = asyncio.create_task(held.run("a", lambda _: gate.wait()))
        await until(lambda: not held._free)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        # The thread is still at it: no second job may get its worker.
        assert held._free == []
        waiting = asyncio.create_task(held.run("b", lambda _: "served"))
        gone = asyncio.create_task(held.run("c", lambda _: "never"))
        await until(lambda: held._count == 2)
        gone.cancel()
        gate.set()
        assert await waiting == "served"
        await until(lambda: len(held._free) == 1)
        held.stop()

    asyncio.run(main())


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
        held = desk(jobs=3)
        await asyncio.gather(*(held.run(str(n % 5), job) for n in range(40)))
        assert len(held._free) == 3
        held.stop()

    asyncio.run(main())
    assert 1 <= most[0] <= 3
