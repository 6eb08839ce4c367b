"""The clerk's installer: made by NSIS, and tried where no Python is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from converter import __version__
from program.editions import Edition
from windows.page import served
from windows.wine import ROOT, Wine

HERE = Path(__file__).parent
ASSOCIATIONS = r"Software\Classes\SystemFileAssociations"
ENDINGS = (".xlsx", ".zip")
PLACE, INSIDE = "自己的文件夹", r"C:\自己的文件夹"
UNINSTALLER, HERS = "卸载.exe", "去年的表.xlsx"
STILL_OPEN = 3  # exit code: the program runs, nothing was touched


def make_installer(folder: Path, edition: Edition, out: Path, version: str = __version__) -> None:
    removed = out.with_suffix(".nsh")
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    lines = "".join(f'  Delete "$INSTDIR\\{name}"\n' for name in names)
    removed.write_text("\ufeff" + lines, encoding="utf-8")
    values = {
        "NAME": edition.title, "PROGRAM": f"{edition.program}.exe", "VERSION": version,
        "FOLDER": folder, "OUT": out, "ICON": HERE / "program.ico", "REMOVED": removed,
    }  # fmt: skip
    defines = [f"-D{key}={value}" for key, value in values.items()]
    subprocess.run(
        ["makensis", "-V2", "-INPUTCHARSET", "UTF8", *defines, str(HERE / "installer.nsi")],
        check=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    removed.unlink()


class Installed:
    """What an installer left in a prefix."""

    def __init__(self, wine: Wine, edition: Edition) -> None:
        self._wine, self._edition = wine, edition
        self.place = wine.drive / PLACE
        (self.user,) = (one for one in (wine.drive / "users").iterdir() if one.name != "Public")

    @property
    def program(self) -> str:
        return rf"{INSIDE}\{self._edition.program}.exe"

    def files(self) -> set[str]:
        found = (path for path in self.place.rglob("*") if path.is_file())
        return {path.relative_to(self.place).as_posix() for path in found}

    def elsewhere(self) -> list[Path]:
        """What there is of it in the user's own folders: the menu, the state, a default place."""
        local, menu = "AppData/Local", "AppData/Roaming/Microsoft/Windows/Start Menu/Programs"
        own = (f"{menu}/{self._edition.title}", f"{local}/Programs/{self._edition.title}")
        patterns = [*(f"{one}/**/*" for one in own), f"{local}/converter", f"{local}/converter/*"]
        return [path for pattern in patterns for path in self.user.glob(pattern)]

    def command(self, ending: str) -> str:
        """What the right button runs; '' where there is no such entry."""
        key = rf"HKCU\{ASSOCIATIONS}\{ending}\shell\GonghuiTianbao\command"
        done = self._wine.run("reg", "query", key, "/ve", cwd=self._wine.drive)
        found = re.search(r'REG_SZ\s+(".*)', done.stdout.decode("gbk", "replace"))
        return found[1].strip() if found else ""

    def is_registered(self, key: str) -> bool:
        return self._wine.quietly("reg", "query", rf"HKCU\{key}") == 0


def try_installer(wine: Wine, installer: Path, folder: Path, edition: Edition) -> None:
    """Install over an older version into a folder that holds something already, use it as a clerk
    does, remove it: what was hers is all that is left."""
    found = Installed(wine, edition)
    shutil.rmtree(found.place, ignore_errors=True)
    found.place.mkdir()
    (found.place / HERS).write_bytes(b"hers")
    _install_older(wine, edition, found)
    assert wine.quietly(str(installer), "/S", f"/D={INSIDE}") == 0
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found.files() == files | {HERS, UNINSTALLER}, found.files() ^ files
    menu = [path.name for path in found.elsewhere()]
    assert sorted(menu) == sorted(f"{name}.lnk" for name in (edition.title, "填报手册", "卸载")), (
        menu
    )
    assert not any(found.is_registered(rf"Software\Classes\{ending}") for ending in ENDINGS)
    _use_context_menu(wine, found)
    with served(wine, found.program):
        for program in (str(installer), rf"{INSIDE}\{UNINSTALLER}"):
            more = f"/D={INSIDE}" if program == str(installer) else f"_?={INSIDE}"
            assert wine.quietly(program, "/S", more) == STILL_OPEN
        assert found.files() == files | {HERS, UNINSTALLER}
    assert wine.quietly(str(installer), "/S") == 0  # once more, where it is
    assert found.files() == files | {HERS, UNINSTALLER}
    # `_?` has it run where it is, so that its end can be waited for: it cannot remove itself then.
    assert wine.quietly(rf"{INSIDE}\{UNINSTALLER}", "/S", f"_?={INSIDE}") == 0
    assert found.files() == {HERS, UNINSTALLER}, found.files()
    assert not found.elsewhere(), found.elsewhere()
    assert not any(map(found.command, ENDINGS))
    assert not found.is_registered(rf"Software\{edition.title}")
    wine.say("installed, used, installed over and removed; what lay in the folder is there")


def _install_older(wine: Wine, edition: Edition, found: Installed) -> None:
    """A version that brought other files, in the place that is proposed."""
    older = wine.folder / "older"
    shutil.rmtree(older, ignore_errors=True)
    (older / "_internal").mkdir(parents=True)
    for name in (f"{edition.program}.exe", "旧手册.html", "_internal/旧的.dll"):
        (older / name).write_bytes(b"old")
    installer = wine.folder / "older.exe"
    make_installer(older, edition, installer, "0.0.1")
    assert wine.quietly(str(installer), "/S") == 0
    names = {path.name for path in found.elsewhere()}
    assert {"旧手册.html", "旧的.dll", UNINSTALLER} <= names, names


def _use_context_menu(wine: Wine, found: Installed) -> None:
    """Run what the right button runs, on names with blanks."""
    desk = wine.drive / "我的 文件"
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir()
    shutil.copy(ROOT / "samples/01-correct/input/填报.xlsx", desk / "填报 表.xlsx")
    for ending in ENDINGS:
        command = found.command(ending).replace("%1", rf"C:\我的 文件\填报 表{ending}")
        program, file = re.findall('"([^"]*)"', command)
        done = wine.run(program, file, cwd=desk)
        assert done.returncode == 0, (done.stdout + done.stderr).decode("gbk", "replace")
    assert {path.name for path in desk.iterdir()} == {"填报 表.xlsx", "填报 表.zip"}
