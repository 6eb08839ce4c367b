"""How much memory processes take: the peak since it was last reset, and that of children.

Linux tells exactly; elsewhere the peak since the process began has to do.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from pathlib import Path
from types import TracebackType

import psutil

INTERVAL = 0.05  # seconds between two looks at a child; a peak of its own is kept by the system


def reset_peak() -> int:
    """Forget the peak; bytes in use now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return int(psutil.Process().memory_info().rss)


def peak(pid: int | str = "self") -> int:
    """Bytes in use at most since the last reset."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if "VmHWM" in line)
    except (OSError, StopIteration):
        if pid != "self":
            return 0
    import resource

    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(found if sys.platform == "darwin" else found << 10)


class Watch:
    """Looks at a process and its children until it ends. Use as a context manager."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended = pid, threading.Event()
        self._peaks: dict[int, int] = {}
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def facts(self) -> dict[str, int]:
        """`command_peak` and `worker_peak`, bytes; `workers`, how many children there were."""
        children = [bytes_ for pid, bytes_ in self._peaks.items() if pid != self._pid]
        return {
            "command_peak": self._peaks.get(self._pid, 0),
            "worker_peak": max(children, default=0),
            "workers": len(children),
        }

    def _look(self) -> None:
        while not self._ended.wait(INTERVAL):
            with contextlib.suppress(psutil.Error):
                parent = psutil.Process(self._pid)
                for pid in (self._pid, *(child.pid for child in parent.children())):
                    self._peaks[pid] = max(self._peaks.get(pid, 0), peak(pid))

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
