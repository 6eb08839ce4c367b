"""The request to write the replies to files of an inbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.workers.requests.base import FormRequest


@dataclass(frozen=True, slots=True)
class RepliesAnswer:
    """Where each receipt went, and which replies to an earlier version are open elsewhere."""

    receipts: tuple[str, ...]
    still_open: tuple[tuple[Path, ...], ...]


@dataclass(frozen=True, slots=True)
class RepliesRequest(FormRequest[RepliesAnswer]):
    """Write these receipts (a JSON list) below the folder `reply`; `copies` name the annotated copy
    of each file ('' = none)."""

    reply: Path
    receipts: bytes
    copies: tuple[str, ...]
