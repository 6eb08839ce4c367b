"""What several tasks need."""

from __future__ import annotations

from collections.abc import Callable

from converter.kinds import KINDS
from converter.model.forms import Field, Form
from converter.model.issues import Issue, IssueGroup

# Called with the number of the source that is about to be read, or written to a copy.
ReportProgress = Callable[[int], None]


def is_sealed(issue: Issue | IssueGroup) -> bool:
    """A package whose tables nobody here can open."""
    from converter import package

    return issue.code == package.SEALED_CODE


def label(text: str, field: Field, definition: Form) -> str:
    return str(KINDS[field.kind].cell(text, field, definition)) if text else ""
