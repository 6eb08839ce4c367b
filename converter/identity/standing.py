"""Which identities of the unions below an upper union are good: a signed list.

The upper union's ledger (`subordinates`) says so where it is at hand. Further up, and in other
places, the list does: a union that has it refuses an identity that was superseded or withdrawn. It
is JSON, signed with the upper union's key over its canonical bytes without `signature`; of two
lists of one union the later `issued` counts.

    standing.json         the list of the union whose folder of keys it is
    standing/<code>.json  lists of unions below, as they came
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converter.files import canonical_json, writing
from converter.files.canonical_json import canonical
from converter.identity import keys
from converter.identity.elements import CODE

NAME, FOLDER = "standing.json", "standing"
FORMAT = "gonghui-standing/1"
LARGEST = 1 << 20
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one union stands: the serial and digest of its newest identity, the least serial that is
    still good."""

    code: str
    serial: int
    digest: str
    least: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class StandingList:
    """A list whose signature is good; `signer` is the key of the union that made it."""

    signer: str
    issued: str
    unions: Mapping[str, Standing]
    document: bytes


def make(unions: Iterable[Standing], signer: keys.Signer, issued: str) -> bytes:
    """A list's file."""
    listed = sorted(unions, key=lambda one: one.code)
    content: dict[str, Any] = {
        "format": FORMAT,
        "issued": issued,
        "unions": [asdict(one) for one in listed],
        "signer": signer.public,
    }
    content["signature"] = keys.signature_text(signer.sign(canonical(content)))
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def read(data: bytes) -> StandingList | None:
    """A list; None for what is none, or was altered."""
    try:
        content = canonical_json.read(data) if len(data) <= LARGEST else None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            return None
        signer, issued = str(content["signer"]), str(content["issued"])
        signature = keys.signature_bytes(str(content["signature"]))
        if not _TIME.fullmatch(issued):
            return None
        if not keys.fits(signer, signature, canonical(content, without="signature")):
            return None
        unions = [_standing(one) for one in content["unions"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    by_code = {one.code: one for one in unions}
    return StandingList(signer, issued, by_code, data) if len(by_code) == len(unions) else None


def _standing(entry: Mapping[str, Any]) -> Standing:
    found = Standing(**entry)
    numbers = (found.serial, found.least)
    if not CODE.fullmatch(found.code) or not all(type(one) is int for one in numbers):
        raise ValueError(found.code)
    return found


def known(folder: Path) -> list[StandingList]:
    """The lists of unions below in a folder of keys. (Of its own the ledger knows more.)"""
    paths = sorted((folder / FOLDER).glob("*.json"))
    found = [read(path.read_bytes()) for path in paths]
    return [one for one in found if one is not None]


def learn(folder: Path, code: str, new: StandingList) -> bool:
    """Keep the list of a union below, unless a later one is there. Raises OSError."""
    path = folder / FOLDER / f"{code}.json"
    before = read(path.read_bytes()) if path.is_file() else None
    if before is not None and before.signer == new.signer and before.issued >= new.issued:
        return False
    writing.private_folder(path.parent)
    writing.write_bytes_atomically(path, new.document)
    return True


def newest(lists: Iterable[StandingList]) -> dict[str, StandingList]:
    """The latest list of each signer."""
    found: dict[str, StandingList] = {}
    for one in lists:
        before = found.get(one.signer)
        if before is None or one.issued > before.issued:
            found[one.signer] = one
    return found
