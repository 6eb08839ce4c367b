"""Receipts: what was received of whom, when, and what came of it; signed by the upper union.

A receipt is a JSON file of a few kilobytes. The signature is Ed25519 over the receipt without
its `signature` entry, as JSON with sorted keys, no blanks and UTF-8 (`canonical`), so that any
program can verify it. The problems in it name cells, with ID numbers masked.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from converter.register.precedence import ReceivedFile
from converter.register.writer import RegisteredFile

FORMAT = "gonghui-receipt/1"
LARGEST = 256 * 1024


class ReceiptSigner(Protocol):
    """Whoever can sign: `keys.Signer`."""

    @property
    def public(self) -> str: ...

    def sign(self, data: bytes) -> bytes: ...


def make(
    arrival: ReceivedFile,
    settled: RegisteredFile,
    received: str,
    form: Mapping[str, str],
    problems: list[dict[str, Any]],
) -> dict[str, Any]:
    """The receipt of one file, unsigned."""
    return {
        "format": FORMAT,
        "receipt": settled.id,
        "received": received,
        "file": arrival.file,
        "sha256": arrival.content,
        "digest": arrival.digest,
        "form": dict(form),
        "unit": {"code": settled.code, "name": settled.name},
        "superior": settled.superior,
        "period": arrival.period,
        "members": arrival.members,
        "result": arrival.result,
        "state": settled.state,
        "other": settled.other,
        "ordered_by": settled.ordered_by,
        "created": arrival.created,
        "errors": arrival.errors,
        "warnings": arrival.warnings,
        "problems": problems,
    }


def encode(receipt: Mapping[str, Any], signer: ReceiptSigner | None) -> bytes:
    """A receipt's file, signed where there is a key."""
    signed = dict(receipt)
    if signer is not None:
        signed["signer"] = signer.public
        signature = signer.sign(canonical(signed))
        signed["signature"] = base64.b64encode(signature).decode("ascii")
    # An entry a line, a problem a line. (`indent` would take five times as long: it has no C.)
    lines = [f"  {_json(key)}: {_lines(value)}" for key, value in signed.items()]
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
    told = {key: value for key, value in receipt.items() if key != "signature"}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def read(path: Path) -> dict[str, Any] | None:
    """A receipt, or None for any other file."""
    if not path.is_file():  # opening a pipe would wait for ever
        return None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST or not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return None
        found = json.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return None
    return found


def verify(receipt: Mapping[str, Any], public: str) -> bool:
    """Whether the receipt was signed with this key (base64) and not touched since."""
    from converter.identity import keys

    signature = keys.signature_bytes(str(receipt.get("signature", "")))
    return receipt.get("signer") == public and keys.fits(public, signature, canonical(receipt))
