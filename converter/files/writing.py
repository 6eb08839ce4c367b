"""The one place that writes files: whole or not at all.

A file gets its name only when all of it is on the disk: it is written under a private name in
the same folder, flushed, looked at by the caller's `verify`, and renamed. Whoever opens the
name sees the old file or the new one, never half of one. What a killed process left behind
is removed by the next process that writes into that folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import BinaryIO

from converter.files.os_errors import is_open_elsewhere, try_while_open

PREFIX = ".converter-tmp-"
ANYTHING = "*"  # whatever stands there may be replaced
STALE = 3600  # seconds after which a private file counts as left behind

Verify = Callable[[Path], None]
OtherName = Callable[[Path, int], Path]  # a name and a number from 2 on → a name to take instead


class Beside(Enum):
    """When a new file gets another name in place of replacing an older one."""

    NEVER = 0
    WHERE_OPEN = 1  # another program has the older one open (Windows)
    ALWAYS = 2


def write_bytes_atomically(
    path: Path,
    data: bytes | Iterable[bytes],
    *,
    verify: Verify | None = None,
    private: bool = False,
) -> None:
    """Write a file (in pieces, where it comes so) whole or not at all; a `private` one is its
    owner's alone (0600, where the system has such modes). Raises OSError."""
    with replacing(path, verify) as file:
        if private:
            keep_private(file)
        file.writelines([data] if isinstance(data, bytes) else data)


def keep_private(file: BinaryIO) -> None:
    """Let nobody but the owner read a file (on Windows the folder's permissions count)."""
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), 0o600)


def private_folder(folder: Path) -> None:
    """Make a folder for its owner alone, and those above it that are missing. Raises OSError."""
    try:
        folder.mkdir(0o700, exist_ok=True)  # raises where a file stands there
    except FileNotFoundError:
        private_folder(folder.parent)  # pathlib gives parents that it makes the usual mode
        folder.mkdir(0o700, exist_ok=True)


def copy_atomically(source: Path, path: Path) -> None:
    """Write a copy of a file whole or not at all, however large it is; its owner alone may read
    it. Raises OSError."""
    with source.open("rb") as original, replacing(path, None) as file:
        keep_private(file)
        shutil.copyfileobj(original, file, 1 << 20)


def write_new(path: Path, data: bytes) -> Path:
    """Write a file whole or not at all that its owner alone may read (0600; on Windows the
    folder's permissions count). Raises FileExistsError, which leaves what is there, OSError."""
    _sweep_once(path.parent.absolute())
    private = private_name(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(private, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _name(private, path)
    finally:
        with contextlib.suppress(OSError):
            private.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return path


def _name(private: Path, path: Path) -> None:
    """Give a file a name that no other has. Raises FileExistsError."""
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    try:
        try_while_open(lambda: os.link(private, path))
    except FileExistsError:
        raise
    except OSError:  # sticks know no links: claim the name with an empty file, then replace that
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        replace(private, path)


def replace(source: Path, path: Path) -> Path:
    """Let a file or folder take the name `path`. Where another program has either open only for a
    moment (a virus scanner, a reader on Windows), that moment is waited for. Raises OSError."""
    return try_while_open(lambda: source.replace(path))


def remove(path: Path) -> None:
    """Remove a file, if there is one, waiting in the same way. Raises OSError."""
    try_while_open(lambda: path.unlink(missing_ok=True))


def numbered(path: Path, number: int) -> Path:
    """名.xlsx → 名-2.xlsx."""
    return path.with_stem(f"{path.stem}-{number}")


def _name_beside(
    private: Path, path: Path, other_name: OtherName = numbered, *, number: int = 1
) -> Path:
    """Give a file the first name that is free: `path`, or another one with a number. The name."""
    for count in itertools.count(number):
        chosen = path if count == 1 else other_name(path, count)
        with contextlib.suppress(FileExistsError):
            _name(private, chosen)
            private.unlink(missing_ok=True)
            return chosen
    raise AssertionError


def _replace_closed(private: Path, path: Path, other_name: OtherName, is_patient: bool) -> Path:
    """Replace a file, waiting for it if `is_patient`; where it stays open in another program it is
    left, and the new one gets another name. The name."""
    try:
        return replace(private, path) if is_patient else private.replace(path)
    except OSError as error:
        if not is_open_elsewhere(error):
            raise
    return _name_beside(private, path, other_name, number=2)


def write_beside(path: Path, write: Callable[[Path], object]) -> Path:
    """Have `write` write a file that replaces none: where the name is taken it gets a number
    (名.xlsx → 名-2.xlsx). A file of the very same bytes stays as it is. Its folder is made where it
    is missing. Returns the path of the file; raises OSError, and what `write` raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    private = private_name(path.parent)
    try:
        write(private)
        if _same_bytes(private, path):
            return path
        written = _name_beside(private, path)
    except OSError as error:
        if error.filename == str(private):
            error.filename = str(path)  # a person knows no private names
        raise
    finally:
        with contextlib.suppress(OSError):
            private.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return written


def _same_bytes(one: Path, other: Path) -> bool:
    try:
        import filecmp

        return other.is_file() and filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def write_output(path: Path, data: Sequence[bytes], replaceable: str = "") -> Path:
    """Write what a command was asked for. A file that is there already is replaced only if
    `replaceable` is `ANYTHING` or the SHA-256 of that file; otherwise the new one gets a number.
    Returns the path of the new file. Raises OSError."""

    def unchanged(_: Path) -> None:
        if replaceable != ANYTHING and digest_of(path) != replaceable:
            raise _Changed

    if replaceable:
        with contextlib.suppress(_Changed):
            write_bytes_atomically(path, data, verify=unchanged)
            return path
    return write_beside(path, lambda private: write_bytes_atomically(private, data))


def sha256(path: Path) -> str:
    """The SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; '' where there is none that can be read."""
    try:
        return sha256(path)
    except OSError:
        return ""


def append_line(path: Path, line: bytes) -> None:
    """Append a line to a file that its owner alone may read. A line that a killed process left
    without its end stays a line of its own. Raises OSError."""
    with path.open("a+b") as file:
        keep_private(file)
        if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            line = b"\n" + line
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def replace_durably(source: Path, path: Path) -> None:
    """Give a file that is written already the name of another, whose content is gone then. Raises
    OSError."""
    with source.open("rb+") as file:
        keep_private(file)
        os.fsync(file.fileno())
    replace(source, path)
    _sync_folder(path.parent)


class _Changed(Exception):
    """A file that was to be replaced is no longer what it was."""


def write_many(
    files: Iterable[tuple[Path, bytes | Iterable[bytes]]],
    *,
    beside: Beside = Beside.NEVER,
    personal: bool = False,
    other_name: OtherName = numbered,
) -> dict[Path, Path]:
    """Write many files and their folders, each whole or not at all; the disk is waited for only
    once (fsync file by file takes longer than making them). `personal` ones, and the folders made
    for them, are their owner's alone. `beside` says which ones get another name. Path → the path
    it got. Raises OSError."""
    named: dict[Path, Path] = {}
    is_patient = True
    waiting: list[tuple[Path, Path]] = []
    private = path = Path()
    try:
        for path, data in files:
            path.parent.mkdir(0o700 if personal else 0o777, parents=True, exist_ok=True)
            _sweep_once(path.parent.absolute())
            private = private_name(path.parent)
            with private.open("xb") as file:
                waiting.append((private, path))
                if personal:
                    keep_private(file)
                file.writelines([data] if isinstance(data, bytes) else data)
        if waiting:
            flush_all()
        while waiting:
            private, path = waiting[-1]
            if beside is Beside.ALWAYS:
                named[path] = _name_beside(private, path, other_name)
            elif beside is Beside.WHERE_OPEN:
                named[path] = _replace_closed(private, path, other_name, is_patient)
                is_patient = named[path] == path  # where waiting was of no use, once is enough
            else:
                named[path] = replace(private, path)
            waiting.pop()
        return named
    except BaseException as error:
        for written, _ in waiting:
            with contextlib.suppress(OSError):
                written.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(private):
            error.filename = str(path)  # a person knows no private names
        raise


def flush_all() -> None:
    """Have all that was written reach the disk (Windows has no such call)."""
    if hasattr(os, "sync"):
        os.sync()


def sweep(folder: Path) -> bool:
    """Remove private files and folders in a folder that no living process can still be writing.
    Returns whether there were any."""
    # The folder's own clock: on a network drive it may differ from this machine's.
    probe = private_name(folder)
    try:
        probe.touch(exist_ok=False)
        now = probe.stat().st_mtime
        probe.unlink()
        with os.scandir(folder) as entries:
            strays = [Path(e.path) for e in entries if e.name.startswith(PREFIX)]
    except OSError:
        return False  # writing will tell what is wrong with the folder
    found = False
    for stray in strays:
        with contextlib.suppress(OSError):
            if _is_orphan(stray.name) or now - stray.lstat().st_mtime > STALE:
                found = True
                if stray.is_dir() and not stray.is_symlink():
                    shutil.rmtree(stray, ignore_errors=True)
                else:
                    stray.unlink()
    return found


# One sweep a folder and process: a batch of thousands of files must not list its folder
# thousands of times.
_sweep_once = cache(sweep)


def private_name(folder: Path) -> Path:
    """A name in a folder for what is not finished: `sweep` knows whether its process lives."""
    return folder / f"{PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(8)}"


@cache
def _host() -> str:
    node = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return hashlib.sha256(node.encode()).hexdigest()[:8]


def _is_orphan(name: str) -> bool:
    """Whether a private file's process ran on this machine and is gone. (Windows cannot ask
    without doing harm: there age alone decides, as for files of other machines.)"""
    host, _, rest = name.removeprefix(PREFIX).partition("-")
    pid = rest.partition("-")[0]
    if os.name == "nt" or host != _host() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@contextlib.contextmanager
def replacing(path: Path, verify: Verify | None) -> Iterator[BinaryIO]:
    """A file to write; it takes the name `path` when the block ends without an exception."""
    folder = path.parent
    _sweep_once(folder.absolute())
    private = private_name(folder)
    try:
        with private.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if verify:
            verify(private)
        replace(private, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            private.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(private)):
            error.filename = str(path)  # a person knows no private names
        raise
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut. Windows knows no such call."""
    if os.name == "nt":
        return
    # Some network file systems refuse it; the file itself is on the disk already.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
