"""Where work runs: worker processes, kept warm, replaced when they die.

The command itself stays light; pandas is imported by the workers alone. Whoever runs a task is a
`Runner`: a worker process here (`Worker`), or one somewhere in a cluster (`cluster.Remote`). A
batch whose worker died, hung or ran out of memory is repeated file by file, so that only the
file at fault is refused.
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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

from converter.model.errors import FormError, InternalError, OutputError, WorkerDied
from converter.workers import limits, protocol

# CPU seconds a worker may take in silence: for one file, and for each megabyte of it on top.
SECONDS_A_FILE = 10.0
SECONDS_A_MEGABYTE = 2.0
PATIENCE = 6  # times as long by the clock, where others keep the machine busy
LINES_KEPT, LINE_KEPT = 100, 1000  # of what a worker says on stderr, for crash notes
SECONDS_A_LOOK = 0.2  # between two looks at the memory of a silent worker
OUT_OF_MEMORY = "memory allocation of"  # how Rust says so
START_SECONDS = 60.0  # importing the libraries on a slow, cold machine
AHEAD = 4  # tasks a runner that may be done or waiting while the first of them is not yet taken

Answer = tuple[Any, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Task:
    """A call to one of `tasks.TASKS`; `paths` are the outside files it reads, for limits."""

    name: str
    args: dict[str, Any]
    paths: tuple[str, ...] = ()
    blobs: tuple[bytes, ...] = field(default=())


class Runner(Protocol):
    """Whoever runs a task: a process here, or one somewhere else."""

    def run(self, task: Task) -> Answer:
        """The task's answer and attachments. Raises WorkerDied, FormError,
        OutputError or InternalError."""


class Worker:
    """One child process. Use as a context manager; restarts by itself after `WorkerDied`.

    `folder` is where relative paths start ('' = where this process stands), `setting` what its
    environment holds besides; an empty text takes a variable away.
    """

    def __init__(self, folder: str = "", setting: Mapping[str, str] | None = None) -> None:
        self.folder, self._setting = folder, dict(setting or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.Queue[protocol.Frame | None] = queue.Queue()
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
                env=_environment(self._setting),
                cwd=self.folder or None,
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

    def run(self, task: Task) -> Answer:
        """The task's answer and attachments. Raises as `Runner.run` does."""
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        allowed = limits.allowances(task.name, task.args, task.paths)
        request = protocol.Frame(
            {"task": task.name, "args": task.args, "memory": allowed}, task.blobs
        )
        reading: int | None = None
        patience = _Patience(task.paths)
        try:
            protocol.send(self._process.stdin, request)
            while True:
                frame = self._next(patience.seconds(reading), max(allowed))
                self._fresh = False
                if "file" not in frame.data:
                    break
                reading = int(frame.data["file"])
        except limits.LimitExceeded as exceeded:
            self.stop()
            raise WorkerDied(exceeded.what, reading) from None
        except (OSError, EOFError):
            ended = _exit_code(self._process)
            said = b"".join(self._said).decode("utf-8", "replace")
            self.stop()
            if self._fresh and ended > 0:  # an exception before its first task: it cannot start
                raise InternalError(f"the worker did not start ({ended})\n{said}") from None
            # What is written in Rust does not raise when memory ends, it aborts.
            raise WorkerDied("memory" if OUT_OF_MEMORY in said else "crash", reading) from None
        return self._judge(frame, reading)

    def _next(self, seconds: float, allowed: int) -> protocol.Frame:
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
                    raise limits.LimitExceeded("memory") from None
                if busy > seconds or waited > seconds * PATIENCE:
                    raise limits.LimitExceeded("time") from None
                continue
            if frame is None:
                raise EOFError
            return frame

    def _judge(self, frame: protocol.Frame, reading: int | None) -> Answer:
        failed = frame.data.get("failed")
        if failed is None:
            return frame.data["done"], frame.blobs
        if failed == "memory":
            self.stop()  # its heap may be in pieces
            raise WorkerDied("memory", reading)
        if failed == "bug":
            raise InternalError(frame.data["detail"])
        raise rejection(failed, frame.data["detail"])


def rejection(failed: str, detail: Sequence[Any]) -> FormError | OutputError:
    """What a worker raised because the task cannot be done as asked."""
    if failed == "form":
        return FormError.unpacked(detail)
    path, reason = detail
    return OutputError(path, reason)


class Shared:
    """Several runners as one that many threads may ask at a time: whoever is idle runs a task."""

    def __init__(self, runners: Sequence[Runner]) -> None:
        # The last to have worked comes first: it is warm.
        self._idle: queue.LifoQueue[Runner] = queue.LifoQueue()
        for runner in reversed(runners):
            self._idle.put(runner)

    def run(self, task: Task) -> Answer:
        """As any runner does, once one is idle. Raises as `Runner.run` does."""
        runner = self._idle.get()
        try:
            return runner.run(task)
        finally:
            self._idle.put(runner)


@contextlib.contextmanager
def local_pool(worker: Worker, jobs: int) -> Iterator[Sequence[Runner]]:
    """`jobs` processes on this machine, the given one (perhaps already started) among them.
    They start when they are needed, and stay warm until the end."""
    others = [Worker() for _ in range(jobs - 1)]
    try:
        yield [worker, *others]
    finally:
        for one in (worker, *others):
            one.stop()


@contextlib.contextmanager
def answers(
    tasks: Iterable[Task],
    pool: Sequence[Runner],
    split: Callable[[Task], Iterable[Task]],
    lost: Callable[[Task, WorkerDied], Answer],
) -> Iterator[Iterator[Answer]]:
    """The answers in the order of the tasks, each runner of the pool busy with one at a time.

    Where a worker dies, `split(task)` gives the task's parts, one a file, to repeat one by one; a
    part that kills its worker again, or over which it hung, is answered by `lost(part, died)`. A
    task of several parts is answered part by part, in order. Tasks are taken only as fast as
    answers are: what waits stays bounded, however many there are.
    """
    shared, ended = Shared(pool), threading.Event()
    executor = ThreadPoolExecutor(max_workers=len(pool))

    def answered(task: Task) -> list[Answer]:
        try:
            return [shared.run(task)]
        except WorkerDied as died:
            parts = [] if ended.is_set() else list(split(task))
            if len(parts) <= 1:
                return [lost(task, died)]
            at, gone = died.file, died
        # While a file is read before the last one, nothing else takes time: it would only hang
        # again. Memory is another matter, since those before it have left something behind.
        hung = at if gone.how == "time" and at is not None and at < len(parts) - 1 else -1
        return [
            answer
            for number, part in enumerate(parts)
            for answer in ([lost(part, gone)] if number == hung else answered(part))
        ]

    def in_order() -> Iterator[Answer]:
        waiting: deque[Future[list[Answer]]] = deque()
        for task in tasks:
            waiting.append(executor.submit(answered, task))
            if len(waiting) >= AHEAD * len(pool):
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()

    try:
        yield in_order()
    finally:
        ended.set()
        executor.shutdown(wait=False, cancel_futures=True)


class _Patience:
    """How long silence is still fine, by the size of what is left to be read."""

    def __init__(self, paths: Sequence[str]) -> None:
        sizes = [
            limits.size(path) / 1e6 for path in paths
        ]  # asked once: a worker tells of every file, twice
        self._left = list(accumulate(reversed(sizes), initial=0.0))[::-1]

    def seconds(self, reading: int | None) -> float:
        """CPU seconds while the file of this number is read; while all are, or once the checks
        run."""
        at = 0 if reading is None or reading >= len(self._left) - 1 else reading
        return SECONDS_A_FILE + SECONDS_A_MEGABYTE * self._left[at]


def _pump(process: subprocess.Popen[bytes], frames: queue.Queue[protocol.Frame | None]) -> None:
    """Move frames from the pipe into a queue (pipes cannot be waited on with a time limit
    on Windows)."""
    assert process.stdout
    try:
        while (frame := protocol.receive(process.stdout)) is not None:
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
    return [sys.executable, "-P", "-m", "converter.workers.process"]


def _environment(setting: Mapping[str, str]) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    # One thread a worker: the cores are shared by workers, and thread pools cost memory.
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    whole = {**os.environ, **single, "PYTHONPATH": path, "PYTHONUTF8": "1", **setting}
    return {key: value for key, value in whole.items() if value or key not in setting}
