"""The clerk's own comments, carried over into an annotated copy.

A copy has one comment a cell, by this program: what is wrong with the cell, and below it what hung
there before. A copy that is annotated again keeps only that part, so that nothing is reported
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from converter.messages.catalogue import message
from converter.model.issues import Place, column_letters
from converter.model.submissions import RawSheet, Submission
from converter.text.display import visible
from converter.workbook.form import leftovers
from converter.workbook.grid import CellComment

MOST_KEPT = 2000  # comments a sheet of the copy

Comments = dict[str, dict[tuple[int, int], str]]  # by sheet key, then by (row, column)


@dataclass(frozen=True)
class KeptComments:
    """What hung on the cells of the original."""

    cells: Comments  # where it stands in the copy
    elsewhere: list[list[str]]  # file, sheet, cell, text of the others

    @classmethod
    def of(
        cls, submission: Submission, home: Callable[[Place], Place], files: Mapping[str, Path]
    ) -> KeptComments:
        """`home` tells where a cell of the submission stands in the copy."""
        cells: Comments = {}
        elsewhere: list[list[str]] = []
        for file in file_names(submission):
            path = files.get(file)
            items = submission.sheets.items()
            of_file = [(key, raw) for key, raw in items if submission.file_of(key) == file]
            for sheet, comments in (leftovers.comments(path) if path else {}).items():
                for (row, column), comment in comments.items():
                    text = original(comment)
                    if not text:
                        continue
                    place = _place(file, sheet, row, column, of_file)
                    at = home(place) if place else None
                    key = next((k for k, r in of_file if r.name == sheet), "")
                    kept = cells.setdefault(key, {})
                    if at and at.row and len(kept) < MOST_KEPT:
                        kept[at.row, at.column] = message("report_copy_comment_kept", text=text)
                    else:
                        address = f"{column_letters(column)}{row}"
                        shown = message("report_copy_comment_kept", text=text)
                        elsewhere.append([Path(file).name, sheet, address, shown])
        return cls(cells, elsewhere)

    def beside(self, comments: Comments) -> Comments:
        """Comments of the copy's own, with those that hung there before below them."""
        made = {key: dict(of_sheet) for key, of_sheet in comments.items()}
        for key, kept in self.cells.items():
            for cell, text in kept.items():
                own = made.setdefault(key, {}).get(cell, "")
                shown = "\n".join(map(visible, text.splitlines()))
                made[key][cell] = f"{own}\n{shown}" if own else shown
        return made


def file_names(submission: Submission) -> list[str]:
    """The files that a submission was read from: one, or two halves."""
    return list(dict.fromkeys([*submission.files.values()] or [submission.file]))


def original(comment: CellComment) -> str:
    """What somebody else wrote; of this program's own comments, what they have kept."""
    if comment.author != message("report_copy_author"):
        return comment.text.strip()
    return comment.text.partition(message("report_copy_comment_kept", text=""))[2].strip()


def _place(
    file: str, sheet: str, row: int, column: int, of_file: Iterable[tuple[str, RawSheet]]
) -> Place | None:
    """The field's cell that a comment hangs on, where it is one."""
    for _, raw in of_file:
        if raw.name != sheet:
            continue
        for field, at in raw.at.items():
            is_answer = at == (row, column)
            is_record = not at[0] and at[1] == column and raw.record(row) is not None
            if is_answer or is_record:
                return Place(file, sheet, row, column, field)
    return None
