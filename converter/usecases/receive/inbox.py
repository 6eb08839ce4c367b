"""The files of an inbox.

A file is known by its path below the inbox and the SHA-256 of its bytes: what was registered
under both needs no second look. Files come in the order of their times of change (that is when
a mail's attachment was saved), then by name; members of a zip at their zip's place.
"""

from __future__ import annotations

import hashlib
import heapq
import marshal
import os
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from converter.files import backup_zip, walking, zip_writing
from converter.register import published
from converter.register.again import File
from converter.register.schema import UNREADABLE
from converter.text import file_names
from converter.upward import layout
from converter.usecases.common import IGNORED_NAMES

HEAD = 128  # bytes that tell what a zip is


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file to be validated: its name, where its bytes are."""

    name: str  # below the inbox, with '/'
    path: Path
    content: str
    container: bool = False  # perhaps a zip of submissions
    forward: bool = False  # what a union below has forwarded, or its register
    register: bool = False  # a folder, or in a backup
    state: tuple[int, int] | None = None  # size and time of change when its bytes were hashed
    saved: int = 0  # nanoseconds since 1970 when it was last changed; of a zip's member, the zip

    def is_unchanged(self) -> bool:
        """Whether the file still is what was hashed. What cannot change, or could not be opened
        in the first place, is."""
        if self.state is None:
            return True
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == self.state


class InboxFiles:
    """The files of an inbox, in order of arrival. Many of them are kept in a file without a name,
    which goes with its process: there may be millions. Raises OSError."""

    def __init__(self, items: Iterable[InboxFile] = ()) -> None:
        self._count = 0
        self._runs: list[list[int]] = []  # where the blocks of each sorted run begin in the file
        self._spool: BinaryIO | None = None
        self._last: list[InboxFile] = []
        rest = iter(items)
        while some := list(islice(rest, FILES_IN_MEMORY)):
            if self._last:
                self._keep(self._last)
            self._last = sorted(some, key=_arrival)
            self._count += len(some)

    def _keep(self, run: Sequence[InboxFile]) -> None:
        self._spool = self._spool or tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this
        blocks = []
        for at in range(0, len(run), FILES_A_BLOCK):
            blocks.append(self._spool.seek(0, os.SEEK_END))
            marshal.dump(list(map(_kept, run[at : at + FILES_A_BLOCK])), self._spool)
        self._runs.append(blocks)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[InboxFile]:
        runs: list[Iterable[InboxFile]] = [self._read(run) for run in self._runs]
        return heapq.merge(*runs, self._last, key=_arrival) if runs else iter(self._last)

    def _read(self, blocks: Sequence[int]) -> Iterator[InboxFile]:
        assert self._spool
        for at in blocks:
            self._spool.seek(at)
            yield from map(_item, marshal.load(self._spool))

    def forwards(self) -> list[InboxFile]:
        """What unions below have forwarded."""
        return [item for item in self if item.forward]

    def without(self, done: Callable[[Sequence[File]], Collection[File]]) -> InboxFiles:
        """What no union forwarded, but the (name, content) that are `done`; asked for many at a
        time."""
        return InboxFiles(self._left(done))

    def _left(self, done: Callable[[Sequence[File]], Collection[File]]) -> Iterator[InboxFile]:
        items = (item for item in self if not item.forward)
        while some := list(islice(items, FILES_IN_MEMORY)):
            gone = done([(item.name, item.content) for item in some])
            yield from (item for item in some if (item.name, item.content) not in gone)

    def holding(self, files: Iterable[File]) -> list[InboxFile]:
        """These (name, content), without forwards, and the zips that they may have come out of."""
        wanted = set(files)
        names = {name for name, _ in wanted}
        inside = {zipped for name in names for zipped in containers_of(name)}
        return [
            item
            for item in self.named(names | inside)
            if not item.forward
            and (item.container or item.name in inside or (item.name, item.content) in wanted)
        ]

    def named(self, names: Collection[str]) -> list[InboxFile]:
        """The files of these names."""
        return [item for item in self if item.name in names]


FILES_IN_MEMORY = 50_000  # of a list; more lie on the disk, sorted runs of so many
FILES_A_BLOCK = 500  # of each run in memory while runs are merged


def _arrival(item: InboxFile) -> tuple[int, str]:
    return item.saved, item.name


def _kept(item: InboxFile) -> tuple[Any, ...]:
    """A file in as few bytes as may be."""
    flags = item.container, item.forward, item.register
    return item.name, os.fspath(item.path), item.content, *flags, item.state, item.saved


def _item(kept: tuple[Any, ...]) -> InboxFile:
    name, path, *rest = kept
    return InboxFile(name, Path(path), *rest)


def scan(inbox: Path, leave_out: Sequence[Path] = ()) -> InboxFiles:
    """All files of an inbox (a folder, or one file), in order of arrival; their bytes are
    hashed, nothing is parsed."""
    return InboxFiles(_scanned(inbox, leave_out))


def _scanned(inbox: Path, leave_out: Sequence[Path]) -> Iterator[InboxFile]:
    for path, name, is_register in _files(inbox, set(map(os.path.realpath, leave_out))):
        if is_register:
            place = published.folder_of(path)
            content = published.digest(place) if place else UNREADABLE
            yield InboxFile(name, path, content, forward=True, register=True)
            continue
        content, head, state = _hashed(path)
        # Only what calls itself a zip, or nothing at all, is looked into: a workbook is one too.
        is_backup = _calls_itself_zip(name) and backup_zip.begins_like(path, head)
        forward = is_backup or zip_writing.has_media_type(head, layout.MEDIA_TYPE)
        is_zip = head[:4] == b"PK\x03\x04" and not forward and _calls_itself_zip(name)
        saved = state[1] if state else 0
        yield InboxFile(name, path, content, is_zip, forward, is_backup, state, saved)


def _calls_itself_zip(name: str) -> bool:
    # What ends like a workbook needs no second look, of thousands it takes time.
    return not name.endswith(".xlsx") and file_names.suffix(name) in (".zip", "")


def out_of_zip(name: str, path: Path, content: str, saved: int) -> InboxFile:
    """A file out of a zip that was last changed then."""
    if not _calls_itself_zip(path.name):
        return InboxFile(name, path, content, saved=saved)
    with path.open("rb") as file:
        head = file.read(HEAD)
    is_backup = backup_zip.begins_like(path, head)
    forward = is_backup or zip_writing.has_media_type(head, layout.MEDIA_TYPE)
    return InboxFile(name, path, content, forward=forward, register=is_backup, saved=saved)


def _files(inbox: Path, left: set[str]) -> Iterator[tuple[Path, str, bool]]:
    """All files and folders that are a union's register as a whole: where, name below the inbox,
    whether it is a register."""
    is_own = os.path.realpath(inbox) in left  # nobody counts her own register as one below
    is_register = not is_own and _is_register(inbox)
    if is_register or not inbox.is_dir():
        yield inbox, printable(inbox.name), is_register
        return
    files_left = any(Path(path).is_file() for path in left)
    begins = len(os.path.join(inbox, ""))  # noqa: PTH118 - the length of what stands before names

    def is_left_out(entry: os.DirEntry[str]) -> bool:
        return os.path.realpath(entry) in left

    def is_register_below(entry: os.DirEntry[str]) -> bool:
        return not is_own and _is_register(Path(entry.path))

    def is_entered(entry: os.DirEntry[str]) -> bool:
        return not is_left_out(entry) and not is_register_below(entry)

    for entry in walking.entries_below(inbox, is_entered):
        name = printable(entry.path[begins:].replace(os.sep, "/"))
        if walking.is_folder(entry):
            if not is_left_out(entry) and is_register_below(entry):
                yield Path(entry.path), name, True
        elif not (entry.name.startswith(IGNORED_NAMES) or (files_left and is_left_out(entry))):
            yield Path(entry.path), name, False


def _is_register(path: Path) -> bool:
    """Whether a path is the folder of a union's register, with what it has published."""
    return path.is_dir() and published.folder_of(path) is not None


def _hashed(path: Path) -> tuple[str, bytes, tuple[int, int] | None]:
    """(SHA-256, first bytes, size and time of change before they were read)."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # opening a pipe would wait for ever
            return UNREADABLE, b"", None
        digest, head = hashlib.sha256(), b""
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                head = head or chunk[:HEAD]
                digest.update(chunk)
    except OSError:
        return UNREADABLE, b"", None
    return digest.hexdigest(), head, (state.st_size, state.st_mtime_ns)


def printable(name: str) -> str:
    """A file's name as text: bytes that are none stand as \\xNN."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def containers_of(name: str) -> Iterator[str]:
    """The names of the zips that a file may have come out of.

    >>> list(containers_of("一县/一批.zip/表.xlsx"))
    ['一县', '一县/一批.zip']
    """
    return (name[:at] for at, character in enumerate(name) if character == "/")
