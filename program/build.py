"""Build the stand-alone program for the platform this runs on: `make dist`, or windows.ps1.

Leaves in `dist/program/` a folder for each edition (see `editions`) with the program in it, and
that folder packed; prints their sizes and how long a start takes. EDITION says which one alone.
"""

from __future__ import annotations

import operator
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from program import editions, licences
from program.editions import Edition

ROOT = Path(__file__).parent.parent
OUT = ROOT / "dist" / "program"
LICENCES = "third-party-licences.txt"
STARTS = 5  # of which the fastest counts: the first ones read from the disk


def main() -> None:
    chosen = os.environ.get("EDITION")
    for key in [chosen] if chosen else editions.EDITIONS:
        build(key)


def build(key: str) -> None:
    """Build an edition, pack it, measure it."""
    edition = editions.EDITIONS[key]
    with tempfile.TemporaryDirectory() as work:
        places = ["--distpath", str(OUT), "--workpath", work]
        command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
        subprocess.run(
            [*command, *places, str(Path(__file__).with_name("converter.spec"))],
            env={**os.environ, "EDITION": key},
            check=True,
        )
    folder = OUT / edition.folder
    if sys.platform.startswith("linux"):
        strip(folder)
    add_beside(folder, edition)
    archive = packed(folder)
    files = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    sizes = sum(file.stat().st_size for file in files) / 1e6, archive.stat().st_size / 1e6
    print(f"{folder.relative_to(ROOT)}  {sizes[0]:.0f} MB")
    print(f"{archive.relative_to(ROOT)}  {sizes[1]:.0f} MB")
    if edition.largest and any(map(operator.gt, sizes, edition.largest)):
        raise SystemExit(f"larger than {edition.largest} MB")
    print(f"start (--help): {start(program(folder, edition), '--help'):.2f} s")
    print(f"start (fields): {start(program(folder, edition), 'fields'):.2f} s")


def strip(folder: Path) -> None:
    """Take what only debuggers read out of Python's own libraries: a Python that was built on the
    machine brings 30 MB of it. Wheels are stripped already, and some do not survive it twice."""
    inside = folder / "_internal"
    own = [*inside.glob("libpython*.so*"), *inside.glob("python3.*/lib-dynload/*.so")]
    subprocess.run(["strip", "--strip-unneeded", *map(str, own)], check=True)


def add_beside(folder: Path, edition: Edition) -> None:
    """Our licence and those of what the program brings along; on Linux what puts it into a menu."""
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE.txt")
    names = [name for name in licences.packages() if name not in edition.leaves_out]
    names.append(licences.BUILDER)
    if sys.platform.startswith("linux"):
        shutil.copy(ROOT / "program" / "menu-entry.sh", folder)
        shutil.copy(ROOT / "converter" / "web" / "static" / "icon.svg", folder)
    (folder / LICENCES).write_text(licences.page(names), encoding="utf-8", newline="\n")


def packed(folder: Path) -> Path:
    """The folder as one file to hand out: a zip on Windows, elsewhere a tar that keeps links and
    which files may be run (by xz, which takes a third less than gzip)."""
    kind = "zip" if sys.platform == "win32" else "xztar"
    name = f"{folder}-{sys.platform}-{platform.machine().lower()}"
    return Path(shutil.make_archive(name, kind, folder.parent, folder.name))


def program(folder: Path, edition: Edition) -> Path:
    """The program in its folder, by the platform's name for it."""
    return folder / (f"{edition.program}.exe" if sys.platform == "win32" else edition.program)


def start(path: Path, *arguments: str) -> float:
    """Seconds from calling the program to its end, the fastest of a few."""
    taken = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        subprocess.run([str(path), *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - begun)
    return min(taken)


if __name__ == "__main__":
    main()
