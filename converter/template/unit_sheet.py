"""The unit sheet: a field a line, protected but for what the clerk fills in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl.utils import get_column_letter

from converter.formulas.expressions import quote
from converter.kinds import KINDS
from converter.messages import catalogue
from converter.model.forms import Field, Form
from converter.model.submissions import Stamp
from converter.template import stored, style
from converter.template.cell_text import put_formula, put_text
from converter.template.conditional_formats import (
    colour_verdicts,
    uncolour_changed,
    verdict_conditions,
)
from converter.template.constants import Constants
from converter.template.counted import counted_rows
from converter.template.formulas import FieldFormulas
from converter.template.labels import is_explainable, label, phrase, prompt
from converter.template.layout import (
    FIRST_HELPER,
    STATUS_ROW,
    TITLE_ROW,
    TemplateLayout,
    UnitLayout,
    quoted,
)
from converter.template.offers import offer, put_cursor
from converter.template.print_setup import hide_helpers, set_page
from converter.template.refs import SheetRefs
from converter.template.row_formulas import name_alike
from converter.template.style import CellStyle, Painter, text_lines
from converter.template.summary import LINK, STATUS, unit_totals

WIDTHS = (26.0, 30.0, 45.0, 44.0, 26.0)  # item, answer, check, note, explanation
# How much of a text a line of each column holds, in characters of its own size: the smaller a
# typeface, the more.
CAPACITIES = (24.0, 27.0, 46.0, 46.6, 26.0)
JUMP_WIDTH = 11.0
LINE_HEIGHT = 13.5
TWO_LINES, TALLEST = 30.0, 400.0  # points; programs show no row above 409
NAME_LENGTH = 40  # characters of a name that is filled in later: most unions' take no more
LINES_A_PAGE = 26  # how many are still readable where they are made to fit

TITLE = CellStyle(size=16, bold=True)
HEADING = CellStyle(
    bold=True, colour=style.ACCENT, fill=style.BAND, lines="tb", wrap=True, indent=1
)
SECTION = CellStyle(
    size=11, bold=True, colour=style.ACCENT, lines="b", line=style.ACCENT, vertical="bottom"
)
ITEM = CellStyle(lines="b", wrap=True, indent=1)
CHECK = CellStyle(size=9.5, lines="b", wrap=True, indent=1)
NOTE = CellStyle(size=9, colour=style.MUTED, lines="b", wrap=True, indent=1)
HELPER = CellStyle(size=8, colour=style.FAINT)


def answer_style(field: Field, stamp: Stamp) -> CellStyle:
    locked = bool(field.derive) or bool(locked_text(field, stamp))
    fill = style.DERIVED if locked else style.ENTRY
    shown = KINDS[field.kind].number_format
    if field.derive and shown == "@":
        shown = "General"  # a formula in a text cell turns to text when it is edited
    return CellStyle(
        fill=fill, lines="blr", wrap=True, indent=1, number_format=shown, locked=locked
    )


def explanation_style(field: Field, form: Form) -> CellStyle:
    """Yellow only where a reason counts."""
    fill = style.ENTRY if is_explainable(form, field) else ""
    return CellStyle(
        size=9.5, fill=fill, lines="blr", wrap=True, indent=1, number_format="@", locked=False
    )


def write(
    sheet: Any,
    layout: TemplateLayout,
    painter: Painter,
    constants: Constants,
    stamp: Stamp,
    *,
    jumps: bool,
) -> None:
    unit, form = layout.record, layout.form
    formulas = FieldFormulas(form, unit, SheetRefs(layout, unit.sheet.key))
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _head(sheet, layout, painter)
    if jumps:
        heading = painter.paint(sheet.cell(unit.HEADING_ROW, unit.JUMP), HEADING)
        put_text(heading, unit.sheet.headings["jump"])
        sheet.column_dimensions[get_column_letter(unit.JUMP)].width = JUMP_WIDTH
    for row, line in unit.lines:
        if isinstance(line, str):
            sheet.row_dimensions[row].height = 30
            for column in range(1, len(WIDTHS) + 1):
                painter.paint(sheet.cell(row, column), SECTION)
            put_text(sheet.cell(row, unit.ITEM), line)
        else:
            _line(sheet, row, line, layout, formulas, painter, constants, stamp)
            _answer(sheet.cell(row, unit.ANSWER), line, formulas, stamp)
    for name, expression in unit_totals(layout).items():
        put_formula(sheet[unit.total(name).replace("$", "")], expression)
    for column in (unit.CHECK, *range(FIRST_HELPER, unit.last_helper + 1)):
        name_alike(sheet, column, [*unit.rows.values()])
    _offers(sheet, layout, stamp)
    _colours(sheet, layout)
    if jumps:
        for field in unit.sheet:
            if not field.derive:
                raw, row = unit.raw(field.key), unit.rows[field.key]
                was = f"${get_column_letter(unit.was)}${row}"
                uncolour_changed(sheet, raw.replace("$", ""), raw, was)
    hide_helpers(sheet, unit.helper_count + 2 * jumps)
    sheet.freeze_panes = sheet.cell(unit.HEADING_ROW + 1, unit.ANSWER)
    first = next((f for f in unit.sheet if not answer_style(f, stamp).locked), unit.sheet.fields[0])
    put_cursor(sheet, unit.raw(first.key).replace("$", ""))
    set_page(
        sheet,
        form,
        stamp,
        area=f"{quoted(unit.sheet.title)}$A$1:${get_column_letter(len(WIDTHS))}${unit.last_row}",
        heading_row=unit.HEADING_ROW,
        landscape=True,
        most_pages=max(2, -(-len(unit.lines) // LINES_A_PAGE)),
    )
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False  # False: not forbidden
    sheet.protection.formatRows = False


def _head(sheet: Any, layout: TemplateLayout, painter: Painter) -> None:
    unit = layout.record
    put_text(painter.paint(sheet.cell(TITLE_ROW, 1), TITLE), unit.sheet.title)
    sheet.row_dimensions[TITLE_ROW].height = 34
    sheet.row_dimensions[STATUS_ROW].height = 24
    put_formula(
        painter.paint(sheet.cell(STATUS_ROW, 1), STATUS), LINK.format(
            target=unit.total("target"), text=unit.total("status")
        )
    )  # fmt: skip
    sheet.row_dimensions[unit.HEADING_ROW].height = 26
    for column, role in enumerate(unit.ROLES, 1):
        cell = painter.paint(sheet.cell(unit.HEADING_ROW, column), HEADING)
        put_text(cell, unit.sheet.headings[role])


def _line(
    sheet: Any,
    row: int,
    field: Field,
    layout: TemplateLayout,
    formulas: FieldFormulas,
    painter: Painter,
    constants: Constants,
    stamp: Stamp,
) -> None:
    """All of a field's line but its answer and explanation; their looks included."""
    unit, form = layout.record, layout.form
    mark = label(form, "required_mark") if field.required else ""
    put_text(painter.paint(sheet.cell(row, unit.ITEM), ITEM), field.title + mark)
    painter.paint(sheet.cell(row, unit.ANSWER), answer_style(field, stamp))
    painter.paint(sheet.cell(row, unit.EXPLANATION), explanation_style(field, form))
    note = painter.paint(sheet.cell(row, unit.NOTE), NOTE)
    counted = counted_rows(form, field)
    if counted:
        number = unit.helper(field.key, "offered")
        listed = phrase(form, "listed", counted.params, n=number)
        put_formula(note, f'{quote(field.note)}&IF({number}>0,{listed},"")')
    else:
        put_text(note, field.note)
    answer = "　" * NAME_LENGTH if locked_text(field, stamp) else ""
    sheet.row_dimensions[row].height = max(
        line_height(["", answer, text, field.note]) for text in ("", *_verdicts(form, field))
    )
    cells = {
        "norm": formulas.norm(field),
        "usable": formulas.usable(field, unit.explained(field.key)),
        "messages": formulas.messages(field, "", unit.explained(field.key)),
        "explained": formulas.explained(unit.explanation(field.key)),
    }
    if counted:
        cells["offered"] = counted.expression(formulas.refs)
    if not field.derive:
        if KINDS[field.kind].offers_at:
            norm = unit.helper(field.key, "norm")
            cells["offered"] = KINDS[field.kind].excel_offered(norm, field, form)
        cells["fault"] = formulas.fault(field, unit.explained(field.key))
        if KINDS[field.kind].excel_text_cell:
            cells["text"] = formulas.text(field)
    for part, expression in cells.items():
        cell = painter.paint(sheet.cell(row, unit.column(part)), HELPER)
        put_formula(cell, constants.replace(expression) or expression)
    check = painter.paint(sheet.cell(row, unit.CHECK), CHECK)
    messages = [unit.helper(field.key, "messages")]
    put_formula(check, formulas.verdict(messages, messages, unit.explained(field.key)))


def line_height(texts: Sequence[str]) -> float:
    """Points that a line takes for what its columns say, from the left. Programs fit a row to
    wrapped text when somebody types in it, not when a formula comes to more."""
    lines = max(map(text_lines, texts, CAPACITIES))
    return min(TWO_LINES + LINE_HEIGHT * max(0, lines - 2), TALLEST)


def _verdicts(form: Form, field: Field) -> Iterator[str]:
    """What 核对 may say of a field by each rule: a line has room for one of them at a time."""
    for rule in form.rules:
        if field.path in rule.at:
            level = catalogue.entry(rule.code, form, field).level
            yield stored.message(form, rule.code, field, level)


def _answer(cell: Any, field: Field, formulas: FieldFormulas, stamp: Stamp) -> None:
    if field.derive:
        put_formula(cell, formulas.shown(field))
    elif text := locked_text(field, stamp):
        put_text(cell, text)


def locked_text(field: Field, stamp: Stamp) -> str:
    """What the identity file states for a field ('' = nothing: the cell stays open)."""
    return str(getattr(stamp, field.identity)) if field.identity else ""


def _offers(sheet: Any, layout: TemplateLayout, stamp: Stamp) -> None:
    unit, form = layout.record, layout.form
    reasons = []
    for field in unit.sheet:
        entries = ""
        if not field.derive:
            kind = KINDS[field.kind]
            entries = kind.excel_list(field, form, lambda key: unit.helper(key, "norm"))
            if counted_rows(form, field):
                entries = unit.helper(field.key, "offered")
        text = prompt(form, field, locked=bool(locked_text(field, stamp)))
        offer(sheet, unit.raw(field.key).replace("$", ""), entries, text)
        if is_explainable(form, field):
            reasons.append(unit.explanation(field.key).replace("$", ""))
    if reasons:
        offer(sheet, " ".join(reasons), "", label(form, "reason"))


def _colours(sheet: Any, layout: TemplateLayout) -> None:
    """Verdicts in colour: the 核对 cell's text and the answer's ground."""
    unit, form = layout.record, layout.form
    first, last = unit.HEADING_ROW + 1, unit.last_row
    check = f"${get_column_letter(unit.CHECK)}{first}"
    verdicts = verdict_conditions(form, check)
    for column, tinted in ((unit.CHECK, False), (unit.ANSWER, True)):
        letter = get_column_letter(column)
        colour_verdicts(sheet, f"{letter}{first}:{letter}{last}", verdicts, tinted=tinted)


__all__ = ["UnitLayout", "locked_text", "write"]
