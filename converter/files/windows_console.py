"""What Windows leaves to a program that runs in its console.

A window that was opened for the program alone closes with it, unread. Colours have to be switched
on. `*.xlsx` comes as it was typed: neither cmd nor PowerShell looks for the files.

Every command imports this module, on every system: what Windows alone needs is imported where it
is used.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# Programs that start this one: launchers of Python and of its packages. Any other program on the
# console is a shell, and its window stays.
_OURS = re.compile(r"(?:python[0-9.]*w?|pyw?|converter[^\\/]*)\.exe", re.IGNORECASE)
_STREAMS = {1: -11, 2: -12}  # file descriptor → STD_OUTPUT_HANDLE, STD_ERROR_HANDLE
_INTERPRET_ESCAPES = 4  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
_QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
_OFFICE_LOCK = "~$"  # how the names of files begin that office programs put beside an open one
OWN_WINDOW = "CONVERTER_OWN_WINDOW"  # set by program/menu-entry.sh
_WILDCARD = re.compile(r"[*?]")


def is_own_window() -> bool:
    """Whether the console window goes when we do: a desktop's menu says so, on Windows it is asked.
    To be called before any worker starts."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if os.environ.get(OWN_WINDOW):
        return True
    programs = _programs() if sys.platform == "win32" else []
    ours = os.path.basename(sys.executable).lower()  # noqa: PTH119 — without importing pathlib
    return bool(programs) and all(p.lower() == ours or _OURS.fullmatch(p) for p in programs)


def _kernel() -> Any:
    import ctypes

    return ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]


def _programs() -> list[str]:
    """The names of the programs that share this console, ours among them; none where it cannot be
    asked."""
    import ctypes

    try:
        kernel = _kernel()
        numbers = (ctypes.c_uint * 64)()
        count = min(int(kernel.GetConsoleProcessList(numbers, len(numbers))), len(numbers))
        return [_program(kernel, number) for number in numbers[:count]]
    except (AttributeError, OSError):
        return []


def _program(kernel: Any, number: int) -> str:
    """The name of a process's program; '' where Windows does not name it."""
    import ctypes

    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.OpenProcess(_QUERY, False, number))
    if not handle:
        return ""
    try:
        path, length = ctypes.create_unicode_buffer(1024), ctypes.c_uint(1024)
        found = kernel.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(length))
        return re.split(r"[\\/]", path.value)[-1] if found else ""
    finally:
        kernel.CloseHandle(handle)


def shows_colours(stream: Any) -> bool:
    """Whether a terminal turns escape codes into colours. A console of Windows is told to, until
    this program ends; where it cannot (before Windows 10), it would print them as they are."""
    if hasattr(stream, "shows_colours"):  # it stands for a terminal that was asked already
        return bool(stream.shows_colours)
    if sys.platform != "win32":
        return True
    import atexit
    import ctypes

    try:
        kernel = _kernel()
        kernel.GetStdHandle.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(kernel.GetStdHandle(_STREAMS[stream.fileno()]))
        before = ctypes.c_uint()
        if not kernel.GetConsoleMode(handle, ctypes.byref(before)):
            return False
        if before.value & _INTERPRET_ESCAPES:
            return True
        atexit.register(kernel.SetConsoleMode, handle, before.value)
        return bool(kernel.SetConsoleMode(handle, before.value | _INTERPRET_ESCAPES))
    except (AttributeError, KeyError, OSError, ValueError):
        return False


def expanded(arguments: Iterable[str]) -> list[str]:
    """Arguments as a shell hands them over: the names that a pattern fits, in order, in its place.
    A pattern that fits none stays. Brackets are no pattern: browsers name files 填报[1].xlsx."""
    return [found for argument in arguments for found in _fitting(argument)]


def _fitting(argument: str) -> Sequence[str]:
    if argument.startswith("-") or not _WILDCARD.search(argument):
        return [argument]
    import glob
    from pathlib import Path

    found = glob.glob(argument.replace("[", "[[]"))  # noqa: PTH207 — texts, as they were typed
    return sorted(name for name in found if not Path(name).name.startswith(_OFFICE_LOCK)) or [
        argument
    ]


def prepare(streams: Iterable[Any]) -> None:
    """Let these streams write every text, whatever their encoding."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a GBK console lacks rare characters
    write_unicode(streams)


def write_unicode(streams: Iterable[Any]) -> None:
    """Where output goes to a file or another program, and the code page has no Chinese, write
    UTF-8, and say so at the beginning of the first such stream (`> out.txt 2>&1` is one file)."""
    marked = False
    for stream in _redirected(streams):
        stream.reconfigure(encoding="utf-8" if marked else "utf-8-sig")
        marked = True


def _redirected(streams: Iterable[Any]) -> Iterator[Any]:
    for stream in streams:
        if hasattr(stream, "reconfigure") and not stream.isatty():
            try:
                "错".encode(stream.encoding)
            except UnicodeEncodeError:
                yield stream
