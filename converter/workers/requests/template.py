"""Requests to write workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.issues import Issue
from converter.workers.requests.base import Done, FormRequest

ROWS_A_READING = 1000  # preparing this many rows takes as long as reading a small file


@dataclass(frozen=True, slots=True)
class Leftover:
    """A cell of the source that the form has no place for."""

    sheet: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class WrittenTemplate:
    """How many rows were prepared, how many members were taken over, what was left over."""

    rows: int
    members: int
    leftovers: tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class TemplateAnswer:
    """Nothing is written where an issue is an error."""

    issues: tuple[Issue, ...]
    written: WrittenTemplate | None = None


@dataclass(frozen=True, slots=True)
class TemplateRequest(FormRequest[TemplateAnswer]):
    """Write a workbook, with the data of `source` if there is one. `rows` 0 = as the form says;
    `identity` and `issues` as for a conversion."""

    output: Path
    rows: int
    source: Path | None = None
    identity: bytes | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def sources(self) -> Sequence[Path]:
        return (self.source,) * (1 + self.rows // ROWS_A_READING) if self.source else ()

    @property
    def memory_by_size(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class BlankWorkbook:
    """A workbook to write, and the identity file (without its secret) that it is for."""

    output: Path
    identity: bytes


@dataclass(frozen=True, slots=True)
class TemplatesRequest(FormRequest[Done]):
    """Write blank workbooks for many units; `rows` 0 = as the form says."""

    workbooks: tuple[BlankWorkbook, ...]
    rows: int = 0
