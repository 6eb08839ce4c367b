"""Her own place: Documents/基层工会填报/<unit>/<year>/, with forms, marked copies and packages
under plain names and a folder of backups. Nothing there is ever replaced: a name that is taken gets
a number.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from converter.files import writing
from converter.messages.catalogue import message
from converter.text import file_names
from converter.usecases.common import IGNORED_NAMES
from converter.usecases.recognising import is_identity
from converter.web.upload_names import safe_name

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".et", ".ods")
LISTED = 5_000  # files of a folder that are looked at
# What the registry of Windows calls the folder of documents, and where.
SHELL_FOLDERS = r"Software\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of one unit and year."""

    folder: Path
    unit: str
    year: str

    def files(self) -> list[Path]:
        """Newest first."""
        return _files(self.folder)

    def forms(self) -> list[Path]:
        return [path for path in self.files() if file_names.suffix(path) in WORKBOOKS]

    def packages(self) -> list[Path]:
        return [path for path in self.files() if file_names.suffix(path) == ".zip"]

    @property
    def backups(self) -> Shelf:
        return self.below(message("desk_backups_folder"))

    def restored(self) -> list[Path]:
        """Folders into which backups were restored, newest first."""
        begins = f"{message('desk_restored_name')}-"
        found = [one for one in _folders(self.folder) if one.name.startswith(begins)]
        return sorted(found, key=lambda one: -one.stat().st_mtime)

    def identity(self) -> Path | None:
        """The newest identity file."""
        found = (p for p in self.files() if file_names.suffix(p) == ".xml" and is_identity(p))
        return next(found, None)

    def keep(self, source: Path, name: str = "") -> Path:
        """Take in a copy of a file. One of the same bytes that is there already stands for it."""
        wanted = self._made() / safe_name(name or source.name)
        digest = writing.digest_of(source)
        for path in (wanted, *self.folder.glob(f"{_literal(wanted.stem)}-*{wanted.suffix}")):
            if path.is_file() and writing.digest_of(path) == digest:
                return path
        return writing.write_beside(wanted, lambda new: writing.copy_atomically(source, new))

    def below(self, name: str) -> Shelf:
        """A folder in this one."""
        return Shelf(self.folder / name, self.unit, self.year)

    def free(self, name: str) -> Path:
        """A path in this folder that nothing has."""
        return free(self._made() / safe_name(name))

    def _made(self) -> Path:
        writing.private_folder(self.folder)
        return self.folder


class ClerkFolder:
    """All units and years. `year` is the one that is being collected."""

    def __init__(self, root: Path, year: str) -> None:
        self.root, self.year = root, year

    def shelf(self, unit: str, year: str = "") -> Shelf:
        """The folder of a unit in a year, this one by default; without a name it is that of nobody
        yet."""
        name, year = safe_name(unit) if unit else message("desk_no_unit"), year or self.year
        return Shelf(self.root / name / safe_name(year), unit, year)

    def earlier(self, unit: str) -> list[Path]:
        """Packages and forms of other years, the newest year first."""
        own = self.shelf(unit).folder
        found: list[Path] = []
        for folder in sorted(_folders(own.parent), reverse=True):
            if folder != own:
                shelf = Shelf(folder, unit, folder.name)
                found += [*shelf.packages(), *shelf.forms()]
        return found

    def latest_unit(self) -> str:
        """The unit that was worked on last, '' where there is none."""
        folder = self._latest()
        unit = folder.parent.name if folder else ""
        return "" if unit == message("desk_no_unit") else unit

    def latest_forms(self) -> list[Path]:
        """The forms of the unit and year that were worked on last, newest first."""
        folder = self._latest()
        return Shelf(folder, "", folder.name).forms() if folder else []

    def _latest(self) -> Path | None:
        years = (year for _, year in self._years())
        return max(years, key=lambda year: year.stat().st_mtime, default=None)

    def choose(self, unit: str) -> None:
        """Remember that this unit was worked on last."""
        years = _folders(self.shelf(unit).folder.parent)
        if years:
            with suppress(OSError):
                os.utime(max(years))

    def units(self) -> list[str]:
        """Units that have a folder."""
        unnamed = message("desk_no_unit")
        return sorted({unit.name for unit, _ in self._years() if unit.name != unnamed})

    def identity(self, unit: str) -> Path | None:
        """A unit's identity file: of this year, else of the year before it that has one."""
        own = self.shelf(unit)
        years = [own.folder, *sorted(_folders(own.folder.parent), reverse=True)]
        return next(filter(None, (Shelf(f, unit, f.name).identity() for f in years)), None)

    def _years(self) -> Iterator[tuple[Path, Path]]:
        for unit in _folders(self.root):
            for year in _folders(unit):
                yield unit, year


def free(path: Path) -> Path:
    """A path, with a number where something has it."""
    stem, number = path.stem, 2
    while os.path.lexists(path):
        path, number = path.with_name(f"{stem}-{number}{path.suffix}"), number + 1
    return path


def files_below(folder: Path) -> list[Path]:
    """Every file of a folder and its folders, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file())[:LISTED]


def _files(folder: Path) -> list[Path]:
    found = [path for path in _entries(folder) if path.is_file()]
    return sorted(found, key=lambda path: (-path.stat().st_mtime, path.name))


def _folders(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir())[:LISTED]
    except OSError:
        return []
    return [path for path in found if not path.name.startswith(IGNORED_NAMES)]


def _literal(text: str) -> str:
    """A text that `glob` takes for itself."""
    return re.sub(r"([*?[])", r"[\1]", text)


def shown(path: Path) -> str:
    """A path as people know it: from their own folder on, where it lies there."""
    with suppress(ValueError, RuntimeError):  # elsewhere; a user without a folder
        return str(path.relative_to(Path.home()))
    return str(path)


def default_root() -> Path:
    """The place in the folder of documents, as the system names it; where one is for a user who has
    no folder of her own."""
    return _documents() / message("desk_place")


def _documents() -> Path:
    try:
        home = Path.home()
    except RuntimeError:
        return Path.cwd()
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, SHELL_FOLDERS) as key:
                return Path(winreg.QueryValueEx(key, "Personal")[0])
        except OSError:
            return home / "Documents"
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "user-dirs.dirs"
    try:
        found = re.search(r'^XDG_DOCUMENTS_DIR="([^"]+)"', config.read_text("utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        found = None
    if found:
        return Path(found[1].replace("$HOME", str(home)))
    return home / "Documents"
