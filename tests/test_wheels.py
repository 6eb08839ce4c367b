"""Every dependency of the program has a wheel for each platform that it is offered on: nothing is
compiled anywhere. (Downloads nothing: the index is asked which files there are.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "x86_64-pc-windows-msvc")
UV = Path(sys.executable).parent / ("uv.exe" if sys.platform == "win32" else "uv")


def resolved(platform: str, version: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        *(str(UV), "pip", "install", "--dry-run", "--target", str(folder), "--no-cache"),
        *("--python-platform", platform, "--python-version", version),
        *("--only-binary", ":all:", "--require-hashes"),
        *("-r", str(ROOT / "requirements.lock")),
    ]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


pytestmark = pytest.mark.posix("uv is not among what is installed there")


@pytest.mark.parametrize("version", ["3.11", "3.13"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_has_a_wheel_of_everything(platform: str, version: str, tmp_path: Path) -> None:
    done = resolved(platform, version, tmp_path)
    assert done.returncode == 0, done.stderr


def test_one_without_them_is_told(tmp_path: Path) -> None:
    """That the question can be answered with no."""
    assert resolved("riscv64-unknown-linux", "3.11", tmp_path).returncode != 0
