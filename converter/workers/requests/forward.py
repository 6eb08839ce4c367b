"""The request to verify a forward of a union below and to make its partition."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.upward.partition import ReadForward
from converter.workers.requests.base import FileRequest


@dataclass(frozen=True, slots=True)
class ForwardAnswer:
    """What the forward came to."""

    found: ReadForward


@dataclass(frozen=True, slots=True)
class ForwardRequest(FileRequest[ForwardAnswer]):
    """Read a forward, called `name` in the inbox, as that of a `number`; its partition goes into
    `target`, a new folder. `keys`: of the union that receives; `register`: it is the folder of a
    union's register, or a backup of it."""

    name: str
    target: Path
    number: int
    keys: Path | None = None
    register: bool = False
    unions: tuple[tuple[str, str], ...] = ()  # (name, code) of unions that are known

    @property
    def memory_by_size(self) -> bool:
        return False
