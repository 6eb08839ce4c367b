"""A real disk that is full: nothing that stood there is harmed, and with room again all is done.

Needs the right to mount a small file system; skipped where that is not given.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from converter.files import writing
from tests import commands
from tests.safety.test_faults import SOUND
from tests.usecases.receive.collection import Inbox, packed, records

MEGABYTES = 24


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, some megabytes large."""
    folder = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if not shutil.which("mount") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting needs root")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def run(*arguments: object) -> tuple[int, str]:
    done = commands.run(*arguments, env={"SOURCE_DATE_EPOCH": "1772000000"})
    return done.returncode, done.stdout + done.stderr


def fill_up(disk: Path, leave: int) -> Path:
    """Take all room but `leave` bytes."""
    free = shutil.disk_usage(disk).free
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(free - leave, 0)))
    return ballast


@pytest.mark.parametrize(
    "command",
    [
        ("template", "-o", "{}/空白.xlsx"),
        ("convert", str(SOUND), "-o", "{}/上报.zip"),
        ("stats", str(SOUND), "-o", "{}/汇总.html"),
    ],
    ids=lambda command: command[0],
)
def test_what_stood_there_stays(command: tuple[str, ...], disk: Path) -> None:
    arguments = [word.format(disk) for word in command]
    target = Path(arguments[-1])
    assert run(*arguments)[0] == 0
    before = target.read_bytes()
    ballast = fill_up(disk, leave=4096)
    code, shown = run(*arguments, "--force")
    assert code == 2
    assert target.name in shown or str(disk) in shown
    assert target.read_bytes() == before
    assert not list(disk.glob(f"{writing.PREFIX}*"))
    ballast.unlink()
    assert run(*arguments, "--force")[0] == 0
    target.unlink()


def test_receiving_goes_on_once_there_is_room(disk: Path, tmp_path: Path) -> None:
    from tests.usecases.receive.test_killed import contents

    box = Inbox(tmp_path / "in")
    for number in range(1, 9):
        box.put(f"{number}.zip", packed(records(number)))
    whole = ("receive", box.folder, "--reply", tmp_path / "R", "--store")
    assert run(*whole, tmp_path / "S")[0] == 0
    codes = []
    for room in (0, 20_000, 400_000, 1_000_000, 3_000_000):
        ballast = fill_up(disk, leave=room)
        code, shown = run(*whole, disk / "S")
        codes.append(code)
        assert code in (0, 2), shown
        assert "Traceback" not in shown
        ballast.unlink()
    assert 2 in codes
    assert run(*whole, disk / "S")[0] == 0
    assert contents(disk / "S") == contents(tmp_path / "S")
