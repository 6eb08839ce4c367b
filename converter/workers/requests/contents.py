"""Requests to read one submission: its contents, its statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import Contents, Outcome
from converter.statistics.cards import StatisticsTable
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
    """No tables where the file is sealed."""

    outcome: Outcome
    tables: tuple[StatisticsTable, ...] | None = None


@dataclass(frozen=True, slots=True)
class StatisticsRequest(FormRequest[StatisticsAnswer]):
    """The form's statistics of a workbook or package."""

    file: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)
