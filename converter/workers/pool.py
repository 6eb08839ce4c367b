"""Where work runs: worker processes, kept warm, replaced when they die.

The command itself stays light; pandas is imported by the workers alone. A `Runner` runs requests: a
worker process here (`Worker`), or one somewhere in a cluster (`cluster.Remote`). A batch whose
worker died, hung or ran out of memory is repeated file by file, so that only the file at fault is
refused.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from converter.model.errors import ConverterError, FormError, InternalError, OutputError, WorkerDied
from converter.workers import limits, protocol, starting
from converter.workers.requests.base import A, Allowance, Failed, Reading, Request, StartFolder

if TYPE_CHECKING:
    from concurrent.futures import Future

# CPU seconds a worker may take in silence: for one file, and for each megabyte of it on top.
SECONDS_A_FILE = 10.0
SECONDS_A_MEGABYTE = 2.0
PATIENCE = 6  # times as long by the clock, where others keep the machine busy
LINES_KEPT, LINE_KEPT = 100, 1000  # lines of stderr, characters of each, for crash notes
SECONDS_A_LOOK = 0.2  # between two looks at the memory of a silent worker
OUT_OF_MEMORY = "memory allocation of"  # how Rust says so
SECONDS_TO_END = 10.0  # for a process that was killed, and for what reads its pipes
START_SECONDS = 60.0  # importing the libraries on a slow, cold machine
AHEAD = 4  # requests for each runner that may be answered or waiting to be taken
TOGETHER = 16  # requests whose answers are given at once, where they are there

R = TypeVar("R", bound=Request[Any])


class Runner(Protocol):
    """A worker process here, or a task's way to one somewhere else."""

    def run(self, request: Request[A]) -> A:
        """The answer. Raises WorkerDied, FormError, OutputError or InternalError."""


class Worker:
    """One child process. Use as a context manager; restarts by itself after `WorkerDied`.

    `folder` is where relative paths start ('' = where this process stands), `setting` what its
    environment holds besides; an empty text takes a variable away.
    """

    def __init__(self, folder: str = "", setting: Mapping[str, str] | None = None) -> None:
        self.folder, self._setting = folder, dict(setting or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._frames = _Frames()
        self._stderr: deque[bytes] = deque(maxlen=LINES_KEPT)  # of its stderr
        self._readers: list[threading.Thread] = []

    def start(self) -> Worker:
        """Start the process now, so that it imports while the caller prepares."""
        if self._process is None:
            self._frames, self._stderr = _Frames(), deque(maxlen=LINES_KEPT)
            self._process = starting.worker(self._setting, self.folder)
            self._readers = [
                threading.Thread(target=target, args=(self._process, result), daemon=True)
                for target, result in ((_receive, self._frames), (_listen, self._stderr))
            ]
            for reader in self._readers:
                reader.start()
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
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_END)
        assert process.stdin
        with contextlib.suppress(OSError):  # what was buffered for a dead process
            process.stdin.close()
        # They close what they read. Whatever else holds a pipe's other end, such as a debugger of
        # Windows, keeps it open and them waiting: that is not waited for.
        for reader in self._readers:
            reader.join(SECONDS_TO_END)

    def run(self, request: Request[A]) -> A:
        """The answer. Raises WorkerDied, FormError, OutputError or InternalError."""
        return self._run(request, self.folder)

    def run_in(self, folder: str, request: Request[A]) -> A:
        """The same for a request whose relative paths start in another folder."""
        return self._run(request, folder, StartFolder(folder))

    def _run(self, request: Request[A], folder: str, *before: object) -> A:
        Worker.start(self)
        assert self._process is not None
        assert self._process.stdin is not None
        sizes = [limits.size(Path(folder, path)) for path in request.sources]
        allowed = limits.allowances(request, sizes)
        frames = self._frames
        frames.reading = None
        try:
            protocol.send(self._process.stdin, Allowance(allowed), *before, request)
            frame = self._answer(_Patience(sizes), max(allowed))
        except limits.LimitExceeded as exceeded:
            self.stop()
            raise WorkerDied(exceeded.limit, frames.reading) from None
        except (OSError, EOFError):
            ended = _exit_code(self._process)
            stderr = b"".join(self._stderr).decode("utf-8", "replace")
            self.stop()
            if not frames.count and ended > 0:  # an exception before its first task
                raise InternalError(f"the worker did not start ({ended})\n{stderr}") from None
            # What is written in Rust does not raise when memory ends, it aborts.
            how = "memory" if OUT_OF_MEMORY in stderr else "crash"
            raise WorkerDied(how, frames.reading) from None
        if frame.holds(Failed):
            self._fail(frame.read(Failed), frames.reading)
        return frame.read(request.answer_class())

    def _answer(self, patience: _Patience, allowed: int) -> protocol.Frame:
        """What the worker answers; until then, what it takes is looked at now and then."""
        assert self._process is not None
        frames, count = self._frames, self._frames.count
        since, before = time.monotonic(), limits.usage(self._process.pid)
        while True:
            with contextlib.suppress(queue.Empty):
                frame = frames.answers.get(timeout=SECONDS_A_LOOK)
                if frame is None:
                    raise EOFError
                return frame
            now = limits.usage(self._process.pid)
            if frames.count != count:  # it has begun to read another file
                count, since, before = frames.count, time.monotonic(), now
            waited = time.monotonic() - since
            busy = now.seconds - before.seconds if now and before else waited
            if now and now.bytes > allowed + limits.LIBRARIES:
                raise limits.LimitExceeded("memory")
            seconds = patience.seconds(frames.reading) + (0 if count else START_SECONDS)
            if busy > seconds or waited > seconds * PATIENCE:
                raise limits.LimitExceeded("time")

    def _fail(self, failed: Failed, reading: int | None) -> NoReturn:
        if failed.how == "memory":
            self.stop()  # its heap may be in pieces
            raise WorkerDied("memory", reading)
        raise failure(failed)


def failure(failed: Failed) -> ConverterError:
    """What a task raised in its worker."""
    if failed.how == "form":
        return FormError.unpacked(*failed.detail)
    if failed.how == "output":
        return OutputError(*failed.detail)
    return InternalError(*failed.detail)


class Shared:
    """Several runners as one that many threads may ask at a time: whoever is idle runs a task."""

    def __init__(self, runners: Sequence[Runner]) -> None:
        self._idle = list(reversed(runners))  # the last to have worked comes first: it is warm
        self.size = len(runners)
        self._changed = threading.Condition()
        self._urgent = 0  # requests that wait and go before others

    def run(self, request: Request[A]) -> A:
        """As any runner does, once one is idle."""
        return self._run(request, urgent=False)

    def run_first(self, request: Request[A]) -> A:
        """The same, before requests that wait already."""
        return self._run(request, urgent=True)

    def _run(self, request: Request[A], *, urgent: bool) -> A:
        with self._changed:
            self._urgent += urgent
            self._changed.wait_for(lambda: self._idle and (urgent or not self._urgent))
            self._urgent -= urgent
            runner = self._idle.pop()
            if urgent and self._idle:  # others had to let it go first
                self._changed.notify_all()
        try:
            return runner.run(request)
        finally:
            self._give_back(runner)

    def _give_back(self, runner: Runner) -> None:
        with self._changed:
            self._idle.append(runner)
            self._changed.notify_all()

    @contextlib.contextmanager
    def idle(self) -> Iterator[Runner | None]:
        """A runner that is idle now, None where there is none."""
        with self._changed:
            runner = self._idle.pop() if self._idle else None
        try:
            yield runner
        finally:
            if runner is not None:
                self._give_back(runner)


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
    requests: Iterable[R],
    runners: Shared,
    split: Callable[[R], Sequence[R]],
    lost: Callable[[R, WorkerDied], A],
) -> Iterator[Iterator[list[A]]]:
    """The answers in the order of the requests, each runner busy with one at a time.
    Whoever takes them more slowly than they come gets several at once.

    Where a worker dies, `split` gives the parts of its request, one a file, to repeat one by one; a
    part that kills its worker again, or over which it hung, is answered by `lost`. A request of
    several parts is answered part by part, in order. Requests are taken only as fast as answers
    are: what waits stays bounded, however many there are.
    """
    ended = threading.Event()

    def answered(request: R) -> list[A]:
        try:
            return [runners.run(request)]
        except WorkerDied as died:
            parts = [] if ended.is_set() else split(request)
            if len(parts) <= 1:
                return [lost(request, died)]
            at, gone = died.file, died
        # While a file is read before the last one, nothing else takes time: it would only hang
        # again. Memory is another matter, since those before it have left something behind.
        hung = at if gone.how == "time" and at is not None and at < len(parts) - 1 else -1
        return [
            answer
            for number, part in enumerate(parts)
            for answer in ([lost(part, gone)] if number == hung else answered(part))
        ]

    coming = iter(requests)
    begun = list(islice(coming, 2))
    if len(begun) < 2:  # a thread for it, and what threads are handled with, would be in vain
        yield map(answered, begun)
        return
    from concurrent.futures import ThreadPoolExecutor, wait

    executor = ThreadPoolExecutor(max_workers=runners.size)

    def next_of(waiting: deque[Future[list[A]]]) -> list[A]:
        first = waiting.popleft()
        while not first.done():  # in turns: on Windows Ctrl+C does not interrupt any waiting
            wait([first], SECONDS_A_LOOK)
        found = list(first.result())
        for _ in range(TOGETHER - 1):
            if not waiting or not waiting[0].done():
                break
            found += waiting.popleft().result()
        return found

    def in_order() -> Iterator[list[A]]:
        waiting: deque[Future[list[A]]] = deque()
        for request in chain(begun, coming):
            waiting.append(executor.submit(answered, request))
            if len(waiting) >= AHEAD * runners.size:
                yield next_of(waiting)
        while waiting:
            yield next_of(waiting)

    try:
        yield in_order()
    finally:
        ended.set()
        executor.shutdown(wait=False, cancel_futures=True)


class _Patience:
    """How long silence is still fine, by the size of what is left to be read."""

    def __init__(self, sizes: Sequence[int]) -> None:
        megabytes = [size / 1e6 for size in reversed(sizes)]
        self._left = list(accumulate(megabytes, initial=0.0))[::-1]

    def seconds(self, reading: int | None) -> float:
        """CPU seconds while the file of this number is read; while all are, or once the checks
        run."""
        at = 0 if reading is None or reading >= len(self._left) - 1 else reading
        return SECONDS_A_FILE + SECONDS_A_MEGABYTE * self._left[at]


class _Frames:
    """What a worker sends: its answers (None: it has ended), and which source it reads by now.
    It says so before each file: those messages wake up nobody but the thread that receives them."""

    def __init__(self) -> None:
        self.answers: queue.SimpleQueue[protocol.Frame | None] = queue.SimpleQueue()
        self.reading: int | None = None
        self.count = 0  # of frames, since the process was started


def _receive(process: subprocess.Popen[bytes], frames: _Frames) -> None:
    """Take frames from the pipe (pipes cannot be waited on with a time limit on Windows)."""
    assert process.stdout
    try:
        while (frame := protocol.receive(process.stdout)) is not None:
            frames.count += 1
            if frame.holds(Reading):
                frames.reading = frame.read(Reading).source
            else:
                frames.answers.put(frame)
    except (OSError, ValueError):
        pass  # a damaged frame: the same as its end
    frames.answers.put(None)
    process.stdout.close()


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """How a worker that closed its pipe ended; negative for a signal."""
    try:
        return process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return -9  # it is about to be killed


def _listen(process: subprocess.Popen[bytes], lines: deque[bytes]) -> None:
    """Keep the last lines of a worker's stderr."""
    assert process.stderr
    with process.stderr as stream, contextlib.suppress(OSError):
        for line in stream:
            lines.append(line[:LINE_KEPT])
