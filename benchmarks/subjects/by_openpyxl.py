"""Marking faults the usual way: openpyxl loads the workbook, colours cells, adds comments, saves;
and personal templates the same way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.subjects.ours import FORM_FOLDER
from converter.forms import loading


def annotate(path: str) -> Iterator[dict[str, Any] | None]:
    """Mark the same cells that this project marks; what to say is known beforehand."""
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    from converter import workbook
    from converter.messages import catalogue
    from converter.model.clock import today
    from converter.model.issues import Level
    from converter.validation import checking

    definition = loading.load(Path(FORM_FOLDER))
    judged = checking.check([workbook.read(Path(path), definition)], definition, today())[0]
    marks = [
        (issue.place.sheet, issue.place.cell, catalogue.sentence(issue, definition))
        for issue in judged.outcome.issues
        if issue.level is not Level.NOTE and issue.place.cell
    ]
    with tempfile.TemporaryDirectory() as folder:
        yield None
        book = openpyxl.load_workbook(path)
        fill = PatternFill("solid", fgColor="FFC7CE")
        for sheet, address, text in marks:
            cell = book[sheet][address]
            cell.fill, cell.comment = fill, Comment(text, "check")
        book.save(Path(folder, "annotated.xlsx"))
        yield {"marks": len(marks)}


def templates(count: int, path: str) -> Iterator[dict[str, Any] | None]:
    """The finished workbook loaded once; the unit's name put in and saved each time."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    with tempfile.TemporaryDirectory() as folder:
        yield None
        for number in range(count):
            book.worksheets[1]["B5"].value = f"示例{number}号工会委员会"
            book.save(Path(folder, f"{number}.xlsx"))
        yield {"files": count}
