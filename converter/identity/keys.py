"""Keys for signing and for opening sealed data. Only this module and `sealed_files` use a
cryptographic library.

Signing is Ed25519 (RFC 8032, library `cryptography`), sealing is age for an X25519 recipient
(age-encryption.org/v1, library `pyrage`). A union's folder of keys holds

    signing.key   Ed25519, PKCS #8 in PEM, as openssl writes it          its owner's alone;
                  perhaps sealed with a passphrase (`passphrases`)
    sealing.key   an age identity, as age-keygen writes it               its owner's alone
    signing.pub   the public part, PEM
    sealing.pub   the public part, `age1…`

so that openssl and age do whatever is done here. Private files are made with O_EXCL and mode
0600 (on Windows the folder's permissions count instead) and never written over. Who only
verifies needs the .pub files alone.

A secret is held by an object that signs or opens and tells nothing else: its repr is the
class's name, it cannot be pickled, no error quotes it. Public keys and signatures are text in
base64.

>>> secret, public = new_pair()
>>> fits(public, Signer.of(secret).sign(b"2026"), b"2026")
True
>>> fits(public, Signer.of(secret).sign(b"2026"), b"2027")
False
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

import pyrage
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from converter.files import writing
from converter.identity import sealed_files
from converter.model.errors import KeysError

SIGNING, SIGNING_PUBLIC = "signing.key", "signing.pub"
SEALING, SEALING_PUBLIC = "sealing.key", "sealing.pub"
LARGEST = 16 * 1024  # bytes of a key file
ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """A union's public keys: Ed25519 in base64, X25519 as age writes it."""

    signing: str
    sealing: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.signing, self.sealing)


def fingerprint(signing: str, sealing: str) -> str:
    """128 bits of SHA-256 over both public keys, to be compared by eye or telephone.

    >>> fingerprint("A" * 43 + "=", "age1" + "q" * 58)
    '97fe-d0d7-a355-ab26-da69-5435-14c0-701c'
    """
    digest = hashlib.sha256(f"{signing}\n{sealing}\n".encode()).hexdigest()
    return "-".join(digest[at : at + 4] for at in range(0, 32, 4))


class Signer:
    """A secret signing key that does nothing but sign."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = _text(key.public_key().public_bytes_raw())

    @classmethod
    def of(cls, secret: str) -> Signer:
        """From a secret as identity files hold it. Raises ValueError, which does not quote it."""
        raw = _raw(secret)
        if len(raw) != 32:
            raise ValueError("no Ed25519 secret key")
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(data)

    def __repr__(self) -> str:
        return "Signer()"

    def __reduce__(self) -> str:
        raise TypeError("a secret key does not travel")


class Opener:
    """A secret sealing key that does nothing but open."""

    __slots__ = ("_identity", "public")

    def __init__(self, identity: pyrage.x25519.Identity) -> None:
        self._identity = identity
        self.public = str(identity.to_public())

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed, or None where it was sealed for another key, or damaged anywhere:
        nothing is handed out before the end was reached and found whole."""
        try:
            return bytes(pyrage.decrypt(sealed, [self._identity]))
        except pyrage.DecryptError:
            return None

    def __repr__(self) -> str:
        return "Opener()"

    def __reduce__(self) -> str:
        raise TypeError("a secret key does not travel")


def new_pair() -> tuple[str, str]:
    """(secret, public) of a new unit's signing key, both in base64."""
    key = Ed25519PrivateKey.generate()
    return _text(key.private_bytes_raw()), _text(key.public_key().public_bytes_raw())


def fits(public: str, signature: bytes, data: bytes) -> bool:
    """Whether the signature was made over exactly these bytes by the key's owner."""
    try:
        Ed25519PublicKey.from_public_bytes(_raw(public)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def same(one: str, other: str) -> bool:
    """Compare keys or digests in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def seal(data: bytes, recipient: str) -> bytes:
    """Encrypt for a sealing key. Raises ValueError for what is no such key."""
    try:
        return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient)]))
    except (pyrage.RecipientError, pyrage.EncryptError) as error:
        raise ValueError("no age recipient") from error


def is_recipient(text: str) -> bool:
    """Whether something can be sealed for it (age1… with the right checksum)."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def signature_bytes(text: str) -> bytes:
    """A signature in base64 → its bytes; b'' for what is none."""
    raw = _raw(text)
    return raw if len(raw) == 64 else b""


def signature_text(signature: bytes) -> str:
    return _text(signature)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _raw(text: str) -> bytes:
    """b'' for what is no base64 or not written the one right way."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if _text(raw) == text else b""


# --- a union's folder ------------------------------------------------------------------------


def create(folder: Path, passphrase: str = "") -> PublicKeys:
    """Make a union's keys, or what a process that was killed had not yet made of them. The
    signing key is sealed with the passphrase, if there is one.

    Raises KeysError where there are some already, OSError. A key is never replaced.
    """
    writing.private_folder(folder)
    halves = ((SIGNING, SIGNING_PUBLIC), (SEALING, SEALING_PUBLIC))
    present = {name for pair in halves for name in pair if (folder / name).exists()}
    lost = [shown for secret, shown in halves if shown in present and secret not in present]
    if lost or len(present) == 4:  # a secret cannot be made to fit a published key
        raise KeysError("exists", folder / (lost[0] if lost else SIGNING))
    if SIGNING in present:
        _private(folder / SIGNING, passphrase)  # raises before anything is written
    if SEALING in present:
        opener(folder)
    try:
        if SIGNING not in present:
            writing.write_new(folder / SIGNING, _sealed(_new_signing(), passphrase))
        if SEALING not in present:
            writing.write_new(folder / SEALING, _new_sealing())
        if SIGNING_PUBLIC not in present:
            shown = _shown(_private(folder / SIGNING, passphrase))
            writing.write_new(folder / SIGNING_PUBLIC, shown)
        if SEALING_PUBLIC not in present:
            shown = f"{opener(folder).public}\n".encode()
            writing.write_new(folder / SEALING_PUBLIC, shown)
    except FileExistsError as error:
        raise KeysError("exists", folder) from error
    return public(folder)


def _new_signing() -> bytes:
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)


def _new_sealing() -> bytes:
    identity = pyrage.x25519.Identity.generate()
    return f"# public key: {identity.to_public()}\n{identity}\n".encode()


def _sealed(key: bytes, passphrase: str) -> bytes:
    return sealed_files.sealed_bytes(key, passphrase) if passphrase else key


def _shown(key: Ed25519PrivateKey) -> bytes:
    """The public part of a signing key, as openssl writes it."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def is_locked(path: Path) -> bool:
    """Whether a signing key carries a passphrase. Raises KeysError."""
    data = _read(path)
    return data.startswith(sealed_files.MAGIC) or ENCRYPTED in data


def change_passphrase(folder: Path, old: str, new: str) -> None:
    """Give a union's signing key another passphrase ('' = none). Raises KeysError, OSError."""
    signer(folder, old)  # what does not fit the published key is not written anew
    key = _private(folder / SIGNING, old)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    data = _sealed(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain), new)
    writing.write_bytes_atomically(folder / SIGNING, data, private=True)


def public(folder: Path) -> PublicKeys:
    """A union's public keys. Raises KeysError, OSError."""
    path = folder / SIGNING_PUBLIC
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeysError("broken", path) from error
    sealing = _read(folder / SEALING_PUBLIC).decode("utf-8", "replace").strip()
    if not isinstance(key, Ed25519PublicKey):
        raise KeysError("broken", path)
    if not is_recipient(sealing):
        raise KeysError("broken", folder / SEALING_PUBLIC)
    return PublicKeys(_text(key.public_bytes_raw()), sealing)


def signer(folder: Path, passphrase: str = "") -> Signer:
    """The union's signing key. Raises KeysError, also where it is not the published one's."""
    found = Signer(_private(folder / SIGNING, passphrase))
    if not same(found.public, public(folder).signing):
        raise KeysError("broken", folder / SIGNING)
    return found


def _private(path: Path, passphrase: str = "") -> Ed25519PrivateKey:
    data = _read(path)
    if is_locked(path) and not passphrase:
        raise KeysError("locked", path)
    if data.startswith(sealed_files.MAGIC):
        opened = sealed_files.opened_bytes(data, passphrase)
        if opened is None:
            raise KeysError("passphrase", path)
        data = opened
    password = passphrase.encode() if ENCRYPTED in data else None  # openssl did it
    try:
        key = serialization.load_pem_private_key(data, password)
    except ValueError:
        raise KeysError("passphrase" if password else "broken", path) from None
    except (TypeError, UnsupportedAlgorithm):
        raise KeysError("broken", path) from None  # the cause might quote the file
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysError("broken", path)
    return key


def opener(folder: Path) -> Opener:
    """The union's sealing key. Raises KeysError."""
    path = folder / SEALING
    lines = _read(path).decode("utf-8", "replace").splitlines()
    secrets = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        (secret,) = secrets
        return Opener(pyrage.x25519.Identity.from_str(secret))
    except (ValueError, pyrage.IdentityError):
        raise KeysError("broken", path) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise KeysError("missing", path) from error
    if len(data) > LARGEST:
        raise KeysError("broken", path)
    return data
