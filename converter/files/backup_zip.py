"""The zip of a backup, for reading: its manifest, and files that are what that says.

manifest.json   format, time, and path, size, SHA-256, time of change of each file
files/…         the files themselves
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from converter.files import writing, zip_directory, zip_peek
from converter.model.errors import BackupDamaged, NotABackup, RestoreFault

FORMAT = "gonghui-backup/1"
MANIFEST, FILES = "manifest.json", "files/"
LARGEST_MANIFEST = 256 << 20


@dataclass(frozen=True, slots=True)
class BackupEntry:
    """A file of a backup, as its manifest has it."""

    name: str
    bytes: int
    sha256: str
    modified: int  # nanoseconds since 1970


def is_backup(path: Path) -> bool:
    """Whether a file looks like a backup, at a glance; one that is sealed tells nothing."""
    return f'"format": "{FORMAT}"' in (zip_peek.glance(path, MANIFEST) or "")


def begins_like(path: Path, head: bytes) -> bool:
    """The same for one of many files, of which only those that begin like a backup are opened.
    `head`: its first bytes; the name of a zip's first member stands behind 30 of them."""
    is_like = head[:4] == b"PK\x03\x04" and head[30:].startswith(FILES.encode())
    return is_like and is_backup(path)


def verify(path: Path) -> None:
    """Look at every byte of a backup. Raises NotABackup, BackupDamaged."""
    with opened(path) as (archive, entries):
        verify_entries(archive, entries)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, list[BackupEntry]]]:
    """The zip and its entries. Raises NotABackup."""
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


def _entry(listed: dict[str, Any]) -> BackupEntry:
    """Raises ValueError for a path that leads out of the folder it is restored to."""
    name = str(listed["path"])
    parts = PurePosixPath(name).parts
    outside = not parts or name.startswith("/") or ".." in parts
    if outside or any("\\" in part or "\0" in part for part in parts):
        raise ValueError(name)
    if os.name == "nt" and any(":" in part for part in parts):
        raise ValueError(name)
    return BackupEntry(name, int(listed["bytes"]), str(listed["sha256"]), int(listed["modified"]))


def verify_entries(archive: zipfile.ZipFile, entries: Sequence[BackupEntry]) -> None:
    """Look at every byte. Raises BackupDamaged."""
    names = dict.fromkeys(archive.namelist())
    known = {FILES + entry.name for entry in entries} | {MANIFEST}
    faults = [
        RestoreFault("extra", name.removeprefix(FILES)) for name in names if name not in known
    ]
    for entry in entries:
        if FILES + entry.name not in names:
            faults.append(RestoreFault("missing", entry.name))
        elif not is_whole(archive, entry):
            faults.append(RestoreFault("changed", entry.name))
    if faults:
        raise BackupDamaged(faults)


def is_whole(archive: zipfile.ZipFile, entry: BackupEntry) -> bool:
    """Whether a file is what the manifest says."""
    digest = hashlib.sha256()
    try:
        for chunk in _chunks(archive, entry):
            digest.update(chunk)
    except zip_directory.DAMAGED:
        return False
    return digest.hexdigest() == entry.sha256


def _chunks(archive: zipfile.ZipFile, entry: BackupEntry) -> Iterator[bytes]:
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


def extract(archive: zipfile.ZipFile, entry: BackupEntry, folder: Path) -> None:
    """Write a file below a folder, its owner's alone. Raises OSError, ValueError."""
    target = folder / entry.name
    writing.private_folder(target.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        for chunk in _chunks(archive, entry):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    os.utime(target, ns=(entry.modified, entry.modified))
