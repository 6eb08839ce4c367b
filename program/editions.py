"""For whom a stand-alone program is: an officer's holds everything, a clerk's what a unit needs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from converter import __version__

# What others take up where it is installed, and nobody needs.
NOBODY_NEEDS = (
    "hypothesis", "pyarrow", "tkinter", "matplotlib", "pytest", "setuptools", "pip", "PIL", "lxml",
    "numpy.f2py", "pandas.tests", "phonenumbers.geodata", "phonenumbers.carrierdata", "pygments",
    "pydoc_data", "markdown_it", "pydantic.v1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edition:
    folder: str  # that is handed out, and what the program is called there
    program: str
    title: str
    leaves_out: tuple[str, ...] = ()  # packages
    largest: tuple[float, float] | None = None  # MB, unpacked and packed


EDITIONS = {
    "officer": Edition("converter", "converter", "基层工会填报 上级工会版"),
    "clerk": Edition(
        "基层工会填报", "基层工会填报", "基层工会填报", ("duckdb", "sqlite3", "tzdata"), (130, 45)
    ),
}


def version_file(edition: Edition) -> str:
    """The path of a file that tells PyInstaller what Windows shows as the program's properties."""
    from PyInstaller.utils.win32 import versioninfo as v

    numbers = (*(int(part) for part in __version__.split(".")), 0)
    strings = {
        "FileDescription": edition.title,
        "ProductName": edition.title,
        "FileVersion": __version__,
        "ProductVersion": __version__,
        "OriginalFilename": f"{edition.program}.exe",
        "LegalCopyright": "Apache License 2.0",
    }
    table = v.StringTable("080404b0", [v.StringStruct(key, text) for key, text in strings.items()])
    translation = v.VarFileInfo([v.VarStruct("Translation", [0x804, 0x4B0])])
    info = v.VSVersionInfo(
        ffi=v.FixedFileInfo(filevers=numbers, prodvers=numbers),
        kids=[v.StringFileInfo([table]), translation],
    )
    path = Path(tempfile.mkdtemp(), "version.txt")
    path.write_text(str(info), encoding="utf-8")
    return str(path)
