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

from converter import __version__
from program.editions import EDITIONS, Edition
from windows import handbook, shims
from windows.page import try_page
from windows.wine import EPOCH, ROOT, Wine, prepared

HERE = Path(__file__).parent
OUT = ROOT / "dist" / "windows-program"
ALLOWED = HERE / "allowed-libraries.txt"
ASSOCIATIONS = r"Software\Classes\SystemFileAssociations"
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


def build(wine: Wine, key: str = "officer") -> None:
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
        installer = make_installer(folder, edition)
        try_installer(wine, installer, folder, edition)
        wine.say(f"{installer.name}: {installer.stat().st_size / 1e6:.0f} MB")


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


# --- the installer ------------------------------------------------------------------------------


def make_installer(folder: Path, edition: Edition) -> Path:
    out = OUT / f"{edition.folder}-安装.exe"
    removed = OUT / "removed.nsh"
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    lines = "".join(f'  Delete "$INSTDIR\\{name}"\n' for name in names)
    removed.write_text("\ufeff" + lines, encoding="utf-8")
    values = {
        "NAME": edition.title, "PROGRAM": f"{edition.program}.exe", "VERSION": __version__,
        "FOLDER": folder, "OUT": out, "ICON": HERE / "program.ico", "REMOVED": removed,
    }  # fmt: skip
    defines = [f"-D{key}={value}" for key, value in values.items()]
    subprocess.run(
        ["makensis", "-V2", "-INPUTCHARSET", "UTF8", *defines, str(HERE / "installer.nsi")],
        check=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    removed.unlink()
    return out


def try_installer(wine: Wine, installer: Path, folder: Path, edition: Edition) -> None:
    """Install into a folder that holds something already, look, uninstall: that is all that is left."""
    place = wine.drive / "自己的文件夹"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / "去年的表.xlsx").write_bytes(b"hers")
    inside = r"C:\自己的文件夹"
    menu = f"users/*/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/{edition.title}/*.lnk"
    keys = [rf"HKCU\{ASSOCIATIONS}\{end}\shell\GonghuiTianbao" for end in (".xlsx", ".zip")]
    keys.append(rf"HKCU\Software\{edition.title}")

    def registered() -> list[bool]:
        return [wine.quietly("reg", "query", key) == 0 for key in keys]

    def found() -> set[str]:
        return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}

    wine.quietly(str(installer), "/S", f"/D={inside}")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found() == files | {"去年的表.xlsx", "卸载.exe"}, found() ^ files
    assert registered() == [True] * len(keys), keys
    assert len(list(wine.drive.glob(menu))) == 3
    # `_?` has it run where it is, so that its end can be waited for: it cannot remove itself then.
    wine.quietly(rf"{inside}\卸载.exe", "/S", f"_?={inside}")
    assert found() == {"去年的表.xlsx", "卸载.exe"}, found()
    assert registered() == [False] * len(keys), keys
    assert not list(wine.drive.glob(menu))
    wine.say("installed and removed; what lay in the folder is there")


# --- trying it ----------------------------------------------------------------------------------


def try_out(wine: Wine, key: str = "officer") -> None:
    """Run the program in a prefix without Python: from a blank form to the package that Linux makes
    of the same workbook."""
    edition, bare = EDITIONS[key], Wine(wine.folder / "bare")
    shutil.rmtree(bare.prefix, ignore_errors=True)
    bare.make_prefix()
    shims.build(bare.drive / "windows" / "system32", wine.drive / "py/Lib/site-packages")
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


if __name__ == "__main__":
    main()
