"""Findings of the stages F and S on their way to Issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from converter.messages import catalogue
from converter.model.forms import Form
from converter.model.issues import Issue, Params, Place, column_letters
from converter.workbook.unreadable import UnreadableFile


@dataclass
class IssueCollector:
    """Collects the issues of one file; levels are those of the catalogue and the form."""

    form: Form
    file: str
    issues: list[Issue] = field(default_factory=list)

    def add(
        self,
        code: str,
        sheet: str = "",
        cell: tuple[int, int] = (0, 0),
        field: str = "",
        value: str = "",
        related: tuple[int, int] | None = None,
        params: Params | None = None,
    ) -> None:
        """`cell` and `related` are (row, column)."""
        level = catalogue.entry(code, self.form).level
        place = Place(self.file, sheet, *cell, field)
        others = (Place(self.file, sheet, *related, field),) if related else ()
        self.issues.append(Issue(code, level, place, value, dict(params or {}), others))

    def add_unreadable(self, error: UnreadableFile) -> None:
        self.add(error.code, error.sheet, (error.row, error.column), params=error.params)


def address(row: int, column: int) -> str:
    """(17, 3) → C17."""
    return f"{column_letters(column)}{row}"


def hidden_params(rows: Sequence[int]) -> Params:
    """What the message about hidden rows says: one, a run, or some between two others."""
    first, last = min(rows), max(rows)
    params: dict[str, str | int] = {"count": len(rows), "first": first, "last": last}
    if last - first < len(rows):
        params["variant"] = "one" if first == last else "run"
    return params
