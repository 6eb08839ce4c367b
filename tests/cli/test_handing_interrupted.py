"""A command that was handed over ends with its caller, and the page ends after it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from converter.files import own_folder
from converter.web.desk.commands import CommandHost
from tests.web.world import workbook

SECRET = "s" * 43
CHECK, CONVERT = ("check", "好.xlsx"), ("convert", "好.xlsx", "-o", "上报.zip")
INTERRUPTED = 130
PATIENCE = 60.0  # seconds


class Page:
    """One that is open, takes the work of commands, and leaves them waiting until it is let go."""

    def __init__(self, state: Path) -> None:
        ports: queue.SimpleQueue[int] = queue.SimpleQueue()
        state.mkdir(exist_ok=True)
        self.state, self.host = state, CommandHost(SECRET, state, ports.put)
        self.host.start()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(PATIENCE)
        port = self._server.getsockname()[1]
        found = {"port": port, "commands": ports.get(timeout=PATIENCE), "secret": SECRET}
        path = state / own_folder.state_folder().name / "desk-0.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(found))

    def asked(self) -> socket.socket:
        """The connection of a command that was handed over, and runs by now."""
        connection, _ = self._server.accept()
        connection.settimeout(PATIENCE)
        assert connection.recv(4) == b"POST"
        return connection

    def close(self) -> None:
        self._server.close()
        self.host.__exit__()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with contextlib.closing(Page(tmp_path_factory.mktemp("state"))) as made:
        yield made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a command stands."""
    (tmp_path / "好.xlsx").write_bytes(workbook(1))
    monkeypatch.chdir(tmp_path)


def started(page: Page, *arguments: str) -> subprocess.Popen[str]:
    state = dict.fromkeys(("XDG_STATE_HOME", "LOCALAPPDATA"), str(page.state))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "converter", *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, **state, "PYTHONUTF8": "1"},
    )  # fmt: skip


def hung_up(connection: socket.socket) -> bool:
    """Whether the other side ends the connection, having sent whatever it had."""
    while connection.recv(1 << 16):
        pass
    return True


def nothing_was_written() -> bool:
    return [path.name for path in Path().iterdir()] == ["好.xlsx"]


@pytest.mark.posix("Windows sends Ctrl+C to all programs of a console")
@pytest.mark.parametrize("arguments", [CHECK, CONVERT])
def test_ctrl_c_ends_it_as_without_a_page(arguments: Sequence[str], page: Page) -> None:
    command = started(page, *arguments)
    with page.asked() as connection:
        command.send_signal(signal.SIGINT)
        printed, errors = command.communicate(timeout=PATIENCE)
        assert hung_up(connection)
    assert (command.returncode, printed, errors) == (INTERRUPTED, "", "\n已中断。\n")
    assert nothing_was_written()


def test_a_caller_that_is_killed_takes_it_along(page: Page) -> None:
    command = started(page, *CONVERT)
    with page.asked() as connection:
        command.kill()
        command.communicate()
        assert hung_up(connection)
    assert nothing_was_written()
    again = started(page, *CHECK)  # the process serves the next one
    with page.asked():
        again.kill()
        again.communicate()


def test_a_page_that_is_closed_meanwhile_ends_after_it(tmp_path: Path) -> None:
    page = Page(tmp_path / "state")
    process = page.host._process
    assert process is not None
    command = started(page, *CONVERT)
    with page.asked():
        closing = threading.Thread(target=page.close)
        closing.start()
    printed, errors = command.communicate(timeout=PATIENCE)
    closing.join()
    assert command.returncode == 0, errors
    assert "上报.zip" in printed
    assert process.wait(PATIENCE) == 0
    assert Path("上报.zip").is_file()
