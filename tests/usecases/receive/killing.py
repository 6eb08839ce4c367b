"""Work in a fork of the test's process that kills itself at a step of its writing: a file given its
name, a statement of the database. What is imported already need not be imported again."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converter.register import RosterEntry, forgetting, published, writer
from converter.usecases.receive import Plan, receive, run
from converter.workers import pool, starting
from converter.workers.pool import Worker
from tests.commands import FORKING

KILLED = -getattr(signal, "SIGKILL", 9)  # Windows has no such signal, nor tests that send it


class Steps:
    """Counts steps and kills the process at one of them (0 = at none); those of its workers, which
    are forked from it, do not count."""

    def __init__(self, kill_at: int) -> None:
        self.count, self._kill_at, self._process = 0, kill_at, os.getpid()

    def step(self) -> None:
        if os.getpid() != self._process:
            return
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a step before it and one after."""

        def counted(*arguments: Any, **options: Any) -> Any:
            self.step()
            result = function(*arguments, **options)
            self.step()
            return result

        return counted


class _Connection:
    """A connection whose statements are steps."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner, self.execute = inner, steps.around(inner.execute)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()


def in_fork(work: Callable[[Steps], object], kill_at: int) -> int:
    """Do it in a process of its own; how that ended: 0 or KILLED."""
    pid = os.fork()
    if pid:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, KILLED), code
        return code
    code = 70
    try:  # nothing may leave this block: behind it are the tests
        starting.subprocess = FORKING  # type: ignore[attr-defined, assignment]
        work(Steps(kill_at))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def at_every_step(steps: Steps) -> None:
    """Make a step of each statement of the register's database, and of each change to a folder."""
    for name in ("replace", "rename", "unlink", "rmdir", "mkdir", "fsync"):
        setattr(os, name, steps.around(getattr(os, name)))
    connect = writer.connect  # type: ignore[attr-defined]

    def connected(path: Path | None) -> Any:
        return _Connection(connect(path), steps)

    writer.connect = forgetting.connect = connected  # type: ignore[attr-defined]
    published.connect = connected  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Receiving:
    """A whole run of `receive`, whose steps are replies given their names, batches about to be
    committed and just committed."""

    inbox: Path
    store: Path
    plan: Plan
    roster: list[RosterEntry] | None = None
    period: str = ""
    batch: int = 3  # files

    def __call__(self, steps: Steps) -> None:
        rename, record = Path.replace, writer.Register.record

        def renaming(*arguments: Any) -> Any:
            steps.step()
            return rename(*arguments)

        @contextlib.contextmanager
        def recording(*arguments: Any) -> Iterator[Any]:
            with record(*arguments) as registered:
                yield registered
                steps.step()
            steps.step()

        Path.replace, writer.Register.record = renaming, recording  # type: ignore[assignment]
        run.FILES_A_BATCH = self.batch
        pool.TOGETHER = 1  # each run takes the same steps
        with Worker() as worker:
            receive(
                self.inbox, self.store, self.plan, worker, roster=self.roster, period=self.period
            )
