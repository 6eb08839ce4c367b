"""LibreOffice, where it is installed, computes workbooks anew: a second opinion on formulas."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from converter.files.opening import programs_environment, systems_libraries

# What is stored in a workbook proves nothing: 0 computes everything on loading.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Office.Calc/Formula/Load">
    <prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
  </item>
</oor:items>
"""
_PLACES = (
    Path("/Applications/LibreOffice.app/Contents/MacOS/soffice"),
    Path(os.environ.get("PROGRAMFILES", "")) / "LibreOffice" / "program" / "soffice.com",
)


def find() -> Path | None:
    """Where the program is; None where there is none."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return Path(found)
    return next((place for place in _PLACES if place.is_file()), None)


def profile(folder: Path) -> str:
    """The option that gives LibreOffice a profile of its own, in a folder."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    return f"-env:UserInstallation={(folder / 'profile').as_uri()}"


def recalculate(program: Path, folder: Path, names: Sequence[str], patience: float) -> Path:
    """Compute workbooks of a folder in one run, with a profile of its own: the folder in which they
    then lie under the same names. The program is ended after `patience` seconds. Raises
    TimeoutError, OSError."""
    output = folder / "computed"
    quiet = subprocess.DEVNULL
    with systems_libraries():
        process = subprocess.Popen(
            [program, "--headless", "--norestore", profile(folder), "--convert-to",
             "xlsx:Calc MS Excel 2007 XML", "--outdir", output, *names],
            cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet, env=programs_environment(),
            start_new_session=True,
        )  # fmt: skip
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired as late:
        raise TimeoutError from late
    finally:
        _end(process)
    if lost := [name for name in names if not (output / name).is_file()]:
        raise OSError(f"LibreOffice did not write {lost[0]}")
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """With what it has started: `soffice` is a script that starts the program."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
