"""The licences of what the stand-alone program holds besides `converter` itself.

`build.py` writes them into the program's folder. They are read from the installed packages, so
the list is never older than what is built; a package without a licence text stops the build.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
# Its bootloader becomes the program; what it needs to build stays behind.
BUILDER = "pyinstaller"
TEXTS = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)
RULE = "=" * 78


def packages() -> list[str]:
    """Everything that `converter` needs, directly or not, on this platform."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    pending = [*project["dependencies"]]
    found: set[str] = set()
    while pending:
        requirement = Requirement(pending.pop())
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        pending += metadata.requires(name) or []
    return sorted(found)


def licence(package: metadata.Distribution) -> str:
    """The name of a package's licence, as short as the package gives it."""
    fields = package.metadata
    if expression := fields.get_all("License-Expression"):
        return str(expression[0])
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in fields.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    [named, *_] = fields.get_all("License") or ["see its text"]
    return " / ".join(classifiers) or str(named).splitlines()[0]


def texts(package: metadata.Distribution) -> list[str]:
    """The licence texts that a package brings, in the order of their names."""
    named = sorted(
        (str(file), Path(str(file.locate())))
        for file in package.files or []
        if ".dist-info" in str(file) and TEXTS.search(file.name)
    )
    return [path.read_text(encoding="utf-8", errors="replace").strip() for _, path in named]


def of_python() -> str:
    """The licence of the interpreter that the program brings along."""
    for folder in (Path(os.__file__).parent, Path(sys.base_prefix)):
        for name in ("LICENSE.txt", "LICENSE"):
            if (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8").strip()
    return f"{sys.copyright}\n\nhttps://docs.python.org/3/license.html"


def entries(names: list[str]) -> Iterator[tuple[str, str]]:
    """(one line for the list, the texts) of each package, the interpreter first."""
    yield f"Python {sys.version.split()[0]}: PSF-2.0", of_python()
    for name in names:
        package = metadata.distribution(name)
        found = texts(package)
        if not found:
            raise SystemExit(f"{name} {package.version} brings no licence text")
        line = f"{package.metadata['Name']} {package.version}: {licence(package)}"
        yield line, "\n\n".join(found)


def page(names: list[str]) -> str:
    """The list, then each package's texts under its line."""
    found = list(entries(names))
    listed = [
        "The converter program holds the work of others, under these licences.",
        "",
        *(f"- {line}" for line, _ in found),
    ]
    given = [f"\n{RULE}\n{line}\n{RULE}\n\n{text}" for line, text in found]
    return "\n".join([*listed, *given, ""])
