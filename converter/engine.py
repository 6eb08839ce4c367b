"""Where work runs: worker processes, kept warm, replaced when they die.

The command itself stays light; pandas is imported by the workers alone. A batch whose worker
died, hung or ran out of memory is repeated file by file, so that only the file at fault is
refused.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from converter import limits, wire

# CPU seconds a worker may take in silence: for one file, and for each megabyte of it on top.
SECONDS_A_FILE = 10.0
SECONDS_A_MEGABYTE = 2.0
PATIENCE = 6  # times as long by the clock, where others keep the machine busy
LINES_KEPT, LINE_KEPT = 100, 1000  # of what a worker says on stderr, for crash notes
SECONDS_A_LOOK = 0.2  # between two looks at the memory of a silent worker
OUT_OF_MEMORY = "memory allocation of"  # how Rust says so
START_SECONDS = 60.0  # importing the libraries on a slow, cold machine


class Bug(Exception):
    """A task raised: a mistake of ours, with the worker's traceback."""


class Refused(Exception):
    """A task cannot be done as asked: a broken form or an output that cannot be written."""

    def __init__(self, kind: str, detail: list[str]) -> None:
        self.kind, self.detail = kind, detail
        super().__init__(f"{kind}: {detail}")


class Died(Exception):
    """The worker hung ('time'), ran out of memory ('memory') or crashed ('crash')."""

    def __init__(self, how: str, file: int | None) -> None:
        self.how, self.file = how, file
        super().__init__(how)


@dataclass(frozen=True, slots=True)
class Task:
    """A call to one of `tasks.TASKS`; `paths` are the outside files it reads, for limits."""

    name: str
    args: dict[str, Any]
    paths: tuple[str, ...] = ()
    blobs: tuple[bytes, ...] = field(default=())


class Worker:
    """One child process. Use as a context manager; restarts by itself after `Died`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.Queue[wire.Frame | None] = queue.Queue()
        self._said: deque[bytes] = deque(maxlen=LINES_KEPT)  # of its stderr
        self._fresh = True

    def start(self) -> Worker:
        """Start the process now, so that it imports while the caller prepares."""
        if self._process is None:
            self._frames, self._said = queue.Queue(), deque(maxlen=LINES_KEPT)
            self._fresh = True
            self._process = subprocess.Popen(
                _command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,  # what a library shouts while it dies is for nobody
                env=_environment(),
            )
            for target, result in ((_pump, self._frames), (_listen, self._said)):
                threading.Thread(target=target, args=(self._process, result), daemon=True).start()
        return self

    def __enter__(self) -> Worker:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with contextlib.suppress(OSError):  # what was buffered for a dead process
                    stream.close()

    def run(self, task: Task) -> tuple[Any, tuple[bytes, ...]]:
        """The task's answer and attachments. Raises Died, Refused or Bug."""
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        allowed = limits.allowances(task.name, task.args, task.paths)
        request = wire.Frame({"task": task.name, "args": task.args, "memory": allowed}, task.blobs)
        reading: int | None = None
        try:
            wire.send(self._process.stdin, request)
            while True:
                frame = self._next(_patience(task.paths, reading), max(allowed))
                self._fresh = False
                if "file" not in frame.data:
                    break
                reading = int(frame.data["file"])
        except limits.Exceeded as exceeded:
            self.stop()
            raise Died(exceeded.what, reading) from None
        except (OSError, EOFError):
            ended = _exit_code(self._process)
            said = b"".join(self._said).decode("utf-8", "replace")
            self.stop()
            if self._fresh and ended > 0:  # an exception before its first task: it cannot start
                raise Bug(f"the worker did not start ({ended})\n{said}") from None
            # What is written in Rust does not raise when memory ends, it aborts.
            raise Died("memory" if OUT_OF_MEMORY in said else "crash", reading) from None
        return self._judge(frame, reading)

    def _next(self, seconds: float, allowed: int) -> wire.Frame:
        """What the worker says next; while it is silent, what it takes is looked at."""
        assert self._process is not None
        seconds += START_SECONDS if self._fresh else 0
        since, before = time.monotonic(), limits.usage(self._process.pid)
        while True:
            try:
                frame = self._frames.get(timeout=SECONDS_A_LOOK)
            except queue.Empty:
                waited, now = time.monotonic() - since, limits.usage(self._process.pid)
                busy = now.seconds - before.seconds if now and before else waited
                if now and now.bytes > allowed + limits.LIBRARIES:
                    raise limits.Exceeded("memory") from None
                if busy > seconds or waited > seconds * PATIENCE:
                    raise limits.Exceeded("time") from None
                continue
            if frame is None:
                raise EOFError
            return frame

    def _judge(self, frame: wire.Frame, reading: int | None) -> tuple[Any, tuple[bytes, ...]]:
        failed = frame.data.get("failed")
        if failed is None:
            return frame.data["done"], frame.blobs
        if failed == "memory":
            self.stop()  # its heap may be in pieces
            raise Died("memory", reading)
        if failed == "bug":
            raise Bug(frame.data["detail"])
        raise Refused(failed, [str(part) for part in frame.data["detail"]])


def run_all(
    tasks: Sequence[Task],
    jobs: int,
    split: Callable[[Task], Iterable[Task]],
    lost: Callable[[Task, Died], Any],
    workers: Sequence[Worker] = (),
) -> Iterator[tuple[Any, tuple[bytes, ...]]]:
    """Answers in the order of the tasks, from up to `jobs` workers.

    Where a worker dies, `split(task)` gives the task's parts to repeat one by one; a part that
    kills its worker again is answered by `lost(part, died)`. A task of several parts is
    answered part by part, in order.
    """
    idle: queue.Queue[Worker] = queue.Queue()
    pool = [*workers, *(Worker() for _ in range(jobs - len(workers)))]
    for worker in pool:
        idle.put(worker)

    def one(task: Task) -> list[tuple[Any, tuple[bytes, ...]]]:
        worker = idle.get()
        try:
            return _with_repeats(worker, task, split, lost)
        finally:
            idle.put(worker)

    executor = ThreadPoolExecutor(max_workers=max(jobs, 1))
    try:
        for answers in executor.map(one, tasks):
            yield from answers
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for worker in pool:
            worker.stop()


def _with_repeats(
    worker: Worker,
    task: Task,
    split: Callable[[Task], Iterable[Task]],
    lost: Callable[[Task, Died], Any],
) -> list[tuple[Any, tuple[bytes, ...]]]:
    try:
        return [worker.run(task)]
    except Died as died:
        parts = list(split(task))
        if len(parts) <= 1:
            return [(lost(task, died), ())]
    return [answer for part in parts for answer in _with_repeats(worker, part, split, lost)]


def _patience(paths: Sequence[str], reading: int | None) -> float:
    """CPU seconds in silence that are still fine: by the size of the file being read, or of all
    of them once reading is over and the checks run."""
    chosen = paths if reading is None or reading >= len(paths) else paths[reading:]
    return SECONDS_A_FILE + SECONDS_A_MEGABYTE * sum(map(limits.size, chosen)) / 1e6


def _pump(process: subprocess.Popen[bytes], frames: queue.Queue[wire.Frame | None]) -> None:
    """Move frames from the pipe into a queue (pipes cannot be waited on with a time limit
    on Windows)."""
    assert process.stdout
    try:
        while (frame := wire.receive(process.stdout)) is not None:
            frames.put(frame)
    except (OSError, ValueError):
        pass  # the pipe was closed under us: the same as its end
    frames.put(None)


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """How a worker that closed its pipe ended; negative for a signal."""
    try:
        return process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return -9  # it is about to be killed


def _listen(process: subprocess.Popen[bytes], said: deque[bytes]) -> None:
    """Keep the last lines of a worker's stderr."""
    assert process.stderr
    with contextlib.suppress(OSError, ValueError):  # closed under us
        for line in process.stderr:
            said.append(line[:LINE_KEPT])


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker"]
    # -P: never import from the folder the clerk happens to stand in.
    return [sys.executable, "-P", "-m", "converter.worker"]


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    # One thread a worker: the cores are shared by workers, and thread pools cost memory.
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **single, "PYTHONPATH": path, "PYTHONUTF8": "1"}
