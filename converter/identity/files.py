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
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from converter.messages import errors
from converter.messages.catalogue import message
from converter.model.submissions import Identity

NAMESPACE = "urn:gonghui:identity:1"
LARGEST = 64 * 1024
SIGNATURE = "Ed25519"
SEALING = "X25519"


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


class IdentityRefused(Exception):
    """These bytes are no identity file: the code that says why, and its figures."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code, self.params = code, params


# --- reading -----------------------------------------------------------------------------


def public_document(source: Path | bytes) -> bytes:
    """The identity file written anew without its secret: what travels in a package.

    Raises ValueError for what is no identity file.
    """
    try:
        public = parse(source if isinstance(source, bytes) else load(source))
    except IdentityRefused as refused:
        raise ValueError(f"no identity file: {refused.code} {refused.params}") from refused
    return compose(public.identity, public.keys, public.signature)


def load(path: Path) -> bytes:
    """The bytes of a file, one more than may be at the most. Raises IdentityRefused."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise IdentityRefused("I101", reason=message("package_no_file"))
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise IdentityRefused("I101", reason=errors.reason(error)) from error


def tree(data: bytes) -> Element:
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
    if root.tag != f"{{{NAMESPACE}}}identity":
        raise IdentityRefused("I105")
    _only_children(root, "public", "signature", "secret")
    return root


def secret_element(data: bytes) -> bytes:
    """The bytes of <secret> in an identity file that has one, as they stand. Raises
    IdentityRefused where they cannot be told from the rest: a comment may hold the same words."""
    found = re.findall(rb"<secret\b[^>]*>[^<]*</secret\s*>", data)
    if len(found) != 1:
        raise IdentityRefused("I141")
    return bytes(found[0])


def parse(data: bytes) -> Public:
    """Identity bytes → public part. Raises IdentityRefused."""
    root = tree(data)
    public = _child(root, "public")
    _only_children(public, "unit", "superior", "period", "serial", "issued", "valid-until", "keys")
    unit, superior = _child(public, "unit"), _child(public, "superior")
    identity = Identity(
        unit_code=_attribute(unit, "code"),
        unit_name=_text(unit, "code"),
        superior_code=superior.get("code", "").strip(),
        superior_name=_text(superior, "code"),
        period=_text(_child(public, "period")),
        serial=_serial(_text(_child(public, "serial"))),
        issued=_text(_child(public, "issued")),
        valid_until=_text(_child(public, "valid-until")),
    )
    found = Public(identity, _keys(public), _signed(root, "signature", SIGNATURE))
    for element, value, fits in _shapes(found):
        if not fits(value):
            raise IdentityRefused("I107", element=element, value=value[:40])
    if identity.issued > identity.valid_until:
        raise IdentityRefused("I107", element="valid-until", value=identity.valid_until)
    return replace(found, identity=with_digest(identity, found.keys))


def _keys(public: Element) -> Keys:
    keys = _find(public, "keys")
    if keys is None:
        return Keys()
    _only_children(keys, "union-signing", "union-sealing", "unit-signing")
    return Keys(
        _signed(keys, "union-signing", SIGNATURE),
        _signed(keys, "union-sealing", SEALING),
        _signed(keys, "unit-signing", SIGNATURE),
    )


def _signed(parent: Element, name: str, algorithm: str) -> str:
    """The text of an optional element that names its algorithm."""
    element = _find(parent, name)
    if element is None:
        return ""
    if _attribute(element, "algorithm") != algorithm:
        raise IdentityRefused("I107", element=name, value=_attribute(element, "algorithm")[:40])
    return _text(element, "algorithm")


def _find(parent: Element, name: str) -> Element | None:
    return parent.find(f"{{{NAMESPACE}}}{name}")


def _child(parent: Element, name: str) -> Element:
    element = _find(parent, name)
    if element is None:
        raise IdentityRefused("I106", element=name)
    return element


def _only_children(parent: Element, *names: str) -> None:
    """Refuse what is unknown or stands twice: it would be read by some and not by others."""
    known = {f"{{{NAMESPACE}}}{name}" for name in names}
    seen: set[str] = set()
    for element in parent:
        if element.tag not in known or element.tag in seen or (element.tail or "").strip():
            raise IdentityRefused("I106", element=_local(element.tag))
        seen.add(element.tag)
    if parent.attrib or (parent.text or "").strip():
        raise IdentityRefused("I106", element=_local(parent.tag))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2][:40]


def _attribute(element: Element, name: str) -> str:
    value: str = element.get(name, "").strip()
    if not value:
        raise IdentityRefused("I106", element=f"{_local(element.tag)} {name}")
    return value


def _text(element: Element, *attributes: str) -> str:
    """The text of an element that holds nothing else and has these attributes only."""
    text: str = (element.text or "").strip()
    if not text or len(element) or set(element.attrib) - set(attributes):
        raise IdentityRefused("I106", element=_local(element.tag))
    return text


def _serial(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise IdentityRefused("I108", value=text[:40])
    return int(text)


# --- what the entries must look like -------------------------------------------------------

CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_CODE_OR_NONE = re.compile(f"({CODE.pattern})?")
_KEY = re.compile(r"([A-Za-z0-9+/]{43}=)?")
_SEALING_KEY = re.compile(r"(age1[a-z0-9]{58})?")
_SIGNATURE = re.compile(r"([A-Za-z0-9+/]{86}==)?")


def is_date(value: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_name(value: str) -> bool:
    """One line that XML can carry: no control characters, no halves of a character."""
    return (
        0 < len(value) <= 200
        and value == value.strip()
        and not any(unicodedata.category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" for c in value)
    )


def _shapes(public: Public) -> Iterator[tuple[str, str, Callable[[str], object]]]:
    """(element, value, what it must satisfy) of every entry that is text."""
    identity, keys = public.identity, public.keys
    yield "unit code", identity.unit_code, CODE.fullmatch
    yield "unit", identity.unit_name, _is_name
    yield "superior code", identity.superior_code, _CODE_OR_NONE.fullmatch
    yield "superior", identity.superior_name, _is_name
    yield "period", identity.period, _is_name
    yield "issued", identity.issued, is_date
    yield "valid-until", identity.valid_until, is_date
    yield "union-signing", keys.union_signing, _KEY.fullmatch
    yield "union-sealing", keys.union_sealing, _SEALING_KEY.fullmatch
    yield "unit-signing", keys.unit_signing, _KEY.fullmatch
    yield "signature", public.signature, _SIGNATURE.fullmatch


# --- writing -----------------------------------------------------------------------------


def public_bytes(identity: Identity, keys: Keys | None = None) -> bytes:
    """The canonical public part: what `digest` is taken of and a signature covers.

    A first line `gonghui-identity 1`, then `name=value` for every entry in the order below,
    absent ones with an empty value; UTF-8, each line ended by LF. Values are one line each,
    so no two identities give the same bytes.
    """
    keys = keys or Keys()
    entries = (
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
    )
    lines = ["gonghui-identity 1", *(f"{name}={value}" for name, value in entries)]
    return "".join(f"{line}\n" for line in lines).encode()


def with_digest(identity: Identity, keys: Keys) -> Identity:
    """The identity with the digest of its canonical public part."""
    digest = hashlib.sha256(public_bytes(identity, keys)).hexdigest()
    return replace(identity, digest=f"sha256:{digest}")


def compose(identity: Identity, keys: Keys | None = None, signature: str = "") -> bytes:
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
        _element("unit", identity.unit_name, code=identity.unit_code),
        _element("superior", identity.superior_name, code=identity.superior_code),
        _element("period", identity.period),
        _element("serial", str(identity.serial)),
        _element("issued", identity.issued),
        _element("valid-until", identity.valid_until),
    ]
    entries = [
        _element(name, value, indent="      ", algorithm=algorithm)
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
        lines.append(_element("signature", signature, indent="  ", algorithm=SIGNATURE))
    return ("\n".join([*lines, "</identity>"]) + "\n").encode()


def _element(name: str, text: str, *, indent: str = "    ", **attributes: str) -> str:
    attrs = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return f"{indent}<{name}{attrs}>{escape(text)}</{name}>"
