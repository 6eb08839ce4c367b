"""What the commands share: progress, the day, files to work on, the unit that signs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from converter.model.clock import today
from converter.model.errors import UsageError, WorkerDied
from converter.model.issues import Issue, Issues, Level, Place
from converter.model.submissions import Outcome, SigningUnit

if TYPE_CHECKING:
    from converter.identity.passphrases import OpenedSecrets
    from converter.register import Snapshot

LOST = {"time": "F901", "memory": "F902", "crash": "F903"}
# Why a file cannot be read now, though it may be later: missing (a broken link), not to be opened,
# changing.
NOT_NOW = ("F001", "F005", "F010")

# What office programs and file managers leave behind in folders.
IGNORED_NAMES = ("~$", ".", "Thumbs.db", "desktop.ini")

T = TypeVar("T")


class ProgressReporter(Protocol):
    """Passes finished work on and shows how far it has come. `total` is how many there are in all
    by now, `count` how many one piece of work is."""

    def __call__(
        self, finished: Iterable[T], total: Callable[[], int], count: Callable[[T], int], /
    ) -> Iterable[T]: ...


def silent(
    finished: Iterable[T], total: Callable[[], int], count: Callable[[T], int]
) -> Iterable[T]:
    """The Progress that shows nothing."""
    return finished


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """(file, the folder it was found under): folders are searched whole, in name order."""
    for path in paths:
        if not path.is_dir():
            yield path, path.parent
            continue
        for root, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if not name.startswith(IGNORED_NAMES):
                    yield Path(root, name), path


def bounded_parts(files: Sequence[Path], most: int, most_bytes: int) -> Iterator[slice]:
    """Cut into runs of a bounded number of files and bytes."""
    start, total = 0, 0
    for number, file in enumerate(files):
        try:
            size = file.stat().st_size
        except OSError:
            size = 0
        if number - start >= most or (number > start and total + size > most_bytes):
            yield slice(start, number)
            start, total = number, 0
        total += size
    if start < len(files):
        yield slice(start, len(files))


def known_period(register: Snapshot, given: str) -> str:
    """The period that an officer means, the newest where she names none. Raises UsageError for one
    that the register does not know."""
    from converter.register import periods

    chosen = periods.chosen(register, given)
    known = register.periods()
    if not known:
        raise UsageError("export_nothing")
    if chosen not in known:
        raise UsageError("export_no_period", period=chosen, periods="、".join(known))
    return chosen


def unread(file: str, died: WorkerDied) -> Outcome:
    """The outcome of a file that its worker did not survive."""
    issue = Issue(LOST[died.how], Level.ERROR, Place(file))
    return Outcome(file, Issues.of([issue]), readable=False)


def signing_unit(
    path: Path | None,
    seal: bool = False,
    *,
    to_sign: bool = True,
    passphrase: str | OpenedSecrets = "",
) -> SigningUnit:
    """What an identity file brings; without one neither it nor cryptography is imported."""
    if path is None:
        return SigningUnit()
    from converter.identity import loading

    return loading.signing_unit(path, today(), seal=seal, to_sign=to_sign, passphrase=passphrase)
