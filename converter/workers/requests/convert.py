"""Requests to make the members of a package, and to verify a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.issues import Issue
from converter.model.submissions import Outcome
from converter.report.page_summary import PageSummary
from converter.validation.diff import SubmissionDiff
from converter.workers.requests.base import A, FileRequest, FormRequest


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
class VerifyRequest(FileRequest[VerifyAnswer]):
    """Read a package back before it gets its name."""
