"""Texts of a workbook's XML: one that stands in a cell, and the table that cells share.

Both are strict: what is not plain raises Unusual, and the parser reads it.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from converter import cells

_REFERENCE = re.compile("&([^;&]{0,10});?")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# Escapes of the format itself, line ends that a parser would turn, and what is no text.
_ODD = re.compile("_x[0-9A-Fa-f]{4}_|\r|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_TABLE = re.compile(r"\s*(?:<\?xml[^<>]*\?>)?\s*<sst(?:\s[^<>]*[^/<>])?>(.*)</sst>\s*", re.DOTALL)
_SPACE = ' xml:space="preserve"'
_PLAIN_ITEM = re.compile(f"<si><t({_SPACE})?>([^<>]*)</t></si>")
_ITEM = re.compile(r"<si>(.*?)</si>|<si/>", re.DOTALL)
_RUNS = re.compile(
    r"(?:<r>(?:<rPr>(?:<[a-zA-Z]+(?:\s[^<>]*)?/>)*</rPr>|<rPr/>)?)?"
    rf"(?:<t({_SPACE})?>([^<>]*)</t>|<t/>)(?:</r>)?"
)
_PHONETIC = re.compile(
    rf'<rPh sb="[0-9]+" eb="[0-9]+"><t(?:{_SPACE})?>[^<>]*</t></rPh>|<phoneticPr[^<>]*/>'
)


class Unusual(Exception):
    """Nothing wrong, but not for this reader."""


# Blanks at the ends count only where the file says so.
BLANKS = " \t\r\n"


def plain_text(raw: bytes) -> str:
    """Character data between two tags. Raises Unusual."""
    try:
        return _resolved(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unusual from None


def _resolved(text: str) -> str:
    if (not text.isprintable() and _ODD.search(text)) or ("_x" in text and _ODD.search(text)):
        raise Unusual
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if not found[0].endswith(";"):
        raise Unusual
    if name in _NAMED:
        return _NAMED[name]
    try:
        number = int(name[2:], 16) if name[:2] == "#x" else int(name[1:]) if name[:1] == "#" else 0
    except ValueError:
        raise Unusual from None
    if number in (9, 10) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE:
        return chr(number)
    raise Unusual


class Strings:
    """The shared strings as cells show them: blank ones are '', longer ones cut."""

    def __init__(self, data: bytes) -> None:
        """`data` is the part, b'' = none. Raises Unusual."""
        texts = [text if not cells.is_blank(text) else "" for text in _table(data)]
        if max(map(len, texts), default=0) > cells.LONGEST:
            texts = [text[: cells.LONGEST] for text in texts]
        self.texts = np.array([*texts, ""], dtype=object)[:-1]
        self.filled: npt.NDArray[np.bool_] = np.array([text != "" for text in texts], dtype=bool)

    def __len__(self) -> int:
        return len(self.texts)


def _table(data: bytes) -> list[str]:
    if not data:
        return []
    if b"<!" in data:
        raise Unusual
    try:
        table = _TABLE.fullmatch(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unusual from None
    if not table:
        raise Unusual
    body = table[1]
    found: list[tuple[str, str]] = _PLAIN_ITEM.findall(body)
    if sum(len(space) + len(text) + 16 for space, text in found) == len(body):
        texts = [text if space else text.strip(BLANKS) for space, text in found]
    else:
        texts = _items(body)
    joined = "".join(texts)
    if "&" in joined or "_x" in joined or not joined.isprintable():
        texts = [_resolved(text) for text in texts]
    return texts


def _items(body: str) -> list[str]:
    """Strings of which some are formatted in parts or have readings beside them."""
    texts, at = [], 0
    for item in _ITEM.finditer(body):
        if body[at : item.start()].strip():
            raise Unusual
        at = item.end()
        inside = _PHONETIC.sub("", item[1] or "").strip()
        runs = list(_RUNS.finditer(inside))
        if sum(len(run[0]) for run in runs) != len(inside):
            raise Unusual
        said = ((run[1], run[2] or "") for run in runs)
        texts.append("".join(text if space else text.strip(BLANKS) for space, text in said))
    if body[at:].strip():
        raise Unusual
    return texts
