"""A real scheduler and real Dask workers, each a process of its own, on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
START = """
import sys
from distributed.cli import dask_scheduler, dask_worker
sys.exit({"scheduler": dask_scheduler, "worker": dask_worker}[sys.argv.pop(1)].main())
"""
# Whoever opens it is killed: the worker process that reads files, or the Dask worker above it.
DEADLY, MURDEROUS = "致命.xlsx", "株连.xlsx"
TRAP = f"""
import os, signal, sys
def opened(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        if arguments[0].endswith({DEADLY!r}):
            os.kill(os.getpid(), signal.SIGKILL)
        if arguments[0].endswith({MURDEROUS!r}):
            os.kill(os.getppid(), signal.SIGKILL)
if "converter.workers.process" in sys.orig_argv:
    sys.addaudithook(opened)
"""


@dataclass
class Cluster:
    """Processes that were started here, and how to reach them."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, what: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{what}{len(self.processes)}.log").open("wb")
        file = str(self.folder / "scheduler.json")
        given = ["--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard", *options]
        (self.folder / "sitecustomize.py").write_text(TRAP, "utf-8")
        path = os.pathsep.join([environment.pop("PYTHONPATH", str(ROOT)), str(self.folder)])
        started = subprocess.Popen(
            [sys.executable, "-c", START, what, *given],
            stdout=log,
            stderr=log,
            cwd=self.folder,  # not where the command stands
            env=os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"} | environment,
        )
        self.processes.append(started)
        return started

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self.start("worker", "--nthreads", "1", "--no-nanny", **environment)

    @property
    def address(self) -> str:
        file = self.folder / "scheduler.json"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(FileNotFoundError, json.JSONDecodeError):  # not there, not yet whole
                return str(json.loads(file.read_text())["address"])
            assert self.processes[0].poll() is None, self.log()
            time.sleep(0.1)
        raise TimeoutError(self.log())

    def log(self) -> str:
        return "\n".join(p.read_text("utf-8", "replace") for p in self.folder.glob("*.log"))

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    (tmp_path / "dask").mkdir()
    cluster = Cluster(tmp_path / "dask")
    cluster.start("scheduler", "--port", "0")
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers, for tests that leave them alive."""
    running = Cluster(tmp_path_factory.mktemp("dask"))
    running.start("scheduler", "--port", "0")
    for _ in range(2):
        running.worker()
    yield running
    running.stop()
