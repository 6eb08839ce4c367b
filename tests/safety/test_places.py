"""Folders that vanish or may not be written to, files that change between listing and reading,
clocks that jump back, two runs at once: nothing is lost, and a later run finishes the job."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from converter import cli, package
from converter.files import writing
from converter.identity import ledger
from converter.register import Register, lock
from converter.register.writer import LOCK
from converter.usecases import receive
from converter.usecases.receive.inbox import scan
from tests import commands
from tests.identity.unions import office
from tests.roster.test_reading import GOOD, filled
from tests.safety import failing
from tests.safety.test_faults import FAULTY, OLD, SCENES, faults, rooms, sound_files, strays
from tests.sheets import FORM
from tests.usecases.receive.collection import (
    Inbox,
    faulty,
    name_of,
    packed,
    records,
    workbook,
    zipped,
)
from tests.usecases.receive.test_killed import contents, replies

EPOCH = 1_772_000_000
DAY = 86_400


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))


class Started:
    """A command that runs beside others: in a fork, which has imported all already."""

    def __init__(self, *arguments: object) -> None:
        self._shown = tempfile.TemporaryFile()  # noqa: SIM115
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123
            streams = [nothing.fileno(), *[self._shown.fileno()] * 2]
            self._process = commands.begun(arguments, streams)

    def ended(self) -> tuple[int, str]:
        code = self._process.wait(commands.PATIENCE)
        with self._shown:
            self._shown.seek(0)
            shown = self._shown.read().decode()
        assert "Traceback" not in shown
        return code, shown


def both(*lines: Sequence[object]) -> list[int]:
    """The exit codes of commands that run at once."""
    if not hasattr(os, "fork"):
        pytest.skip("needs forks")
    started = [Started(*line) for line in lines]
    return [one.ended()[0] for one in started]


def run(*arguments: object, when: int = EPOCH) -> tuple[int, str]:
    """A command that nothing else runs beside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(when))
        if hasattr(os, "fork"):
            done = failing.run(arguments)
            code, shown = done.code, done.shown
        else:
            ended = commands.run(*arguments)
            code, shown = ended.returncode, ended.stdout + ended.stderr
    assert "Traceback" not in shown
    return code, shown


# --- folders that vanish -------------------------------------------------------------------


@pytest.mark.posix("faults are set in a fork")
@pytest.mark.parametrize("name", ["roster", "backup", "restore"])
def test_an_output_folder_that_vanishes_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SCENES[name]
    fresh = rooms(scene, tmp_path, monkeypatch)
    folder = fresh(-1)
    whole = failing.run(scene.arguments)
    after = failing.files(folder)
    for at, _ in faults(whole.steps, 1):
        folder = fresh(at)
        torn = failing.run(scene.arguments, at, failing.GONE)
        assert torn.code in (0, 2), torn.shown
        assert "Traceback" not in torn.shown
        if torn.code == 2:
            assert torn.shown
            assert writing.PREFIX not in torn.shown  # a person knows no private names
        (folder / "out").mkdir(exist_ok=True)
        again = failing.run(scene.arguments)
        left = failing.files(folder)
        assert again.code == 0 or left == after, again.shown
        if scene.numbers:  # what stood there went with the folder, and its name is free
            assert set(after.values()) - {OLD} <= set(left.values()), whole.steps[at]
        else:
            assert left == after, whole.steps[at]


# --- an inbox that changes between listing and reading -------------------------------------


def taken_away(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def written_over(path: Path) -> None:
    path.write_bytes(packed(records(9)))


def test_a_file_that_changes_after_it_was_listed_is_taken_once_it_is_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was judged then is not what was hashed: no verdict may go with that hash."""
    box = Inbox(tmp_path / "in")
    box.put("7.zip", packed(records(7)))
    victims: list[tuple[Path, Callable[[Path], None]]] = []
    for number, harm in enumerate((taken_away, emptied, written_over)):
        box.put(f"{number}.zip", packed(records(number + 1)))
        box.put(f"一批{number}.zip", zipped([("内.zip", packed(records(number + 4)))]))
        victims += [(box.folder / f"{name}{number}.zip", harm) for name in ("", "一批")]
    before = [(path, path.read_bytes(), path.stat().st_mtime_ns) for path, _ in victims]
    real = scan

    def listing(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        for path, harm in victims:
            harm(path)
        return found

    command = ["receive", str(box.folder), "--store", str(tmp_path / "S"), "--format", "json"]
    command += ["--reply", str(tmp_path / "R"), "--jobs", "1"]
    with monkeypatch.context() as during:
        during.setattr(receive, "scan", listing)
        assert cli.run(command) == 1
    reported = json.loads(capsys.readouterr().out)
    assert reported["rejected"] == []
    assert [one["code"] for one in reported["not_received"]] == ["F010"] * 6
    assert reported["summary"]["accepted"] == 1  # the other one went on
    for path, data, changed in before:
        path.write_bytes(data)
        os.utime(path, ns=(changed, changed))
    assert cli.run(command) == 0
    names = ["7.zip", *(f"{n}.zip" for n in range(3)), *(f"一批{n}.zip/内.zip" for n in range(3))]
    kept = {(row[3], row[6]) for row in contents(tmp_path / "S")["submissions"]}
    assert kept == {(n, "accepted") for n in names}
    reported_now = [json.loads(data)["result"] for data in replies(tmp_path / "R").values()]
    assert reported_now == ["accepted"] * 7


# --- folders that may not be written to ----------------------------------------------------


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Root may write anywhere but where nothing can be written: a mount of its own."""

    def mount(*options: str) -> bool:
        requested = ["mount", *options, str(folder)]
        return not subprocess.run(requested, capture_output=True, check=False).returncode

    if hasattr(os, "geteuid") and os.geteuid() != 0:
        modes = {p: p.stat().st_mode for p in (folder, *folder.rglob("*"))}
        for path, mode in modes.items():
            path.chmod(mode & 0o555)
        yield
        for path, mode in modes.items():
            path.chmod(mode)
        return
    if not hasattr(os, "geteuid") or not shutil.which("mount"):
        pytest.skip("needs POSIX modes or mounts")
    if not mount("--bind", str(folder)):
        pytest.skip("mounting is not permitted here")
    try:
        if not mount("-o", "remount,bind,ro"):
            pytest.skip("mounting is not permitted here")
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_register_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    box.put("1.zip", packed(records(1)))
    command = ("receive", box.folder, "--store", tmp_path / "S", "--reply", tmp_path / "R")
    with Register(tmp_path / "S", FORM):
        pass
    before = failing.files(tmp_path / "S")
    with read_only(tmp_path / "S"):
        code, shown = run(*command)
    assert code == 2, shown
    assert str(tmp_path / "S") in shown
    assert failing.files(tmp_path / "S") == before
    assert run(*command)[0] == 0
    assert len(contents(tmp_path / "S")["submissions"]) == 1


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "上报.zip").write_bytes(packed(records(3)))
    office(tmp_path, "desk")
    before = failing.files(tmp_path)
    lines = (
        ("check", FAULTY, "--annotate", out),
        ("backup", tmp_path / "desk", "-o", out / "备份.zip", "--plain"),
    )
    with read_only(out):
        for command in lines:
            code, shown = run(*command)
            assert code == 2, shown
            assert str(out) in shown
            assert writing.PREFIX not in shown
    assert failing.files(tmp_path) == before
    roster = filled(tmp_path, GOOD)
    with read_only(tmp_path / "desk" / "keys"):
        code, shown = run("identity", "issue", roster, "--keys", tmp_path / "desk/keys", "-o", out)
    assert code == 2, shown
    assert writing.PREFIX not in shown
    assert failing.files(tmp_path / "out") == {"上报.zip": before["out/上报.zip"]}


# --- a clock that jumps back ---------------------------------------------------------------


def test_a_clock_that_jumps_back_loses_nothing_that_was_received(tmp_path: Path) -> None:
    """The number tells the order of arrival, whatever the clock says."""
    box = Inbox(tmp_path / "in")
    box.put("1.zip", packed(records(1)))
    box.put("2.zip", packed(records(2)))
    command = ("receive", box.folder, "--store", tmp_path / "S", "--reply", tmp_path / "R")
    assert run(*command, when=EPOCH + 400 * DAY)[0] == 0
    box.clock -= 500 * DAY  # files come with the clock's times
    box.put("1改.zip", packed(records(1, staff="50"), EPOCH - 100 * DAY))
    assert run(*command, when=EPOCH - 100 * DAY)[0] == 0
    found = contents(tmp_path / "S")["submissions"]
    assert [(row[0], row[3]) for row in found] == [(1, "1.zip"), (2, "2.zip"), (3, "1改.zip")]
    assert [row[7] for row in found] == ["superseded", "current", "current"]


def test_a_clock_that_jumps_back_still_issues_the_next_serial(tmp_path: Path) -> None:
    office(tmp_path, "desk")
    desk = tmp_path / "desk" / "keys"
    command = ("identity", "issue", filled(tmp_path, GOOD), "--keys", desk, "-o", tmp_path / "out")
    assert run(*command)[0] == 0
    lists = set((tmp_path / "out").glob("*.csv"))
    handed_out = {path: path.read_bytes() for path in lists}
    code, shown = run(*command, when=EPOCH - 300 * DAY)
    assert code == 0, shown
    entries = ledger.read(desk) or []
    assert [e.serial for e in entries] == [1] * 3 + [2] * 3
    assert [e.status for e in entries] == ["superseded"] * 3 + ["current"] * 3
    assert len(set((tmp_path / "out").glob("*.csv"))) == 2
    assert {path: path.read_bytes() for path in lists} == handed_out


def test_a_package_of_a_later_day_is_compared_with_all_the_same(tmp_path: Path) -> None:
    book, last = tmp_path / "表.xlsx", tmp_path / "上次.zip"
    book.write_bytes(workbook(1))
    last.write_bytes(packed(records(1), EPOCH + DAY))
    before = last.read_bytes()
    code, shown = run("convert", book, "-o", tmp_path / "这次.zip", "--since", last)
    assert code == 0, shown
    assert last.read_bytes() == before
    found = package.read(tmp_path / "这次.zip", FORM)
    assert not [issue for issue in found.issues if issue.level == "error"]


# --- two runs at once ----------------------------------------------------------------------


def test_two_receive_into_one_register(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    for number in range(1, 5):
        box.put(f"{number}.zip", packed(records(number)))

    command = (
        "receive",
        box.folder,
        "--jobs",
        1,
        "--store",
        tmp_path / "S",
        "--reply",
        tmp_path / "R",
    )
    with lock.Lock(tmp_path / "S" / LOCK):
        code, shown = run(*command)
    assert code == 2
    assert str(os.getpid()) in shown
    assert sorted(both(command, command)) in ([0, 0], [0, 2])
    found = contents(tmp_path / "S")["submissions"]
    assert [(row[0], row[3], row[7]) for row in found] == [
        (number, f"{number}.zip", "current") for number in range(1, 5)
    ]
    assert len(replies(tmp_path / "R")) == 4
    assert not strays(tmp_path)


def test_two_convert_to_one_package(tmp_path: Path) -> None:
    """One of the two packages, whole."""
    sources = [tmp_path / f"{number}.xlsx" for number in (1, 2)]
    for number, source in enumerate(sources, 1):
        source.write_bytes(workbook(number))
    lines = [("convert", source, "-o", tmp_path / "上报.zip") for source in sources]
    assert both(*lines) == [0, 0]
    found = package.read(tmp_path / "上报.zip", FORM)
    assert not [issue for issue in found.issues if issue.level == "error"]
    assert found.stamp.unit_name in (name_of(1), name_of(2))
    assert not strays(tmp_path)


def test_two_issue_with_one_folder_of_keys(tmp_path: Path) -> None:
    office(tmp_path, "desk")
    folder = tmp_path / "desk"
    roster = filled(tmp_path, GOOD)
    command = ("identity", "issue", roster, "--keys", folder / "keys", "-o", folder / "out")
    with ledger.locked(folder / "keys"):
        code, shown = run(*command)
    assert code == 2, shown
    assert not (folder / "out").exists() or not failing.files(folder / "out")
    codes = sorted(both(command, command))
    assert codes in ([0, 0], [0, 2])
    times = codes.count(0)
    entries = ledger.read(folder / "keys") or []
    assert sorted(e.serial for e in entries) == sorted([*range(1, times + 1)] * len(GOOD))
    assert len(sound_files(folder)) == len(GOOD)
    lists = list((folder / "out").glob("*.csv"))
    assert len(lists) == times  # no list of passwords was written over
    with lists[0].open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == len(GOOD) + 1


def test_two_annotate_into_one_folder(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    for number in (1, 2):
        box.put(f"{number}/填报.xlsx", faulty(number))
    sources = sorted(box.folder.rglob("*.xlsx"))
    lines = [("check", source, "--annotate", tmp_path / "out") for source in sources]
    assert both(*lines) == [1, 1]
    copies = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert copies == ["填报-批注-2.xlsx", "填报-批注.xlsx"]
    named = set()
    for copy in copies:
        with zipfile.ZipFile(tmp_path / "out" / copy) as archive:
            assert archive.testzip() is None
            parts = b"".join(map(archive.read, archive.namelist()))
            named |= {number for number in (1, 2) if name_of(number).encode() in parts}
    assert named == {1, 2}
