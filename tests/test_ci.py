"""What `.ci/windows` makes of the tests under Wine: a failure fails, what cannot be tried is reported."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from windows import wine
from windows.wine import NOT_RUN, Unavailable, Wine, prepared

pytestmark = pytest.mark.posix("a script of Debian's")
ROOT = Path(__file__).parent.parent


def script(path: Path, code: int) -> None:
    """A program that ends with a code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {code}\n", encoding="ascii")
    path.chmod(0o755)


def run(folder: Path, *, wine: int = 0, windows: int = 0) -> subprocess.CompletedProcess[str]:
    """The script, with stubs that end with these codes in place of what it runs."""
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    script(folder / "windows" / "setup-debian", wine)
    script(folder / ".venv" / "bin" / "python", windows)
    return subprocess.run([folder / ".ci" / "windows"], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("codes", "fails", "line"),
    [
        ({}, False, "WINDOWS: PASSED"),
        ({"windows": 1}, True, "WINDOWS: FAILED"),
        ({"windows": 124}, True, "WINDOWS: FAILED"),
        ({"windows": NOT_RUN}, False, "WINDOWS: NOT RUN"),
        ({"wine": 100}, False, "WINDOWS: NOT RUN"),
    ],
)
def test_what_ci_makes_of_it(tmp_path: Path, codes: dict[str, int], fails: bool, line: str) -> None:
    done = run(tmp_path, **codes)
    assert (done.returncode != 0) is fails
    assert line in done.stdout + done.stderr
    assert ("WINDOWS" in done.stdout + done.stderr) is bool(line)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("ERROR: No matching distribution found for numpy", Unavailable),
        ("error: Failed to fetch: simple/numpy/", Unavailable),
        ("socket.gaierror: Temporary failure in name resolution", Unavailable),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", SystemExit),
        ("No module named pip", SystemExit),
    ],
)
def test_an_index_out_of_reach_is_no_fault(reason: str, expected: type[BaseException]) -> None:
    with pytest.raises(expected, match=f"^{re.escape(reason)}$"):
        wine._reach(["sh", "-c", f"echo WARNING: x >&2; echo '{reason}' >&2; exit 1"])


def test_a_machine_that_cannot_ends_with_its_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unavailable(_: Wine) -> None:
        raise Unavailable("no network")

    monkeypatch.setattr(Wine, "prepare", unavailable)
    with pytest.raises(SystemExit) as ended, prepared(tmp_path):
        pass
    assert ended.value.code == NOT_RUN
    assert "no network" in capsys.readouterr().err
