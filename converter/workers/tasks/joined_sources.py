"""What the sources of a workbook come to. Apart from what reads them: a blank one has none."""

from __future__ import annotations

from dataclasses import dataclass

from converter.model.issues import Issue
from converter.model.own_list import ListReport
from converter.model.submissions import Submission
from converter.workers.requests.template import Comparison


@dataclass(frozen=True, slots=True)
class JoinedSources:
    """The data of all sources as one submission."""

    data: Submission | None = None
    issues: tuple[Issue, ...] = ()
    lists: tuple[ListReport, ...] = ()
    compared: tuple[Comparison, ...] = ()
    members: int = 0
