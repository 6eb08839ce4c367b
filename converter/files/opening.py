"""Files and pages are shown by the program that the system has for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def open_file(path: Path) -> None:
    """Open a file or folder. Raises OSError."""
    if sys.platform == "win32":
        with _systems_own_libraries():
            os.startfile(path)
    else:
        opener = "open" if sys.platform == "darwin" else "xdg-open"
        quiet = subprocess.DEVNULL
        subprocess.Popen([opener, str(path)], stdin=quiet, stdout=quiet, stderr=quiet)


def open_page(address: str) -> bool:
    """Open an address in the user's browser; False where there is no display or no browser."""
    if not has_display():
        return False
    import webbrowser

    with _systems_own_libraries():
        if sys.platform == "linux":
            with suppress(webbrowser.Error):  # `webbrowser` itself starts what may fail unseen
                return webbrowser.get("xdg-open").open(address)
        return webbrowser.open(address)


def has_display() -> bool:
    """Whether a program with a window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def _systems_own_libraries() -> Iterator[None]:
    """On Windows a program hands the folder of its libraries on to what it starts; the packed
    program's are not those that a spreadsheet program or a browser needs."""
    folder = getattr(sys, "_MEIPASS", "")
    if sys.platform != "win32" or not folder:
        yield
        return
    import ctypes

    ctypes.windll.kernel32.SetDllDirectoryW(None)
    try:
        yield
    finally:
        ctypes.windll.kernel32.SetDllDirectoryW(folder)
