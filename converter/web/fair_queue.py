"""The queue before the workers: units first, then visitors who are not signed in, each in turn.

A visitor who sends many files waits behind their own files only: the next free worker goes to the
next visitor in the circle. One visitor may have so many jobs waiting; when the whole queue is
full, the visitor with most of them gives up the last one. One worker is always left to units,
where there are several. A job whose visitor has gone is taken out of the queue.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from converter.web.visitor import Visitor
from converter.workers.pool import Worker

T = TypeVar("T")
Place = asyncio.Future[Worker]
SHARE = 1 / 4  # of the queue that one visitor may fill


class QueueFull(Exception):
    """No worker will be free soon enough."""


class FairQueue:
    """`jobs` workers, kept warm; belongs to one event loop."""

    def __init__(self, jobs: int, queue: int, patience: float) -> None:
        """`patience`: seconds that a job waits at the most."""
        self._workers = [Worker() for _ in range(jobs)]
        self._free = list(self._workers)
        self._for_strangers = max(1, jobs - 1)  # workers that they may have at once
        self._strangers_served = 0
        # Places by visitor, the visitor whose turn is next first: of units, and of the others.
        self._units: OrderedDict[Visitor, deque[Place]] = OrderedDict()
        self._strangers: OrderedDict[Visitor, deque[Place]] = OrderedDict()
        self._queue, self._patience = queue, patience
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="worker")

    @property
    def waiting(self) -> int:
        """Jobs that wait for a worker."""
        return sum(map(len, (*self._units.values(), *self._strangers.values())))

    def start(self) -> None:
        """Have the workers import their libraries before the first upload."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End the workers, idle or busy."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.stop()

    async def run(self, visitor: Visitor, job: Callable[[Worker], T]) -> T:
        """Run the job with a worker when it is the visitor's turn. Raises QueueFull, and what
        the job raises. Cancelled while it waits, the job never starts."""
        worker = await self._turn(visitor)
        loop = asyncio.get_running_loop()
        done = self._threads.submit(job, worker)
        # The visitor may be gone by then; the worker is free when the job has ended.
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release, worker, visitor))
        return await asyncio.wrap_future(done)

    async def _turn(self, visitor: Visitor) -> Worker:
        lines = self._lines(visitor)
        if len(lines.get(visitor, ())) >= max(1, self._queue * SHARE):
            raise QueueFull
        # A job that can start at once takes no place in the queue.
        at_once = self._free and not lines and (visitor.is_unit or self._may_serve_stranger)
        if not at_once and self.waiting >= self._queue:
            self._yield_longest(visitor)
        place: Place = asyncio.get_running_loop().create_future()
        lines.setdefault(visitor, deque()).append(place)
        self._dispatch()
        try:
            return await asyncio.wait_for(asyncio.shield(place), self._patience)
        except (TimeoutError, asyncio.CancelledError) as error:
            if place.done() and not place.cancelled() and not place.exception():
                self._release(place.result(), visitor)  # it came in the same moment
            else:
                self._remove(visitor, place)
            if isinstance(error, TimeoutError):
                raise QueueFull from None
            raise

    @property
    def _may_serve_stranger(self) -> bool:
        return self._strangers_served < self._for_strangers

    def _lines(self, visitor: Visitor) -> OrderedDict[Visitor, deque[Place]]:
        return self._units if visitor.is_unit else self._strangers

    def _remove(self, visitor: Visitor, place: Place) -> None:
        lines = self._lines(visitor)
        places = lines.get(visitor)
        if places and place in places:
            places.remove(place)
            if not places:
                del lines[visitor]

    def _yield_longest(self, visitor: Visitor) -> None:
        """Make room for one more job: the longest line gives up its last one. Raises QueueFull
        where that would be the visitor's own."""
        lines = self._strangers or self._units
        if not lines or (lines is self._units and not visitor.is_unit):
            raise QueueFull
        longest = max(lines, key=lambda one: len(lines[one]))
        own = self._lines(visitor).get(visitor, ())
        if lines is self._lines(visitor) and len(lines[longest]) <= len(own) + 1:
            raise QueueFull
        place = lines[longest][-1]
        self._remove(longest, place)
        place.set_exception(QueueFull())

    def _release(self, worker: Worker, visitor: Visitor) -> None:
        self._free.append(worker)
        self._strangers_served -= not visitor.is_unit
        self._dispatch()

    def _dispatch(self) -> None:
        while self._free:
            if self._units:
                lines = self._units
            elif self._strangers and self._may_serve_stranger:
                lines = self._strangers
            else:
                return
            visitor, places = lines.popitem(last=False)
            place = places.popleft()
            if places:
                lines[visitor] = places  # at the end of the circle
            self._strangers_served += not visitor.is_unit
            place.set_result(self._free.pop())
