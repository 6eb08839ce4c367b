"""What lies below a folder, one by one: a folder may hold millions of files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

# So many folders are open at a time; what lies deeper is read a folder at once.
OPEN_FOLDERS = 64


def entries_below(
    folder: str | os.PathLike[str], enters: Callable[[os.DirEntry[str]], bool] = lambda entry: True
) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder, in no order, and the folders that it does not enter: links to
    folders, and where `enters` says so. What cannot be listed is left out, as `os.walk` does."""
    above = [_entries(os.fspath(folder), at_once=False)]
    while above:
        entry = next(above[-1], None)
        if entry is None:
            above.pop()
        elif entry.is_dir(follow_symlinks=False) and enters(entry):
            above.append(_entries(entry.path, at_once=len(above) >= OPEN_FOLDERS))
        else:
            yield entry


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder or leads to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _entries(path: str, *, at_once: bool) -> Iterator[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(path) as found:
        yield from list(found) if at_once else found
