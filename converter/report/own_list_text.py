"""How a list was read: what was taken for what, who is missing, what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from converter.messages.catalogue import message, rows_counted
from converter.model.cell_types import WIDEST
from converter.model.forms import Form, Sheet
from converter.model.own_list import (
    CARDS,
    COLUMNS,
    CONTENT,
    DOUBTFUL,
    LEFT_OUT,
    NEAR,
    UNUSED,
    ListColumn,
    ListReport,
)

NAMED = 10
SAMPLES = 3  # people of a list that was rearranged
MOST_CELLS = 5
LONGEST = 20  # characters of a comment


class CellText(Protocol):
    """A cell of a source and what stands in it, or hangs on it."""

    @property
    def sheet(self) -> str: ...

    @property
    def cell(self) -> str: ...

    @property
    def text(self) -> str: ...


def lines(report: ListReport, form: Form, *, guesses: bool = True) -> Iterator[str]:
    """One list, a line a fact; without `guesses` where those are asked about elsewhere."""
    file, table = Path(report.file).name, form.main_table
    if not report.members and not report.further:
        yield message("list_nobody", file=file)
    for further in report.further:
        taken = rows_counted(form.sheet(further.table), further.count)
        yield message("list_further", file=file, taken=taken, sheet=further.sheet)
    if report.members:
        sheets = "、".join(report.sheets)
        yield message("list_read", file=file, count=report.members, sheets=sheets)
    for text in rearranged(report):
        yield f"  {text}"
    if report.side_by_side:
        yield message("list_side_by_side")
    for sheet in report.too_wide:
        yield message("list_too_wide", sheet=sheet, most=WIDEST)
    if report.name_parts:
        yield message("list_name_joined")
    for key, count in (("list_pieced", report.pieced), ("list_split", report.split)):
        if count:
            yield message(key, count=count)
    if report.repeated:
        yield message("list_repeated", count=report.repeated)
    if report.written_out:
        yield message("list_written_out", count=report.written_out)
    for column in _once(report.columns, (NEAR, CONTENT) if guesses else ()):
        yield message("list_guess", **params(column, table))
    for column in _once(report.columns, (DOUBTFUL,) if guesses else ()):
        yield message("list_doubtful", **params(column, table))
    for key, columns in (("list_unread", report.unread), ("list_unnumbered", report.unnumbered)):
        for one in columns:
            where = column_text(one.heading, one.letters)
            told = {"sheet": one.sheet, "column": where, "rows": table.rows_name}
            yield message(key, count=one.people, **told)
    if report.rounded:
        count, names = len(report.rounded), listed(report.rounded)
        yield message("list_rounded", count=count, names=names)
    left = _once(report.columns, (UNUSED, LEFT_OUT))
    if left and report.members:
        names = listed([column_text(one.heading, one.letters) for one in left])
        filled = max(one.filled for one in left)
        yield message("list_left", names=names, count=len(left), rows=filled)
    for below in report.leavers:
        params_ = {
            "text": below.row.text,
            "count": len(below.names),
            "names": listed(below.names),
            "rows": table.rows_name,
        }
        if below.row.row:
            yield message("list_leavers", place=place_text(below.row.row), **params_)
        else:
            yield message("list_leavers_sheet", **params_)
    for said in report.remarked:
        where, remarks = column_text(said.heading, said.column), "、".join(said.remarks)
        found = {"column": where, "text": remarks, "names": listed(said.names)}
        yield message("list_remarked", rows=table.rows_name, count=len(said.names), **found)
    for key, people in (
        ("list_struck", report.struck),
        ("list_hidden", report.hidden),
        ("list_only_here", report.only_here),
    ):
        if people:
            yield message(key, rows=table.rows_name, count=len(people), names=listed(people))
    if report.skipped:
        rows = [message("list_row", place=place_text(r.row), text=r.text) for r in report.skipped]
        named = listed(rows)
        yield message("list_skipped", count=len(rows), rows=table.rows_name, lines=named)


def rearranged(report: ListReport) -> Iterator[str]:
    """What was made of sheets that are no row a person, with three people of theirs."""
    for arrangement in (COLUMNS, CARDS):
        found = [one for one in report.rearranged if one.arrangement == arrangement]
        samples = [sample for one in found for sample in one.samples][:SAMPLES]
        if found:
            names = listed([one.sheet for one in found])
            yield message(f"list_{arrangement}", sheets=names, samples="；".join(samples))


def numbers(
    unnumbered: Sequence[str], rounded: Sequence[str], lists: Sequence[ListReport], form: Form
) -> Iterator[str]:
    """Who was taken over without an ID number or with a rounded one, by name, but for those
    that the lists' own lines name."""
    known = {name for one in lists for name in one.rounded}
    rounded = [name for name in rounded if name not in known]
    for key, names in (("list_rounded", rounded), ("list_blank", unnumbered)):
        if names:
            yield message(
                key, count=len(names), names=listed(names), rows=form.main_table.rows_name
            )


def left_out(cells: Sequence[CellText], comments: Sequence[CellText]) -> Iterator[str]:
    """Cells and comments of sources that were not taken over."""
    if cells:
        shown = [f"{one.sheet}!{one.cell}" for one in cells]
        yield message("template_left", count=len(cells), cells=listed(shown, MOST_CELLS))
    if comments:
        shown = [
            message("template_comment", place=f"{one.sheet}!{one.cell}", text=one.text[:LONGEST])
            for one in comments
        ]
        yield message("template_comments", count=len(comments), cells=listed(shown, MOST_CELLS))


def params(column: ListColumn, table: Sheet) -> dict[str, str]:
    """What messages about a column name."""
    return {
        "column": column_text(column.heading, column.letters),
        "theirs": column.heading or column.letters,
        "title": table.field(column.field).title if column.field else "",
        "samples": "、".join(column.samples),
    }


def column_text(heading: str, letters: str) -> str:
    return message("list_headed", heading=heading) if heading else place_text(letters)


def place_text(name: str) -> str:
    """Where a column or row of a list stands: 第 7 行, C 列."""
    return (
        message("list_line", row=name)
        if name.isdecimal()
        else message("list_letters", letters=name)
    )


def listed(texts: Sequence[str], most: int = NAMED) -> str:
    return "、".join(texts[:most]) + (message("and_more") if texts[most:] else "")


def _once(columns: Sequence[ListColumn], how: Sequence[str]) -> list[ListColumn]:
    """Columns read in one of these ways, each heading once."""
    found: dict[str, ListColumn] = {}
    for one in columns:
        if one.how in how:
            found.setdefault(one.heading or one.letters, one)
    return list(found.values())
