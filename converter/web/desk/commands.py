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
    """One process, in a folder of the program's own. Use as a context manager."""

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
        process.kill()
        process.wait(SECONDS_TO_END)
        for pipe in (process.stdin, process.stdout):
            assert pipe
            with contextlib.suppress(OSError):
                pipe.close()

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
