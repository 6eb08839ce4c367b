"""The process that runs commands for those that hand them over while the page is open
(`workers.handing`). Most clerks never type one: it starts once a command has used the worker."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from converter.workers import starting

MODULE, OPTION = "converter.cli.hosted", "--commands"
SECONDS_TO_END = 5.0


class CommandHost:
    """One process, in a folder of the program's own. Use as a context manager: it ends with it, or
    with the command that it runs."""

    def __init__(self, secret: str, folder: Path, ready: Callable[[int], None]) -> None:
        """`ready` gets the port, each time the process has started."""
        self._secret, self._folder, self._ready = secret, folder, ready
        self._process: subprocess.Popen[str] | None = None
        self._lock, self._ended = threading.Lock(), False

    def __enter__(self) -> CommandHost:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ended = True
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it ends after the command it runs
            process.wait(SECONDS_TO_END)
            process.stdout.close()

    def start(self) -> None:
        """Start it, unless it runs. Commands run without it where it cannot be started."""
        with self._lock, contextlib.suppress(OSError):
            if self._ended or (self._process and self._process.poll() is None):
                return
            self._process = subprocess.Popen(
                starting.command(MODULE, OPTION),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="ascii",
                cwd=self._folder,
                env=starting.environment({}),
                process_group=0,  # Ctrl+C is for the page, or for a caller
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
            threading.Thread(target=self._greet, args=(self._process,), daemon=True).start()

    def _greet(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(f"{self._secret}\n")
            process.stdin.flush()
            port = int(process.stdout.readline())
            with self._lock:
                if not self._ended:
                    self._ready(port)
