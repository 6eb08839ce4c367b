"""The identity of a union below another one, and the chain that leads from a union to the top.

An upper union signs the identity of each union below it (role="union"): its code and name, its
scope, its own keys. A chain is a list of such identities, each issued by the next one; the last is
issued by the union at the top, which has none. docs/identity-format.md is the specification.

The scope says for which codes a union may issue, as the letters and digits with which they begin:

>>> covers(("130102",), "130102-0001"), covers(("130102",), "130103-0001")
(True, False)

What is signed begins with another line than the identity of a unit, so that neither can ever be
taken for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from converter.identity.elements import (
    CODE,
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
    is_date,
    is_name,
    local_name,
    only_children,
    serial_of,
    signed_text,
    text_of,
    written,
)

ROLE = "union"
LONGEST = 8  # identities in a chain
MOST_PREFIXES = 50  # in a scope


@dataclass(frozen=True, slots=True)
class UnionIdentity:
    """A superior's statement of which union holds which keys. Keys as in `files.Keys`."""

    code: str
    name: str
    superior_code: str
    superior_name: str
    scope: tuple[str, ...]  # how the codes begin for which it may issue
    serial: int
    issued: str  # ISO dates
    valid_until: str
    signing: str  # its own keys
    sealing: str
    superior_signing: str
    superior_sealing: str
    signature: str = ""  # the superior's, in base64

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(signed_bytes(self)).hexdigest()}"


def covers(scope: Iterable[str], code: str) -> bool:
    """Whether a code lies within a scope."""
    return any(code.startswith(prefix) for prefix in scope)


def signed_bytes(one: UnionIdentity) -> bytes:
    """What the superior's signature covers: see `files.public_bytes`."""
    entries = (
        ("union-code", one.code),
        ("union-name", one.name),
        ("superior-code", one.superior_code),
        ("superior-name", one.superior_name),
        ("scope", " ".join(one.scope)),
        ("serial", str(one.serial)),
        ("issued", one.issued),
        ("valid-until", one.valid_until),
        ("superior-signing", one.superior_signing),
        ("superior-sealing", one.superior_sealing),
        ("union-signing", one.signing),
        ("union-sealing", one.sealing),
    )
    lines = ["gonghui-union-identity 1", *(f"{name}={value}" for name, value in entries)]
    return "".join(f"{line}\n" for line in lines).encode()


# --- reading -----------------------------------------------------------------------------


def parse(parent: Element) -> UnionIdentity:
    """The <public> and <signature> below an element. Raises IdentityRefused."""
    public = child(parent, "public")
    if public.attrib != {"role": ROLE}:
        raise IdentityRefused("I110")
    only_children(
        public, "unit", "superior", "scope", "serial", "issued", "valid-until", "keys",
        attributes=("role",),
    )  # fmt: skip
    unit, superior, keys = (child(public, name) for name in ("unit", "superior", "keys"))
    only_children(keys, "union-signing", "union-sealing", "unit-signing", "unit-sealing")
    found = UnionIdentity(
        attribute(unit, "code"),
        text_of(unit, "code"),
        attribute(superior, "code"),
        text_of(superior, "code"),
        tuple(text_of(child(public, "scope")).split()),
        serial_of(text_of(child(public, "serial"))),
        text_of(child(public, "issued")),
        text_of(child(public, "valid-until")),
        signed_text(keys, "unit-signing", SIGNATURE),
        signed_text(keys, "unit-sealing", SEALING),
        signed_text(keys, "union-signing", SIGNATURE),
        signed_text(keys, "union-sealing", SEALING),
        signed_text(parent, "signature", SIGNATURE),
    )
    wrong = next(unfit(found), None)
    if wrong:
        raise IdentityRefused("I107", element=wrong[0], value=wrong[1][:40])
    return found


def parse_chain(root: Element) -> tuple[UnionIdentity, ...]:
    """The identities in <chain>; () where there is none. Raises IdentityRefused."""
    chain = find(root, "chain")
    if chain is None:
        return ()
    if chain.attrib or (chain.text or "").strip() or not 1 <= len(chain) <= LONGEST:
        raise IdentityRefused("I106", element="chain")
    found = []
    for link in chain:
        if link.tag != f"{{{NAMESPACE}}}link" or (link.tail or "").strip():
            raise IdentityRefused("I106", element=local_name(link.tag))
        only_children(link, "public", "signature")
        found.append(parse(link))
    return tuple(found)


def unfit(one: UnionIdentity) -> Iterator[tuple[str, str]]:
    """(element, value) of every entry that no identity may have."""
    shapes = (
        ("unit code", one.code, CODE.fullmatch),
        ("unit", one.name, is_name),
        ("superior code", one.superior_code, CODE.fullmatch),
        ("superior", one.superior_name, is_name),
        ("issued", one.issued, is_date),
        ("valid-until", one.valid_until, is_date),
        ("union-signing", one.superior_signing, KEY.fullmatch),
        ("union-sealing", one.superior_sealing, SEALING_KEY.fullmatch),
        ("unit-signing", one.signing, KEY.fullmatch),
        ("unit-sealing", one.sealing, SEALING_KEY.fullmatch),
        ("signature", one.signature, SIGNATURE_TEXT.fullmatch),
    )
    for element, value, fits in shapes:
        if not value or not fits(value):
            yield element, value
    if not 1 <= len(one.scope) <= MOST_PREFIXES or not all(map(CODE.fullmatch, one.scope)):
        yield "scope", " ".join(one.scope)
    if one.issued > one.valid_until:
        yield "valid-until", one.valid_until


# --- writing -----------------------------------------------------------------------------


def compose(chain: Sequence[UnionIdentity]) -> bytes:
    """The identity file of a union: its own identity comes first in its chain. Raises ValueError
    for values that no identity file can hold."""
    for one in chain:
        for element, value in unfit(one):
            raise ValueError(f"{element}: {value!r} does not fit")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<identity xmlns="{NAMESPACE}">',
        *_lines(chain[0], "  "),
        *chain_lines(chain[1:]),
        "</identity>",
    ]
    return ("\n".join(lines) + "\n").encode()


def chain_lines(chain: Sequence[UnionIdentity]) -> list[str]:
    """The lines of <chain>; none for an empty one."""
    links = [
        line for one in chain for line in ("    <link>", *_lines(one, "      "), "    </link>")
    ]
    return ["  <chain>", *links, "  </chain>"] if links else []


def _lines(one: UnionIdentity, indent: str) -> list[str]:
    inner = indent + "  "
    keys = (
        ("union-signing", one.superior_signing, SIGNATURE),
        ("union-sealing", one.superior_sealing, SEALING),
        ("unit-signing", one.signing, SIGNATURE),
        ("unit-sealing", one.sealing, SEALING),
    )
    return [
        f'{indent}<public role="{ROLE}">',
        written("unit", one.name, indent=inner, code=one.code),
        written("superior", one.superior_name, indent=inner, code=one.superior_code),
        written("scope", " ".join(one.scope), indent=inner),
        written("serial", str(one.serial), indent=inner),
        written("issued", one.issued, indent=inner),
        written("valid-until", one.valid_until, indent=inner),
        f"{inner}<keys>",
        *(written(name, value, indent=inner + "  ", algorithm=a) for name, value, a in keys),
        f"{inner}</keys>",
        f"{indent}</public>",
        written("signature", one.signature, indent=indent, algorithm=SIGNATURE),
    ]
