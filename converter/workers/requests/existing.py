"""A request to look into a file that stands where an output was to go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from converter.workers.requests.base import FileRequest


@dataclass(frozen=True, slots=True)
class ExistingFile:
    """What stands there. `kind` is blank (a template nobody typed into), workbook, package,
    roster or other; `count` are its members, or the units of a roster. `same`: a package of the
    same contents as the new one. `digest` is the SHA-256 of its bytes."""

    path: Path
    kind: str = "other"
    count: int = 0
    unit: str = ""
    period: str = ""
    created: str = ""
    same: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ExistingFileRequest(FileRequest[ExistingFile]):
    """Look into a file. `rows`: prepared rows of a template that is to be written; `descriptor`
    and `signed`: of a package that is to be written."""

    rows: int = 0
    descriptor: bytes = b""
    signed: bool = False
