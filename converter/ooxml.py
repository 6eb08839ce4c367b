"""The one place that writes zips, and whole files: atomic and deterministic.

A file gets its name only when all of it is on the disk: it is written under a private name in
the same folder, flushed, looked at by the caller's `verify`, and renamed. Whoever opens the
name sees the old file or the new one, never half of one. What a killed process left behind
is removed by the next process that writes into that folder.

A zip's bytes depend on its members and on `when` alone: not on the clock, the time zone, the
platform or the umask. They do depend on the zlib that Python was built with; digests that must
hold across machines are taken of the members, not of the zip.

>>> dos_time(0)  # a zip knows no time before 1980
(1980, 1, 1, 0, 0, 0)
>>> dos_time(1767225600)
(2026, 1, 1, 0, 0, 0)
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import re
import secrets
import shutil
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

PREFIX = ".converter-tmp-"
GLANCE = 64_000  # bytes of a part that are looked at to guess what a file is
USUAL, QUICK, LARGE = 6, 4, 1 << 20  # zlib's levels; more bytes: 1/5 of the time, 11/10 of them
STALE = 3600  # seconds after which a private file belongs to nobody any more

Verify = Callable[[Path], None]


def write_zip(
    path: Path,
    members: Iterable[tuple[str, bytes]],
    *,
    when: int,
    verify: Verify | None = None,
) -> None:
    """Write a zip whole or not at all; members keep the order given.

    `when` (seconds since 1970) becomes the time of every member, in UTC. `verify` is called with
    the private file before it takes the name `path`; what it raises stops the writing and leaves
    an older file at `path` as it was. Raises OSError, ValueError for a name given twice.
    """
    with _replacing(path, verify) as file:
        pack(file, members, when=when)


def write_bytes_atomically(
    path: Path,
    data: bytes | Iterable[bytes],
    *,
    verify: Verify | None = None,
    private: bool = False,
) -> None:
    """Write a file (in pieces, where it comes so) whole or not at all; a `private` one is its
    owner's alone (0600, where the system has such modes). Raises OSError."""
    with _replacing(path, verify) as file:
        if private and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o600)
        file.writelines([data] if isinstance(data, bytes) else data)


def copy_atomically(source: Path, path: Path) -> None:
    """Write a copy of a file whole or not at all, however large it is. Raises OSError."""
    with source.open("rb") as original, _replacing(path, None) as file:
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
        os.link(private, path)
    except FileExistsError:
        raise
    except OSError:  # sticks know no links; on Windows a rename never replaces
        private.rename(path)


def _name_beside(private: Path, path: Path) -> Path:
    stem = path.stem
    for number in itertools.count(2):
        with contextlib.suppress(FileExistsError):
            _name(private, path)
            private.unlink(missing_ok=True)
            break
        path = path.with_stem(f"{stem}-{number}")
    return path


def write_many(
    files: Iterable[tuple[Path, bytes | Iterable[bytes]]], *, beside: bool = False
) -> dict[Path, Path]:
    """Write many files and their folders, each whole or not at all; the disk is waited for only
    once (fsync file by file takes longer than making them). With `beside` none replaces another:
    where there is one, it gets a number. Path → the path it got. Raises OSError."""
    named: dict[Path, Path] = {}
    waiting: list[tuple[Path, Path]] = []
    private = path = Path()
    try:
        for path, data in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep_once(path.parent.absolute())
            private = private_name(path.parent)
            with private.open("xb") as file:
                waiting.append((private, path))
                file.writelines([data] if isinstance(data, bytes) else data)
        if waiting:
            flush_all()
        while waiting:
            private, path = waiting[-1]
            named[path] = _name_beside(private, path) if beside else private.replace(path)
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


def pack(file: BinaryIO, members: Iterable[tuple[str, bytes]], *, when: int) -> None:
    """Write a zip's bytes to an open, seekable file."""
    names: set[str] = set()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members:
            if name in names:
                raise ValueError(f"member {name!r} is given twice")
            names.add(name)
            info = zipfile.ZipInfo(name, dos_time(when))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # whatever machine this is: a Unix file, rw-r--r--
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data, compresslevel=QUICK if len(data) > LARGE else USUAL)


@dataclass(frozen=True, slots=True)
class Packed:
    """A member of a zip, compressed already: it can go into any number of zips as it is."""

    name: str
    crc: int
    size: int  # bytes before compressing
    body: tuple[bytes, ...]


def packed(name: str, chunks: Iterable[bytes], level: int = USUAL) -> Packed:
    """Compress a member piece by piece: of what it is made of, only one piece is held at a time."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    body, crc, size = [], 0, 0
    for chunk in chunks:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        if out := packer.compress(chunk):
            body.append(out)
    body.append(packer.flush())
    return Packed(name, crc, size, tuple(body))


def zipped(members: Iterable[Packed], *, when: int) -> list[bytes]:
    """A zip of compressed members, in pieces."""
    out: list[bytes] = []
    directory, offset = [], 0
    day = _dos_stamp(when)
    for member in members:
        name, stored = member.name.encode("ascii"), sum(map(len, member.body))
        common = _COMMON.pack(20, 0, 8, *day, member.crc, stored, member.size, len(name), 0)
        out += [b"PK\x03\x04", common, name, *member.body]
        rest = struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, offset)
        directory.append(b"".join((b"PK\x01\x02\x14\x03", common, rest, name)))
        offset += 4 + len(common) + len(name) + stored
    listed, count = b"".join(directory), len(directory)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(listed), offset, 0)
    return [*out, listed, end]


class Pattern:
    """A zip of which many copies differ in a few places: everything else is compressed once.

    A place is a text that stands in a member where every copy has its own. The bytes between
    places are compressed to whole blocks of their own (RFC 1951 lets blocks follow one another),
    and what fills a place goes between them as a stored block.
    """

    def __init__(
        self, members: Iterable[tuple[str, bytes]], places: Iterable[bytes], *, when: int
    ) -> None:
        """Raises ValueError for a place that no member has: it would be filled in nowhere."""
        known = tuple(places)
        splitting = re.compile(b"(" + b"|".join(map(re.escape, known)) + b")")
        self._when = when
        self._members: list[tuple[str, list[bytes], list[bytes]]] = []
        missing = set(known)
        for name, data in members:
            pieces = splitting.split(data) if known else [data]
            missing -= set(pieces[1::2])
            blocks = [_blocks(p, last=n == len(pieces) - 1) for n, p in enumerate(pieces)][::2]
            self._members.append((name, pieces, blocks))
        if missing:
            raise ValueError(f"no member has {sorted(missing)[0]!r}")
        self._whole = [zlib.crc32(pieces[0]) for _, pieces, _ in self._members]

    def copy(self, fill: Callable[[str, bytes], bytes]) -> bytes:
        """One zip. `fill` tells what goes into a member's place; up to 65,535 bytes."""
        return b"".join(zipped(self._filled(fill), when=self._when))

    def _filled(self, fill: Callable[[str, bytes], bytes]) -> Iterator[Packed]:
        for (name, pieces, blocks), start in zip(self._members, self._whole, strict=True):
            crc, body, size = start, [blocks[0]], len(pieces[0])
            for n in range(1, len(pieces), 2):
                value = fill(name, pieces[n])
                crc = zlib.crc32(pieces[n + 1], zlib.crc32(value, crc))
                size += len(value) + len(pieces[n + 1])
                body += [struct.pack("<BHH", 0, len(value), len(value) ^ 0xFFFF), value]
                body.append(blocks[(n + 1) // 2])
            yield Packed(name, crc, size, tuple(body))


_COMMON = struct.Struct("<HHHHHLLLHH")


def _blocks(data: bytes, *, last: bool) -> bytes:
    """Deflated to blocks that end on a byte and look back on nothing before them."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    ending = zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH
    return packer.compress(data) + packer.flush(ending)


def _dos_stamp(when: int) -> tuple[int, int]:
    year, month, day, hour, minute, second = dos_time(when)
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def is_package(path: Path, descriptor: str = "datapackage.json") -> bool:
    """Whether a file is a Data Package in a zip: what may be written over."""
    try:
        with zipfile.ZipFile(path) as archive:
            return descriptor in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, struct.error, NotImplementedError):
        return False


def glance(path: Path, member: str) -> str | None:
    """The beginning of a zip's member, by a glance that no file can make expensive: '' where it
    has none, None where this is no zip. What it says is a hint, not a verdict."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as part:
            return part.read(GLANCE).decode("utf-8", "replace")
    except KeyError:
        return ""
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, struct.error, RuntimeError):
        return None


def stamped(path: Path, name: str) -> str | None:
    """A custom property of a workbook, at a glance; '' where it has none."""
    text = glance(path, "docProps/custom.xml")
    found = re.search(rf'name="{re.escape(name)}"[^>]*>\s*<[^>]+>([^<]*)<', text or "")
    return found[1] if found else text and ""


def dos_time(when: int) -> tuple[int, int, int, int, int, int]:
    """Seconds since 1970 → the UTC time a zip can hold (1980 to 2107)."""
    year, month, day, hour, minute, second = time.gmtime(when)[:6]
    if year < 1980:
        return (1980, 1, 1, 0, 0, 0)
    if year > 2107:
        return (2107, 12, 31, 23, 59, 58)
    return (year, month, day, hour, minute, second)


def sweep(folder: Path) -> None:
    """Remove private files and folders in a folder that no living process can still be writing."""
    # The folder's own clock: on a network drive it may differ from this machine's.
    probe = private_name(folder)
    try:
        probe.touch(exist_ok=False)
        now = probe.stat().st_mtime
        probe.unlink()
        with os.scandir(folder) as entries:
            strays = [Path(e.path) for e in entries if e.name.startswith(PREFIX)]
    except OSError:
        return  # writing will tell what is wrong with the folder
    for stray in strays:
        with contextlib.suppress(OSError):
            if _is_orphan(stray.name) or now - stray.lstat().st_mtime > STALE:
                if stray.is_dir() and not stray.is_symlink():
                    shutil.rmtree(stray, ignore_errors=True)
                else:
                    stray.unlink()


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
def _replacing(path: Path, verify: Verify | None) -> Iterator[BinaryIO]:
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
        private.replace(path)
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
