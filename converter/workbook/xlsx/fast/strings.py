"""Texts of a workbook's XML: one that stands in a cell, and the table that cells share.

Both are strict: at anything but plain text NeedsFullParser is raised, and the full parser reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from converter.text import cell_values, characters
from converter.workbook.xlsx.parts import XML_WHITESPACE

_REFERENCE = re.compile("&([^;&]{0,10});?")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# Escapes of the format itself, line ends that a parser would turn, and what is no text.
_NEEDS_PARSER = re.compile("_x[0-9A-Fa-f]{4}_|\r|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_START = re.compile(rb"\s*(?:<\?xml[^<>]*\?>)?\s*<sst(?:\s[^<>]*|/)?>")
_END = re.compile(r"\s*</sst>\s*")
_ITEM_END = b"</si>"
_LONGEST_ITEM = 1 << 20  # bytes; a cell holds some 100,000 at most
_SPACE = ' xml:space="preserve"'
_PLAIN_ITEM, _KEPT_ITEM, _PLAIN_END = "<si><t>", f"<si><t{_SPACE}>", "</t></si>"
_ITEM = re.compile(r"<si>(.*?)</si>|<si/>", re.DOTALL)
_RUNS = re.compile(
    r"(?:<r>(?:<rPr>(?:<[a-zA-Z]+(?:\s[^<>]*)?/>)*</rPr>|<rPr/>)?)?"
    rf"(?:<t({_SPACE})?>([^<>]*)</t>|<t/>)(?:</r>)?"
)
_PHONETIC = re.compile(
    rf'<rPh sb="[0-9]+" eb="[0-9]+"><t(?:{_SPACE})?>[^<>]*</t></rPh>|<phoneticPr[^<>]*/>'
)


class NeedsFullParser(Exception):
    """Nothing is wrong, but this way of writing is not one that the fast reader knows."""


def plain_text(raw: bytes) -> str:
    """Character data between two tags. Raises NeedsFullParser."""
    try:
        return _resolved(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise NeedsFullParser from None


def plain_texts(raw: Sequence[bytes]) -> list[str]:
    """The same for many places at once: '<' stands in none, and parts them while they are decoded
    and looked at together. Raises NeedsFullParser."""
    try:
        joined = b"<".join(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise NeedsFullParser from None
    texts = joined.split("<") if raw else []
    if joined.isprintable() and "&" not in joined and "_x" not in joined:
        return texts
    return [_resolved(text) for text in texts]


def _resolved(text: str) -> str:
    if (not text.isprintable() and _NEEDS_PARSER.search(text)) or (
        "_x" in text and _NEEDS_PARSER.search(text)
    ):
        raise NeedsFullParser
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if not found[0].endswith(";"):
        raise NeedsFullParser
    if name in _NAMED:
        return _NAMED[name]
    try:
        number = int(name[2:], 16) if name[:2] == "#x" else int(name[1:]) if name[:1] == "#" else 0
    except ValueError:
        raise NeedsFullParser from None
    if number in (9, 10) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return chr(number)
    raise NeedsFullParser


class SharedStrings:
    """The shared strings as cells show them: blank ones are '', longer ones cut."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        """`stream` is the part, in pieces of any size. Raises NeedsFullParser."""
        texts: list[str] = []
        self.size = 0  # bytes
        self.claimed = b""  # what the table says of itself
        rest = b""
        for piece in stream:
            self.size += len(piece)
            data = rest + piece
            if len(rest) > _LONGEST_ITEM:
                raise NeedsFullParser
            if not self.claimed:
                start = _START.match(data)
                if not start:
                    rest = data
                    continue
                self.claimed, data = start[0], data[start.end() :]
            cut = data.rfind(_ITEM_END) + len(_ITEM_END)
            if cut >= len(_ITEM_END):
                texts += map(_shown, _items(data[:cut]))
                data = data[cut:]
            rest = data
        if self.size and not (
            _END.fullmatch(_decoded(rest)) or (self.claimed.endswith(b"/>") and not rest.strip())
        ):
            raise NeedsFullParser
        self.texts = np.empty(len(texts), dtype=object)
        self.texts[:] = texts
        self.filled: npt.NDArray[np.bool_] = self.texts != ""

    def __len__(self) -> int:
        return len(self.texts)


def _shown(text: str) -> str:
    return "" if characters.is_blank(text) else text[: cell_values.LONGEST]


def _decoded(data: bytes) -> str:
    if b"<!" in data:
        raise NeedsFullParser
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NeedsFullParser from None


def _items(data: bytes) -> list[str]:
    body = _decoded(data)
    # Texts whose spaces count get a leading NUL, a character that no text may hold.
    marked = body.replace(_KEPT_ITEM, f"{_PLAIN_ITEM}\0")
    texts = marked[len(_PLAIN_ITEM) : -len(_PLAIN_END)].split(_PLAIN_END + _PLAIN_ITEM)
    joined = "".join(texts)
    whole = marked.startswith(_PLAIN_ITEM) and marked.endswith(_PLAIN_END) and "\0" not in body
    if not whole or "<" in joined or ">" in joined:
        texts = _rich_items(body)
    elif "\0" in joined:
        texts = [text[1:] if text[:1] == "\0" else text.strip(XML_WHITESPACE) for text in texts]
    else:
        texts = [text.strip(XML_WHITESPACE) for text in texts]
    joined = "".join(texts)
    if "&" in joined or "_x" in joined or not joined.isprintable():
        texts = [_resolved(text) for text in texts]
    return texts


def _rich_items(body: str) -> list[str]:
    """SharedStrings of which some are formatted in parts or have readings beside them."""
    texts, at = [], 0
    for item in _ITEM.finditer(body):
        if body[at : item.start()].strip():
            raise NeedsFullParser
        at = item.end()
        inside = _PHONETIC.sub("", item[1] or "").strip()
        runs = list(_RUNS.finditer(inside))
        if sum(len(run[0]) for run in runs) != len(inside):
            raise NeedsFullParser
        parts = ((run[1], run[2] or "") for run in runs)
        texts.append("".join(t if space else t.strip(XML_WHITESPACE) for space, t in parts))
    if body[at:].strip():
        raise NeedsFullParser
    return texts
