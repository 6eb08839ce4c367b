"""Elements of identity files: read strictly, written in one way; what their texts look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from converter.model.submissions import LONGEST_CONTACT

NAMESPACE = "urn:gonghui:identity:1"
SIGNATURE = "Ed25519"
SEALING = "X25519"


class IdentityRefused(Exception):
    """These bytes are no identity file: the code that says why, and its figures."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code, self.params = code, params


# --- reading -----------------------------------------------------------------------------


def signed_text(parent: Element, name: str, algorithm: str) -> str:
    """The text of an optional element that names its algorithm."""
    element = find(parent, name)
    if element is None:
        return ""
    if attribute(element, "algorithm") != algorithm:
        raise IdentityRefused("I107", element=name, value=attribute(element, "algorithm")[:40])
    return text_of(element, "algorithm")


def find(parent: Element, name: str) -> Element | None:
    return parent.find(f"{{{NAMESPACE}}}{name}")


def child(parent: Element, name: str) -> Element:
    element = find(parent, name)
    if element is None:
        raise IdentityRefused("I106", element=name)
    return element


def only_children(parent: Element, *names: str, attributes: Collection[str] = ()) -> None:
    """Refuse what is unknown or stands twice: it would be read by some and not by others."""
    known = {f"{{{NAMESPACE}}}{name}" for name in names}
    seen: set[str] = set()
    for element in parent:
        if element.tag not in known or element.tag in seen or (element.tail or "").strip():
            raise IdentityRefused("I106", element=local_name(element.tag))
        seen.add(element.tag)
    if set(parent.attrib) - set(attributes) or (parent.text or "").strip():
        raise IdentityRefused("I106", element=local_name(parent.tag))


def local_name(tag: str) -> str:
    return tag.rpartition("}")[2][:40]


def attribute(element: Element, name: str) -> str:
    value: str = element.get(name, "").strip()
    if not value:
        raise IdentityRefused("I106", element=f"{local_name(element.tag)} {name}")
    return value


def text_of(element: Element, *attributes: str) -> str:
    """The text of an element that holds nothing else and has these attributes only."""
    text: str = (element.text or "").strip()
    if not text or len(element) or set(element.attrib) - set(attributes):
        raise IdentityRefused("I106", element=local_name(element.tag))
    return text


def serial_of(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise IdentityRefused("I108", value=text[:40])
    return int(text)


# --- what the entries must look like -------------------------------------------------------

CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
CODE_OR_NONE = re.compile(f"({CODE.pattern})?")
KEY = re.compile(r"([A-Za-z0-9+/]{43}=)?")
SEALING_KEY = re.compile(r"(age1[a-z0-9]{58})?")
SIGNATURE_TEXT = re.compile(r"([A-Za-z0-9+/]{86}==)?")


def is_date(value: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_name(value: str) -> bool:
    """One line that XML can carry: no control characters, no halves of a character."""
    return (
        0 < len(value) <= 200
        and value == value.strip()
        and not any(unicodedata.category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" for c in value)
    )


def is_contact(value: str) -> bool:
    return is_name(value) and len(value) <= LONGEST_CONTACT


# --- writing -----------------------------------------------------------------------------


def written(name: str, text: str, *, indent: str = "    ", **attributes: str) -> str:
    attrs = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return f"{indent}<{name}{attrs}>{escape(text)}</{name}>"
