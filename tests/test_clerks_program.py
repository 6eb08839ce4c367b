"""The clerks' program leaves the database out: nothing of theirs needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sheets import correct

SITE = "import sys\nsys.modules['duckdb'] = None\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(SITE, encoding="ascii")
    return subprocess.run(
        [sys.executable, "-m", "converter", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("desk")
    correct(made)
    assert run(made, "convert", "填报.xlsx", "-o", "上报.zip").returncode == 0
    return made


@pytest.mark.parametrize(
    "line",
    [
        "show 上报.zip",
        "backup 填报.xlsx -o 备份.zip",
        "restore 备份.zip -o 恢复",
        "receive --help",
        "",
    ],
)
def test_what_a_clerk_does_needs_no_database(line: str, folder: Path) -> None:
    """`test_windows` has the commands that need nothing of POSIX either."""
    done = run(folder, *line.split())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line", ["receive . --store 库", "stats --store 库 -o a.xlsx", "period open 2026 --store 库"]
)
def test_what_an_officer_does_is_told_apart(line: str, folder: Path) -> None:
    done = run(folder, *line.split())
    assert done.returncode == 2, done.stderr
    assert "给填报单位用的" in done.stderr or "库" in done.stderr
    assert "Traceback" not in done.stderr
