"""The clerk's own sheet with the mistakes marked: to be corrected and sent back.

A fresh workbook is filled with what was typed, so dropdowns, locks and live checks work even
where the original's were pasted over. Wrong cells are coloured and carry a comment; a list in
front names every problem and jumps to its cell, and each marked row has a link to the next one.
Notes are not marked, only listed at the end. A corrected copy has one more sheet that lists the
changes; what the original had beyond the form is on a sheet of its own.
The copy goes to the clerk alone: what was typed is shown in full.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from converter import template
from converter.formulas.expressions import quote
from converter.messages.catalogue import message
from converter.model.forms import Form
from converter.model.issues import Issues, Level, Place
from converter.model.submissions import CellFix, Outcome, Records, Submission
from converter.report import issue_text, kept_comments
from converter.report.copy_places import CopyPlaces
from converter.report.issue_text import RenderedIssue
from converter.report.kept_comments import KeptComments
from converter.template import style, text_sheets
from converter.template.annotated_copy import Copy
from converter.template.conditional_formats import is_unchanged
from converter.template.layout import layout
from converter.template.stored import Computed
from converter.template.text_sheets import Plain, TextCell, TextSheet, link_to
from converter.text.display import visible
from converter.workbook.form import leftovers

LISTED = 10  # cells of a repeated fault that get a line of their own
COMMENTED = 2000  # comments a sheet; beyond, cells are coloured only
LONGEST = 300  # characters of what was typed; the cell itself has them all
EXPLAINED = 5_000  # changes that lead to their cells; a sheet has room for 65,530 links
LONGEST_FORMULA = 2_500  # characters; Excel allows 8,192
MOST_LINES = 1_000_000  # of a list: a sheet has 1,048,576 rows
STYLES = {
    Level.ERROR: text_sheets.WRONG,
    Level.WARNING: text_sheets.DOUBT,
    Level.NOTE: text_sheets.NOTED,
}
PROBLEMS = {
    "number": 6, "level": 7, "code": 8, "where": 18, "cell": 9, "original": 16,
    "item": 17, "value": 22, "message": 38, "fix": 38, "who": 10, "done": 6,
}  # fmt: skip
CHANGES = {
    "number": 6, "code": 8, "where": 18, "cell": 9, "original": 16, "item": 17, "old": 28,
    "new": 28, "why": 44,
}  # fmt: skip
EXTRAS = {"original_file": 26, "where": 22, "cell": 10, "value": 90}


def annotated(
    template_renderer: template.TemplateRenderer,
    submission: Submission,
    outcome: Outcome,
    changes: Collection[CellFix] = (),
    files: Mapping[str, Path] = MappingProxyType({}),
    records: Records | None = None,
) -> list[bytes]:
    """The annotated copy of a readable submission, as the pieces of a file. `changes` are those
    that have been made to it; `files` are the paths of its files, by the names they go by, so
    that what they hold beyond the form can be carried over; `records` is what was read."""
    form = template_renderer.form
    # A copy is for corrections: a row for every record and a few for new ones. Hundreds of copies
    # do not get 500 empty rows each.
    filled = any(submission.count(table.key) for table in form.tables)
    rows = template.SPARE_ROWS if filled else form.limits["rows"]
    stamp = replace(submission.stamp, form=form.id, version=form.version)
    places = CopyPlaces(submission, form, layout(form, rows))
    found = issue_text.ordered(outcome, form)
    renderer = issue_text.IssueRenderer(form, show_ids=True)
    listed = [_problems(found, places, renderer, changes)]
    if changes:
        listed.append(_changes(changes, places, renderer))
    kept = KeptComments.of(submission, places.in_copy, files)
    if extras := _extras(submission, form, files, kept.elsewhere):
        listed.append(extras)
    marks, comments = _marks(found, places, renderer)
    comments = kept.beside(comments)
    copy = Copy(marks, comments, _named(listed, form))
    computed = Computed(form, submission, outcome, records)
    return template_renderer.filled(submission, stamp, rows=rows, computed=computed, copy=copy)


def _named(listed: Sequence[TextSheet], form: Form) -> list[TextSheet]:
    """Pages under names that the form's own sheets leave free."""
    taken = template.sheet_names(form)
    named = []
    for page in listed:
        name = template.free_title(taken, page.name)
        taken.append(name)
        named.append(replace(page, name=name))
    return named


# --- cells ---------------------------------------------------------------------------------


def _marks(
    found: Issues, places: CopyPlaces, renderer: issue_text.IssueRenderer
) -> tuple[dict[str, dict[int, Mapping[int, Level]]], dict[str, dict[tuple[int, int], str]]]:
    """By sheet key: the level of each marked cell, as row → column → level, and the comments of
    the first ones. `found` has errors before warnings."""
    sheets = {sheet.title: sheet.key for sheet in renderer.form.sheets}
    marks: dict[str, dict[int, Mapping[int, Level]]] = {key: {} for key in sheets.values()}
    commented: dict[str, dict[tuple[int, int], list[RenderedIssue]]] = {
        key: {} for key in sheets.values()
    }
    alike: dict[tuple[tuple[int, Level], ...], Mapping[int, Level]] = {}  # rows are marked alike
    for number, (head, original) in enumerate(zip(found.heads, found.places, strict=True)):
        place = places.in_copy(original)
        if head.level is Level.NOTE or not place.row:
            continue
        key, cell = sheets[place.sheet], (place.row, place.column)
        levels = marks[key].get(place.row, {})
        if place.column not in levels:
            columns = (*levels.items(), (place.column, head.level))
            marks[key][place.row] = alike.setdefault(columns, dict(columns))
            if len(commented[key]) < COMMENTED:
                commented[key][cell] = []
        if cell in commented[key]:
            commented[key][cell].append(renderer.render(found[number]))
    comments = {
        key: {cell: _comment(findings) for cell, findings in cells.items()}
        for key, cells in commented.items()
    }
    return marks, comments


def _comment(findings: Sequence[RenderedIssue]) -> str:
    lines: list[str] = []
    for one in findings:
        level = message(f"report_{one.level}")
        lines.append(
            message("report_copy_comment", level=level, code=one.code, message=one.message)
        )
        if one.fix:
            lines.append(message("report_copy_comment_fix", fix=one.fix))
        if one.basis:
            lines.append(message("report_copy_comment_basis", basis=one.basis))
    return "\n".join(map(visible, lines))


# --- the list in front -----------------------------------------------------------------------


def _problems(
    found: Issues,
    places: CopyPlaces,
    renderer: issue_text.IssueRenderer,
    changes: Collection[CellFix],
) -> TextSheet:
    """One line a problem; of a repeated one the first few, the others by their cells."""
    counts = found.counted(lambda head: head.level)
    errors, warnings = counts[Level.ERROR], counts[Level.WARNING]
    key = "report_copy_lead" if errors else "report_copy_clean"
    lead = message(key, errors=errors, warnings=warnings)
    if changes:
        lead += message("report_copy_changed", count=len(changes))
    submission = places.submission
    rows: list[list[TextCell]] = []
    for number, group in enumerate(issue_text.grouped(found, renderer.form), 1):
        level = group[0].level
        if block := issue_text.in_one_block(group, renderer):
            at = places.in_copy(block.place)
            beside = [TextCell(""), _done(level, group.places, places)]
            rows.append(_problem(number, block, block.fix, at, submission, beside))
            continue
        shown = [*map(renderer.render, group[: 1 if level is Level.NOTE else LISTED])]
        for one in shown:
            # The remedy once: nobody reads the same text ten times.
            fix = one.fix if one is shown[0] or one.fix != shown[0].fix else ""
            beside = [
                TextCell(visible(places.first_text(one.place))),
                _done(level, [one.place], places),
            ]
            rows.append(_problem(number, one, fix, places.in_copy(one.place), submission, beside))
        rest = group[len(shown) :]
        if rest:
            cells = issue_text.listed(
                _or_original(places.in_copy(place), place) for place in rest.places
            )
            text = message("report_copy_more", count=len(rest), cells=cells)
            texts = {"level": message(f"report_{level}"), "message": text}
            blank = (TextCell(texts.get(role, "")) for role in [*PROBLEMS][1:])
            rows.append([TextCell(number), *blank])
    return TextSheet(
        name=message("report_copy_sheet"),
        title=message("report_copy_title", file=visible(Path(submission.file).name)),
        lead=lead,
        columns=[(message(f"report_copy_{role}"), width) for role, width in PROBLEMS.items()],
        rows=rows,
        colour=style.WRONG if errors else style.DOUBT if warnings else style.FINE,
    )


def _or_original(place: Place, original: Place) -> Place:
    return place if place.row else original


def _problem(
    number: int,
    one: RenderedIssue,
    fix: str,
    place: Place,
    submission: Submission,
    beside: Sequence[TextCell],
) -> list[TextCell]:
    style_of_level = STYLES[one.level]
    if fix and one.basis:
        fix = message("report_copy_basis", fix=fix, basis=one.basis)
    return [
        TextCell(number),
        TextCell(message(f"report_{one.level}"), style_of_level),
        TextCell(one.code, style_of_level),
        TextCell(visible(place.sheet or one.place.sheet)),
        _linked(place),
        TextCell(visible(_original(one.place, place, submission))),
        TextCell(one.title),
        TextCell(visible(one.value[:LONGEST])),
        TextCell(visible(one.message)),
        TextCell(visible(fix) if fix or not one.fix else message("report_copy_same")),
        *beside,
    ]


def _done(level: Level, faults: Iterable[Place], places: CopyPlaces) -> TextCell:
    """Says so as soon as every answer is another one, or its row is gone; notes need nothing
    done."""
    cells = [places.typed(place) for place in faults] if level is not Level.NOTE else [None]
    if None in cells:
        return TextCell("")
    text = quote(message("report_copy_done_yes"))
    unchanged = [is_unchanged(*pair) for pair in cells if pair]
    condition = unchanged[0] if len(unchanged) == 1 else f"OR({','.join(unchanged)})"
    formula = f'IFERROR(IF({condition},"",{text}),{text})'
    if len(formula) > LONGEST_FORMULA:
        return TextCell("")
    return TextCell("", text_sheets.DONE, formula=formula)


def _linked(place: Place) -> TextCell:
    if not place.row:
        return TextCell("")
    return TextCell(place.cell, text_sheets.LINK, link_to(place.sheet, place.cell))


def _original(place: Place, copy: Place, submission: Submission) -> str:
    """Where it stood: the sheet only where its name differs, the file only of two halves."""
    cell = place.cell
    if place.sheet and (place.sheet != copy.sheet or not cell):
        cell = f"{place.sheet}!{cell}" if cell else place.sheet
    if submission.files and place.file:
        cell = f"{Path(place.file).name} {cell}"
    return cell


# --- what was changed, and what the form does not know -----------------------------------------


def _changes(
    changes: Collection[CellFix], places: CopyPlaces, renderer: issue_text.IssueRenderer
) -> TextSheet:
    """A line a change; the first ones with a link to the cell and with the reason."""
    left = iter(changes)
    rows = []
    for number, change in enumerate(islice(left, EXPLAINED), 1):
        one = renderer.render(change.note)
        place = places.in_copy(one.place)
        rows.append(
            [
                TextCell(number),
                TextCell(one.code),
                TextCell(place.sheet),
                _linked(place),
                TextCell(visible(_original(one.place, place, places.submission))),
                TextCell(one.title),
                TextCell(visible(change.old)),
                TextCell(visible(change.new)),
                TextCell(visible(one.message)),
            ]
        )
    count = min(len(changes), MOST_LINES)
    more = islice(enumerate(left, len(rows) + 1), count - len(rows))
    lead = message("report_changes_lead")
    if count < len(changes):
        lead += message("report_changes_beyond", count=len(changes) - count)
    return TextSheet(
        name=message("report_changes_sheet"),
        title=message("report_changes_title", count=len(changes)),
        lead=lead,
        columns=[(message(f"report_copy_{role}"), width) for role, width in CHANGES.items()],
        rows=rows,
        plain=Plain((_plain_change(*one, places) for one in more), count - len(rows)),
    )


def _plain_change(number: int, change: CellFix, places: CopyPlaces) -> tuple[str, ...]:
    note = change.note
    place, field = places.in_copy(note.place), places.field(note.place)
    original = visible(_original(note.place, place, places.submission))
    title = field.title if field else ""
    old, new = visible(change.old), visible(change.new)
    return (str(number), note.code, place.sheet, place.cell, original, title, old, new, "")


def own_sheets(form: Form) -> leftovers.Own:
    """The sheets that copies of this form have of their own."""
    pages_of = (message("report_copy_sheet"), message("report_changes_sheet"))
    names = {*template.sheet_names(form), *pages_of} - {sheet.title for sheet in form.sheets}
    return leftovers.Own(names, message("report_copy_extras_sheet"), text_sheets.HEAD_ROW + 1)


def _extras(
    submission: Submission,
    form: Form,
    files: Mapping[str, Path],
    comments: Sequence[Sequence[str]],
) -> TextSheet | None:
    """What the original's files hold beside the form, cell by cell. `comments` are those without a
    cell in the copy: file, sheet, cell and text."""
    own, rows, more = own_sheets(form), list[list[TextCell]](), False
    # A list that is no template has columns of its own (telephones, departments): not ours to copy.
    foreign = not submission.stamp.form and form.record.key not in submission.sheets
    beside = not foreign and leftovers.has_leftovers(submission, own)
    for name in kept_comments.file_names(submission) if beside else ():
        path = files.get(name)
        if path is None:
            continue
        found = leftovers.leftovers(path, submission, form, own)
        more = more or found.more
        shown = TextCell(visible(Path(name).name))
        rows += ([shown, *(TextCell(visible(text)) for text in cell)] for cell in found.cells)
    rows += ([TextCell(visible(text)) for text in comment] for comment in comments)
    if not rows and not more:
        return None
    lead = message("report_copy_extras_lead")
    return TextSheet(
        name=own.carried,
        title=own.carried,
        lead=lead + (message("report_copy_extras_more", most=leftovers.MOST) if more else ""),
        columns=[(message(f"report_copy_{role}"), width) for role, width in EXTRAS.items()],
        rows=rows,
    )
