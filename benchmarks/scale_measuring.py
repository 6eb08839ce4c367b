"""Processor seconds and memory of this process and of those it starts."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


class Meter:
    """Processor seconds and memory of this process and of those it started."""

    def __init__(self) -> None:
        import psutil

        self._own = psutil.Process()
        self._children: dict[int, float] = {}
        self.peak_own = self.peak_worker = 0
        self._start = self.seconds()

    def seconds(self) -> tuple[float, float]:
        """(this process, its workers) so far."""
        import psutil

        own = self._own.cpu_times()
        self.peak_own = max(self.peak_own, self._own.memory_info().rss)
        for child in self._own.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                used = child.cpu_times()
                self._children[child.pid] = used.user + used.system
                self.peak_worker = max(self.peak_worker, child.memory_info().rss)
        return own.user + own.system, sum(self._children.values())

    def since(self) -> dict[str, float]:
        own, workers = self.seconds()
        return {
            "command_s": round(own - self._start[0], 2),
            "workers_s": round(workers - self._start[1], 2),
        }


@contextlib.contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Fills the dict with processor seconds and the clock's of its block."""
    results: dict[str, Any] = {}
    cpu, wall = time.process_time(), time.perf_counter()
    yield results
    results["cpu_s"] = round(time.process_time() - cpu, 2)
    results["clock_s"] = round(time.perf_counter() - wall, 2)


def peak_mib() -> int:
    """The most memory this process ever had, in MiB (Linux and macOS)."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def in_a_process(work: Callable[..., Any], *args: Any) -> Any:
    """Its memory counts by itself, and is given back."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def run() -> None:
        there.send(work(*args))

    process = context.Process(target=run)
    process.start()
    there.close()
    results = here.recv()
    process.join()
    return results


def size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
