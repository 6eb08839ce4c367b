"""A form of one table as a workbook: headings, a line under the title that says what goes where,
perhaps rows with dropdowns. The roster to fill in, and the questions to decide about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from converter.kinds import KINDS
from converter.model.forms import Form
from converter.template import saving, style
from converter.template.cell_text import put_text
from converter.template.labels import label
from converter.template.style import CellStyle, Painter, text_lines

TITLE_ROW, NOTE_ROW, HEADING_ROW = 1, 2, 3
LINE_HEIGHT = 12.5
ROW_LINE = 15.0  # points of a line in a row

TITLE = CellStyle(size=16, bold=True)
NOTE = CellStyle(size=8.5, colour=style.MUTED, wrap=True, indent=1, vertical="bottom")
HEADING = CellStyle(
    bold=True, colour=style.ACCENT, fill=style.BAND, lines="tb", wrap=True, indent=1
)
CELL = CellStyle(wrap=True, indent=1, lines="b")

Row = Mapping[str, str]  # field key → text


def write(
    table: Form,
    path: Path,
    rows: Sequence[Row] = (),
    choices: Mapping[str, Sequence[Sequence[str]]] | None = None,
    hidden: Sequence[str] = (),
) -> None:
    """Write a workbook. `choices`: field key → for each row the texts of its dropdown; `hidden`:
    fields that nobody needs to see. Raises OSError."""
    painter = Painter(label(table, "font"))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = table.main_table.title
    put_text(painter.paint(sheet.cell(TITLE_ROW, 1), TITLE), table.title)
    sheet.row_dimensions[TITLE_ROW].height = 34
    lines = 1
    for column, field in enumerate(table.main_table, 1):
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = field.width or KINDS[field.kind].width
        dimension.hidden = field.key in hidden
        # The whole column: codes are text in every row, also in those nobody prepared.
        painter.paint(dimension, CellStyle(indent=1, number_format=KINDS[field.kind].number_format))
        put_text(painter.paint(sheet.cell(NOTE_ROW, column), NOTE), field.note)
        lines = max(lines, text_lines(field.note, dimension.width * 1.1))
        mark = label(table, "required_mark") if field.required else ""
        put_text(painter.paint(sheet.cell(HEADING_ROW, column), HEADING), field.title + mark)
    sheet.row_dimensions[NOTE_ROW].height = lines * LINE_HEIGHT + 8
    sheet.row_dimensions[HEADING_ROW].height = 26
    sheet.freeze_panes = sheet.cell(HEADING_ROW + 1, 1)
    sheet.sheet_view.showGridLines = True
    _fill(sheet, table, rows, painter)
    for key, offered in (choices or {}).items():
        _add_dropdowns(sheet, [field.key for field in table.main_table].index(key) + 1, offered)
    for name, value in (("form", table.id), ("version", table.version)):
        book.custom_doc_props.append(StringProperty(name=name, value=value))
    saving.save(book, path)


def _fill(sheet: Any, table: Form, rows: Sequence[Row], painter: Painter) -> None:
    for number, row in enumerate(rows, HEADING_ROW + 1):
        lines = 1
        for column, field in enumerate(table.main_table, 1):
            text = row.get(field.key, "")
            put_text(painter.paint(sheet.cell(number, column), CELL), text)
            lines = max(lines, text_lines(text, field.width or KINDS[field.kind].width))
        sheet.row_dimensions[number].height = lines * ROW_LINE + 6
    if rows:
        last = f"{get_column_letter(len(table.main_table.fields))}{HEADING_ROW + len(rows)}"
        sheet.auto_filter.ref = f"A{HEADING_ROW}:{last}"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"


def _add_dropdowns(sheet: Any, column: int, offered: Sequence[Sequence[str]]) -> None:
    """A dropdown for each row; rows that offer the same share one."""
    cells: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row, texts in enumerate(offered, HEADING_ROW + 1):
        cells[tuple(texts)].append(f"{get_column_letter(column)}{row}")
    for texts, where in cells.items():
        listed = DataValidation(type="list", formula1=f'"{",".join(texts)}"', allow_blank=True)
        listed.showErrorMessage = True
        for cell in where:
            listed.add(cell)
        sheet.add_data_validation(listed)
