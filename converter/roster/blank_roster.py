"""The roster to fill in: one sheet, headings, a line under the title that says what goes where."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.utils import get_column_letter

from converter.kinds import KINDS
from converter.model.forms import Form
from converter.template import saving, style
from converter.template.cell_text import put_text
from converter.template.labels import label
from converter.template.style import CellStyle, Painter, text_lines

TITLE_ROW, NOTE_ROW, HEADING_ROW = 1, 2, 3
LINE_HEIGHT = 12.5

TITLE = CellStyle(size=16, bold=True)
NOTE = CellStyle(size=8.5, colour=style.MUTED, wrap=True, indent=1, vertical="bottom")
HEADING = CellStyle(
    bold=True, colour=style.ACCENT, fill=style.BAND, lines="tb", wrap=True, indent=1
)


def write(table: Form, path: Path) -> None:
    """Write an empty roster. Raises OSError."""
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
    for name, value in (("form", table.id), ("version", table.version)):
        book.custom_doc_props.append(StringProperty(name=name, value=value))
    saving.save(book, path)
