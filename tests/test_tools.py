"""A missing program skips a test with one line of advice, and fails it where CI is set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import TOOLS, Tool

ROOT = Path(__file__).parent.parent
ASKING = """
import pytest
from tests import tools

tools.TOOLS["nothing"] = tools.Tool("Nothing", "nothing-at-all", tools.program("no-such-program"))

@tools.needs("nothing")
def test_marked(tmp_path): raise AssertionError("was run")

def test_asking(): raise AssertionError(tools.path("nothing"))
"""


def outcome(folder: Path, **environment: str) -> str:
    """What pytest prints of the two tests above, in a process of its own."""
    (folder / "test_asking.py").write_text(ASKING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "tests.conftest", "-p",
         "no:cacheprovider", "-o", "markers=needs: programs", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "CI"} | environment,
    )  # fmt: skip
    return done.stdout


def test_without_the_program_one_line_says_what_to_install(tmp_path: Path) -> None:
    printed = outcome(tmp_path)
    assert "2 skipped" in printed
    advice = [line for line in printed.splitlines() if "nothing-at-all" in line]
    assert len(advice) == 1
    assert "no Nothing here: run `make setup-debian`, or install nothing-at-all" in advice[0]


def test_in_ci_a_missing_program_fails_the_test(tmp_path: Path) -> None:
    printed = outcome(tmp_path, CI="true")
    assert "2 failed" in printed or "1 failed, 1 error" in printed
    assert "was run" not in printed
    assert "install nothing-at-all" in printed


@pytest.mark.parametrize("tool", TOOLS.values(), ids=list(TOOLS))
def test_what_the_advice_names_is_what_setup_installs(tool: Tool) -> None:
    script = (ROOT / ".ci" / "setup-debian").read_text(encoding="utf-8")
    if tool.required:
        assert f"missing+=({tool.package})" in script or f"missing+=({tool.package} " in script
    else:
        optional = f"npm install --global --silent {tool.package}@", f"-recommends {tool.package} "
        assert any(line in script for line in optional)
