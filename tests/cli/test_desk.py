"""`converter desk` as a program: found again, ended, and what the console offers without a display."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import openpyxl
import pytest

from converter import cli
from converter.cli import desk, dropped_files
from converter.web.desk import running
from tests.people import MEMBERS
from tests.sheets import MEMBER_SHEET, blank, correct, fill, member_cell, put, saved

COMMAND = [sys.executable, "-m", "converter", "desk", "--no-browser"]
POSIX = os.name == "posix"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    settings = {"XDG_STATE_HOME": str(tmp_path / "state"), "LOCALAPPDATA": str(tmp_path / "state")}
    return {**os.environ, **settings, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


@contextmanager
def started(environment: dict[str, str], place: Path) -> Iterator[tuple[Any, str]]:
    """A desk in a process of its own, and the address that it printed."""
    process = subprocess.Popen(
        [*COMMAND, "--place", str(place)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    )
    try:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:[0-9]+/enter\?token=\S+", process.stdout.readline())
        assert found, process.stderr and process.stderr.read()
        yield process, found[0]
    finally:
        process.kill()
        process.wait()


def test_a_second_start_finds_the_first(environment: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "填报"
    with started(environment, place) as (first, address):
        second = subprocess.run(
            [*COMMAND, "--place", str(place)],
            capture_output=True,
            encoding="utf-8",
            env=environment,
            timeout=120,
            check=False,
        )
        assert second.returncode == 0, second.stderr
        again = re.search(r"http://\S+", second.stdout)
        assert again
        assert again[0] != address
        assert again[0].split("?")[0] == address.split("?")[0]
        for one in (again[0], address):
            with httpx2.Client(timeout=60) as client:
                assert client.get(one, follow_redirects=True).status_code == 200
        (state,) = (tmp_path / "state" / "converter").glob("*.json")
        if POSIX:
            assert state.stat().st_mode & 0o077 == 0
            assert state.parent.stat().st_mode & 0o077 == 0
        if POSIX:
            first.send_signal(signal.SIGINT)
            assert first.wait(timeout=60) == 0
            assert not state.exists()


def test_two_places_are_two_desks(environment: dict[str, str], tmp_path: Path) -> None:
    with (
        started(environment, tmp_path / "甲") as (_, one),
        started(environment, tmp_path / "乙") as (_, other),
    ):
        assert one.split("?")[0] != other.split("?")[0]


def test_a_desk_that_was_killed_stands_in_nobodys_way(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with started(environment, tmp_path / "填报") as (first, _):
        first.kill()
        first.wait()
        with started(environment, tmp_path / "填报") as (_, address), httpx2.Client() as client:
            assert client.get(address, follow_redirects=True).status_code == 200


def test_two_double_clicks_at_once_are_one_desk(
    environment: dict[str, str], tmp_path: Path
) -> None:
    found: list[str] = []

    def start() -> None:
        process = subprocess.Popen(
            [*COMMAND, "--place", str(tmp_path / "填报")],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment,
        )
        processes.append(process)
        assert process.stdout
        found.append(process.stdout.readline())

    processes: list[Any] = []
    threads = [threading.Thread(target=start) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        ports = {re.search(r"127\.0\.0\.1:([0-9]+)", line)[1] for line in found}  # type: ignore[index]
        assert (len(found), len(ports)) == (3, 1)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_it_ends_when_the_page_was_left(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.web.desk import app, presence
    from converter.workers.pool import Worker
    from tests.web.world import FOLDER

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(app, "LOOK", 0.01)
    monkeypatch.setattr(presence, "LEFT", 3)

    def leave(address: str) -> None:
        def visit() -> None:
            with httpx2.Client(timeout=60) as client:
                home = client.get(address, follow_redirects=True)
                origin = str(home.url).rstrip("/")
                client.post(f"{origin}/closed", headers={"origin": origin})

        threading.Thread(target=visit, daemon=True).start()

    with Worker() as worker:
        assert running.run(str(FOLDER), tmp_path / "填报", worker, leave)


def test_an_icon_that_is_double_clicked_opens_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def serve(*_: object, **options: Any) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr(desk, "serve", serve)
    assert cli.run([], window=True) == 0
    assert asked == [{"browser": True, "window": True}]


# --- without a display ------------------------------------------------------------------------


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    given: list[str] = []

    def answer(_: str = "") -> str:
        if not given:
            raise EOFError
        return given.pop(0)

    monkeypatch.setattr("builtins.input", answer)
    return given


@pytest.mark.usefixtures("near_workers")
def test_numbered_choices(
    answers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    good = correct(tmp_path, "填 报.xlsx")
    answers += ["1", "什么", "2", f"'{good}'", "3", str(good), "0"]
    assert desk.menu() == 0
    shown = capsys.readouterr()
    assert (tmp_path / "填报表.xlsx").is_file()
    assert (tmp_path / "上报.zip").is_file()
    assert "没有看懂" in shown.out


@pytest.mark.usefixtures("near_workers")
def test_a_dragged_path_in_place_of_a_number(answers: list[str], tmp_path: Path) -> None:
    good = correct(tmp_path, "填 报.xlsx")
    escaped = str(good).replace(" ", "\\ ")
    answers += [f"{escaped} " if POSIX else f'"{good}"']
    assert desk.menu() == 0
    assert good.with_suffix(".zip").is_file()


@pytest.mark.parametrize(
    "typed",
    [
        "{}",
        '"{}"',
        *(("'{}' ", "file://{uri}", "{escaped}", "'{}' \"{}\"") if POSIX else ('"{}" "{}"',)),
    ],
)
def test_files_as_consoles_write_them(typed: str, tmp_path: Path) -> None:
    path = tmp_path / "填 报.xlsx"
    path.touch()
    uri, escaped = path.as_uri().removeprefix("file://"), str(path).replace(" ", "\\ ")
    assert set(desk._dragged(typed.format(path, path, uri=uri, escaped=escaped))) == {str(path)}


@pytest.mark.parametrize(
    "typed", ["什么", "", "'填 报.xlsx", '"没有.xlsx" "没有-2.xlsx"', "file://"]
)
def test_what_is_no_file_is_none(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert desk._dragged(typed) == []


def test_a_file_that_is_not_there_is_told(answers: list[str], capsys: Any) -> None:
    answers += ["3", "没有.xlsx"]  # and then the console is closed
    assert desk.menu() == 0
    assert "没有找到这个文件" in capsys.readouterr().out


def test_a_console_that_is_closed_at_the_second_question_ends_it(
    answers: list[str], capsys: Any
) -> None:
    answers += ["2"]
    assert desk.menu() == 0
    assert "出错" not in capsys.readouterr().err


# --- an original and its marked copy ----------------------------------------------------------


@pytest.mark.usefixtures("near_workers")
@pytest.mark.parametrize("newer", ["copy", "original"])
def test_an_original_and_its_marked_copy_are_converted_once(
    tmp_path: Path, newer: str, capsys: Any
) -> None:
    book = fill(blank())
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1][:-1])
    bad = saved(book, tmp_path, "填报.xlsx")
    assert dropped_files.run([str(bad)], None) == 1
    (copy,) = tmp_path.glob("填报-批注.xlsx")
    corrected = copy if newer == "copy" else bad
    book = openpyxl.load_workbook(corrected)
    put(book[MEMBER_SHEET], member_cell(book, 3, "身份证号"), MEMBERS[2][1])
    book.save(corrected)
    now = time.time()
    for path, when in ((bad, now), (copy, now)):
        os.utime(path, (when, when + (60 if path == corrected else 0)))
    capsys.readouterr()
    assert dropped_files.run([str(bad), str(copy)], None) == 0
    assert corrected.with_suffix(".zip").is_file()
    assert len(list(tmp_path.glob("*.zip"))) == 1
    assert f"用了后保存的 {corrected.name}" in capsys.readouterr().err
