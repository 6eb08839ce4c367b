"""The XML of identity files: the public part, read strictly and written in one way only.

A file (`templates/identity.xsd`, docs/identity-format.md) has a <public> part, the upper
union's <signature> over it and, in the file that a unit holds, the unit's <secret>. Nothing
here keeps the secret: `Public` has no field for it, and `public_document` leaves it behind.

What is signed is not XML but `public_bytes`: a fixed line for each entry, so that neither
white space nor the order of attributes matters. Signatures are read here, not verified: that
is `verifying`'s.

A DTD, entities, unknown elements and files beyond 64 kB are refused; nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from converter.identity import links
from converter.identity.elements import (
    CODE,
    CODE_OR_NONE,
    KEY,
    NAMESPACE,
    SEALING,
    SEALING_KEY,
    SIGNATURE,
    SIGNATURE_TEXT,
    IdentityRefused,
    attribute,
    child,
    find,
    is_contact,
    is_date,
    is_name,
    only_children,
    serial_of,
    signed_text,
    text_of,
    written,
)
from converter.identity.links import UnionIdentity
from converter.messages import errors
from converter.messages.catalogue import message
from converter.model.submissions import Identity

LARGEST = 64 * 1024
CONTACT = "superior-contact"
_ENTRIES = (
    "unit", "superior", "period", "serial", "issued", "valid-until", CONTACT, "keys",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys as text; '' = none. Ed25519 in base64, the sealing key as age writes it."""

    union_signing: str = ""
    union_sealing: str = ""
    unit_signing: str = ""


@dataclass(frozen=True, slots=True)
class Public:
    """The public content of an identity file."""

    identity: Identity
    keys: Keys
    signature: str  # base64; '' = unsigned
    chain: tuple[UnionIdentity, ...] = ()  # from the union that issued it upward; () = one level

    def document(self) -> bytes:
        """The file without the secret."""
        return compose(self.identity, self.keys, self.signature, self.chain)


# --- reading -----------------------------------------------------------------------------


def public_document(source: Path | bytes) -> bytes:
    """The identity file written anew without its secret: what travels in a package.

    Raises ValueError for what is no identity file.
    """
    try:
        public = parse(source if isinstance(source, bytes) else load(source))
    except IdentityRefused as refused:
        raise ValueError(f"no identity file: {refused.code} {refused.params}") from refused
    return public.document()


def load(path: Path) -> bytes:
    """The bytes of a file, one more than may be at the most. Raises IdentityRefused."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise IdentityRefused("I101", reason=message("package_no_file"))
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise IdentityRefused("I101", reason=errors.reason(error)) from error


_ELEMENTS = ("public", "signature", "chain", "secret")


def tree(data: bytes, root_name: str = "identity", elements: Sequence[str] = _ELEMENTS) -> Element:
    """Identity bytes → the root of a document with the right elements. Raises IdentityRefused."""
    if len(data) > LARGEST:
        raise IdentityRefused("I102", limit=LARGEST // 1024)
    try:
        root: Element = fromstring(
            data, forbid_dtd=True, forbid_entities=True, forbid_external=True
        )
    except DefusedXmlException as error:
        raise IdentityRefused("I104") from error
    except (ParseError, ValueError, LookupError) as error:
        raise IdentityRefused("I103") from error
    if root.tag != f"{{{NAMESPACE}}}{root_name}":
        raise IdentityRefused("I105")
    only_children(root, *elements)
    return root


def is_union(data: bytes) -> bool:
    """Whether these are the bytes of a union's identity file. Raises IdentityRefused."""
    return child(tree(data), "public").get("role") == links.ROLE


def parse_union(data: bytes) -> tuple[UnionIdentity, ...]:
    """The bytes of a union's identity file → its own identity, then those above it. Raises
    IdentityRefused."""
    root = tree(data)
    own = links.parse(root)
    return (own, *links.parse_chain(root))


def secret_element(data: bytes) -> bytes:
    """The bytes of <secret> in an identity file that has one, as they stand. Raises
    IdentityRefused where they cannot be distinguished from the rest: a comment may hold the same
    words."""
    found = re.findall(rb"<secret\b[^>]*>[^<]*</secret\s*>", data)
    if len(found) != 1:
        raise IdentityRefused("I141")
    return bytes(found[0])


def parse(data: bytes) -> Public:
    """Identity bytes → public part. Raises IdentityRefused."""
    root = tree(data)
    public = child(root, "public")
    if public.get("role") == links.ROLE:
        raise IdentityRefused("I109")
    only_children(public, *_ENTRIES)
    unit, superior = child(public, "unit"), child(public, "superior")
    contact = find(public, CONTACT)
    identity = Identity(
        unit_code=attribute(unit, "code"),
        unit_name=text_of(unit, "code"),
        superior_code=superior.get("code", "").strip(),
        superior_name=text_of(superior, "code"),
        period=text_of(child(public, "period")),
        serial=serial_of(text_of(child(public, "serial"))),
        issued=text_of(child(public, "issued")),
        valid_until=text_of(child(public, "valid-until")),
        superior_contact="" if contact is None else text_of(contact),
    )
    signature = signed_text(root, "signature", SIGNATURE)
    found = Public(identity, _keys(public), signature, links.parse_chain(root))
    for element, value, fits in _shapes(found):
        if not fits(value):
            raise IdentityRefused("I107", element=element, value=value[:40])
    if identity.issued > identity.valid_until:
        raise IdentityRefused("I107", element="valid-until", value=identity.valid_until)
    return replace(found, identity=with_digest(identity, found.keys))


def _keys(public: Element) -> Keys:
    keys = find(public, "keys")
    if keys is None:
        return Keys()
    only_children(keys, "union-signing", "union-sealing", "unit-signing")
    return Keys(
        signed_text(keys, "union-signing", SIGNATURE),
        signed_text(keys, "union-sealing", SEALING),
        signed_text(keys, "unit-signing", SIGNATURE),
    )


# --- what the entries must look like -------------------------------------------------------


def _shapes(public: Public) -> Iterator[tuple[str, str, Callable[[str], object]]]:
    """(element, value, what it must satisfy) of every entry that is text."""
    identity, keys = public.identity, public.keys
    yield "unit code", identity.unit_code, CODE.fullmatch
    yield "unit", identity.unit_name, is_name
    yield "superior code", identity.superior_code, CODE_OR_NONE.fullmatch
    yield "superior", identity.superior_name, is_name
    yield "period", identity.period, is_name
    yield "issued", identity.issued, is_date
    yield "valid-until", identity.valid_until, is_date
    if identity.superior_contact:
        yield CONTACT, identity.superior_contact, is_contact
    yield "union-signing", keys.union_signing, KEY.fullmatch
    yield "union-sealing", keys.union_sealing, SEALING_KEY.fullmatch
    yield "unit-signing", keys.unit_signing, KEY.fullmatch
    yield "signature", public.signature, SIGNATURE_TEXT.fullmatch


# --- writing -----------------------------------------------------------------------------


def public_bytes(identity: Identity, keys: Keys | None = None) -> bytes:
    """The canonical public part: what `digest` is taken of and a signature covers.

    A first line `gonghui-identity 1`, then `name=value` for every entry in the order below,
    absent ones with an empty value; at the end `superior-contact`, which has no line where it is
    absent. UTF-8, each line ended by LF. Values are one line each, so no two identities give the
    same bytes.
    """
    keys = keys or Keys()
    entries = [
        ("unit-code", identity.unit_code),
        ("unit-name", identity.unit_name),
        ("superior-code", identity.superior_code),
        ("superior-name", identity.superior_name),
        ("period", identity.period),
        ("serial", str(identity.serial)),
        ("issued", identity.issued),
        ("valid-until", identity.valid_until),
        ("union-signing", keys.union_signing),
        ("union-sealing", keys.union_sealing),
        ("unit-signing", keys.unit_signing),
    ]
    if identity.superior_contact:
        entries.append((CONTACT, identity.superior_contact))
    lines = ["gonghui-identity 1", *(f"{name}={value}" for name, value in entries)]
    return "".join(f"{line}\n" for line in lines).encode()


def with_digest(identity: Identity, keys: Keys) -> Identity:
    """The identity with the digest of its canonical public part."""
    digest = hashlib.sha256(public_bytes(identity, keys)).hexdigest()
    return replace(identity, digest=f"sha256:{digest}")


def compose(
    identity: Identity,
    keys: Keys | None = None,
    signature: str = "",
    chain: Sequence[UnionIdentity] = (),
) -> bytes:
    """The identity file of a public part; without `signature` an unsigned one.

    Raises ValueError for values that no identity file can hold.
    """
    keys = keys or Keys()
    for element, value, fits in _shapes(Public(identity, keys, signature)):
        if not fits(value):
            raise ValueError(f"{element}: {value!r} does not fit")
    if not 1 <= identity.serial <= 999_999_999 or identity.issued > identity.valid_until:
        raise ValueError("serial counts from 1; valid-until is not before issued")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<identity xmlns="{NAMESPACE}">',
        "  <public>",
        written("unit", identity.unit_name, code=identity.unit_code),
        written("superior", identity.superior_name, code=identity.superior_code),
        written("period", identity.period),
        written("serial", str(identity.serial)),
        written("issued", identity.issued),
        written("valid-until", identity.valid_until),
    ]
    if identity.superior_contact:
        lines.append(written(CONTACT, identity.superior_contact))
    entries = [
        written(name, value, indent="      ", algorithm=algorithm)
        for name, value, algorithm in (
            ("union-signing", keys.union_signing, SIGNATURE),
            ("union-sealing", keys.union_sealing, SEALING),
            ("unit-signing", keys.unit_signing, SIGNATURE),
        )
        if value
    ]
    if entries:
        lines += ["    <keys>", *entries, "    </keys>"]
    lines.append("  </public>")
    if signature:
        lines.append(written("signature", signature, indent="  ", algorithm=SIGNATURE))
    lines += links.chain_lines(chain)
    return ("\n".join([*lines, "</identity>"]) + "\n").encode()
