"""Files and pages are shown by the program that the system has for them.

The packed program hands on to what it starts where its own libraries lie, and a browser or a
spreadsheet program was not built for those: on Linux they stand in a variable, on Windows in a
setting of the process.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBRARIES = "LD_LIBRARY_PATH"
BEFORE = "LD_LIBRARY_PATH_ORIG"  # where the packed program's loader keeps what stood there


def open_file(path: Path) -> None:
    """Open a file or folder. Raises OSError."""
    if sys.platform == "win32":
        with systems_libraries():
            os.startfile(path)
    else:
        _start(str(path))


def seems_open(path: Path) -> bool:
    """Whether a spreadsheet program says by a file beside it that it has this one open: Excel, WPS,
    LibreOffice. One that crashed may have left that behind."""
    name = path.name
    beside = (f"~${name}", f".~{name}", f".~lock.{name}#")
    return any(os.path.lexists(path.with_name(one)) for one in beside)


def open_page(address: str) -> bool:
    """Open an address in the user's browser; False where there is no display or no browser."""
    if not has_display():
        return False
    if sys.platform == "linux" and shutil.which("xdg-open"):
        _start(address)  # `webbrowser` would take another first, and not see that it cannot start
        return True
    import webbrowser

    with systems_libraries():
        return webbrowser.open(address)


def has_display() -> bool:
    """Whether a program with a window can be opened."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _start(what: str) -> None:
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    quiet = subprocess.DEVNULL
    environment = programs_environment()
    try:
        subprocess.Popen([opener, what], stdin=quiet, stdout=quiet, stderr=quiet, env=environment)
    except FileNotFoundError as error:  # it is the opener that is missing
        raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC), what) from error


def programs_environment() -> dict[str, str]:
    """The variables as they stood before the packed program was loaded."""
    found = dict(os.environ)
    if sys.platform == "linux" and getattr(sys, "frozen", False):
        found.pop(LIBRARIES, None)
        if BEFORE in found:
            found[LIBRARIES] = found.pop(BEFORE)
    return found


@contextmanager
def systems_libraries() -> Iterator[None]:
    """On Windows: what is started meanwhile looks for libraries where the system does."""
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
