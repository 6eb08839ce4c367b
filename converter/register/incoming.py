"""Where runs that do not hold the register yet make what they will take in: a folder a number.

    S/incoming/<number>/lock, tables/

The folder reserves the number, its lock says that its run lives: the operating system drops it with
the process. What a run left that was killed is removed by whoever opens the register next.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from converter.files import writing
from converter.model.errors import RegisterBusy
from converter.register.lock import Lock

FOLDER, LOCK, TABLES = "incoming", "lock", "tables"


def tables(store: Path, number: int) -> Path:
    """Where the tables of a reserved number are made."""
    return store / FOLDER / str(number) / TABLES


@contextlib.contextmanager
def reserved(store: Path, least: int) -> Iterator[int]:
    """A number that no other run has, while the context lasts."""
    number = least
    while True:
        folder = store / FOLDER / str(number)
        writing.private_folder(folder.parent)
        try:
            folder.mkdir(0o700)
            break
        except FileExistsError:
            number += 1
        except FileNotFoundError:  # another run ended, and removed the empty folder above
            continue
    try:
        with Lock(folder / LOCK):
            yield number
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


def sweep(store: Path) -> None:
    """Remove what runs that were killed left."""
    for folder in (store / FOLDER).glob("*"):
        try:
            with Lock(folder / LOCK):
                shutil.rmtree(folder / TABLES, ignore_errors=True)
        except RegisterBusy:
            continue
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        (store / FOLDER).rmdir()
