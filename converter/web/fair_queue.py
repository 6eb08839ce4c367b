"""The workers, and the queue before them: few at once, everybody in turn.

Who sends many files waits behind himself alone: the next place goes to the next in the circle of
those who wait (a unit, or the address of a visitor who is not signed in). What finds the queue
full, or waits too long, is told to come back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from converter.workers.pool import Worker

T = TypeVar("T")


class QueueFull(Exception):
    """No worker will be free soon enough."""


class FairQueue:
    """`jobs` workers, kept warm; belongs to one event loop."""

    def __init__(self, jobs: int, queue: int, patience: float) -> None:
        """`patience`: seconds that somebody waits at the most."""
        self._workers = [Worker() for _ in range(jobs)]
        self._free = list(self._workers)
        self._waiting: OrderedDict[str, deque[asyncio.Future[Worker]]] = OrderedDict()
        self._count, self._queue, self._patience = 0, queue, patience
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="worker")

    def start(self) -> None:
        """Have the workers import their libraries before the first upload."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End the workers, at work or not."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.stop()

    async def run(self, who: str, job: Callable[[Worker], T]) -> T:
        """Do the job with a worker when it is `who`'s turn. Raises Full, and what the job
        raises."""
        worker = await self._turn(who)
        loop = asyncio.get_running_loop()
        done = self._threads.submit(job, worker)
        # Whoever waited may be gone by then; the worker is free when the job has ended.
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release, worker))
        return await asyncio.wrap_future(done)

    async def _turn(self, who: str) -> Worker:
        if self._free and not self._waiting:
            return self._free.pop()
        if self._count >= self._queue:
            raise QueueFull
        place: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(place)
        self._count += 1
        try:
            return await asyncio.wait_for(asyncio.shield(place), self._patience)
        except (TimeoutError, asyncio.CancelledError) as error:
            if place.done():  # it came in the same moment
                self._release(place.result())
            else:
                place.cancel()
            if isinstance(error, TimeoutError):
                raise QueueFull from None
            raise
        finally:
            self._count -= 1

    def _release(self, worker: Worker) -> None:
        while self._waiting:
            who, places = self._waiting.popitem(last=False)
            place = places.popleft()
            if places:
                self._waiting[who] = places  # at the end of the circle
            if not place.done():
                place.set_result(worker)
                return
        self._free.append(worker)
