"""Backups: folders, files and registers in one zip, with a manifest that tells every byte.

    manifest.json   format, time, and path, size, SHA-256, time of change of each file
    files/…         the files themselves

A backup that holds keys is sealed: the zip as a whole, with age, by a passphrase or for a
recipient. A backup is read back before it gets its name. `restore` first verifies all of it and
names every file that is not whole; then it writes into a folder of its own beside the target and
renames that, so the target is whole or not there. It never writes over anything. Restored files
belong to their owner alone: there may be keys among them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from converter.files import writing, zip_directory, zip_peek, zip_writing
from converter.files.os_errors import try_while_open
from converter.model.errors import (
    BackupDamaged,
    BackupSealed,
    NotABackup,
    OutputExists,
    RestoreFault,
    UsageError,
)
from converter.register import audit, incoming
from converter.register.lock import Lock
from converter.register.writer import FILE, LOCK, SPOOL
from converter.text import file_names

FORMAT = "gonghui-backup/1"
MANIFEST, FILES = "manifest.json", "files/"
LARGEST_MANIFEST = 256 << 20
LARGEST_IDENTITY = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupResult:
    files: int
    bytes: int
    registers: tuple[Path, ...] = ()  # those that it holds


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    bytes: int
    sha256: str
    modified: int  # nanoseconds since 1970


# --- backup --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackupSeal:
    """What seals a backup: a passphrase, or an age recipient."""

    passphrase: str = ""
    recipient: str = ""


def holds_secrets(paths: Sequence[Path]) -> bool:
    """Whether there are keys among these files: a union's, or a unit's in its identity file."""
    return any(
        file_names.suffix(path) == ".key"
        or (file_names.suffix(path) == ".xml" and _has_secret(path))
        for root in _roots(paths)
        for _, path in _walk(*root, leave_out=Path())
    )


def _has_secret(path: Path) -> bool:
    with path.open("rb") as file:
        return b"<secret" in file.read(LARGEST_IDENTITY)


def backup(
    paths: Sequence[Path], output: Path, *, when: int, seal: BackupSeal | None = None
) -> BackupResult:
    """Write a backup of files and folders; a register in them is locked meanwhile, and its log
    names the backup.

    `when`: seconds since 1970. Raises OutputExists, RegisterBusy, UsageError, OSError;
    BackupDamaged where what was written does not read back.
    """
    made = _written(paths, output, when=when, seal=seal)
    for register in made.registers:
        audit.append(register, audit.BACKUP, when, path=output)
    return made


def _written(
    paths: Sequence[Path], output: Path, *, when: int, seal: BackupSeal | None
) -> BackupResult:
    if seal is None:
        return _backup(paths, output, when=when)
    if output.exists():
        raise OutputExists("backup_exists", path=output)
    from converter.identity import sealed_files

    output.parent.mkdir(parents=True, exist_ok=True)
    plain = writing.private_name(output.parent)
    try:
        made = _backup(paths, plain, when=when, leave_out=output)
        with writing.replacing(output, None) as file:
            writing.keep_private(file)
            sealed_files.seal(plain, file, passphrase=seal.passphrase, recipient=seal.recipient)
    except ValueError as error:
        raise UsageError("backup_no_recipient", text=seal.recipient) from error
    finally:
        plain.unlink(missing_ok=True)
    return made


@contextlib.contextmanager
def opened(path: Path, passphrase: str, key_file: Path | None, beside: Path) -> Iterator[Path]:
    """A backup that `restore` can read: a sealed one is opened, beside where it is restored to,
    while the context lasts. Raises BackupSealed, OSError."""
    from converter.identity import sealed_files

    if not path.is_file() or not sealed_files.is_sealed(path):
        yield path
        return
    beside.parent.mkdir(parents=True, exist_ok=True)
    plain = writing.private_name(beside.parent)
    try:
        with plain.open("xb") as file:
            writing.keep_private(file)
            if not sealed_files.open_sealed(path, file, passphrase=passphrase, key_file=key_file):
                raise BackupSealed("restore_sealed", path=path)
        yield plain
    finally:
        plain.unlink(missing_ok=True)


def is_backup(path: Path) -> bool:
    """Whether a file looks like a backup, at a glance; one that is sealed tells nothing."""
    return f'"format": "{FORMAT}"' in (zip_peek.glance(path, MANIFEST) or "")


def is_sealed(path: Path) -> bool:
    from converter.identity import sealed_files

    return path.is_file() and sealed_files.is_sealed(path)


def _backup(
    paths: Sequence[Path], output: Path, *, when: int, leave_out: Path | None = None
) -> BackupResult:
    if output.exists():
        raise OutputExists("backup_exists", path=output)
    found = [pair for root in _roots(paths) for pair in _walk(*root, leave_out=leave_out or output)]
    entries: list[_Entry] = []

    def members() -> Iterator[tuple[str, bytes]]:
        for name, path in found:
            changed = path.stat().st_mtime_ns
            data = path.read_bytes()
            entries.append(_Entry(name, len(data), hashlib.sha256(data).hexdigest(), changed))
            yield FILES + name, data
        yield MANIFEST, _manifest(entries, when)

    with contextlib.ExitStack() as locks:
        registers = sorted({path.parent for _, path in found if path.name == FILE})
        for folder in registers:
            locks.enter_context(Lock(folder / LOCK))
        output.parent.mkdir(parents=True, exist_ok=True)
        zip_writing.write_zip(output, members(), when=when, verify=_read_back, private=True)
    size = sum(entry.bytes for entry in entries)
    return BackupResult(len(entries), size, tuple(registers))


def _roots(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Each path under its own name; two of the same name get different names."""
    taken: set[str] = set()
    for path in paths:
        name = path.resolve().name or "root"
        # A file keeps its ending, by which its program knows it.
        ending = path.resolve().suffix if path.is_file() else ""
        stem = name.removesuffix(ending)
        number, unique = 2, name
        while unique.casefold() in taken:
            unique, number = f"{stem}-{number}{ending}", number + 1
        taken.add(unique.casefold())
        yield unique, path


def _walk(name: str, path: Path, leave_out: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield name, path
        return
    for root, folders, files in os.walk(path):
        folder = Path(root)
        if FILE in files:  # a register: what is on its way into it is of no use to anybody
            folders[:] = [f for f in folders if f not in (SPOOL, incoming.FOLDER)]
            files = [f for f in files if f != LOCK]
        folders.sort()
        for file in sorted(files):
            inside = folder / file
            is_own = os.path.realpath(inside) == os.path.realpath(leave_out)
            if not (is_own or file.startswith(writing.PREFIX)) and inside.is_file():
                yield f"{name}/{inside.relative_to(path).as_posix()}", inside


def _manifest(entries: Sequence[_Entry], when: int) -> bytes:
    manifest = {
        "format": FORMAT,
        "created": datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": [
            {"path": e.name, "bytes": e.bytes, "sha256": e.sha256, "modified": e.modified}
            for e in entries
        ],
    }
    return (json.dumps(manifest, ensure_ascii=True, indent=1) + "\n").encode("ascii")


def _read_back(path: Path) -> None:
    """`verify`; a file that cannot even be opened any more is the disk's fault (OSError)."""
    try:
        verify(path)
    except NotABackup as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise


# --- restore -------------------------------------------------------------------------------


def verify(path: Path) -> None:
    """Look at every byte of a backup. Raises NotABackup, BackupDamaged."""
    with _open(path) as (archive, entries):
        _verify(archive, entries)


def restore(path: Path, target: Path) -> BackupResult:
    """Verify a backup and restore it. Raises NotABackup, BackupDamaged,
    OutputExists, OSError."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputExists("restore_exists", path=target)
    with _open(path) as (archive, entries):
        _verify(archive, entries)
        target.parent.mkdir(parents=True, exist_ok=True)
        writing.sweep(target.parent)
        private = writing.private_name(target.parent)
        private.mkdir(mode=0o700)
        try:
            for entry in entries:
                _extract(archive, entry, private)
            for entry in entries:  # somebody may clear the folder meanwhile
                (private / entry.name).stat()
            if target.exists():
                target.rmdir()
            try_while_open(lambda: private.rename(target))
        except BaseException as error:
            shutil.rmtree(private, ignore_errors=True)
            if isinstance(error, OSError) and str(error.filename).startswith(str(private)):
                error.filename = str(target)  # a person knows no private names
            raise
    return BackupResult(len(entries), sum(entry.bytes for entry in entries))


@contextlib.contextmanager
def _open(path: Path) -> Iterator[tuple[zipfile.ZipFile, list[_Entry]]]:
    if path.exists() and not path.is_file():
        raise NotABackup(path)  # opening a pipe would wait for ever
    try:
        archive = zipfile.ZipFile(path)
    except zip_directory.DAMAGED as error:
        raise NotABackup(path) from error
    with archive:
        try:
            with archive.open(MANIFEST) as member:
                data = member.read(LARGEST_MANIFEST + 1)
            manifest = json.loads(data)
            if manifest["format"] != FORMAT:
                raise NotABackup(path)
            entries = [_entry(entry) for entry in manifest["files"]]
        except (*zip_directory.DAMAGED, KeyError, TypeError) as error:
            raise NotABackup(path) from error
        if len({entry.name for entry in entries}) != len(entries):
            raise NotABackup(path)
        yield archive, entries


def _entry(listed: dict[str, Any]) -> _Entry:
    """Raises ValueError for a path that leads out of the folder it is restored to."""
    name = str(listed["path"])
    parts = PurePosixPath(name).parts
    outside = not parts or name.startswith("/") or ".." in parts
    if outside or any("\\" in part or "\0" in part for part in parts):
        raise ValueError(name)
    if os.name == "nt" and any(":" in part for part in parts):
        raise ValueError(name)
    return _Entry(name, int(listed["bytes"]), str(listed["sha256"]), int(listed["modified"]))


def _verify(archive: zipfile.ZipFile, entries: Sequence[_Entry]) -> None:
    names = dict.fromkeys(archive.namelist())
    known = {FILES + entry.name for entry in entries} | {MANIFEST}
    faults = [
        RestoreFault("extra", name.removeprefix(FILES)) for name in names if name not in known
    ]
    for entry in entries:
        if FILES + entry.name not in names:
            faults.append(RestoreFault("missing", entry.name))
        elif not _whole(archive, entry):
            faults.append(RestoreFault("changed", entry.name))
    if faults:
        raise BackupDamaged(faults)


def _whole(archive: zipfile.ZipFile, entry: _Entry) -> bool:
    digest = hashlib.sha256()
    try:
        for chunk in _chunks(archive, entry):
            digest.update(chunk)
    except zip_directory.DAMAGED:
        return False
    return digest.hexdigest() == entry.sha256


def _chunks(archive: zipfile.ZipFile, entry: _Entry) -> Iterator[bytes]:
    """A file's bytes, counted; more or fewer than the manifest says is damage."""
    left = entry.bytes
    with archive.open(FILES + entry.name) as member:
        while chunk := member.read(min(1 << 20, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise ValueError("longer than its manifest says")
            yield chunk
    if left:
        raise ValueError("shorter than its manifest says")


def _extract(archive: zipfile.ZipFile, entry: _Entry, folder: Path) -> None:
    target = folder / entry.name
    writing.private_folder(target.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        for chunk in _chunks(archive, entry):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    os.utime(target, ns=(entry.modified, entry.modified))
