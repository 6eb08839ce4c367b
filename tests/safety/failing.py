"""A file system that fails at one chosen step, or a process that is killed there.

A command runs in a forked child, its worker's tasks in the same process, so that every write
of either is a step: opening to write, writing, flushing to the disk, renaming, linking, making
a folder. What the database engine writes is not seen here; `test_kills` and `test_full_disk` do
that with real kills and a real disk.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter import cli
from converter.files import os_errors
from converter.workers import pool, protocol, tasks  # before forking: pandas is imported once
from converter.workers.requests.base import A, Request

FULL, KILLED, GONE = "full", "killed", "gone"  # gone: the folder `out`


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code (-9 = killed), the steps it took, what it said."""

    code: int
    steps: list[str]
    shown: str


class _Written:
    """A file that counts its writes."""

    def __init__(self, file: Any, step: Callable[[str], None]) -> None:
        self._file, self._step = file, step

    def write(self, data: Any) -> Any:
        self._step("write")
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Written:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __iter__(self) -> Any:
        return iter(self._file)


def run(arguments: Sequence[object], at: int = -1, how: str = FULL) -> Ran:
    """Run a command; its step number `at` (from 0) fails. -1: none does."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child([str(a) for a in arguments], at, how, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        reported = pipe.read()
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGKILL:
        return Ran(-9, [], "")
    answer = json.loads(reported)
    return Ran(code, answer["steps"], answer["said"])


def _child(arguments: list[str], at: int, how: str, writing: int) -> None:
    code = 120
    shown = io.StringIO()
    steps: list[str] = []
    try:
        _work_here()
        sys.stdout = sys.stderr = shown
        sys.dont_write_bytecode = True  # a cache that is written once is no step of a command
        _install(steps, at, how)
        try:
            code = cli.run(arguments)
        finally:
            at = -1
            steps_done, steps_reported = list(steps), shown.getvalue()
    except BaseException as error:
        steps_done, steps_reported = list(steps), f"{shown.getvalue()}\n{error!r}"
        code = 121
    data = json.dumps({"steps": steps_done, "said": steps_reported[-3000:]}).encode()
    while data:
        data = data[os.write(writing, data) :]
    os._exit(code)


def _work_here() -> None:
    """Tasks in this process instead of a worker's."""

    def perform(self: pool.Worker, request: Request[A]) -> A:
        kind = type(request)
        try:
            requested = protocol.unpack(protocol.pack(request)).read(kind)
            answer = tasks.named(kind.__name__)[1](requested, lambda number: None)
        except OSError as error:
            raise os_errors.output_error(error) from error
        return protocol.unpack(protocol.pack(answer)).read(request.answer_class())

    pool.Worker.run = perform  # type: ignore[method-assign]
    pool.Worker.start = lambda self: self  # type: ignore[method-assign]


def _install(steps: list[str], at: int, how: str) -> None:
    def step(kind: str) -> None:
        steps.append(kind)
        if len(steps) - 1 == at:
            if how == KILLED:
                os.kill(os.getpid(), signal.SIGKILL)
            if how == GONE:
                shutil.rmtree("out", ignore_errors=True)
                return
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), kind)

    def stepping(kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            step(kind)
            return real(*arguments, **named)

        return call

    real_open, real_os_open = io.open, os.open

    def opening(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        own = not isinstance(file, int) and str(file) != os.devnull
        if set(mode) & set("wxa+") and own:
            step("open")
        opened = real_open(file, mode, *arguments, **named)
        return _Written(opened, step) if set(mode) & set("wxa+") and own else opened

    def os_opening(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & os.O_CREAT:
            step("open")
        return real_os_open(path, flags, *arguments, **named)

    def os_wrapping(handle: int, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        opened = real_open(handle, mode, *arguments, **named)
        return _Written(opened, step) if set(mode) & set("wxa+") else opened

    io.open, os.open, os.fdopen = opening, os_opening, os_wrapping  # type: ignore[assignment]
    for name in ("fsync", "replace", "rename", "link", "mkdir"):
        setattr(os, name, stepping(name, getattr(os, name)))


def chosen(steps: Sequence[str], every: bool) -> list[int]:
    """Steps worth failing at: all, or of a run of writes the first and the last."""
    return [
        n
        for n, kind in enumerate(steps)
        if every
        or kind != "write"
        or steps[max(n - 1, 0)] != "write"
        or n + 1 == len(steps)
        or steps[n + 1] != "write"
    ]


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, by name."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }
