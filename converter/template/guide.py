"""The first sheet: what is filled in so far, and how to fill in the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.formatting.rule import Rule as Formatting

from converter.forms import texts
from converter.model.forms import Form
from converter.model.submissions import LONGEST_CONTACT, Stamp
from converter.template import style
from converter.template.cell_text import put_formula, put_text
from converter.template.labels import label
from converter.template.layout import TemplateLayout, quoted
from converter.template.print_setup import set_page
from converter.template.style import CellStyle, Painter, text_lines
from converter.template.summary import LINK

MARGIN, HEADINGS, TEXTS = 3.0, 26.0, 84.0
FIRST_LINE, LINE_HEIGHT, GAP = 21.0, 15.5, 12.0

TITLE = CellStyle(size=20, bold=True)
SUBTITLE = CellStyle(size=10.5, colour=style.MUTED)
BAND = CellStyle(bold=True, colour=style.ACCENT, fill=style.BAND, indent=1)
CARD_LINK = CellStyle(fill=style.BAND, colour=style.ACCENT, underline=True, indent=1)
HEADING = CellStyle(bold=True, colour=style.ACCENT, lines="t", wrap=True, indent=1, vertical="top")
# At the top: not every program needs as many lines as were reckoned with.
TEXT = CellStyle(wrap=True, indent=1, vertical="top")
FIRST_TEXT = CellStyle(wrap=True, lines="t", indent=1, vertical="top")


def write(sheet: Any, layout: TemplateLayout, painter: Painter, stamp: Stamp) -> None:
    form = layout.form
    for letter, width in zip("ABC", (MARGIN, HEADINGS, TEXTS), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.row_dimensions[1].height = 14
    put_text(painter.paint(sheet.cell(2, 2), TITLE), form.title)
    sheet.row_dimensions[2].height = 36
    row = 3
    for text in _subtitles(form, stamp):
        put_text(painter.paint(sheet.cell(row, 2), SUBTITLE), text)
        sheet.row_dimensions[row].height = 19
        row += 1
    row = _overview(sheet, row + 1, layout, painter)
    for heading, lines in _sections(form, stamp):
        row = _section(sheet, row + 2, heading, lines, painter, stamp)
    set_page(sheet, form, stamp, area=f"{quoted(sheet.title)}$A$1:$C${row}")


def _subtitles(form: Form, stamp: Stamp) -> list[str]:
    period = stamp.period or str(form.prose.get("period", ""))
    first = [label(form, "edition", period=period)] if period else []
    first.append(label(form, "version", version=form.version))
    lines = ["　".join(first)]
    if stamp.unit_name:
        lines.append(label(form, "unit", unit_name=stamp.unit_name))
    if stamp.superior_name:
        lines.append(label(form, "superior", superior_name=stamp.superior_name))
    return lines


def _overview(sheet: Any, row: int, layout: TemplateLayout, painter: Painter) -> int:
    """A card with one line a sheet: its name, what was found in it, both linked."""
    form = layout.form
    put_text(painter.paint(sheet.cell(row, 2), BAND), label(form, "overview"))
    painter.paint(sheet.cell(row, 3), BAND)
    sheet.row_dimensions[row].height = 26
    for place in layout.places:
        row += 1
        prefix = quoted(place.sheet.title)
        target = f'"#{prefix}A1"'
        name = painter.paint(sheet.cell(row, 2), CARD_LINK)
        put_formula(name, LINK.format(target=target, text=f'"{place.sheet.title}"'))
        status = painter.paint(sheet.cell(row, 3), CARD_LINK)
        totals = {"target": prefix + place.total("target"), "text": prefix + place.total("status")}
        put_formula(status, LINK.format(**totals))
        sheet.row_dimensions[row].height = 26
        clear = style.verdict_style(style.FINE)
        condition = f'ISNUMBER(FIND("{label(form, "all_clear")}",$C{row}))'
        sheet.conditional_formatting.add(
            f"C{row}", Formatting("expression", dxf=clear, formula=[condition])
        )
    return row


def _sections(form: Form, stamp: Stamp) -> list[tuple[str, Sequence[str]]]:
    """The form's own, and last whom to ask."""
    sections = list(form.prose.get("template", {}).get("guide", []))
    sections.append(texts.contact_section(form, stamp.superior_contact))
    return [(s["heading"], s.get("lines", ())) for s in sections if s.get("heading")]


def _section(
    sheet: Any, row: int, heading: str, lines: Sequence[str], painter: Painter, stamp: Stamp
) -> int:
    """Heading on the left, lines on the right, a gap above; the last line's row."""
    sheet.row_dimensions[row - 1].height = GAP
    put_text(painter.paint(sheet.cell(row, 2), HEADING), heading)
    for number, line in enumerate(lines):
        cell = painter.paint(sheet.cell(row + number, 3), TEXT if number else FIRST_TEXT)
        put_text(cell, line)
        if line == stamp.superior_contact:  # perhaps only its mark: room for the longest one
            line = "　" * LONGEST_CONTACT
        # A line takes its own height and the gap to the next one.
        height = (text_lines(line, TEXTS * 1.06) - 1) * LINE_HEIGHT + FIRST_LINE
        sheet.row_dimensions[row + number].height = height
    return row + max(len(lines), 1) - 1
