"""The programs to hand out on Windows, built on Linux: `make windows-dist`.

For each edition a folder, a zip of it and, for clerks, an installer that needs no rights of
administration, in `dist/windows-program/`. Nothing of Wine's or of `shims` may be in them: every
library is one of the Python that we fetched or of a wheel, and loads nothing from Windows that is
not on the list.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import operator
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from program.editions import EDITIONS
from windows import handbook, shims
from windows.installing import make_installer, try_installer
from windows.page import try_page
from windows.walk import walk
from windows.wine import EPOCH, ROOT, Wine, prepared

HERE = Path(__file__).parent
OUT = ROOT / "dist" / "windows-program"
INSTALLER = OUT / f"{EDITIONS['clerk'].folder}-安装.exe"
ALLOWED = HERE / "allowed-libraries.txt"
LIBRARIES = (".dll", ".pyd", ".exe")
FORM, HANDBOOKS = (
    "空白填报表.xlsx",
    {"clerk": ("clerk.zh-CN.md", "填报手册"), "officer": ("officer.zh-CN.md", "上级工会手册")},
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m windows.dist", description=__doc__)
    parser.add_argument("--edition", choices=EDITIONS, action="append")
    chosen = parser.parse_args().edition or list(EDITIONS)
    with prepared() as wine:
        for key in chosen:
            build(wine, key)
            try_out(wine, key)


def build(wine: Wine, key: str) -> None:
    """Build an edition, look at its libraries, add what lies beside it, pack it."""
    edition = EDITIONS[key]
    if wine.show("program/build.py", EDITION=key):
        raise SystemExit("the program was not built")
    folder = OUT / edition.folder
    shutil.rmtree(folder, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copytree(wine.source / "dist" / "program" / edition.folder, folder)
    faults = [*foreign(folder, wine), *missing(folder, wine)]
    if faults:
        raise SystemExit("\n".join(faults))
    wine.say("every library is one of Python's or of a wheel")
    add_documents(folder, key)
    archive = zipped(folder)
    sizes = _megabytes(folder), archive.stat().st_size / 1e6
    wine.say(f"{edition.folder}: {sizes[0]:.1f} MB, packed {sizes[1]:.1f} MB")
    if edition.largest and any(map(operator.gt, sizes, edition.largest)):
        raise SystemExit(f"larger than {edition.largest} MB")
    if key == "clerk":
        make_installer(folder, edition, INSTALLER)
        wine.say(f"{INSTALLER.name}: {INSTALLER.stat().st_size / 1e6:.1f} MB")


def zipped(folder: Path) -> Path:
    """The folder as one file, as small as every Windows can still unpack."""
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    return target


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def add_documents(folder: Path, key: str) -> None:
    """The handbook as a page and as a PDF, and a blank form."""
    source, name = HANDBOOKS[key]
    page = folder / f"{name}.html"
    page.write_text(handbook.page(source), encoding="utf-8")
    handbook.printed(page, folder / f"{name}.pdf")
    command = [sys.executable, "-m", "converter", "template", "-o", str(folder / FORM)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


# --- what is in it ------------------------------------------------------------------------------


def libraries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in LIBRARIES)


def foreign(folder: Path, wine: Wine) -> Iterator[str]:
    """Libraries that are of Wine or of `shims`, or come from nowhere that we know."""
    known = {_digest(path) for path in libraries(wine.drive / "py")}
    for path in libraries(folder):
        if path.suffix == ".exe":
            continue  # what PyInstaller made
        if shims.MARK in path.read_bytes()[:4096]:
            yield f"of Wine: {path.relative_to(folder)}"
        elif _digest(path) not in known:
            yield f"neither Python's nor of a wheel: {path.relative_to(folder)}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def missing(folder: Path, wine: Wine) -> Iterator[str]:
    """Libraries that are loaded from outside and that not every Windows has."""
    allowed = [line.strip() for line in ALLOWED.read_text("utf-8").splitlines() if line[:1] != "#"]
    brought = {path.name.lower() for path in libraries(folder)}
    for path in libraries(folder):
        for name in imported(path, wine):
            if name not in brought and not any(fnmatch.fnmatch(name, each) for each in allowed):
                yield f"{path.relative_to(folder)} needs {name}"


def imported(path: Path, wine: Wine) -> set[str]:
    """The libraries that one loads, now or when a function is called."""
    sys.path.insert(0, str(wine.drive / "py/Lib/site-packages"))
    try:
        import pefile
    finally:
        sys.path.pop(0)
    with pefile.PE(str(path), fast_load=True) as file:
        file.parse_data_directories(
            [
                pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{kind}"]
                for kind in ("IMPORT", "DELAY_IMPORT")
            ]
        )
        entries: list[Any] = getattr(file, "DIRECTORY_ENTRY_IMPORT", [])
        entries = entries + getattr(file, "DIRECTORY_ENTRY_DELAY_IMPORT", [])
        return {entry.dll.decode().lower() for entry in entries}


# --- trying it ----------------------------------------------------------------------------------


def bare_prefix(wine: Wine) -> Wine:
    """One more prefix: without Python, as machines are that the program is for."""
    bare = Wine(wine.folder / "bare")
    shutil.rmtree(bare.prefix, ignore_errors=True)
    bare.make_prefix()
    shims.build(bare.drive / "windows" / "system32", wine.drive / "py/Lib/site-packages")
    return bare


def try_out(wine: Wine, key: str) -> None:
    """Run the program in a prefix without Python: from a blank form to the package that Linux makes
    of the same workbook."""
    edition, bare = EDITIONS[key], bare_prefix(wine)
    if key == "clerk":
        try_installer(bare, INSTALLER, OUT / edition.folder, edition)
    desk = bare.drive / "desk"
    desk.mkdir()
    shutil.copytree(OUT / edition.folder, bare.drive / "填报 程序")
    shutil.copy(ROOT / "samples/01-correct/input/填报.xlsx", desk)
    program = rf"C:\填报 程序\{edition.program}.exe"
    for line, expected in (
        ("--version", 0), ("template -o 空白.xlsx", 0), ("check 填报.xlsx", 0), ("check *.xlsx", 1),
        ("convert 填报.xlsx -o 上报.zip", 0), ("show 上报.zip", 0), ("stats 上报.zip -o 统计.xlsx", 0),
        ("stats 上报.zip -o 统计.html", 0), ("backup 填报.xlsx -o 备份.zip", 0), ("explain K112", 0),
        ("receive . --store 库", 2 if edition.leaves_out else 1), ("没有.xlsx", 2),
    ):  # fmt: skip
        done = bare.run(program, *line.split(), cwd=desk, SOURCE_DATE_EPOCH=EPOCH)
        if done.returncode != expected:
            told = (done.stdout + done.stderr).decode("gbk", "replace")
            raise SystemExit(f"{line}: exit code {done.returncode}, not {expected}\n{told}")
    pages = try_page(bare, desk / "填报.xlsx", program, SOURCE_DATE_EPOCH=EPOCH)
    ours = wine.folder / "ours.zip"
    ours.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, "-P", "-m", "converter", "convert", str(desk / "填报.xlsx"), "-o", str(ours)],
        check=True, capture_output=True, cwd=wine.source,  # what was built, whatever stands here now
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONPATH": str(wine.source)},
    )  # fmt: skip
    if not ours.read_bytes() == (desk / "上报.zip").read_bytes() == pages:
        raise SystemExit("the program's package is not the one of Linux")
    wine.say("the program works where no Python is; its package is that of Linux, byte for byte")
    if key == "clerk":
        walk(bare, program)


if __name__ == "__main__":
    main()
