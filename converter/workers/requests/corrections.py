"""The request to correct cells of a submission and check it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.corrections import CellEdit
from converter.report.correction_table import CorrectionTable
from converter.workers.requests.base import FormRequest


@dataclass(frozen=True, slots=True)
class CorrectionAnswer:
    """`table`: None where cells cannot be corrected (several submissions, a package, a file that
    cannot be read). `edits` are those that change anything, as they were written down."""

    table: CorrectionTable | None
    edits: tuple[CellEdit, ...] = ()
    written: bool = False


@dataclass(frozen=True, slots=True)
class CorrectionRequest(FormRequest[CorrectionAnswer]):
    """Check a workbook, or the two halves of a submission, as if these edits had been made in it.
    The files stay as they are; the corrected workbook is written to `corrected`, where given."""

    files: tuple[Path, ...]
    edits: tuple[CellEdit, ...] = ()
    corrected: Path | None = None

    @property
    def sources(self) -> Sequence[Path]:
        return self.files

    @property
    def memory_by_size(self) -> bool:
        return self.corrected is None
