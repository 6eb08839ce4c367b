"""Receipts: what was received, from which unit, when, with what result; signed by the upper union.

A receipt is a JSON file of a few kilobytes. The signature is Ed25519 over the receipt without
its `signature` entry, as JSON with sorted keys, no spaces and UTF-8 (`canonical`), so that any
program can verify it. The problems in it name cells, with ID numbers masked.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from converter.files import canonical_json
from converter.register.precedence import ReceivedFile
from converter.register.registered import RegisteredFile

FORMAT = "gonghui-receipt/1"
LARGEST = 256 * 1024


class ReceiptSigner(Protocol):
    """Signs bytes: `identity.keys.Signer`."""

    @property
    def public(self) -> str: ...

    def sign(self, data: bytes) -> bytes: ...


def make(
    file: ReceivedFile,
    registered: RegisteredFile,
    received: str,
    form: Mapping[str, str],
    problems: list[dict[str, Any]],
    amendments: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The receipt of one file, unsigned. `decision` stands in it where an officer decided,
    `amendments` where a rule that was amended found something."""
    one = registered.decision
    decided = (
        {
            "decision": {
                "number": one.number,
                "action": one.action,
                "decided": one.decided,
                "officer": one.officer,
                "why": one.why,
            }
        }
        if one
        else {}
    )
    return {
        "format": FORMAT,
        "receipt": registered.id,
        "received": received,
        "file": file.file,
        "sha256": file.content,
        "digest": file.digest,
        "form": dict(form),
        "unit": {"code": registered.code, "name": registered.name},
        "superior": registered.superior,
        "period": registered.period,
        "claimed_period": file.period,
        "members": file.members,
        "result": file.result,
        "state": registered.state,
        "reason": registered.reason,
        "other": registered.other,
        "ordered_by": registered.ordered_by,
        "created": file.created,
        **decided,
        **({"amendments": list(amendments)} if amendments else {}),
        "errors": file.errors,
        "warnings": file.warnings,
        "problems": problems,
    }


def signed(receipt: Mapping[str, Any], signer: ReceiptSigner | None) -> dict[str, Any]:
    """A receipt with its signature, where there is a key."""
    result = dict(receipt)
    if signer is not None:
        result["signer"] = signer.public
        signature = signer.sign(canonical(result))
        result["signature"] = base64.b64encode(signature).decode("ascii")
    return result


def encode(receipt: Mapping[str, Any]) -> bytes:
    """A receipt's file."""
    # An entry a line, a problem a line. (`indent` would take five times as long: it has no C.)
    lines = [f"  {_json(key)}: {_lines(value)}" for key, value in receipt.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    return text.encode("utf-8", "backslashreplace")


def _lines(value: Any) -> str:
    if not value or not isinstance(value, list):
        return _json(value)
    return "[\n" + ",\n".join(f"    {_json(one)}" for one in value) + "\n  ]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def canonical(receipt: Mapping[str, Any]) -> bytes:
    """The bytes that a signature covers."""
    return canonical_json.canonical(receipt, without="signature")


def read(path: Path) -> dict[str, Any] | None:
    """A receipt, or None for any other file."""
    if not path.is_file():  # opening a pipe would wait for ever
        return None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST or not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return None
        found = canonical_json.read(data.removeprefix(b"\xef\xbb\xbf"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return None
    return found


def verify(receipt: Mapping[str, Any], public: str) -> bool:
    """Whether the receipt was signed with this key (base64) and not touched since."""
    from converter.identity import keys

    signature = keys.signature_bytes(str(receipt.get("signature", "")))
    return receipt.get("signer") == public and keys.fits(public, signature, canonical(receipt))
