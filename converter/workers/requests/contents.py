"""Requests to read one submission: its contents, its statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import Contents, Outcome
from converter.statistics.figure import Figure
from converter.workers.requests.base import FormRequest


@dataclass(frozen=True, slots=True)
class ContentsAnswer:
    """No contents where the file is sealed."""

    outcome: Outcome
    contents: Contents | None = None


@dataclass(frozen=True, slots=True)
class ContentsRequest(FormRequest[ContentsAnswer]):
    """What a workbook or package holds."""

    file: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)


@dataclass(frozen=True, slots=True)
class StatisticsAnswer:
    """No figures where the file is sealed."""

    outcome: Outcome
    figures: tuple[Figure, ...] | None = None


@dataclass(frozen=True, slots=True)
class StatisticsRequest(FormRequest[StatisticsAnswer]):
    """The form's statistics of a workbook or package."""

    file: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)
