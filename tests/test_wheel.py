"""The wheel, installed into an empty environment, does the clerk's whole job."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import openpyxl
import pytest
from packaging.requirements import Requirement

from tests.sheets import fill

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and its locked needs, copied
    from the environment that runs the tests: `make` has installed them by their hashes."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "-w", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install"]
    options = ["--quiet", "--no-compile", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, *options, str(wheel)], check=True)
    (packages,) = (folder / "env").rglob("site-packages")
    for needed in locked():
        _copy(distribution(needed), packages)
    return programs


def locked() -> list[str]:
    """The distributions that the lock names for this system."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    named = [Requirement(line.rstrip(" \\")) for line in lines if re.match("[a-z]", line)]
    return [one.name for one in named if one.marker is None or one.marker.evaluate()]


def _copy(installed: Distribution, packages: Path) -> None:
    for file in installed.files or ():
        if ".." not in file.parts:  # not its programs
            (packages / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(installed.locate_file(file)), packages / file)


def test_the_wheel_carries_the_form_and_nothing_of_the_house(installed: Path) -> None:
    (wheel,) = installed.parent.parent.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "converter/_templates/jiceng/form.toml" in names
    assert "converter/messages/help.zh.toml" in names
    assert any(n.startswith("converter/messages/") for n in names)
    assert any(n.endswith(".html.j2") for n in names)
    assert {"converter/web/static/portal.css", "converter/web/templates/base.html.j2"} <= set(names)
    assert not any(n.startswith(("tests/", "samples/", "docs/")) for n in names)


def test_template_check_convert_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}

    def converter(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(installed / "converter"), *arguments],
            cwd=tmp_path,
            env=environment | {"PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    # A file that would be imported in place of a library, were the folder trusted.
    (tmp_path / "pandas.py").write_text("raise SystemExit('imported from the clerk’s folder')")
    done = converter("template", "-o", "填报.xlsx", "--rows", "30")
    assert done.returncode == 0, done.stderr
    book = fill(openpyxl.load_workbook(tmp_path / "填报.xlsx"))
    book.save(tmp_path / "填报.xlsx")
    done = converter("check", "填报.xlsx")
    assert done.returncode == 0, done.stdout + done.stderr
    done = converter("convert", "填报.xlsx", "-o", "上报.zip")
    assert done.returncode == 0, done.stdout + done.stderr
    assert converter("show", "上报.zip").returncode == 0
