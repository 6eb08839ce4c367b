"""Requests about the officer's roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import Outcome, Unit
from converter.register.questions import DecisionRow, OpenQuestion
from converter.workers.requests.base import FormRequest


@dataclass(frozen=True, slots=True)
class RosterAnswer:
    """The units of the rows without errors."""

    outcome: Outcome
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterRequest(FormRequest[RosterAnswer]):
    """Read and check an officer's roster. `codes`: those of the units that identity files were
    issued to, where a spreadsheet may have taken the roster's for numbers."""

    file: Path
    codes: tuple[str, ...] = ()

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)


@dataclass(frozen=True, slots=True)
class DecisionsAnswer:
    """The rows of a workbook of decisions."""

    outcome: Outcome
    rows: tuple[DecisionRow, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionsRequest(FormRequest[DecisionsAnswer]):
    """Read a workbook of decisions."""

    file: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)


@dataclass(frozen=True, slots=True)
class BlankRosterAnswer:
    """Where a workbook for officers was written."""

    path: Path


@dataclass(frozen=True, slots=True)
class BlankRosterRequest(FormRequest[BlankRosterAnswer]):
    """Write an empty roster; `force` replaces what is there already."""

    output: Path
    force: bool = False


@dataclass(frozen=True, slots=True)
class QuestionsRequest(FormRequest[BlankRosterAnswer]):
    """Write open questions as a workbook, beside what is there already."""

    output: Path
    questions: tuple[OpenQuestion, ...]
