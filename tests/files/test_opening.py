"""What shows a page or a file, and where the program keeps its own things."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from converter.files import opening, os_errors, own_folder

pytestmark = pytest.mark.posix("programs of a Linux desktop")


def _stub(folder: Path, name: str, code: int) -> Path:
    """A program that notes what it was given, and how it ends; returns where it notes it."""
    program, noted = folder / name, folder / f"{name}.noted"
    program.write_text(f'#!/bin/sh\necho "$1" > {noted}.new; mv {noted}.new {noted}; exit {code}\n')
    program.chmod(0o755)
    return noted


def _read(noted: Path) -> str:
    for _ in range(200):
        if noted.exists():
            return noted.read_text().strip()
        time.sleep(0.05)
    raise AssertionError(f"{noted.name} was not written")


def test_the_desktop_decides_which_browser_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the first that is installed: that one may be unable to start, and nobody would know."""
    noted = _stub(tmp_path, "xdg-open", 0)
    unable = _stub(tmp_path, "chromium", 1)
    settings = tmp_path / "xdg-settings"
    settings.write_text("#!/bin/sh\necho chromium\n")
    settings.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("BROWSER", raising=False)
    assert opening.open_page("http://127.0.0.1:1/enter?token=a")
    assert _read(noted) == "http://127.0.0.1:1/enter?token=a"
    assert not unable.exists()


def test_what_the_packed_program_opens_loads_the_systems_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = tmp_path / "noted"
    opener = tmp_path / "xdg-open"
    opener.write_text(
        f'#!/bin/sh\necho "$1 ${{LD_LIBRARY_PATH-none}}" > {noted}.new; mv {noted}.new {noted}\n'
    )
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("sys.frozen", True, raising=False)
    for before, expected in ((None, "none"), ("/usr/local/lib", "/usr/local/lib")):
        noted.unlink(missing_ok=True)
        monkeypatch.setenv(opening.LIBRARIES, str(tmp_path / "_internal"))
        if before:
            monkeypatch.setenv(opening.BEFORE, before)
        opening.open_file(tmp_path)
        assert _read(noted) == f"{tmp_path} {expected}"
    assert os.environ[opening.LIBRARIES]  # the program's own workers need it


def test_a_desktop_that_opens_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the file that was to be opened, not by the program that is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="填报") as raised:
        opening.open_file(tmp_path / "填报.xlsx")
    assert os_errors.cause(raised.value) == os_errors.NO_PROGRAM


def test_no_page_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not opening.open_page("http://127.0.0.1:1/")


def test_a_user_without_a_home_has_nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", nobody)
    assert not own_folder.state_folder().exists()
