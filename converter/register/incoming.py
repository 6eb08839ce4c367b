"""Where runs that do not hold the register prepare what they will take in, or send: a folder each.

    S/incoming/<number>/lock, tables/
    S/incoming/<name>/lock, tables/

A number is reserved by its folder. The lock says that its run lives: the operating system drops it
with the process. What a run left that was killed is removed by whoever opens the register next; a
name's, unless the next run has the same one.
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


@contextlib.contextmanager
def kept(store: Path, name: str) -> Iterator[Path]:
    """A folder that is gone after the context, but for a run that was killed: the next one of this
    name finds there what it had done. Raises RegisterBusy, OSError."""
    folder = store / FOLDER / name
    sweep(store, keep=name)
    ended = True
    try:
        with Lock(folder / LOCK):
            writing.private_folder(folder / TABLES)
            try:
                yield folder / TABLES
            except KeyboardInterrupt:
                ended = False
                raise
    except RegisterBusy:
        ended = False
        raise
    finally:
        if ended:
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.parent.rmdir()


def sweep(store: Path, keep: str = "") -> None:
    """Remove what runs that were killed left, but for what has the name `keep`."""
    for folder in (store / FOLDER).glob("*"):
        if folder.name == keep:
            continue
        try:
            with Lock(folder / LOCK):
                shutil.rmtree(folder / TABLES, ignore_errors=True)
        except RegisterBusy:
            continue
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        (store / FOLDER).rmdir()
