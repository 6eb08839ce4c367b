"""The request to check one submission and show it on a web page. Apart from `check`: a command that
checks files would wait for these classes, and for those of pages, to be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converter.model.issues import Issue
from converter.model.submissions import Outcome
from converter.report.page_summary import PageSummary
from converter.workers.requests.base import FormRequest


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
    """Check one file, or the two halves of a submission; write the annotated copy, where one is
    wanted. A package is compared with the public keys and the ledger in the folder `keys`, as
    `receive` will do. `identity` and `issues` are as in `convert`: what would refuse a package of
    this unit is among the issues."""

    files: tuple[Path, ...]
    annotated: Path | None = None
    keys: Path | None = None
    identity: bytes | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def sources(self) -> Sequence[Path]:
        return self.files

    @property
    def memory_by_size(self) -> bool:
        return self.annotated is None
