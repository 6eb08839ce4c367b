"""A small process that forks what tests run.

To fork costs what the process holds, and again for each page that is written to afterwards. With
ten thousand tests collected, a test process holds three times what a command needs. So a copy is
kept from before that, which has imported the product and nothing else.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.workers import limits

LARGEST_REQUEST = 1 << 20  # bytes: an environment, a command's arguments
STREAMS = 3  # stdin, stdout, stderr


@dataclass(frozen=True)
class Task:
    """What a process is to do, and where: a module's function and what it is called with."""

    module: str
    function: str
    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    umask: int

    def run(self) -> object:
        return getattr(importlib.import_module(self.module), self.function)(*self.arguments)


class Server:
    """Forks tasks from how this process was when the server was made."""

    def __init__(self, prepare: Callable[[], object]) -> None:
        self._own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock, self._process = threading.Lock(), os.getpid()
        pid = os.fork()
        if not pid:
            try:  # nothing may leave this block: behind it are the tests
                self._own.close()
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                gc.freeze()
                prepare()
                _serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        self.pid = pid

    @property
    def usable(self) -> bool:
        """A fork of this process has no server: two cannot talk over one line."""
        return os.getpid() == self._process

    def start(self, task: Task, streams: Sequence[int]) -> int:
        """Start a task; the number of its process."""
        return self._ask(task, streams)

    def ended(self, pid: int) -> int | None:
        """The exit code of a process, once; None while it runs."""
        status = self._ask(pid)
        return None if status < 0 else os.waitstatus_to_exitcode(status)

    def stop(self) -> None:
        if self.usable:
            self._own.close()
            os.waitpid(self.pid, 0)

    def _ask(self, request: Task | int, streams: Sequence[int] = ()) -> int:
        with self._lock:
            socket.send_fds(self._own, [pickle.dumps(request)], streams)
            answer = self._own.recv(64)
        assert answer, "the process that forks has ended"
        return int(answer)


def _serve(requests: socket.socket) -> None:
    """Fork or wait for a process, as asked, until nobody asks any more."""
    while True:
        data, streams, *_ = socket.recv_fds(requests, LARGEST_REQUEST, STREAMS)
        if not data:
            return
        request = pickle.loads(data)
        if isinstance(request, Task):
            answer = fork(request, streams)
            for stream in streams:
                os.close(stream)
        else:
            pid, status = os.waitpid(request, os.WNOHANG)
            answer = status if pid else -1
        requests.send(b"%d" % answer)


def fork(task: Task, streams: Sequence[int]) -> int:
    """Do it in a fork of this process; the number of that."""
    pid = os.fork()
    if pid:
        return pid
    code = 120
    try:  # nothing may leave this block: behind it are the tests
        _become(task, streams)
        task.run()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _become(task: Task, streams: Sequence[int]) -> None:
    """Keep nothing of the process that this was forked from but what it has imported."""
    gc.freeze()  # an old file object must not close a new file of its number
    for target, stream in enumerate([os.dup(stream) for stream in streams]):
        os.dup2(stream, target)
    import resource

    os.closerange(3, min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 65_536))
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        opened = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    os.environ.clear()
    os.environ.update(task.environment)
    os.chdir(task.folder)
    os.umask(task.umask)
    tempfile.tempdir = None
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    importlib.reload(warnings)  # pytest gathers them


server: Server | None = None  # of this test process


def with_tests(libraries: int = limits.LIBRARIES) -> int:
    """What a worker may hold before its first task where it is forked from this process, and so
    holds all the tests as well."""
    usage = limits.usage(os.getpid())
    return libraries + (usage.bytes if usage else 0)


def start_server(prepare: Callable[[], object]) -> None:
    global server
    server = Server(prepare)


class Process:
    """A task in a process of its own, as far as it resembles a `subprocess.Popen`."""

    def __init__(
        self,
        module: str,
        function: str,
        arguments: Sequence[str],
        streams: Sequence[int],
        folder: Path | str | None,
        environment: Mapping[str, str],
    ) -> None:
        os.umask(umask := os.umask(0))
        place = str(folder or Path.cwd())
        task = Task(module, function, arguments, place, dict(environment), umask)
        self._server = server if server and server.usable else None
        if server and not server.usable:
            limits.LIBRARIES = with_tests()
        self.pid = self._server.start(task, streams) if self._server else fork(task, streams)
        self._code: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        with self._lock:
            if self._code is not None:
                return self._code
            if self._server:
                self._code = self._server.ended(self.pid)
            else:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                self._code = os.waitstatus_to_exitcode(status) if pid else None
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + timeout if timeout is not None else float("inf")
        with _watched(self.pid) as ended:
            while (code := self.poll()) is None:
                if time.monotonic() > until:
                    raise subprocess.TimeoutExpired("worker", timeout or 0)
                ended(min(0.1, max(until - time.monotonic(), 0)))
            return code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[Callable[[float], object]]:
    """What waits for so many seconds, or until the process ends if the system can tell."""
    try:
        file = os.pidfd_open(pid)
    except (AttributeError, ProcessLookupError):
        yield lambda seconds: time.sleep(min(seconds, 0.005))
        return
    try:
        yield lambda seconds: select.select([file], [], [], seconds)
    finally:
        os.close(file)
