"""Receiving and deciding in a process that kills itself at the n-th step of its writing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from converter.forms import loading

# Argument 1 is the step at which it dies (0: at none). A file that is given its name is a step.
_STEPS = """
import contextlib, os, signal, sys
from pathlib import Path
steps = int(sys.argv[1])
def step():
    global steps
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
rename = Path.replace
def renaming(*arguments):
    step()
    return rename(*arguments)
Path.replace = renaming
"""
# A batch about to be committed and one just committed are steps, too. Behind the numbers the paths;
# keys and roster may be empty.
_RECEIVING = """
from converter.forms import loading
from converter.identity import keys as of_union
from converter.register import RosterEntry, writer
from converter.usecases.receive import Plan, receive, run
from converter.workers.pool import Worker
run.FILES_A_BATCH, jobs, now = map(int, sys.argv[2:5])
inbox, store, reply, keys, roster = (Path(given) if given else None for given in sys.argv[5:])
record = writer.Register.record
@contextlib.contextmanager
def recording(*arguments):
    with record(*arguments) as registered:
        yield registered
        step()
    step()
writer.Register.record = recording
folder = loading.form_dir().resolve()
signer = of_union.signer(keys) if keys else None
plan = Plan(folder, loading.read(folder), reply, keys, signer, jobs, now)
lines = roster.read_text(encoding="utf-8").splitlines() if roster else []
units = [RosterEntry(*line.split("\\t")) for line in lines]
with Worker() as worker:
    period = "2026" if roster else ""
    receive(inbox, store, plan, worker, roster=units if roster else None, period=period)
"""
# A decision about to be committed, just committed, a publication that begins or has ended.
_DECIDING = """
from converter.forms import loading
from converter.register import Register
from converter.register.deciding import Order
from converter.usecases import deciding
store, action, subject = Path(sys.argv[2]), sys.argv[3], sys.argv[4]
publish, change = Register.publish, Register.change
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
Register.publish, Register.change = publishing, changing
deciding.decide(store, loading.read(loading.form_dir()), Order(action, subject), 1772900000)
"""


def received(
    inbox: Path,
    store: Path,
    reply: Path,
    *,
    kill_at: int,
    batch: int,
    now: int,
    jobs: int = 1,
    keys: Path | None = None,
    roster: Path | None = None,
) -> bool:
    """Whether a run came to its end."""
    paths = [path or "" for path in (inbox, store, reply, keys, roster)]
    return _ended(_RECEIVING, kill_at, batch, jobs, now, *paths)


def decided(store: Path, action: str, subject: str, *, kill_at: int) -> bool:
    """Whether a decision came to its end."""
    return _ended(_DECIDING, kill_at, store, action, subject)


def _ended(script: str, *arguments: object) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", _STEPS + script, *map(str, arguments)],
        check=False,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(loading.__file__).parents[2])},
    )
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode == 0
