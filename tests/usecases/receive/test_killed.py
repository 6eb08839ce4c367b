"""A run that is killed at any moment and started again ends where an undisturbed one does."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from converter.forms import loading
from converter.messages.catalogue import message
from converter.register import Register
from tests.usecases.receive.collection import CREATED, Inbox, packed, records, workbook, zipped

pytestmark = pytest.mark.posix("SIGKILL")

# A whole run in a process that kills itself at the n-th step of its writing: a receipt given its name,
# a batch about to be committed, a batch just committed.
SCRIPT = """
import contextlib, os, signal, sys
from pathlib import Path
from converter.forms import loading
from converter.register import writer
from converter.usecases.receive import Plan, receive, run
from converter.workers.pool import Worker
inbox, store, reply, kill_at = map(Path, sys.argv[1:])
steps = int(str(kill_at))
def step():
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
rename, record = Path.replace, writer.Register.record
def renaming(*arguments):
    step()
    return rename(*arguments)
@contextlib.contextmanager
def recording(*arguments):
    with record(*arguments) as registered:
        yield registered
        step()
    step()
Path.replace, writer.Register.record = renaming, recording
run.FILES_A_BATCH = 3
folder = loading.form_dir().resolve()
plan = Plan(folder, loading.read(folder), reply, None, None, 1, 1772900000)
with Worker() as worker:
    receive(inbox, store, plan, worker)
"""


def start(root: Path, name: str, kill_at: int) -> int:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT,
            *map(str, (root / "in", root / name, root / f"{name}-R", kill_at)),
        ],
        check=False,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(loading.__file__).parents[2])},
    )
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode


def contents(store: Path) -> dict[str, list[tuple[object, ...]]]:
    with Register(store, loading.read(loading.form_dir())) as register:
        return {
            table: register.query(f"SELECT * FROM {table} ORDER BY ALL")
            for table in ("units", "submissions", "answers", "members", "findings", "containers")
        }


def replies(folder: Path) -> dict[str, bytes]:
    """Receipts beside their files' names; the units' folder holds each once more."""
    found = {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.json"))
    }
    units = message("units_folder") + "/"
    return {name: data for name, data in found.items() if not name.startswith(units)}


def test_killed_at_random_and_run_again_gives_the_same_register(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    for n in range(1, 7):
        box.put(f"{n}.zip", packed(records(n)))
    box.put("3改.zip", packed(records(3, staff="50")))
    box.put("4抄.zip", packed(records(4), CREATED + 5))
    box.put("坏.pdf", b"%PDF-1.7")
    box.put("表.xlsx", workbook(8))
    box.put("一批.zip", zipped([(f"{n}.zip", packed(records(n))) for n in range(20, 24)]))
    assert start(tmp_path, "whole", 0) == 0
    expected = contents(tmp_path / "whole")
    assert len(expected["submissions"]) == 14
    chance = random.Random(20261123)
    killed = 0
    # What a run writes at its end, whatever is new, takes more and more steps in one go.
    while start(tmp_path, "torn", chance.randint(2, 7 + killed)):
        killed += 1
        assert killed < 60
    assert killed >= 3
    assert contents(tmp_path / "torn") == expected
    assert replies(tmp_path / "torn-R") == replies(tmp_path / "whole-R")
    assert not list((tmp_path / "torn").glob("spool/*"))


# A decision in a process that kills itself at the n-th step: about to commit, just committed, a file
# of the publication given its name.
DECIDING = """
import os, signal, sys
from pathlib import Path
from converter.forms import loading
from converter.register import Register
from converter.register.deciding import Order
from converter.usecases import deciding
store, steps, action, subject = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
def step():
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
rename, publish, change = Path.replace, Register.publish, Register.change
def renaming(*arguments):
    step()
    return rename(*arguments)
def publishing(*arguments):
    step()
    publish(*arguments)
    step()
def changing(self, what):
    def and_step(known):
        made = what(known)
        step()
        return made
    made = change(self, and_step)
    step()
    return made
Path.replace, Register.publish, Register.change = renaming, publishing, changing
deciding.decide(store, loading.read(loading.form_dir()), Order(action, subject), 1772900000)
"""


def decide(store: Path, kill_at: int, action: str, subject: str) -> int:
    command = [sys.executable, "-c", DECIDING, str(store), str(kill_at), action, subject]
    root = {"PYTHONPATH": str(Path(loading.__file__).parents[2])}
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, env=os.environ | root)
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode


def test_decisions_that_are_killed_and_repeated_are_made_once(tmp_path: Path) -> None:
    box = Inbox(tmp_path / "in")
    for n in range(1, 4):
        box.put(f"{n}.zip", packed(records(n)))
    box.put("别期.zip", packed(records(4), period="2031"))
    box.put("二月.zip", packed(records(2, staff="50")))
    for name in ("whole", "torn"):
        assert start(tmp_path, name, 0) == 0
    # Killed before the commit, after it, and while it is published; a revocation that was committed
    # cannot be made again.
    made = [
        ("accept", "别期.zip", (1, 2, 4)),
        ("withdraw", "二月.zip", (2,)),
        ("revoke", "1", (1,)),
    ]
    for action, subject, moments in made:
        assert decide(tmp_path / "whole", 0, action, subject) == 0
        for moment in moments:
            assert decide(tmp_path / "torn", moment, action, subject) == -9
        assert decide(tmp_path / "torn", 0, action, subject) == 0
    assert contents(tmp_path / "torn") == contents(tmp_path / "whole")
    assert start(tmp_path, "torn", 0) == 0  # the inbox once more
    found = contents(tmp_path / "torn")
    assert found == contents(tmp_path / "whole")
    with Register(tmp_path / "torn", loading.read(loading.form_dir())) as register:
        assert register.query("SELECT number, action FROM decisions ORDER BY number") == [
            (number, action) for number, (action, *_) in enumerate(made, 1)
        ]
        states = dict(register.query("SELECT file, state FROM submissions"))
    assert states == {
        "1.zip": "current", "2.zip": "current", "3.zip": "current", "二月.zip": "withdrawn",
        "别期.zip": "held",
    }  # fmt: skip
