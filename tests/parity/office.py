"""LibreOffice as a second opinion: recalculates workbooks, and edits them like a clerk.

OOXML files are always recalculated on loading: cached values prove nothing. Runs that compute share
a profile, since to make one takes half a second; those that edit are ended and have one each.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from converter.files.libreoffice import profile
from tests import tools

PATIENCE = 600  # seconds; a machine under load, not a measure


@cache
def _shared() -> Path:
    """The folder of this process for a profile."""
    folder = Path(tempfile.mkdtemp(prefix="office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def recalculated(files: Sequence[Path], folder: Path) -> list[Path]:
    """The same workbooks as LibreOffice computes them, in one run."""
    program, output = tools.path("libreoffice"), folder / "recalculated"
    done = subprocess.run(
        [program, "--headless", profile(_shared()), "--convert-to", "xlsx:Calc MS Excel 2007 XML",
         "--outdir", str(output), *map(str, files)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    results = [output / file.name for file in files]
    lost = [result.name for result in results if not result.is_file()]
    assert not lost, f"LibreOffice wrote no {lost}: {done.stdout} {done.stderr}"
    return results


def converted(file: Path, suffix: str, folder: Path) -> Path:
    """A workbook as LibreOffice saves it in another format."""
    program, output = tools.path("libreoffice"), folder / "converted"
    done = subprocess.run(
        [program, "--headless", profile(_shared()), "--convert-to", suffix, "--outdir", str(output),
         str(file)],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    result = output / f"{file.stem}.{suffix}"
    assert result.is_file(), f"{done.stdout} {done.stderr}"
    return result


def edited(
    steps: Sequence[tuple[Path, Path, str]], folder: Path, *, believing: bool = False
) -> None:
    """(workbook, result, what to do to its member sheet): see `clerk.py` for what can be done.
    `believing`: as on a clerk's computer, where stored values count until something changes."""
    program, python = tools.path("libreoffice"), tools.path("uno")
    script = Path(__file__).with_name("clerk.py")
    pipe = f"converter-{os.getpid()}"
    own = (
        f"-env:UserInstallation={(folder / 'believing').as_uri()}" if believing else profile(folder)
    )
    office = subprocess.Popen(
        [program, "--headless", "--norestore", own, f"--accept=pipe,name={pipe};urp;"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        arguments = [part for step in steps for part in map(str, step)]
        done = subprocess.run(
            [python, str(script), pipe, "believe" if believing else "calculate", *arguments],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    finally:
        office.terminate()
        office.wait(PATIENCE)
