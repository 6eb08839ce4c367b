"""What goes into the stand-alone program comes with its licence."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

from program import licences

ROOT = Path(__file__).parent.parent
NAMES = licences.packages()


def test_the_list_is_what_is_locked_for_the_program() -> None:
    """Nothing beyond the lock, and of the lock all but what builds and other platforms need."""
    lock = (ROOT / "requirements-dist.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))
    assert set(NAMES) <= locked
    assert locked - set(NAMES) <= {
        *("altgraph", "macholib", "pefile", "pyinstaller", "pyinstaller-hooks-contrib"),
        *("pywin32-ctypes", "setuptools"),  # these build
        *("colorama", "tzdata", "importlib-metadata", "zipp"),  # Windows, older Python
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_package_names_its_licence_and_brings_its_text(name: str) -> None:
    package = metadata.distribution(name)
    assert 1 < len(licences.licence(package)) < 120
    assert licences.texts(package)


def test_the_page_lists_every_package_and_gives_every_text() -> None:
    page = licences.page(NAMES)
    for name in NAMES:
        package = metadata.distribution(name)
        assert f"- {package.metadata['Name']} {package.version}: " in page
        assert all(text in page for text in licences.texts(package))


def test_a_package_without_a_text_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "texts", lambda package: [])
    with pytest.raises(SystemExit, match=r"^click .* brings no licence text$"):
        licences.page(["click"])
