"""A passphrase on a secret: the union's `signing.key`, or the unit's secret in an identity file.

What carries one is sealed by age with scrypt, so `age -d` opens it too. In a folder of keys the
whole of `signing.key` is sealed; in an identity file the text of <secret>, whose `algorithm` then
is `age-scrypt`. A `signing.key` that openssl has encrypted (PKCS #8) is read as well. A passphrase
never stands in the environment or in an argument.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path

from converter.files import writing
from converter.identity import keys, sealed_files
from converter.identity.elements import NAMESPACE, SIGNATURE, IdentityRefused
from converter.identity.files import load, parse, secret_element, tree
from converter.model.errors import KeysError

LOCKED = "age-scrypt"  # the algorithm of a secret that carries a passphrase


def is_locked(path: Path) -> bool:
    """Whether a folder of keys or an identity file asks for a passphrase before it signs. False
    for what is neither."""
    try:
        if path.is_dir():
            return keys.is_locked(path / keys.SIGNING)
        element = tree(load(path)).find(f"{{{NAMESPACE}}}secret")
    except (KeysError, IdentityRefused):
        return False
    return element is not None and element.get("algorithm") == LOCKED


class OpenedSecrets:
    """Secrets of identity files that were opened with a passphrase once, in good time: it takes a
    second in which the whole process does nothing else. Others stay closed. Tells no secret."""

    __slots__ = ("_opened", "closed")

    def __init__(self, files: Iterable[Path] = (), passphrase: str = "") -> None:
        self._opened: dict[bytes, str] = {}
        self.closed: list[Path] = []  # files that this passphrase does not open
        for path in files:
            try:
                data = load(path)
                secret = secret_of(data, passphrase)
                if secret:
                    self._opened[secret_element(data)] = secret
                    continue
            except IdentityRefused:
                pass
            self.closed.append(path)

    def of(self, data: bytes) -> str:
        """The secret in an identity file, '' where it was not opened."""
        return self._opened.get(secret_element(data), "")

    def __repr__(self) -> str:
        return "OpenedSecrets()"

    def __reduce__(self) -> str:
        raise TypeError("secrets do not travel")


def change(path: Path, old: str, new: str) -> None:
    """Give a folder of keys or an identity file another passphrase ('' = none): the file is
    replaced as a whole. Raises KeysError, IdentityRefused, OSError."""
    if path.is_dir():
        keys.change_passphrase(path, old, new)
        return
    data = load(path)
    parse(data)
    secret = secret_of(data, old)
    if secret is None:
        raise KeysError("no_secret", path)
    if not secret:
        raise KeysError("passphrase" if old else "locked", path)
    before = secret_element(data)
    writing.write_bytes_atomically(path, data.replace(before, _element(secret, new)), private=True)


def secret_of(data: bytes, passphrase: str | OpenedSecrets) -> str | None:
    """The secret in an identity file, as text; None where there is none, '' where it carries a
    passphrase that is not this one. Raises IdentityRefused for what is no secret."""
    element = tree(data).find(f"{{{NAMESPACE}}}secret")
    if element is None:
        return None
    algorithm = element.get("algorithm", "")
    if len(element.attrib) != 1 or len(element) or algorithm not in (SIGNATURE, LOCKED):
        raise IdentityRefused("I141")
    text = (element.text or "").strip()
    if not text:
        raise IdentityRefused("I141")
    if algorithm == SIGNATURE:
        return text
    try:
        sealed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise IdentityRefused("I141") from None
    if isinstance(passphrase, OpenedSecrets):
        return passphrase.of(data)
    opened = sealed_files.opened_bytes(sealed, passphrase) if passphrase else None
    return opened.decode("ascii", "replace") if opened else ""


def _element(secret: str, passphrase: str) -> bytes:
    algorithm = LOCKED if passphrase else SIGNATURE
    if passphrase:
        sealed = sealed_files.sealed_bytes(secret.encode("ascii"), passphrase)
        secret = base64.b64encode(sealed).decode("ascii")
    return f'<secret algorithm="{algorithm}">{secret}</secret>'.encode()
