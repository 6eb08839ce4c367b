"""Real processes killed at random moments: the old state or the new one, and the same command
once more ends where an undisturbed run does.

`test_faults` chooses the steps; here the moment is left to chance, and everything runs as it does
at a clerk's desk: with worker processes of their own, which are killed too in every other round
(a power cut), or left to find out by themselves.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from converter.files import writing
from converter.identity import ledger
from tests.identity.unions import office
from tests.roster.test_reading import GOOD, filled
from tests.safety import failing
from tests.safety.test_faults import SCENES, sound_files, strays
from tests.safety.test_personal_data import ROOT

pytestmark = pytest.mark.posix("needs kill -9")
KILLS = int(os.environ.get("KILLS", "1"))  # a command; `make fuzz` has more
CHEAP = {"backup": 2, "restore": 2}  # times as many: no worker, no tables
EPOCH = "1772000000"


@dataclass(frozen=True)
class Ended:
    """How a process ended (-9 = killed), after how long, what it said."""

    code: int
    seconds: float
    shown: str


def run(where: Path, arguments: Sequence[object], kill: tuple[float, bool] | None = None) -> Ended:
    """Run a command in a folder. `kill`: after how many seconds, and whether its workers are
    killed with it. Returns when all that it started is gone."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "converter", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=where,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": EPOCH},
        start_new_session=True,
    )
    if kill:
        after, all_of_them = kill
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            (os.killpg if all_of_them else os.kill)(process.pid, signal.SIGKILL)
    shown, _ = process.communicate()
    for _ in range(500):  # an orphan finishes what it writes, then finds out
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    return Ended(process.returncode, time.monotonic() - started, shown.decode())


def rounds(whole: Ended, name: str) -> list[tuple[float, bool]]:
    """Moments between the start and a little after the end of an undisturbed run."""
    chance = random.Random(f"{name} {KILLS}")
    many = KILLS * CHEAP.get(name, 1)
    # One in each part of that time, so that few rounds see its beginning and its end.
    return [
        ((n + chance.random()) / many * 1.1 * whole.seconds, bool(chance.getrandbits(1)))
        for n in range(many)
    ]


# One with a worker and one without; `make fuzz` has all, and `test_faults` every command's steps.
COMMANDS = ["convert", "restore", *(["annotate", "backup"] if KILLS > 1 else [])]


@pytest.mark.parametrize("name", COMMANDS)
def test_old_or_new_and_a_second_run_finishes(name: str, tmp_path: Path) -> None:
    scene = SCENES[name]

    def fresh(number: int, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / str(number)
        folder.mkdir()
        with monkeypatch.context() as inside:
            inside.chdir(folder)
            scene.prepare(folder)
        return folder

    patch = pytest.MonkeyPatch()
    folder = fresh(-1, patch)
    before = failing.files(folder)
    whole = run(folder, scene.arguments)
    assert whole.code in scene.good, whole.shown
    after = failing.files(folder)
    assert after != before
    killed = 0
    for number, kill in enumerate(rounds(whole, name)):
        folder = fresh(number, patch)
        torn = run(folder, scene.arguments, kill)
        killed += torn.code == -signal.SIGKILL
        assert torn.code in (-signal.SIGKILL, *scene.good), torn.shown
        assert "Traceback" not in torn.shown
        found = {k: v for k, v in failing.files(folder).items() if writing.PREFIX not in k}
        for file, data in found.items():  # each file is the old one or the new one
            assert data in (before.get(file), after.get(file)), (kill, file)
        assert set(before) <= set(found)
        again = run(folder, scene.arguments)
        # What does not write over anything says so where the first run had finished after all.
        assert again.code in scene.good or found == after, (kill, again.shown)
        now = failing.files(folder)
        if found == after and scene.numbers:  # one more copy beside the first
            (more,) = set(now) - set(after)
            assert now.pop(more) in after.values()
        assert now == after, kill
        shutil.rmtree(folder)
    print(f"{name}: {killed} killed")


def test_every_identity_file_is_in_the_ledger(tmp_path: Path) -> None:
    office(tmp_path, "desk")
    roster = filled(tmp_path, GOOD)
    arguments = ("identity", "issue", roster, "--keys", "keys", "-o", "out")

    def desk(number: int) -> Path:
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "desk" / "keys", folder / "keys")
        return folder

    whole = run(desk(-1), arguments)
    assert whole.code == 0, whole.shown
    killed = 0
    for number, kill in enumerate(rounds(whole, "issue")):
        folder = desk(number)
        torn = run(folder, arguments, kill)
        killed += torn.code == -signal.SIGKILL
        assert torn.code in (-signal.SIGKILL, 0), torn.shown
        named = sound_files(folder)
        again = run(folder, arguments)
        assert again.code == 0, again.shown
        assert set(named) <= set(sound_files(folder))
        assert len(sound_files(folder)) == len(GOOD)
        counted = ledger.latest(ledger.read(folder / "keys") or [])
        assert sorted(counted) == sorted(row[0] for row in GOOD)
        assert not strays(folder), kill
    print(f"issue: {killed} killed")
