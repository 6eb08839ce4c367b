"""What a page shows of one submission: few values, however many issues there are.

`report.html.summarize` makes it. Web pages serve everybody from one process, so workers send this
in place of hundreds of thousands of issues.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShownIssue:
    """One issue of a group, in words."""

    where: str
    title: str
    message: str
    value: str
    related: str
    fix: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Issues of one kind: the first in full, the others by their cells."""

    level: str
    code: str
    shown: tuple[ShownIssue, ...]
    more: int
    cells: str


@dataclass(frozen=True, slots=True)
class ShownNotes:
    """Notes of one kind, by an example and their cells."""

    code: str
    example: str
    count: int
    sheet: str
    cells: str


@dataclass(frozen=True, slots=True)
class PageSummary:
    """`counts` are those of errors, warnings and notes."""

    status: str  # ok, warnings, errors or unreadable
    counts: tuple[int, ...]
    groups: tuple[ShownGroup, ...]
    notes: tuple[ShownNotes, ...]
