"""Requests to write workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.issues import Issue
from converter.model.own_list import ListReport
from converter.workers.requests.base import FormRequest

ROWS_A_READING = 1000  # preparing this many rows takes as long as reading a small file


@dataclass(frozen=True, slots=True)
class Leftover:
    """A cell of the source that the form has no place for."""

    sheet: str
    cell: str
    text: str


@dataclass(frozen=True, slots=True)
class WrittenTemplate:
    """Where it was written, how many rows were prepared, how many rows of each of the form's tables
    were taken over, what was left over; the names of those whose ID number is missing, or that a
    spreadsheet rounded."""

    path: Path
    rows: int
    counts: tuple[int, ...]
    leftovers: tuple[Leftover, ...]
    unnumbered: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()
    comments: tuple[Leftover, ...] = ()  # that were left out, too


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who joined and who left since the earlier file, by name."""

    file: str
    joined: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of a list, by its plain heading or its letters, and the field that it is: '' for
    none."""

    column: str
    field: str


@dataclass(frozen=True, slots=True)
class TemplateAnswer:
    """Nothing is written where an issue is an error. `lists`: how sources that are no templates
    were read."""

    issues: tuple[Issue, ...]
    written: WrittenTemplate | None = None
    lists: tuple[ListReport, ...] = ()
    compared: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateRequest(FormRequest[TemplateAnswer]):
    """Write a workbook, with the data of its sources. `rows` 0 = as the form says; `preview`: only
    tell how the lists among the sources are read;
    `identity` and `issues` as for a conversion; `contact`: whom the unit asks, where the identity
    file does not say so; `replaceable` as for `writing.write_output`."""

    output: Path
    rows: int
    sources_given: tuple[Path, ...] = ()
    choices: tuple[ColumnChoice, ...] = ()
    preview: bool = False
    identity: bytes | None = None
    issues: tuple[Issue, ...] = ()
    contact: str = ""
    replaceable: str = ""

    @property
    def sources(self) -> Sequence[Path]:
        return self.sources_given * (1 + self.rows // ROWS_A_READING)

    @property
    def memory_by_size(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class BlankWorkbook:
    """A workbook to write, and the identity file (without its secret) that it is for."""

    output: Path
    identity: bytes


@dataclass(frozen=True, slots=True)
class TemplatesAnswer:
    """The paths of the new workbooks, and of the files that kept the names they were to get."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplatesRequest(FormRequest[TemplatesAnswer]):
    """Write blank workbooks for many units; `rows` 0 = as the form says; `contact`: whom units ask
    whose identity file does not say so; `force` replaces what is there already."""

    workbooks: tuple[BlankWorkbook, ...]
    rows: int = 0
    contact: str = ""
    force: bool = False
