"""How sheets print, and which columns stay out of sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from converter.model.forms import Form
from converter.model.submissions import Stamp
from converter.template.cell_text import visible
from converter.template.labels import label
from converter.template.layout import FIRST_HELPER

A4 = 9
# Excel repairs a workbook with a footer of more than 255 units of UTF-16 (ECMA-376 18.3.1.62). The
# unit's name and the form's title share it with page numbers and commands.
LONGEST_NAME, LONGEST_TITLE = 110, 60
PRINT_AREA = "_xlnm.Print_Area"


def set_page(
    sheet: Any,
    form: Form,
    stamp: Stamp,
    *,
    area: str,
    heading_row: int = 0,
    landscape: bool = False,
    most_pages: int = 0,
) -> None:
    """A4, as wide as one page, headings on every page, page numbers below.

    `area` is what is printed: an absolute range with its sheet, or a formula that yields one;
    made smaller where it would take more than `most_pages` (0: as many as it takes).
    """
    # The name itself rather than openpyxl's property, which takes no formula.
    sheet.defined_names[PRINT_AREA] = DefinedName(PRINT_AREA, attr_text=area)
    if heading_row:
        sheet.print_title_rows = f"{heading_row}:{heading_row}"
    setup = sheet.page_setup
    setup.paperSize = A4
    setup.orientation = "landscape" if landscape else "portrait"
    setup.fitToWidth, setup.fitToHeight = 1, most_pages
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.page_margins.header = sheet.page_margins.footer = 0.3
    sheet.print_options.horizontalCentered = True
    footer = sheet.oddFooter
    texts = {
        "left": footer_text(stamp.unit_name),
        "center": label(form, "page", page="&P", pages="&N"),
        "right": footer_text(f"{form.title} {form.version}", LONGEST_TITLE),
    }
    for place, text in texts.items():
        # Above it, on the form's own sheets, room to sign; in cells it would be taken for a row.
        sign = label(form, f"sign_{place}") + "\n" if heading_row else ""
        getattr(footer, place).text = sign + text
    for part in (footer.left, footer.center, footer.right):
        part.size = 8
    sheet.sheet_view.showGridLines = False


def hide_helpers(sheet: Any, count: int) -> None:
    first = sheet.column_dimensions[get_column_letter(FIRST_HELPER)]
    first.min, first.max, first.hidden = FIRST_HELPER, FIRST_HELPER + count - 1, True


def footer_text(text: str, most: int = LONGEST_NAME) -> str:
    """A text for a footer, where & begins a command, cut where Excel would find it too long."""
    whole = visible(text)
    shown = "".join(_fitting(whole, most))
    if len(shown) < len(whole):
        shown = "".join(_fitting(whole, most - 1)) + "…"
    return shown.replace("&", "&&")


def _fitting(text: str, most: int) -> Iterator[str]:
    """The first characters that take no more units of UTF-16 than `most`, & counted twice."""
    units = 0
    for character in text:
        units += 2 if character == "&" or character > "\uffff" else 1
        if units > most:
            return
        yield character
