"""A bound on this process's memory on Windows: what `RLIMIT_AS` is elsewhere.

A process puts itself into a job of its own and may raise and lower the job's limit. Memory beyond
it is refused, as a `MemoryError`, in the moment in which it is asked for.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes
    from functools import cache
    from typing import Any

    _EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
    _PROCESS_MEMORY = 0x100  # JOB_OBJECT_LIMIT_PROCESS_MEMORY
    # No dialog of Windows waits for somebody to click when native code crashes:
    # SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX.
    _SILENT = 0x8003

    class _Limits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h."""

        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    @cache
    def _kernel() -> Any:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        kernel.SetInformationJobObject.argtypes = (
            wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD,
        )  # fmt: skip
        return kernel

    @cache
    def _job() -> Any:
        """A job with this process in it; None where the system refuses that."""
        kernel = _kernel()
        job = kernel.CreateJobObjectW(None, None)
        if job and kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess()):
            return job
        return None

    def limit_memory(limit: int) -> bool:
        """Bound the memory that this process may commit, in bytes. False where that fails: then
        the command's look at the process is the only bound."""
        job = _job()
        if job is None:
            return False
        limits = _Limits(LimitFlags=_PROCESS_MEMORY, ProcessMemoryLimit=limit)
        size = ctypes.sizeof(limits)
        found = _kernel().SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), size)
        return bool(found)

    def crash_silently() -> None:
        """End at once where native code crashes, without a dialog."""
        _kernel().SetErrorMode(_SILENT)
