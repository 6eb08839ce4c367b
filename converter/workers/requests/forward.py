"""The request to verify a forward of a union below and to make its partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.upward.partition import ReadForward
from converter.workers.requests.base import FormRequest


@dataclass(frozen=True, slots=True)
class ForwardAnswer:
    """What the forward came to."""

    found: ReadForward


@dataclass(frozen=True, slots=True)
class ForwardRequest(FormRequest[ForwardAnswer]):
    """Read a forward, called `name` in the inbox, as that of a `number`; its partition goes into
    `target`, a new folder; or the folder of a union's register. `keys`: of the union that
    receives."""

    file: Path
    name: str
    target: Path
    number: int
    keys: Path | None = None
    unions: tuple[tuple[str, str], ...] = ()  # (name, code) of unions that are known

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)

    @property
    def memory_by_size(self) -> bool:
        return False
