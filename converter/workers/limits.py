"""What a worker may take for the files it reads, and what a process has taken.

Two guards on memory: a worker bounds its own (address space, or what it commits on Windows), and
the command looks at the worker's resident memory while it waits for it. Time is the worker's own
(CPU seconds): a machine that is busy with other things makes no file a bad one.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from converter.workers.requests.base import Request

# Bytes on top of the loaded libraries. A small file that wants more than LEAST is a bomb;
# a million rows (27 MB) take 1.3 GB. Writing workbooks takes by rows, not by what is read.
LEAST, A_BYTE, MOST = 640 << 20, 80, 3 << 30
A_BYTE_KEPT = 16  # of files of the same batch that are read and wait to be validated
LIBRARIES = 400 << 20  # what a worker holds before its first task, with room above


class LimitExceeded(Exception):
    """A process took more than it may: 'memory' or 'time'."""

    def __init__(self, limit: str) -> None:
        self.limit = limit
        super().__init__(limit)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has taken: CPU seconds since it started, bytes that it holds now."""

    seconds: float
    bytes: int


def allowances(request: Request[Any], sizes: Sequence[int]) -> tuple[int, ...]:
    """Bytes that a task may take on top of the loaded libraries while it reads each of its sources
    (of these sizes) in turn; what the files before it have left behind is allowed for."""
    if not (request.memory_by_size and sizes):
        return (MOST,)
    before = accumulate(sizes, initial=0)
    return tuple(
        min(LEAST + A_BYTE * own + A_BYTE_KEPT * kept, MOST)
        for own, kept in zip(sizes, before, strict=False)
    )


def size(path: Path) -> int:
    """A file's bytes; 0 where nobody can tell."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def usage(pid: int) -> Usage | None:
    """What a process has taken; None where nobody can tell."""
    if sys.platform == "win32":
        return _usage_on_windows(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes()
        pages = Path(f"/proc/{pid}/statm").read_bytes().split()[1]
        # The second field is the program's name and may hold anything, spaces too.
        user, system = fields.rpartition(b")")[2].split()[11:13]
        seconds = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return Usage(seconds, int(pages) * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, IndexError, ValueError, AttributeError):  # or a system without `sysconf`
        return None


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            *(
                (name, ctypes.c_size_t)
                for name in (
                    "PeakWorkingSetSize", "WorkingSetSize", "QuotaPeakPagedPoolUsage",
                    "QuotaPagedPoolUsage", "QuotaPeakNonPagedPoolUsage",
                    "QuotaNonPagedPoolUsage", "PagefileUsage", "PeakPagefileUsage",
                )
            ),
        )  # fmt: skip

    _QUERY, _READ = 0x0400, 0x0010
    _TICK = 1e-7  # seconds of a FILETIME

    @functools.cache
    def _kernel() -> Any:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        time = ctypes.POINTER(wintypes.FILETIME)
        kernel.OpenProcess.restype = wintypes.HANDLE
        kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
        kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
        kernel.GetProcessTimes.argtypes = (wintypes.HANDLE, time, time, time, time)
        kernel.K32GetProcessMemoryInfo.argtypes = (
            wintypes.HANDLE, ctypes.POINTER(_Counters), wintypes.DWORD,
        )  # fmt: skip
        return kernel

    def _usage_on_windows(pid: int) -> Usage | None:
        kernel = _kernel()
        handle = kernel.OpenProcess(_QUERY | _READ, False, pid)
        if not handle:
            return None
        try:
            counters = _Counters(cb=ctypes.sizeof(_Counters))
            born, ended, system, user = (wintypes.FILETIME() for _ in range(4))
            times = map(ctypes.byref, (born, ended, system, user))
            if not kernel.K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.cb):
                return None
            if not kernel.GetProcessTimes(handle, *times):
                return None
            ticks = sum((t.dwHighDateTime << 32) + t.dwLowDateTime for t in (system, user))
            # What is committed: a page that was swapped out counts as well.
            memory = max(int(counters.WorkingSetSize), int(counters.PagefileUsage))
            return Usage(ticks * _TICK, memory)
        finally:
            kernel.CloseHandle(handle)
