"""The files of an inbox.

A file is known by its path below the inbox and the SHA-256 of its bytes: what was registered
under both needs no second look. Files come in the order of their times of change (that is when
a mail's attachment was saved), then by name; members of a zip at their zip's place.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.files import backup_zip, zip_writing
from converter.register import published
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


def scan(inbox: Path, leave_out: Sequence[Path] = ()) -> list[InboxFile]:
    """All files of an inbox (a folder, or one file), in order of arrival; their bytes are
    hashed, nothing is parsed."""
    found = []
    for path, name, is_register in _files(inbox, set(map(os.path.realpath, leave_out))):
        if is_register:
            place = published.folder_of(path)
            content = published.digest(place) if place else UNREADABLE
            found.append(InboxFile(name, path, content, forward=True, register=True))
            continue
        content, head, state = _hashed(path)
        # Only what calls itself a zip, or nothing at all, is looked into: a workbook is one too.
        is_backup = _calls_itself_zip(name) and backup_zip.begins_like(path, head)
        forward = is_backup or zip_writing.has_media_type(head, layout.MEDIA_TYPE)
        is_zip = head[:4] == b"PK\x03\x04" and not forward and _calls_itself_zip(name)
        saved = state[1] if state else 0
        found.append(InboxFile(name, path, content, is_zip, forward, is_backup, state, saved))
    return sorted(found, key=lambda item: (item.saved, item.name))


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
    for root, folders, names in os.walk(inbox):
        folder = Path(root)
        above = "" if folder == inbox else f"{folder.relative_to(inbox).as_posix()}/"
        folders[:] = sorted(f for f in folders if os.path.realpath(folder / f) not in left)
        registers = [f for f in folders if not is_own and _is_register(folder / f)]
        for name in registers:
            yield folder / name, printable(above + name), True
        folders[:] = [f for f in folders if f not in registers]
        for name in sorted(names):
            if name.startswith(IGNORED_NAMES):
                continue
            path = folder / name
            if not files_left or os.path.realpath(path) not in left:
                yield path, printable(above + name), False


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
