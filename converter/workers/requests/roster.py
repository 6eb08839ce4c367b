"""Requests about the officer's roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.submissions import Outcome, Unit
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
class BlankRosterAnswer:
    """Where the roster was written."""

    path: Path


@dataclass(frozen=True, slots=True)
class BlankRosterRequest(FormRequest[BlankRosterAnswer]):
    """Write an empty roster; `force` replaces what is there already."""

    output: Path
    force: bool = False
