"""Passphrases that cost a test nothing: files that age reads as any other, sealed with few rounds.

age picks the number of rounds (N of scrypt, RFC 7914) so that guessing a passphrase costs about a
second. The number stands in the file, and whoever opens it obeys. What the product itself seals
with is held by `identity/test_passphrases.py`. The format: https://age-encryption.org/v1
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from converter.identity import sealed_files

shipped = sealed_files.sealed_bytes  # what is in use outside of the tests
ROUNDS = 1  # N = 2**1
CHUNK = 64 << 10


def sealed_bytes(data: bytes, passphrase: str) -> bytes:
    """What `sealed_files.sealed_bytes` gives, with 2**ROUNDS instead of some 2**18."""
    salt, file_key, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    key = hashlib.scrypt(
        passphrase.encode(), salt=b"age-encryption.org/v1/scrypt" + salt,
        n=1 << ROUNDS, r=8, p=1, dklen=32,
    )  # fmt: skip
    wrapped = ChaCha20Poly1305(key).encrypt(bytes(12), file_key, None)
    header = f"age-encryption.org/v1\n-> scrypt {_text(salt)} {ROUNDS}\n{_text(wrapped)}\n---"
    mac = hmac.digest(_derived(file_key, b"", b"header"), header.encode(), "sha256")
    return f"{header} {_text(mac)}\n".encode() + nonce + _stream(file_key, nonce, data)


def _stream(file_key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Chunks, each under a nonce of its number and whether it is the last."""
    key = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    starts = range(0, max(len(data), 1), CHUNK)
    return b"".join(
        key.encrypt(
            number.to_bytes(11, "big") + bytes([number == len(starts) - 1]),
            data[start : start + CHUNK],
            None,
        )
        for number, start in enumerate(starts)
    )


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, purpose).derive(key)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def use() -> None:
    """From now on this process, and what is forked from it, seals with few rounds."""
    sealed_files.sealed_bytes = sealed_bytes


@contextmanager
def in_use() -> Iterator[None]:
    """Meanwhile this process, and what is forked from it, seals with few rounds."""
    with patch.object(sealed_files, "sealed_bytes", sealed_bytes):
        yield
