"""What a command can ask of a worker and what the worker answers, a frozen dataclass each.

`tasks.TASKS` holds the function for each request, `protocol` carries both across a pipe. Every
command imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, get_args

from converter.model.issues import Issue
from converter.model.submissions import CellFixes, Contents, Outcome, Unit
from converter.report.page_summary import PageSummary
from converter.statistics.cards import StatisticsTable
from converter.validation.diff import SubmissionDiff

A = TypeVar("A")


class Request(Generic[A]):
    """A task for a worker. Its parameter is the class of the answer."""

    __slots__ = ()

    @property
    def sources(self) -> Sequence[Path]:
        """The outside files that the task reads, in order. Their sizes set the task's limits; a
        file stands several times where the task takes several times as long."""
        return ()

    @property
    def memory_by_size(self) -> bool:
        """Whether the size of the sources tells how much memory the task may take. What writes
        workbooks takes memory by rows instead."""
        return True

    @classmethod
    def answer_class(cls) -> type[A]:
        (parameter,) = get_args(cast("Any", cls).__orig_bases__[0])
        return cast("type[A]", parameter)


@dataclass(frozen=True, slots=True)
class FormRequest(Request[A]):
    """A task that needs the form in the folder `form`."""

    form: Path


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a task that only writes files."""


# --- check -----------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class PageCheck:
    """A submission as a web page shows it: an outcome without its issues, and their summary."""

    outcome: Outcome
    summary: PageSummary
    annotated: bool


@dataclass(frozen=True, slots=True)
class CheckForPageAnswer:
    """None where the files are several submissions."""

    submission: PageCheck | None


@dataclass(frozen=True, slots=True)
class CheckForPageRequest(FormRequest[CheckForPageAnswer]):
    """Check one file, or the two halves of a submission; write the annotated copy."""

    files: tuple[Path, ...]
    annotated: Path

    @property
    def sources(self) -> Sequence[Path]:
        return self.files

    @property
    def memory_by_size(self) -> bool:
        return False


# --- convert ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PackageMember:
    """A file of a package."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ConvertAnswer:
    """No outcome where the files are several submissions, no members where errors stand in the
    way. `changes` are those since an earlier package, with labels in place of codes."""

    outcome: Outcome | None
    changes: SubmissionDiff | None = None
    members: tuple[PackageMember, ...] = ()


@dataclass(frozen=True, slots=True)
class ConvertForPageAnswer:
    """The same for a web page: the outcome is without its issues, the summary tells of them."""

    converted: ConvertAnswer
    summary: PageSummary | None


@dataclass(frozen=True, slots=True)
class ConversionRequest(FormRequest[A]):
    """What both conversions need. `identity` is the identity file without its secret, `issues`
    are what was found in it, `created` is in seconds since 1970; `seal` encrypts the tables for
    the union that issued the identity."""

    files: tuple[Path, ...]
    created: int
    since: Path | None = None
    identity: bytes | None = None
    issues: tuple[Issue, ...] = ()
    seal: bool = False

    @property
    def sources(self) -> Sequence[Path]:
        return (*self.files, self.since) if self.since else self.files


@dataclass(frozen=True, slots=True)
class ConvertRequest(ConversionRequest[ConvertAnswer]):
    """Make the members of a package of one submission."""


@dataclass(frozen=True, slots=True)
class ConvertForPageRequest(ConversionRequest[ConvertForPageAnswer]):
    """The same, for a web page."""


@dataclass(frozen=True, slots=True)
class VerifyAnswer:
    """`members` counts the members in the package."""

    issues: tuple[Issue, ...]
    members: int


@dataclass(frozen=True, slots=True)
class VerifyRequest(FormRequest[VerifyAnswer]):
    """Read a package back before it gets its name."""

    package: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.package,)


# --- template --------------------------------------------------------------------------------

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


# --- show, stats -----------------------------------------------------------------------------


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


# --- roster ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RosterAnswer:
    """The units of the rows without errors."""

    outcome: Outcome
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterRequest(FormRequest[RosterAnswer]):
    """Read and check an officer's roster."""

    file: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.file,)


@dataclass(frozen=True, slots=True)
class BlankRosterRequest(FormRequest[Done]):
    """Write an empty roster."""

    output: Path


# --- receive ---------------------------------------------------------------------------------

INFLATING = 8  # a zip may take as long as reading this many files of its size


@dataclass(frozen=True, slots=True)
class UnpackedMember:
    """A file out of a zip: its name below the zip, where it lies, its SHA-256."""

    name: str
    path: Path
    content: str


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """A zip, or a member of one, that cannot be unpacked."""

    name: str
    content: str
    issue: Issue


@dataclass(frozen=True, slots=True)
class UnpackAnswer:
    """`container` is false for a zip that is something else: a package, a workbook."""

    container: bool
    members: tuple[UnpackedMember, ...] = ()
    refused: tuple[RefusedMember, ...] = ()


@dataclass(frozen=True, slots=True)
class UnpackRequest(Request[UnpackAnswer]):
    """Unpack a zip into a folder. `name` is what it is called in the inbox, `content` its
    SHA-256."""

    path: Path
    name: str
    content: str
    folder: Path

    @property
    def sources(self) -> Sequence[Path]:
        return (self.path,) * INFLATING

    @property
    def memory_by_size(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class FileToReceive:
    """A file of the inbox: its number in the batch, its name below the inbox, where its annotated
    copy goes (None: no copy is wanted)."""

    number: int
    path: Path
    name: str
    annotated: Path | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of fault, as a receipt lists it; ID numbers are masked."""

    code: str
    level: str
    where: str
    message: str
    fix: str
    count: int


@dataclass(frozen=True, slots=True)
class ValidatedFile:
    """What the register and the receipt need to know of a file. A file that could not be read has
    the first fields only."""

    number: int
    file: str
    status: str  # ok, warnings, errors or unreadable
    errors: int
    found: tuple[tuple[str, str, int], ...]  # code, level, how often
    problems: tuple[Problem, ...]
    warnings: int = 0
    code: str = ""  # of the unit
    name: str = ""
    superior_code: str = ""
    superior: str = ""
    period: str = ""
    serial: int = 0
    form_version: str = ""
    digest: str = ""  # of the tables, where they were accepted
    created: str = ""  # ISO time, only where a valid signature covers it
    signed: bool = False
    sealed: bool = False
    package: bool = False
    members: int = 0
    answers: Mapping[str, str] = field(default_factory=dict)
    unit_sheet: str = ""
    member_sheet: str = ""
    id_column: int = 0
    annotated: str = ""  # the annotated copy, if one was written


@dataclass(frozen=True, slots=True)
class ReceiveAnswer:
    """`members` holds the members of all accepted files as gzipped CSV, for the register."""

    files: tuple[ValidatedFile, ...]
    members: bytes = b""


@dataclass(frozen=True, slots=True)
class ReceiveRequest(FormRequest[ReceiveAnswer]):
    """Validate files of an inbox; packages are opened with the union's `keys`, if there are any."""

    files: tuple[FileToReceive, ...]
    keys: Path | None = None

    @property
    def sources(self) -> Sequence[Path]:
        return [file.path for file in self.files]


@dataclass(frozen=True, slots=True)
class ReceiveWorkbooksAnswer:
    """As `ReceiveAnswer`, with None for each package."""

    files: tuple[ValidatedFile | None, ...]
    members: bytes


@dataclass(frozen=True, slots=True)
class ReceiveWorkbooksRequest(FormRequest[ReceiveWorkbooksAnswer]):
    """Validate the workbooks among some files and leave the packages to whoever has the keys."""

    files: tuple[FileToReceive, ...]

    @property
    def sources(self) -> Sequence[Path]:
        return [file.path for file in self.files]


# --- between a worker process and the pool ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Allowance:
    """Sent with a request: bytes of memory that the worker may take for each source in turn."""

    bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """From a worker: the number of the source that it is about to read."""

    source: int


@dataclass(frozen=True, slots=True)
class Failed:
    """From a worker in place of an answer. `how`: 'memory', 'form', 'output' or 'bug'."""

    how: str
    detail: tuple[str, ...] = ()


# What can be asked of a worker on another machine: only commands that take `--cluster` ask.
REMOTE: tuple[type[FormRequest[Any]], ...] = (
    CheckRequest,
    ReceiveRequest,
    ReceiveWorkbooksRequest,
)
