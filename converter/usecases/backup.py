"""Backups: folders, files and registers in one zip, with a manifest that tells every byte
(`files.backup_zip`).

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from converter.files import backup_zip, writing, zip_writing
from converter.files.backup_zip import FILES, FORMAT, MANIFEST, BackupEntry
from converter.files.os_errors import open_to_read, try_while_open
from converter.model.errors import (
    BackupSealed,
    NotABackup,
    OutputExists,
    UsageError,
)
from converter.register import audit, incoming
from converter.register.lock import Lock
from converter.register.writer import FILE, LOCK, SPOOL
from converter.text import file_names

LARGEST_IDENTITY = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupResult:
    files: int
    bytes: int
    registers: tuple[Path, ...] = ()  # those that it holds


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

    `when`: seconds since 1970. Raises OutputExists, RegisterBusy, UsageError, InputError, OSError;
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


def is_sealed(path: Path) -> bool:
    from converter.identity import sealed_files

    return path.is_file() and sealed_files.is_sealed(path)


def _backup(
    paths: Sequence[Path], output: Path, *, when: int, leave_out: Path | None = None
) -> BackupResult:
    if output.exists():
        raise OutputExists("backup_exists", path=output)
    found = [pair for root in _roots(paths) for pair in _walk(*root, leave_out=leave_out or output)]
    entries: list[BackupEntry] = []

    def members() -> Iterator[tuple[str, bytes]]:
        for name, path in found:
            changed = path.stat().st_mtime_ns
            with open_to_read(path) as file:
                data = file.read()
            entries.append(BackupEntry(name, len(data), hashlib.sha256(data).hexdigest(), changed))
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


def _manifest(entries: Sequence[BackupEntry], when: int) -> bytes:
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
    """Verify it; a file that cannot even be opened any more is the disk's fault (OSError)."""
    try:
        backup_zip.verify(path)
    except NotABackup as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise


# --- restore -------------------------------------------------------------------------------


def restore(path: Path, target: Path) -> BackupResult:
    """Verify a backup and restore it. Raises NotABackup, BackupDamaged,
    OutputExists, OSError."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputExists("restore_exists", path=target)
    with backup_zip.opened(path) as (archive, entries):
        backup_zip.verify_entries(archive, entries)
        target.parent.mkdir(parents=True, exist_ok=True)
        writing.sweep(target.parent)
        private = writing.private_name(target.parent)
        private.mkdir(mode=0o700)
        try:
            for entry in entries:
                backup_zip.extract(archive, entry, private)
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
