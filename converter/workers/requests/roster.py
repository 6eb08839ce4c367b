"""Requests about the officer's roster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import Outcome, Unit
from converter.register.questions import DecisionRow, OpenQuestion
from converter.workers.requests.base import FileRequest, FormRequest


@dataclass(frozen=True, slots=True)
class RosterAnswer:
    """The units of the rows without errors. `coded`: the new file with the codes of units that had
    none (None: all had one), `fresh` of which nobody knew before; `unwritten`: it could not be
    written."""

    outcome: Outcome
    units: tuple[Unit, ...] = ()
    coded: Path | None = None
    fresh: int = 0
    unwritten: bool = False


@dataclass(frozen=True, slots=True)
class RosterRequest(FileRequest[RosterAnswer]):
    """Read and check an officer's roster. `known`: the units of ledger and register, whose codes
    units without one keep, and of which a spreadsheet may have taken a code for a number. `coded`:
    where to write the roster with its codes, if it lacks any; None: nowhere. `prefix`: how new
    codes begin."""

    known: tuple[Unit, ...] = ()
    coded: Path | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class DecisionsAnswer:
    """The rows of a workbook of decisions."""

    outcome: Outcome
    rows: tuple[DecisionRow, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionsRequest(FileRequest[DecisionsAnswer]):
    """Read a workbook of decisions."""


@dataclass(frozen=True, slots=True)
class WrittenWorkbook:
    """Where a workbook for officers was written."""

    path: Path


@dataclass(frozen=True, slots=True)
class BlankRosterRequest(FormRequest[WrittenWorkbook]):
    """Write an empty roster; `force` replaces what is there already."""

    output: Path
    force: bool = False


@dataclass(frozen=True, slots=True)
class QuestionsRequest(FormRequest[WrittenWorkbook]):
    """Write open questions as a workbook, beside what is there already."""

    output: Path
    questions: tuple[OpenQuestion, ...]
