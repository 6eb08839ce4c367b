"""Commands as a clerk runs them, without what it costs to import everything again for each.

A command is a process of its own with its own folder, environment and output, and so is every
worker that it starts: with pipes, limits and a death of its own. But both are forked from this
process, which has imported all already. `plain` starts them as a console does: what a start
imports, and what only a start can break, is held by the tests that use it.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import converter
from converter import api, cli
from converter.workers import pool
from converter.workers import process as worker

SAMPLE = Path(__file__).parents[1] / "samples" / "01-correct" / "input" / "填报.xlsx"
Done = subprocess.CompletedProcess[str]
PATIENCE = 300.0  # seconds until a command counts as hanging


def load_all() -> None:
    """What each command and worker would load and prepare anew, once and before any test alters
    something: all modules, and what checking a workbook of the shipped form takes."""
    for module in pkgutil.walk_packages(converter.__path__, "converter."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("duckdb", "jinja2", "openpyxl", "rich.table"):
        importlib.import_module(name)
    form = api.load_form()
    api.check([api.read(SAMPLE, form)], form)


def plain(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = PATIENCE,
) -> Done:
    """A command in a process that imports what it needs, as from a console."""
    return subprocess.run(
        [sys.executable, "-m", "converter", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=timeout,
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **(env or {})},
    )


def forked(
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = PATIENCE,
) -> Done:
    """The same in a fork of this process."""
    with (
        open(os.devnull, "rb") as nothing,  # noqa: PTH123
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        streams = [stream.fileno() for stream in (nothing, out, err)]
        process = begun(arguments, streams, cwd, env)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        shown = [_read(stream) for stream in (out, err)]
    return subprocess.CompletedProcess([*map(str, arguments)], code, *shown)


def begun(
    arguments: Sequence[object],
    streams: Sequence[int],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Process:
    """A command in a fork that has just begun; `streams` become its stdin, stdout and stderr."""

    def command() -> None:
        sys.argv = ["converter", *map(str, arguments)]
        pool.subprocess = FORKING  # type: ignore[attr-defined, assignment]
        cli.main()

    return Process(_fork(command, streams, cwd, {**os.environ, **(env or {})}))


run = forked if hasattr(os, "fork") else plain


def _read(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode("utf-8").replace("\r\n", "\n"))


def _fork(
    what: Callable[[], object],
    streams: Sequence[int],
    folder: Path | str | None,
    environment: Mapping[str, str],
) -> int:
    """Do it in another process; its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 120
    try:  # nothing may leave this block: behind it are the tests
        _become(streams, folder, environment)
        what()
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


def _become(
    streams: Sequence[int], folder: Path | str | None, environment: Mapping[str, str]
) -> None:
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
    os.environ.update(environment)
    if folder:
        os.chdir(folder)
    tempfile.tempdir = None
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    importlib.reload(warnings)  # pytest gathers them


class Process:
    """A fork, as far as it resembles a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (timeout or 0)
        while timeout is not None and self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(0.005)
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class _Worker(Process):
    """What `engine` gets where it would start a worker."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: str | None, **_: int
    ) -> None:
        assert command[-1] == "converter.workers.process"
        (given, write), (read, reported), (listen, shouted) = (os.pipe() for _ in range(3))
        super().__init__(_fork(worker.main, (given, reported, shouted), cwd, env))
        for end in (given, reported, shouted):
            os.close(end)
        self.stdin = os.fdopen(write, "wb")
        self.stdout, self.stderr = os.fdopen(read, "rb"), os.fdopen(listen, "rb")


FORKING = SimpleNamespace(
    Popen=_Worker, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired
)


@contextmanager
def near_workers() -> Iterator[None]:
    """What `engine` starts meanwhile in this process is forked from it."""
    with patch.object(pool, "subprocess", FORKING if hasattr(os, "fork") else subprocess):
        yield
