"""Plain tables → terminal text, a printable page, CSV or a workbook.

A table is (title, header, rows); the header may be empty. Texts come as they are shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from converter.report.text import columns, visible

GAP = 2  # columns between two columns of a terminal table


class Table(NamedTuple):
    """One table, every cell a text as it is shown (or a number, for a workbook)."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


def text(tables: Sequence[Table]) -> str:
    """Aligned columns; numbers to the right."""
    return "\n\n".join(_block(table) for table in tables) + "\n"


def _block(table: Table) -> str:
    rows = [[visible(shown(cell)) for cell in row] for row in (table.header, *table.rows) if row]
    wide = max((len(row) for row in rows), default=0)
    widths = [max(columns(row[n]) for row in rows if n < len(row)) for n in range(wide)]
    body = table.rows[0] if table.rows else ()
    right = {n for n, cell in enumerate(body) if isinstance(cell, int | float)}
    lines = [table.title] if table.title else []
    for row in rows:
        cells = [_pad(cell, widths[n], n in right) for n, cell in enumerate(row)]
        lines.append("  " + (" " * GAP).join(cells).rstrip())
    return "\n".join(lines)


def shown(cell: str | int | float) -> str:
    """A cell as people read it: rates with one decimal."""
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def _pad(cell: str, width: int, right: bool) -> str:
    blank = " " * (width - columns(cell))
    return blank + cell if right else cell + blank


def html(tables: Sequence[Table], title: str, subtitle: str = "") -> str:
    """One page that opens offline and prints well."""
    from converter.report.page import environment

    page = environment().get_template("tabular.html.j2")
    return page.render(tables=tables, title=title, subtitle=subtitle)


def write_csv(tables: Sequence[Table]) -> bytes:
    """All tables below each other, for a spreadsheet program (UTF-8 with a mark, as Excel
    needs it); texts that a spreadsheet would run are kept as text."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    for number, table in enumerate(tables):
        if number:
            writer.writerow([])
        if table.title:
            writer.writerow([table.title])
        for row in (table.header, *table.rows):
            if row:
                writer.writerow([_tame(shown(cell)) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def _tame(cell: str) -> str:
    """A text that a spreadsheet would take for a formula gets the mark that says it is text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def write_xlsx(tables: Sequence[Table], title: str) -> bytes:
    """A workbook with one sheet a table, formatted and ready to print."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    book = Workbook()
    book.remove(book.active)
    line = Side(style="thin", color="D9DCE1")
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.title, book.sheetnames))
        sheet.append([title])
        sheet["A1"].font = Font(size=14, bold=True)
        sheet.append([])
        for row in (table.header, *table.rows):
            sheet.append(list(row))
            for cell in sheet[sheet.max_row]:
                cell.border = Border(bottom=line)
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # never a formula
                elif isinstance(cell.value, float):
                    cell.number_format = "0.0"
        for cell in sheet[3]:
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="EEF1F5")
            cell.alignment = Alignment(vertical="center", wrap_text=True)
        for n in range(1, sheet.max_column + 1):
            texts = [shown(r[n - 1]) for r in (table.header, *table.rows) if len(r) >= n]
            letter = sheet.cell(3, n).column_letter
            sheet.column_dimensions[letter].width = max(map(columns, texts), default=8) + 4
        sheet.freeze_panes = "A4"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheet_name(title: str, taken: Sequence[str]) -> str:
    """A title cut to what a sheet may be called."""
    name = "".join(" " if c in r"[]:*?/\\" else c for c in title)[:28].strip() or "1"
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name} {number}", number + 1
    return unique
