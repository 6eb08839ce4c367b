"""Files sealed with a passphrase or for an age recipient; standard `age` opens them.

A file sealed with a passphrase has to fit into memory; one for a recipient may be of any size.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pyrage

MAGIC = b"age-encryption.org/v1"


def is_sealed(path: Path) -> bool:
    """Whether this is a sealed file."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def seal(source: Path, target: BinaryIO, *, passphrase: str = "", recipient: str = "") -> None:
    """Seal a file. Raises ValueError for what is no recipient, OSError."""
    if passphrase:
        target.write(sealed_bytes(source.read_bytes(), passphrase))
        return
    try:
        recipients = [pyrage.x25519.Recipient.from_str(recipient)]
    except pyrage.RecipientError as error:
        raise ValueError("no age recipient") from error
    with source.open("rb") as file:
        pyrage.encrypt_io(file, target, recipients)


def sealed_bytes(data: bytes, passphrase: str) -> bytes:
    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def opened_bytes(sealed: bytes, passphrase: str) -> bytes | None:
    """None where the passphrase is another one, or the bytes are damaged."""
    try:
        return bytes(pyrage.passphrase.decrypt(sealed, passphrase))
    except (pyrage.DecryptError, ValueError):
        return None


def open_sealed(
    source: Path, target: BinaryIO, *, passphrase: str = "", key_file: Path | None = None
) -> bool:
    """Open a sealed file; False where the passphrase or the key is not the one, or the file is
    damaged anywhere. Raises OSError."""
    try:
        if key_file is None:
            target.write(pyrage.passphrase.decrypt(source.read_bytes(), passphrase))
            return True
        with source.open("rb") as file:
            pyrage.decrypt_io(file, target, _keys(key_file))
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        return False
    return True


def _keys(path: Path) -> list[pyrage.x25519.Identity]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    secrets = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [pyrage.x25519.Identity.from_str(secret) for secret in secrets]
