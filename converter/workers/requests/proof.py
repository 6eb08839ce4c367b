"""The request to verify who signed a package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import Outcome
from converter.workers.requests.base import FileRequest


@dataclass(frozen=True, slots=True)
class ProofAnswer:
    """What is wrong with a package's signature, and the identity file in it ('' = it is not
    signed)."""

    outcome: Outcome
    document: str = ""


@dataclass(frozen=True, slots=True)
class ProofRequest(FileRequest[ProofAnswer]):
    """Verify the signature of a package, with a union's `keys` if there are any."""

    keys: Path | None = None
