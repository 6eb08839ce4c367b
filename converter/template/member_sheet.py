"""A table: a record a row, e.g. a member. Not protected at all, so that rows can be deleted,
inserted, sorted, filtered and pasted: in a protected sheet one locked cell forbids all of it.

Formulas look at their own row and at whole columns only, so that sorting moves them unharmed.
Below the prepared rows the columns keep their formats: an ID typed there stays text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from openpyxl.utils import get_column_letter

from converter.kinds import KINDS
from converter.model.forms import Field, Form
from converter.model.submissions import Stamp
from converter.rules import never_after_today
from converter.rules.calendar_units import unit_of
from converter.template import row_checks, shared_formulas, stand_in_layout, style
from converter.template.cell_text import put_formula, put_text
from converter.template.conditional_formats import (
    colour_verdicts,
    message_conditions,
    uncolour_changed,
    verdict_conditions,
)
from converter.template.constants import Constants
from converter.template.formulas import FieldFormulas
from converter.template.labels import VERDICT_END, label, prompt
from converter.template.layout import (
    LAST_SHEET_ROW,
    STATUS_ROW,
    TITLE_ROW,
    MemberLayout,
    TemplateLayout,
    quoted,
)
from converter.template.offers import offer, put_cursor
from converter.template.print_setup import hide_helpers, set_page
from converter.template.refs import SheetRefs
from converter.template.row_formulas import named, put_named
from converter.template.style import CellStyle, Painter, text_lines
from converter.template.summary import LINK, STATUS, member_totals

NUMBER_WIDTH, CHECK_WIDTH, EXPLANATION_WIDTH = 6.5, 56.0, 26.0
JUMP_WIDTH = 11.0
ROW_HEIGHT = 21

TITLE = CellStyle(size=16, bold=True)
HEADING = CellStyle(
    bold=True, colour=style.ACCENT, fill=style.BAND, lines="tb", wrap=True, indent=1
)
NUMBER_HEADING = replace(HEADING, horizontal="center", indent=0)
HINT = CellStyle(size=8.5, colour=style.MUTED, wrap=True, indent=1, vertical="bottom")
NUMBER = CellStyle(size=9, colour=style.FAINT, lines="b", horizontal="center", locked=False)
ENTRY = CellStyle(fill=style.ENTRY, lines="blr", indent=1, locked=False)
DERIVED = CellStyle(fill=style.DERIVED, lines="b", indent=1, locked=False)
CHECK = CellStyle(size=9.5, lines="b", indent=1, locked=False)
EXPLANATION = CellStyle(
    size=9.5, fill=style.ENTRY, lines="blr", indent=1, number_format="@", locked=False
)
JUMP = CellStyle(
    size=9.5, colour=style.ACCENT, underline=True, lines="b", horizontal="center", locked=False
)
HELPER = CellStyle(size=8, colour=style.FAINT, locked=False)


def write(
    sheet: Any,
    layout: TemplateLayout,
    member: MemberLayout,
    painter: Painter,
    constants: Constants,
    stamp: Stamp,
    *,
    jumps: bool,
) -> None:
    form = layout.form
    _columns(sheet, member, painter)
    _head(sheet, form, member, painter)
    if jumps:
        heading = painter.paint(sheet.cell(member.HEADING_ROW, member.jump), HEADING)
        put_text(heading, member.sheet.headings["jump"])
        sheet.column_dimensions[get_column_letter(member.jump)].width = JUMP_WIDTH
    _row(sheet, layout, member, painter, constants)
    for name, expression in member_totals(member, form).items():
        put_formula(sheet[member.total(name).replace("$", "")], expression)
    _offers(sheet, form, member)
    _colours(sheet, form, member)
    if jumps:
        for key, column in member.was.items():
            letter, was = get_column_letter(member.columns[key]), get_column_letter(column)
            area = f"{letter}{member.FIRST_ROW}:{letter}{member.last_row}"
            uncolour_changed(sheet, area, member.raw(key), f"${was}{member.FIRST_ROW}")
    hide_helpers(sheet, member.helper_count + (len(member.was) + 1 if jumps else 0))
    sheet.sheet_format.defaultRowHeight = ROW_HEIGHT
    sheet.sheet_format.customHeight = True
    first = member.columns[member.sheet.fields[0].key]
    sheet.freeze_panes = sheet.cell(member.FIRST_ROW, first + 1)
    put_cursor(sheet, sheet.cell(member.FIRST_ROW, first).coordinate)
    last = get_column_letter(member.jump if jumps else member.explanation_column)
    sheet.auto_filter.ref = f"A{member.HEADING_ROW}:{last}{member.last_row}"
    last_printed = get_column_letter(member.explanation_column)
    set_page(
        sheet,
        form,
        stamp,
        area=f"{quoted(member.sheet.title)}$A$1:${last_printed}${member.last_printed}",
        heading_row=member.HEADING_ROW,
        landscape=True,
    )


def cell_styles(member: MemberLayout) -> dict[int, CellStyle]:
    """How the visible cells of a row look, by column."""
    found = {member.NUMBER: NUMBER, member.check: CHECK, member.explanation_column: EXPLANATION}
    for field in member.sheet:
        base = DERIVED if field.derive else ENTRY
        shown = KINDS[field.kind].number_format
        if field.derive and shown == "@":
            shown = "General"  # a formula in a text cell turns to text when it is edited
        found[member.columns[field.key]] = replace(base, number_format=shown)
    return found


def _columns(sheet: Any, member: MemberLayout, painter: Painter) -> None:
    widths = {
        member.NUMBER: NUMBER_WIDTH,
        member.check: CHECK_WIDTH,
        member.explanation_column: EXPLANATION_WIDTH,
    }
    for field in member.sheet:
        widths[member.columns[field.key]] = field.width or KINDS[field.kind].width
    looks = cell_styles(member)
    for column, width in widths.items():
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = width
        # Blank cells look as their column does (so a blank row takes less room), inserted ones
        # and those below the prepared rows among them.
        painter.paint(dimension, looks[column])
        for row in (TITLE_ROW, STATUS_ROW):
            painter.paint(sheet.cell(row, column), CellStyle())


def _head(sheet: Any, form: Form, member: MemberLayout, painter: Painter) -> None:
    headings = member.sheet.headings
    put_text(painter.paint(sheet.cell(TITLE_ROW, 1), TITLE), member.sheet.title)
    sheet.row_dimensions[TITLE_ROW].height = 34
    status = painter.paint(sheet.cell(STATUS_ROW, 1), STATUS)
    put_formula(status, LINK.format(target=member.total("target"), text=member.total("status")))
    sheet.row_dimensions[STATUS_ROW].height = 24
    texts = {
        member.NUMBER: (headings["number"], ""),
        member.check: (headings["check"], ""),
        member.explanation_column: (headings["explanation"], ""),
    }
    mark = label(form, "required_mark")
    for field in member.sheet:
        required = field.required and not field.derive
        texts[member.columns[field.key]] = (field.title + mark * required, field.note)
    lines = 1
    for column, (heading, hint) in texts.items():
        look = NUMBER_HEADING if column == member.NUMBER else HEADING
        put_text(painter.paint(sheet.cell(member.HEADING_ROW, column), look), heading)
        painter.paint(sheet.cell(member.NOTE_ROW, column), HINT)
        if hint:
            put_text(sheet.cell(member.NOTE_ROW, column), hint)
            width = sheet.column_dimensions[get_column_letter(column)].width
            lines = max(lines, text_lines(hint, width * 1.15))
    sheet.row_dimensions[member.NOTE_ROW].height = lines * 12.5 + 5
    sheet.row_dimensions[member.HEADING_ROW].height = 26


def _row(
    sheet: Any,
    layout: TemplateLayout,
    member: MemberLayout,
    painter: Painter,
    constants: Constants,
) -> None:
    """The first prepared row, pattern of all others: looks and formulas (see `rows`)."""
    formulas = {member.NUMBER: f"ROW()-{member.heading_row}"}
    refs = SheetRefs(layout, member.sheet.key)
    formulas |= row_checks.formulas_of(layout.form, member, refs)
    reason = constants.replace(FieldFormulas.explained(member.explanation))
    assert reason
    sheet.parent.defined_names[member.explained()] = named(
        member.explained(), reason, sheet, member.FIRST_ROW
    )
    for column, look in (
        cell_styles(member) | dict.fromkeys(member.helpers.values(), HELPER)
    ).items():
        cell = painter.paint(sheet.cell(member.FIRST_ROW, column), look)
        text = formulas.get(column)
        if not text:
            continue
        shareable = constants.replace(text)
        if shareable is None:
            put_formula(cell, text)  # `rows` writes it anew for every row
            continue
        if column == member.NUMBER:
            area = f"A{member.FIRST_ROW}:A{member.last_row}"
            cell.value = shared_formulas.first(sheet, shareable, area)
        else:
            put_named(cell, shareable)


def _offers(sheet: Any, form: Form, member: MemberLayout) -> None:
    for field in member.sheet:
        formula = ""
        if not field.derive:
            kind = KINDS[field.kind]
            formula = kind.excel_list(field, form, lambda key: member.helper(key, "norm"))
        offer(sheet, member.area(member.columns[field.key]), formula, prompt(form, field))
    offer(sheet, member.area(member.explanation_column), "", label(form, "reason"))


def _colours(sheet: Any, form: Form, member: MemberLayout) -> None:
    """Verdicts in colour: the text of 核对, and the ground of the very cell that is meant."""
    check = member.at(member.check)
    meant = [(member.check, verdict_conditions(form, check), False)]
    for field in member.sheet:
        conditions = _conditions(form, member, field, member.at)
        meant.append((member.columns[field.key], conditions, True))
    for field in never_after_today(form, member.sheet.key):
        letter, norm = (
            get_column_letter(member.columns[field.key]),
            member.helper(field.key, "norm"),
        )
        area = f"{letter}{member.FIRST_ROW}:{letter}{member.last_row}"
        is_one, later = unit_of(field).excel_later(norm, member.total("today"))
        future = f"IF({is_one},{later},FALSE)"
        colour_verdicts(sheet, area, {"wrong": future}, tinted=True)
    for column, conditions, tinted in meant:
        colour_verdicts(sheet, member.area(column), conditions, tinted=tinted)
    _colour_bare(sheet, form, member)


def _colour_bare(sheet: Any, form: Form, member: MemberLayout) -> None:
    """Filled rows without formulas, and those below the prepared ones: coloured where a stand-in
    finds something, or where there is none for them, and the check has yet to see them."""
    first, last = (
        get_column_letter(column) for column in (min(member.columns.values()), member.check)
    )
    row, entries = member.FIRST_ROW, get_column_letter(max(member.columns.values()))
    check = member.at(member.check)
    bare = f"OR(ISBLANK({member.filled}),ISBLANK({check}),NOT({row_checks.is_own(check)}))"
    for field in member.sheet:
        if condition := _conditions(form, member, field, _by_stand_in(member)).get("wrong"):
            area = member.area(member.columns[field.key])
            colour_verdicts(sheet, area, {"wrong": f"IFERROR({condition},FALSE)"}, tinted=True)
    fine = f'IFERROR({_by_stand_in(member)(member.check)}="{VERDICT_END}",FALSE)'
    condition = f"IF({bare},AND(COUNTA(${first}{row}:${entries}{row})>0,NOT({fine})),FALSE)"
    area = f"{first}{row}:{last}{LAST_SHEET_ROW}"
    colour_verdicts(sheet, area, {"doubt": condition}, tinted=True)


def _conditions(
    form: Form, member: MemberLayout, field: Field, at: Callable[[int], str]
) -> dict[str, str]:
    """The verdicts on a field's answer. `at`: where each column of its row stands."""
    if member.has(field.key, "messages"):
        return verdict_conditions(form, at(member.helpers[field.key, "messages"]))
    fault = member.helpers.get((field.key, "fault"))
    return message_conditions(form, field, at(member.check), at(fault) if fault else "")


def _by_stand_in(member: MemberLayout) -> Callable[[int], str]:
    """A row as its stand-in has it: expressions that are errors where it has none."""
    places = stand_in_layout.column_of(member, stand_in_layout.PLACE)
    which = f"MATCH(ROW({member.filled})-{member.heading_row}+1,{places},0)"
    return partial(stand_in_layout.cell_of, member, which=which)
