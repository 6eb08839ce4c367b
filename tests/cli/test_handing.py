"""A small command beside an open page runs in a process that the page keeps: it prints, writes and
ends as it would without, and runs by itself wherever anything is not as it should be."""

from __future__ import annotations

import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from converter.files import own_folder
from converter.identity import passphrases
from converter.web.desk.commands import CommandHost
from converter.workers import handing, open_pages
from tests import commands
from tests.identity.unions import office
from tests.web.desk.at_work import at_work
from tests.web.world import FOLDER, workbook

SECRET = "s" * 43
STATE = ("XDG_STATE_HOME", "LOCALAPPDATA")  # where the file is by which a page is found
# A command as from a console; then whether it had to import the command line.
PROCESS = [
    sys.executable, "-c",
    "import atexit, sys\n"
    "from converter.__main__ import main\n"
    "atexit.register(lambda: print('click:', 'click' in sys.modules, file=sys.stderr))\n"
    "main()",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file by which commands find the page and its process."""
    folder = tmp_path_factory.mktemp("state")
    ports: queue.SimpleQueue[int] = queue.SimpleQueue()
    with (
        at_work(folder / "基层工会填报") as desk,
        CommandHost(desk.access.secret, folder, ports.put) as host,
    ):
        host.start()
        found = {"port": desk.port, "commands": ports.get(timeout=60)}
        path = folder / own_folder.state_folder().name / "desk-0.json"
        path.parent.mkdir()
        path.write_text(json.dumps({**found, "secret": desk.access.secret}))
        yield path


@pytest.fixture
def beside(page: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page is open."""
    for name in STATE:
        monkeypatch.setenv(name, str(page.parent.parent))
    return page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a command stands."""
    made = tmp_path / "工会"
    made.mkdir()
    (made / "好.xlsx").write_bytes(workbook(1))
    (made / "错.xlsx").write_bytes(workbook(2, fault=True))
    monkeypatch.chdir(made)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    return made


def without(*arguments: str) -> tuple[int, str, str]:
    """What a command does where no page is open."""
    nowhere = str(Path.cwd() / "state")
    done = commands.run(*arguments, env=dict.fromkeys(STATE, nowhere))
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "好.xlsx"),
        ("check", "错.xlsx", "好.xlsx"),
        ("check", "错.xlsx", "--format", "json", "--show-ids"),
        ("check", "错.xlsx", "--format", "html"),
        ("check", "没有.xlsx"),
        ("check", "好.xlsx", "--jbos", "2"),
        ("convert", "--help"),
        ("convert", "错.xlsx"),
    ],
)
def test_it_prints_and_ends_as_it_would_without_a_page(
    arguments: tuple[str, ...], folder: Path, beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = without(*arguments)
    code = handing.handed_over(arguments)
    assert (code, *capsys.readouterr()) == expected


def test_it_writes_what_it_would_without_a_page(
    folder: Path, beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = os.umask(0o027)
    try:
        expected = without("convert", "好.xlsx", "-o", "一.zip")
        code = handing.handed_over(["convert", "好.xlsx", "-o", "二.zip"])
    finally:
        os.umask(mask)
    assert (code, *capsys.readouterr()) == (
        expected[0], *(text.replace("一.zip", "二.zip") for text in expected[1:])
    )  # fmt: skip
    one, other = Path("一.zip"), Path("二.zip")
    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_mode == other.stat().st_mode
    assert handing.handed_over(["convert", "好.xlsx", "-o", "二.zip"]) == 0
    assert sorted(path.name for path in folder.glob("*.zip")) == ["一.zip", "二.zip"]


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"COLUMNS": "40"}])
def test_a_terminal_shows_the_same(
    environment: dict[str, str], folder: Path, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pty = pytest.importorskip("pty", reason="no pseudo terminals here")
    shown: list[tuple[int, bytes, bytes]] = []
    for state in (str(folder), str(beside.parent.parent)):
        ours, theirs = pty.openpty()
        done = subprocess.Popen(
            [*PROCESS, "check", "错.xlsx"],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "XDG_STATE_HOME": state, "TERM": "xterm", **environment},
        )  # fmt: skip
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 1 << 16):
                text += piece
        except OSError:  # Linux's way to say that nobody writes any more
            pass
        os.close(ours)
        printed, _, imported = text.replace(b"\r", b"").partition(b"click: ")
        shown.append((done.wait(), printed, imported))
    assert shown[0][:2] == shown[1][:2]
    assert (shown[0][2], shown[1][2]) == (b"True\n", b"False\n")
    assert (b"\x1b[" in shown[0][1]) == ("NO_COLOR" not in environment)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("desk",),
        ("好.xlsx",),
        ("check", "."),
        ("check", *["好.xlsx"] * handing.FEW),
        ("check", "好.xlsx", "--cluster=tcp://127.0.0.1:1"),
        ("check", "*.xlsx"),
        ("check", "大.xlsx"),
    ],
)
def test_what_may_take_long_is_not_handed_over(
    arguments: tuple[str, ...], folder: Path, beside: Path
) -> None:
    with Path("大.xlsx").open("wb") as large:
        large.truncate(open_pages.BYTES + 1)
    assert handing.handed_over(arguments) is None


@pytest.mark.parametrize("name", ["TZ", "LANG", "LC_ALL"])
def test_other_surroundings_run_it_here(
    name: str, folder: Path, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "Asia/Kashgar")
    assert handing.handed_over(["check", "好.xlsx"]) is None


def test_another_program_or_user_or_folder_runs_it_here(
    folder: Path, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = handing._command(["check", "好.xlsx"])
    assert command is not None
    seen = command["surroundings"]
    assert isinstance(seen, list)
    for number in range(len(seen)):
        other = [*seen[:number], "another", *seen[number + 1 :]]
        monkeypatch.setattr(handing, "surroundings", lambda _, other=other: other)
        assert handing.handed_over(["check", "好.xlsx"]) is None


def test_a_passphrase_is_asked_for_here(
    folder: Path, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = office(folder).file()
    passphrases.change(identity, "", "旧时王谢堂前燕")
    command = ["convert", "好.xlsx", "--identity", str(identity), "-o", "三.zip"]
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert handing.handed_over(command) is None
    assert not Path("三.zip").exists()


def test_a_form_that_changed_meanwhile_is_read_again(
    folder: Path, beside: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(FOLDER, folder / "form")
    monkeypatch.setenv("CONVERTER_FORM", str(folder / "form"))
    assert handing.handed_over(["check", "好.xlsx"]) == 0
    (folder / "form" / "form.toml").write_text("[form]\n")
    assert handing.handed_over(["check", "好.xlsx"]) == 2
    assert "form.toml" in capsys.readouterr().err


def _listening(answers: list[bytes], got: list[bytes]) -> tuple[socket.socket, threading.Thread]:
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            for answer in answers:
                got.append(handing.receive(connection))
                handing.send(connection, answer)
            got.append(connection.recv(1 << 16))

    thread = threading.Thread(target=listen)
    thread.start()
    return server, thread


@pytest.mark.parametrize("answers", [[], [b""], [b"0" * 96]])
def test_whoever_took_over_the_port_learns_nothing(
    answers: list[bytes], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in STATE:
        monkeypatch.setenv(name, str(tmp_path))
    got: list[bytes] = []
    server, thread = _listening(answers, got)
    path = own_folder.state_folder() / "desk-0.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"commands": server.getsockname()[1], "secret": SECRET}))
    with server:
        assert handing.handed_over(["check", "好.xlsx"]) is None
        thread.join()
    assert len(b"".join(got)) <= handing.NUMBER + handing.LENGTH
    assert SECRET.encode() not in b"".join(got)


def test_nobody_without_the_secret_is_served(
    folder: Path, beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = json.loads(beside.read_text())["commands"]
    monkeypatch.setattr("hmac.compare_digest", lambda *_: True)
    command = json.dumps(handing._command(["check", "好.xlsx"])).encode()
    with socket.create_connection(("127.0.0.1", port)) as connection, pytest.raises(EOFError):
        handing._ask(connection, SECRET, command)


def test_a_process_that_ended_is_started_again(page: Path, tmp_path: Path) -> None:
    ports: queue.SimpleQueue[int] = queue.SimpleQueue()
    with CommandHost(SECRET, tmp_path, ports.put) as host:
        for _ in range(2):
            host.start()
            assert ports.get(timeout=60)
            assert host._process is not None
            host._process.kill()
            host._process.wait()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_output_that_cannot_be_printed_ends_it_as_without_a_page(
    folder: Path, beside: Path
) -> None:
    ended = []
    for state in (str(folder), str(beside.parent.parent)):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*PROCESS, "check", "好.xlsx"],
                stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False,
                env={**os.environ, "XDG_STATE_HOME": state},
            )  # fmt: skip
        ended.append((done.returncode, done.stderr.removesuffix("False\n").removesuffix("True\n")))
    assert ended[0] == ended[1]
    assert ended[0][0] == 2
