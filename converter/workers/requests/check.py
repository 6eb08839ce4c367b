"""Requests to check submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import CellFixes, Outcome
from converter.workers.requests.base import FormRequest


@dataclass(frozen=True, slots=True)
class CopyTarget:
    """Where the annotated and the corrected copy of a file go (None: no copy is wanted)."""

    file: Path
    annotated: Path | None = None
    fixed: Path | None = None


@dataclass(frozen=True, slots=True)
class FixedCopy:
    """The corrected copy of a file, and what was changed in it."""

    file: str
    copy: Path
    changes: CellFixes


@dataclass(frozen=True, slots=True)
class CheckedSubmission:
    """The outcome of one submission, and the copies that were written."""

    outcome: Outcome
    annotated: Path | None = None
    fixed: FixedCopy | None = None


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    submissions: tuple[CheckedSubmission, ...]


@dataclass(frozen=True, slots=True)
class CheckRequest(FormRequest[CheckAnswer]):
    """Check submissions, each of one file or of two that may be its halves (two that are not are
    two submissions). Copies are written for the files in `targets`."""

    submissions: tuple[tuple[Path, ...], ...]
    targets: tuple[CopyTarget, ...] = ()

    @property
    def sources(self) -> Sequence[Path]:
        return [file for files in self.submissions for file in files]

    @property
    def memory_by_size(self) -> bool:
        return not self.targets
