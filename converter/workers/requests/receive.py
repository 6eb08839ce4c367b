"""Requests to unpack and validate what came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converter.model.file_facts import FileFacts
from converter.model.issues import Issue
from converter.workers.requests.base import FormRequest, Request

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
    other: tuple[Path, str] | None = None  # the other half of the submission: where, its name


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
class ValidatedFile(FileFacts):
    """What the register and the receipt need to know of a file. Of one that could not be read
    nothing is known but its errors."""

    file: str
    status: str  # ok, warnings, errors or unreadable
    problems: tuple[Problem, ...]
    code: str = ""  # of the unit
    name: str = ""
    superior_code: str = ""
    superior: str = ""
    annotated: str = ""  # the annotated copy, if one was written


@dataclass(frozen=True, slots=True)
class ReceiveAnswer:
    """`rows` holds the answers and rows of all accepted files as gzipped CSV by sheet key, for
    the register."""

    files: tuple[ValidatedFile, ...]
    rows: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceiveRequest(FormRequest[ReceiveAnswer]):
    """Validate files of an inbox; packages are opened with the union's `keys`, if there are any."""

    files: tuple[FileToReceive, ...]
    keys: Path | None = None

    @property
    def sources(self) -> Sequence[Path]:
        others = [file.other[0] for file in self.files if file.other]
        return [*(file.path for file in self.files), *others]


@dataclass(frozen=True, slots=True)
class ReceiveWorkbooksAnswer:
    """As `ReceiveAnswer`, with None for each package."""

    files: tuple[ValidatedFile | None, ...]
    rows: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ReceiveWorkbooksRequest(FormRequest[ReceiveWorkbooksAnswer]):
    """Validate the workbooks among some files and leave the packages to whoever has the keys."""

    files: tuple[FileToReceive, ...]

    @property
    def sources(self) -> Sequence[Path]:
        return [file.path for file in self.files]
