"""The portal as a program of its own, and a browser before it."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from converter.web import app as application
from converter.web import server
from tests import commands, tools
from tests.forking import Process
from tests.web.world import World

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=zh-CN",
]  # fmt: skip


FORKS = hasattr(os, "fork")


class Portal:
    """`converter portal` in a process of its own, on a free port of the loopback."""

    process: Process | subprocess.Popen[bytes]

    def __init__(
        self, world: World, *options: object, descriptors: int = 0, forked: bool = FORKS
    ) -> None:
        """`descriptors`: how many files it may have open at most, 0 = as this process. What is
        `forked` shares memory with others: it is not for measuring."""
        command = [
            "portal", "--keys", world.keys,
            "--issued", world.issued, "--inbox", world.inbox, "--published", world.store,
            "--reply", world.reply, "--port", 0, "--jobs", 2, *options,
        ]  # fmt: skip
        roster = world.root / "名册.xlsx"
        if roster.exists():
            command += ["--roster", roster]
        (shown, out), (noted, err) = os.pipe(), os.pipe()
        self._shown, self._noted = (open(end, encoding="utf-8") for end in (shown, noted))  # noqa: SIM115, PTH123
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123
            streams = [nothing.fileno(), out, err]
            given = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
            if forked and not descriptors:
                self.process = commands.begun(command, streams, env=given)
            else:
                self.process = _started(command, streams, given, descriptors)
        for end in (out, err):
            os.close(end)
        self.output: list[str] = []
        self.log: list[str] = []
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()
        threading.Thread(target=self._note, daemon=True).start()
        self.password = ""
        while True:
            line = lines.get(timeout=60)
            if found := re.search("登录口令：([A-Z0-9-]+)", line):
                self.password = found[1]
            if found := re.search(r"https?://\S+", line):
                self.url = found[0].rstrip("/")
                return
            if not line:
                raise AssertionError("".join(self.log))

    def _listen(self, lines: queue.Queue[str]) -> None:
        for line in self._shown:
            self.output.append(line)
            lines.put(line)
        lines.put("")

    def _note(self) -> None:
        self.log.extend(self._noted)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As Ctrl+C would; the exit code."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()


def _started(
    arguments: Sequence[object], streams: Sequence[int], given: Mapping[str, str], descriptors: int
) -> subprocess.Popen[bytes]:
    """The command as from a console."""
    stdin, stdout, stderr = streams
    return subprocess.Popen(
        [sys.executable, "-m", "converter", *map(str, arguments)],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **given},
        preexec_fn=(lambda: _limit(descriptors)) if descriptors else None,
    )


def _limit(descriptors: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


class Inside:
    """The portal in a thread of this process, which the tests can look into."""

    def __init__(
        self, world: World, listening: server.Listening | None = None, **changed: Any
    ) -> None:
        self.app = application.build(world.settings(**changed))
        self.password = application.officer_password(self.app, reset=False)
        listening = listening or server.Listening("127.0.0.1", 0)
        self._socket = server.bind(listening)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.server = server.prepared(self.app, listening)
        self._thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(timeout=30)
        self._socket.close()


@contextmanager
def inside(world: World, **changed: Any) -> Iterator[Inside]:
    portal = Inside(world, **changed)
    try:
        yield portal
    finally:
        portal.stop()


@contextmanager
def running(world: World, *options: object) -> Iterator[Portal]:
    portal = Portal(world, *options)
    try:
        yield portal
    finally:
        portal.stop()


@contextmanager
def browser() -> Iterator[Any]:
    """Debian's Chromium, without a window and without a network of its own."""
    from playwright.sync_api import sync_playwright

    program = tools.path("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield started
        finally:
            started.close()


def hidden(page: str, name: str) -> str:
    """A hidden field of a form."""
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def send(client: httpx2.Client, data: bytes, name: str = "填报.xlsx") -> httpx2.Response:
    """Upload a workbook as a browser would."""
    token = hidden(client.get("/check").text, "token")
    return client.post(
        "/check", data={"token": token}, files={"file": (name, data)}, follow_redirects=True
    )


def files(folder: Path) -> list[str]:
    """All files below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def alert(answer: Any) -> str:
    """What is in the way, as the page says it."""
    found = re.search(r'role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return found[1].strip() if found else ""


def heading(answer: Any) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text, re.DOTALL)
    return re.sub("<[^>]+>", "", found[1]) if found else ""
