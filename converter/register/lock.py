"""Who is writing: a lock that the operating system holds for a process and drops when it dies.

The file itself stays and proves nothing; only the lock on it counts. So there is no stale
lock to recognise, however a process ended. What the file says (pid, host, since when) is for
people.
"""

from __future__ import annotations

import json
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from converter.files import locking, writing
from converter.model.clock import in_china
from converter.model.errors import RegisterBusy

BETWEEN = 0.1  # seconds between two attempts


class Lock:
    """Hold it as a context manager. Raises RegisterBusy where another process has it, at once or
    when the seconds of `patience` are over."""

    def __init__(self, path: Path, patience: float = 0) -> None:
        self._path, self._patience = path, patience
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Lock:
        writing.private_folder(self._path.parent)
        self._path.touch(exist_ok=True)
        file = self._path.open("r+b")
        until = time.monotonic() + self._patience
        while True:
            try:
                locking.acquire(file)
                break
            except OSError:
                if time.monotonic() >= until:
                    file.close()
                    raise _busy(self._path) from None
                time.sleep(BETWEEN)
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        file.truncate(0)
        file.write(json.dumps(holder).encode())
        file.flush()
        self._file = file
        return self

    def __exit__(self, *_: object) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.seek(0)
            file.truncate(0)
            file.flush()
            locking.release(file)
            file.close()


def _busy(path: Path) -> RegisterBusy:
    """Which process holds the lock, as far as its file says."""
    holder = _holder(path)
    pid, host, since = (str(holder.get(key, "")) for key in ("pid", "host", "since"))
    return RegisterBusy(path.parent, pid=pid, host=host, since=in_china(since))


def _holder(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes()[:1000] or b"{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
