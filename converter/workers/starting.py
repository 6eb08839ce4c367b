"""How this program starts another process of itself, and a worker before anything is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_begun: list[subprocess.Popen[bytes]] = []  # not asked for yet


@contextmanager
def begun_worker() -> Iterator[None]:
    """A worker starts now, for the first that needs one; it ends with the block if nobody did."""
    _begun.append(worker({}))
    try:
        yield
    finally:
        for process in _begun:
            process.kill()
        _begun.clear()


def worker(setting: Mapping[str, str], folder: str = "") -> subprocess.Popen[bytes]:
    """A process in which outside files are parsed; see `pool.Worker`."""
    if _begun and not (setting or folder):
        return _begun.pop()
    return subprocess.Popen(
        command("converter.workers.process", "--worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # what a library shouts while it dies is for nobody
        env=environment(setting),
        cwd=folder or None,
    )


def command(module: str, option: str) -> list[str]:
    """The command line of a process that runs this module; `option`: how the stand-alone program,
    which has no modules to be named, is told to."""
    if getattr(sys, "frozen", False):
        return [sys.executable, option]
    # -P: never import from the folder the clerk happens to stand in.
    return [_interpreter(), "-P", "-m", module]


def _interpreter() -> str:
    """Python itself. In a virtual environment of Windows `sys.executable` only starts another
    process, and it would be that one's memory and time that nobody sees."""
    return getattr(sys, "_base_executable", sys.executable) if os.name == "nt" else sys.executable


def environment(setting: Mapping[str, str]) -> dict[str, str]:
    """The environment of such a process: ours and `setting`; '' takes a variable away."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    # One thread a worker: the cores are shared by workers, and thread pools cost memory.
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    whole = {**os.environ, **single, "PYTHONPATH": path, "PYTHONUTF8": "1", **setting}
    if os.name == "nt" and _interpreter() != sys.executable:
        whole["__PYVENV_LAUNCHER__"] = sys.executable  # whose packages it sees
    return {key: value for key, value in whole.items() if value or key not in setting}
