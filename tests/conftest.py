"""What several rooms of the tests share."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from converter.workers import limits
from converter.workers.pool import Worker
from tests import commands, forking, light_passphrases, opened, tools

EXAMPLES = int(os.environ.get("EXAMPLES", "20"))  # of each property; `make fuzz` has more
# A slow machine is no fault: neither of what is tested nor of the draws.
settings.register_profile(
    "unhurried",
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is imported and collected stays to the end: with ten thousand tests the garbage
    collector would look through all of it again and again, for nothing."""
    gc.disable()
    try:
        controls = session.config.getoption("numprocesses", None)
        if hasattr(os, "fork") and not controls and any(map(_is_ours, session.config.args)):
            commands.load_all()
            forking.start_server(light_passphrases.use)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _is_ours(argument: str) -> bool:
    """Whether an argument of pytest names tests of this folder: only they run commands."""
    path = Path(argument.partition("::")[0]).resolve()
    return path.is_relative_to(Path(__file__).parent)


def pytest_unconfigure() -> None:
    if forking.server:
        forking.server.stop()
    gc.unfreeze()  # libraries report what they still find at the end as leaks


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture is made: is this its system, and is there what the test runs?"""
    mark = item.get_closest_marker("posix" if os.name == "nt" else "windows")
    if not mark and _is_wine():
        mark = item.get_closest_marker("real_windows")
    if mark:
        pytest.skip(str(mark.args[0]))
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            tools.path(name)


def _is_wine() -> bool:
    """Whether this Windows is Wine."""
    return sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


@pytest.fixture(autouse=True)
def own_folder(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """No test finds what another, or whoever runs them, has been asked before."""
    folder = tmp_path_factory.getbasetemp() / "own" / str(abs(hash(request.node.nodeid)))
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))


@pytest.fixture(scope="session", autouse=True)
def _light_passphrases() -> Iterator[None]:
    with light_passphrases.in_use():
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_workbooks() -> Iterator[None]:
    with opened.quickly():
        yield


@pytest.fixture(scope="session", autouse=True)
def near_workers() -> Iterator[None]:
    """Workers are forked from what has imported all: see `commands`."""
    with commands.near_workers():
        yield


@pytest.fixture
def forks_see_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and workers are forked from the tests' process itself, with what a test patched."""
    monkeypatch.setattr(forking, "server", None)
    monkeypatch.setattr(limits, "LIBRARIES", forking.with_tests())


@pytest.fixture(scope="session")
def worker(near_workers: None) -> Iterator[Worker]:
    """A worker that stays, for tests that use cases hand tasks to."""
    started = Worker().start()
    yield started
    started.stop()
