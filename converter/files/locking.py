"""Locks that the operating system holds for a process and drops when it dies."""

from __future__ import annotations

from typing import IO

# Windows locks bytes, not files, and a locked byte cannot be read: lock one far beyond the text.
_FAR = 1 << 30

try:
    import fcntl

    def acquire(file: IO[bytes]) -> None:
        """Lock an open file, or raise OSError at once where another process has it."""
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)

except ImportError:  # Windows
    import msvcrt

    def acquire(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        file.seek(0)

    def release(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
