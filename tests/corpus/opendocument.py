"""The same cells as LibreOffice stores them: an OpenDocument workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from converter.workbook.xlsx.sheet_xml import merged_areas
from tests.corpus.writers import Error, Formula, Table

SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    [
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style", "meta")
    ]
    + ['xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"']
)
HIDDEN_TABLE = (
    '<style:style style:name="hidden" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
)


def cell(value: Any, attributes: str = "") -> str:
    """One cell; None = a blank one."""
    if isinstance(value, Formula):
        return cell(value.value, f'{attributes} table:formula="of:={escape(value.text)}"')
    if value is None:
        return f"<table:table-cell{attributes}/>"
    kind, stored, text = "string", "", str(value)
    if isinstance(value, Error):
        stored, text = ' office:string-value="" calcext:value-type="error"', value.name
    elif isinstance(value, bool):
        kind, stored = "boolean", f' office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, int | float):
        kind, stored = "float", f' office:value="{value!r}"'
    elif isinstance(value, date):
        kind, stored = "date", f' office:date-value="{value.isoformat()}"'
    shown = "".join(f"<text:p>{_paragraph(line)}</text:p>" for line in text.split("\n"))
    return (
        f'<table:table-cell office:value-type="{kind}"{stored}{attributes}>{shown}'
        "</table:table-cell>"
    )


def _paragraph(text: str) -> str:
    """Blanks at the ends and beside each other are elements: XML would lose them."""
    shown = escape(text).replace("\t", "<text:tab/>")
    return re.sub("^ +| +$|(?<= ) +", lambda found: f'<text:s text:c="{len(found[0])}"/>', shown)


def row(values: Sequence[Any], attributes: str = "") -> str:
    return f"<table:table-row{attributes}>{''.join(map(cell, values))}</table:table-row>"


def table(name: str, rows: str, before: str = "", attributes: str = "") -> str:
    return f"<table:table table:name={quoteattr(name)}{attributes}>{before}{rows}</table:table>"


def save(path: Path, tables: str, styles: str = "", **parts: str) -> Path:
    """A workbook of the given tables' XML."""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMESPACES}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    path.parent.mkdir(exist_ok=True, parents=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", SPREADSHEET, zipfile.ZIP_STORED)
        archive.writestr("content.xml", text)
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def write_ods(path: Path, tables: Sequence[Table]) -> Path:
    return save(path, "".join(map(_table, tables)), HIDDEN_TABLE)


def _table(given: Table) -> str:
    listed = "".join(f'<mergeCell ref="{area}"/>' for area in given.merges)
    merges = merged_areas(listed.encode())
    rows = "".join(
        _row(number, values, merges, hidden=number in given.hidden_rows)
        for number, values in enumerate(given.rows, 1)
    )
    widest = max(map(len, given.rows), default=0)
    hidden = {column for a, b in given.hidden_columns for column in range(a, b + 1)}
    columns = "".join(
        f"<table:table-column{_visibility(column in hidden)}/>" for column in range(1, widest + 1)
    )
    style = ' table:style-name="hidden"' if given.hidden else ""
    return table(given.title, rows, columns, style)


def _row(
    number: int, values: Sequence[Any], merges: Sequence[tuple[int, int, int, int]], *, hidden: bool
) -> str:
    cells = []
    for column, value in enumerate(values, 1):
        spans = ""
        for top, left, bottom, right in merges:
            if (number, column) == (top, left):
                spans = (
                    f' table:number-rows-spanned="{bottom - top + 1}"'
                    f' table:number-columns-spanned="{right - left + 1}"'
                )
        cells.append(cell(value, spans))
    return f"<table:table-row{_visibility(hidden)}>{''.join(cells)}</table:table-row>"


def _visibility(hidden: bool) -> str:
    return ' table:visibility="collapse"' if hidden else ""
