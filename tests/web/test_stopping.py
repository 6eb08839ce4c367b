"""A portal or desk that is told to stop before it serves stops, however it was started.

The moment is held open by the test: the process sends the signal to itself where the first page
could be asked for, and goes on as if nothing had happened.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from converter.messages.catalogue import message
from tests.web.world import World

# Before the loop runs; inside of it, before the server listens; where connections are accepted.
MOMENTS = {
    "served": "uvicorn.Server.run",
    "workers start": "converter.web.fair_queue.FairQueue.start",
    "listens": "converter.web.connections.Listener.__init__",
}
SCRIPT = """
import os, pkgutil, sys
owner, _, name = sys.argv[1].rpartition(".")
cls = pkgutil.resolve_name(owner)
held = getattr(cls, name)

def stopped(*arguments, **settings):
    os.kill(os.getpid(), int(sys.argv[2]))
    return held(*arguments, **settings)

setattr(cls, name, stopped)
from converter import cli
sys.exit(cli.run(sys.argv[3:]))
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def ended(moment: str, stop: signal.Signals, *arguments: object) -> tuple[int, str]:
    """Exit code and last line of what was started in the background of a script, where signals
    may be ignored, as they are for the first process of a container."""
    command = [sys.executable, "-c", SCRIPT, MOMENTS[moment], int(stop), *arguments]
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        preexec_fn=lambda: signal.signal(stop, signal.SIG_IGN),
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()[-1]


@pytest.mark.parametrize(
    ("moment", "stop"),
    [
        ("served", signal.SIGINT),
        ("served", signal.SIGTERM),
        ("workers start", signal.SIGTERM),
        ("listens", signal.SIGINT),
    ],
)
def test_a_portal_stops_in_its_first_moment(
    union: World, moment: str, stop: signal.Signals
) -> None:
    code, last = ended(
        moment, stop, "portal", "--keys", union.keys, "--issued", union.issued,
        "--inbox", union.inbox, "--published", union.store, "--port", 0, "--jobs", 1,
    )  # fmt: skip
    assert (code, last) == (0, message("portal_stopped_now"))


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_desk_stops_in_its_first_moment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: signal.Signals
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    code, last = ended("served", stop, "desk", "--no-browser", "--place", tmp_path / "填报")
    assert code == 0, last
    assert not list((tmp_path / "state").rglob("*.json"))
