"""Requests to read one submission: its contents, its statistics."""

from __future__ import annotations

from dataclasses import dataclass

from converter.model.submissions import Contents, Outcome
from converter.statistics.figure import Figure
from converter.workers.requests.base import FileRequest


@dataclass(frozen=True, slots=True)
class ContentsAnswer:
    """No contents where the file is sealed."""

    outcome: Outcome
    contents: Contents | None = None


@dataclass(frozen=True, slots=True)
class ContentsRequest(FileRequest[ContentsAnswer]):
    """What a workbook or package holds."""


@dataclass(frozen=True, slots=True)
class StatisticsAnswer:
    """No figures where the file is sealed."""

    outcome: Outcome
    figures: tuple[Figure, ...] | None = None


@dataclass(frozen=True, slots=True)
class StatisticsRequest(FileRequest[StatisticsAnswer]):
    """The form's statistics of a workbook or package."""
