"""The clerk's own sheet with the mistakes marked: to be corrected and sent back.

A fresh workbook is filled with what was typed, so that dropdowns and live checks work even
where the original's were pasted away. Wrong cells are coloured and carry a comment; a list in
front names every problem and jumps to its cell. Notes are not marked, only listed at the end.
The copy stays on the clerk's desk: what was typed is shown in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins

from converter import template
from converter.messages import say
from converter.model import Form, Level, Outcome, Place, RawSheet, Submission, column_letters
from converter.report import tables
from converter.report.tables import Finding
from converter.report.text import columns, visible
from converter.template.layout import Layout, layout
from converter.template.style import (
    ACCENT,
    BAND,
    DOUBT,
    DOUBT_TINT,
    MUTED,
    WRONG,
    WRONG_TINT,
    Look,
    Painter,
    text_lines,
)
from converter.template.texts import label

LISTED = 10  # cells of a repeated fault that get a line of their own
COMMENTED = 2000  # comments a sheet; beyond, cells are coloured only
LONGEST = 2000  # characters of what was typed
# The tints of the live checks: a cell must not grow darker when it is corrected.
FILLS = {Level.ERROR: WRONG_TINT, Level.WARNING: DOUBT_TINT}
INKS = {Level.ERROR: WRONG, Level.WARNING: DOUBT, Level.NOTE: MUTED}
HEAD_ROW = 4
LINE_HEIGHT = 14.5
WIDTHS = {
    "number": 6, "level": 6, "code": 7, "where": 17, "cell": 8, "original": 13, "item": 16,
    "value": 22, "message": 38, "fix": 38,
}  # fmt: skip
PLAIN = Look()
TITLE = Look(size=14, bold=True)
HEAD = Look(bold=True, fill=BAND, lines="tb")
ENTRY = Look(lines="b", vertical="top", wrap=True, number_format="@")
LINK = replace(ENTRY, colour=ACCENT, underline=True)


def annotate(submission: Submission, outcome: Outcome, form: Form, path: Path) -> None:
    """Write the annotated copy of a readable submission to `path`."""
    members = len(submission.member) if submission.member else 0
    # A copy is for mending: every member has its row, newcomers a few, and a batch of hundreds
    # does not write half a thousand empty rows each.
    rows = template.prepared_rows(1, members) if members else form.limits["rows"]
    stamp = replace(submission.stamp, form=form.id, version=form.version)
    book = template.build(form, rows=rows, stamp=stamp, data=submission)
    home = _Home(submission, form, layout(form, rows))
    found = [
        _Marked(one, home.of(one.place)) for one in tables.findings(outcome, form, show_ids=True)
    ]
    _mark(book, [m for m in found if m.finding.level is not Level.NOTE])
    painter = Painter(label(form, "font"))
    _list(painter, book, found, submission)
    _extras(painter, book, submission)
    for sheet in book:
        sheet.sheet_view.tabSelected = False
    book.active = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    template.save(book, path)


@dataclass(frozen=True, slots=True)
class _Marked:
    """A finding and where its cell stands in the copy (no row: a whole sheet; no sheet: none)."""

    finding: Finding
    place: Place


class _Home:
    """Where a cell of the submission stands in the copy."""

    def __init__(self, submission: Submission, form: Form, plan: Layout) -> None:
        self._form, self._plan = form, plan
        self._member = submission.member
        rows = submission.member.rows if submission.member else []
        self._record = {row: number for number, row in enumerate(rows)}

    def of(self, place: Place) -> Place:
        field = tables.field_of(place, self._form)
        member, unit = self._plan.member, self._plan.unit
        if field and field.sheet == "unit":
            return Place("", self._form.unit.title, unit.rows[field.key], unit.ANSWER)
        record = self._record.get(place.row) if self._is_member(place) else None
        if record is not None:
            column = member.columns[field.key] if field else member.check
            return Place("", self._form.member.title, member.FIRST_ROW + record, column)
        if field:
            return Place("", self._form.member.title)
        titles = {sheet.title for sheet in self._form.sheets}
        return Place("", place.sheet if place.sheet in titles else "")

    def _is_member(self, place: Place) -> bool:
        return self._member is not None and place.sheet == self._member.name


# --- cells ---------------------------------------------------------------------------------


def _mark(book: Any, found: Iterable[_Marked]) -> None:
    """Colour the cells by their worst finding and say in a comment what and how."""
    by_cell: dict[tuple[str, int, int], list[Finding]] = {}
    for marked in found:
        if marked.place.row:
            key = (marked.place.sheet, marked.place.row, marked.place.column)
            by_cell.setdefault(key, []).append(marked.finding)
    commented: dict[str, int] = {}
    for (sheet, row, column), findings in by_cell.items():
        cell = book[sheet].cell(row, column)
        cell._style = copy(cell._style)  # prepared rows share one style object
        cell.fill = PatternFill("solid", fgColor=FILLS[findings[0].level])
        commented[sheet] = commented.get(sheet, 0) + 1
        if commented[sheet] <= COMMENTED:
            cell.comment = _comment(findings)


def _comment(findings: Sequence[Finding]) -> Comment:
    lines: list[str] = []
    for one in findings:
        level = say(f"report_{one.level}")
        lines.append(say("report_copy_comment", level=level, code=one.code, message=one.message))
        if one.fix:
            lines.append(say("report_copy_comment_fix", fix=one.fix))
    lines = [visible(line) for line in lines]
    height = sum(1 + columns(line) // 34 for line in lines)
    text = "\n".join(lines)
    return Comment(text, say("report_copy_author"), height=24 + 20 * height, width=290)


# --- the list in front -----------------------------------------------------------------------


def _list(painter: Painter, book: Any, found: Sequence[_Marked], submission: Submission) -> None:
    sheet = book.create_sheet(_free_title(book, say("report_copy_sheet")), 0)
    counts = {level: sum(m.finding.level is level for m in found) for level in tables.LEVELS}
    title = say("report_copy_title", file=Path(submission.file).name)
    lead = say(
        "report_copy_lead" if counts[Level.ERROR] else "report_copy_clean",
        errors=counts[Level.ERROR],
        warnings=counts[Level.WARNING],
    )
    _write(painter, sheet, 1, 1, title, TITLE)
    _write(painter, sheet, 2, 1, lead, PLAIN)
    _heading(painter, sheet, HEAD_ROW, WIDTHS)
    where = {id(m.finding): m.place for m in found}
    row = HEAD_ROW
    for number, group in enumerate(tables.groups(m.finding for m in found), 1):
        shown = group.findings[: 1 if group.first.level is Level.NOTE else LISTED]
        for one in shown:
            row += 1
            _line(painter, sheet, row, number, one, where[id(one)], submission)
        rest = group.findings[len(shown) :]
        if rest:
            row += 1
            cells = tables.listed([_or_original(where[id(one)], one) for one in rest])
            text = say("report_copy_more", count=len(rest), cells=cells)
            for column, role in enumerate(WIDTHS, 1):
                _write(painter, sheet, row, column, text if role == "message" else "", ENTRY)
    if row > HEAD_ROW:
        sheet.auto_filter.ref = f"A{HEAD_ROW}:{column_letters(len(WIDTHS))}{row}"
    sheet.sheet_properties.tabColor = INKS[Level.ERROR]


def _heading(painter: Painter, sheet: Any, row: int, widths: Mapping[str, int]) -> None:
    """Column heads, widths and a print-out that fits the paper."""
    for column, (role, width) in enumerate(widths.items(), 1):
        _write(painter, sheet, row, column, say(f"report_copy_{role}"), HEAD)
        sheet.column_dimensions[column_letters(column)].width = width
    sheet.freeze_panes = f"A{row + 1}"
    sheet.print_title_rows = f"{row}:{row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.sheet_view.showGridLines = False


def _or_original(place: Place, one: Finding) -> Place:
    return place if place.row else one.place


def _line(
    painter: Painter,
    sheet: Any,
    row: int,
    number: int,
    one: Finding,
    place: Place,
    submission: Submission,
) -> None:
    texts: Mapping[str, str | int] = {
        "number": number,
        "level": say(f"report_{one.level}"),
        "code": one.code,
        "where": place.sheet or one.place.sheet,
        "cell": place.cell,
        "original": _original(one.place, place, submission),
        "item": one.title,
        "value": one.value[:LONGEST],
        "message": one.message,
        "fix": one.fix,
    }
    verdict = replace(ENTRY, colour=INKS[one.level], bold=one.level is Level.ERROR)
    for column, (role, text) in enumerate(texts.items(), 1):
        look = verdict if role in ("level", "code") else ENTRY
        linked = role == "cell" and place.row > 0
        cell = _write(painter, sheet, row, column, text, LINK if linked else look)
        if linked:
            quoted = place.sheet.replace("'", "''")
            location = f"'{quoted}'!{place.cell}"
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=location)
    # Not every program fits rows to wrapped text by itself.
    lines = max(text_lines(str(text), WIDTHS[role] - 1) for role, text in texts.items())
    sheet.row_dimensions[row].height = 4 + LINE_HEIGHT * lines


def _original(place: Place, copy: Place, submission: Submission) -> str:
    """Where it stood: the sheet only where its name differs, the file only of two halves."""
    cell = place.cell
    if place.sheet and (place.sheet != copy.sheet or not cell):
        cell = f"{place.sheet}!{cell}" if cell else place.sheet
    if submission.files and place.file:
        cell = f"{Path(place.file).name} {cell}"
    return cell


# --- what the form does not know ---------------------------------------------------------------


def _extras(painter: Painter, book: Any, submission: Submission) -> None:
    halves: tuple[tuple[str, RawSheet | None], ...] = (
        ("unit", submission.unit),
        ("member", submission.member),
    )
    extras = [
        (Path(submission.file_of(key)).name, raw.name, cell, text)
        for key, raw in halves
        if raw
        for cell, text in raw.extras
    ]
    if not extras:
        return
    sheet = book.create_sheet(_free_title(book, say("report_copy_extras_sheet")))
    _write(painter, sheet, 1, 1, say("report_copy_extras_lead"), PLAIN)
    _heading(painter, sheet, 2, {"original_file": 24, "where": 20, "cell": 10, "value": 60})
    for row, texts in enumerate(extras, 3):
        for column, text in enumerate(texts, 1):
            _write(painter, sheet, row, column, text[:LONGEST], ENTRY)


# --- writing -----------------------------------------------------------------------------------


def _write(painter: Painter, sheet: Any, row: int, column: int, text: str | int, look: Look) -> Any:
    """A text cell that no spreadsheet takes for a formula."""
    cell = painter.paint(sheet.cell(row, column), look)
    cell.value = text if isinstance(text, int) else visible(text)
    if isinstance(text, str):
        cell.data_type = "s"
    return cell


def _free_title(book: Any, title: str) -> str:
    number, free = 2, title
    while free in book.sheetnames:
        free, number = f"{title}{number}", number + 1
    return free
