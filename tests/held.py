"""Files that another program has open, as Windows treats them: what replaces, renames or removes
one is refused, and so is opening one that is held exclusively.

Commands and workers that are forked meanwhile (`tests.commands`) are refused in the same way. On
Windows itself (`windows/`) the same tests run with real handles.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from converter.files import os_errors

ACCESS_DENIED, SHARING_VIOLATION = 5, 32


def windows_error(path: object, number: int, text: str = "拒绝访问。") -> PermissionError:
    """What Windows raises: on other systems Python drops the number."""
    error = PermissionError(errno.EACCES, text, str(path))
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    return error


def held(
    *paths: Path, exclusively: bool = False, waits: list[float] | None = None
) -> AbstractContextManager[None]:
    """Another program has these files open. `waits` collects the pauses that are made meanwhile in
    this process; on POSIX, where commands are forked from it, nobody really waits."""
    if sys.platform == "win32":
        return _really_held(paths, exclusively, waits)
    return _as_if_held(paths, exclusively, waits)


if sys.platform == "win32":

    @contextmanager
    def _really_held(
        paths: Iterable[Path], exclusively: bool, waits: list[float] | None
    ) -> Iterator[None]:
        import ctypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateFileW.restype = ctypes.c_void_p
        sharing = 0 if exclusively else 1  # FILE_SHARE_READ: as Excel opens a workbook
        handles = [
            ctypes.c_void_p(kernel.CreateFileW(str(p), 0x80000000, sharing, None, 3, 0x80, None))
            for p in paths
        ]
        counting = patch.object(os_errors, "sleep", waits.append) if waits is not None else None
        if counting:
            counting.start()
        try:
            yield
        finally:
            if counting:
                counting.stop()
            for handle in handles:
                kernel.CloseHandle(handle)


@contextmanager
def _as_if_held(
    paths: Iterable[Path], exclusively: bool, waits: list[float] | None
) -> Iterator[None]:
    keys = {os.path.realpath(path) for path in paths}

    def is_held(path: object) -> bool:
        return not isinstance(path, int) and os.path.realpath(os.fspath(path)) in keys  # type: ignore[call-overload]

    def refusing(real: Callable[..., Any], number: int, places: int) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            for path in arguments[:places]:
                if is_held(path):
                    raise windows_error(path, number)
            return real(*arguments, **named)

        return call

    def opening(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **named: Any) -> Any:
            if is_held(path):  # the C library knows no number of Windows
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return real(path, *arguments, **named)

        return call

    changed: list[Any] = [
        patch.object(os, "replace", refusing(os.replace, ACCESS_DENIED, 2)),
        patch.object(os, "rename", refusing(os.rename, SHARING_VIOLATION, 2)),
        patch.object(os, "unlink", refusing(os.unlink, SHARING_VIOLATION, 1)),
        patch.object(os, "remove", refusing(os.remove, SHARING_VIOLATION, 1)),
        patch.object(os_errors, "sleep", [].append if waits is None else waits.append),
    ]
    if exclusively:
        changed += [patch.object(io, "open", opening(io.open))]
        changed += [patch.object(os, "open", opening(os.open))]
    for one in changed:
        one.start()
    try:
        yield
    finally:
        for one in reversed(changed):
            one.stop()
