"""The content part of an OpenDocument spreadsheet → tables of cells (ODF 1.3, part 3, 9).

The format repeats: one element may stand for a million rows. Nothing is multiplied out here: equal
rows are one run, blank cells at the end of a row and blank rows at the end of a table cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from xml.parsers import expat

from converter.model.cell_types import WIDEST
from converter.workbook.grid import Box
from converter.workbook.ods import number_styles
from converter.workbook.ods.number_styles import NumberStyles
from converter.workbook.unreadable import UnreadableFile

LARGEST_CONTENT = 256 << 20  # bytes: some two million cells, each a Python object
MOST_CELLS = 4_000_000  # filled ones that are kept, repeated ones included
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MOST_MERGES = 100_000

_SEPARATOR = "|"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (
    f"{_ODF}{name}:1.0{_SEPARATOR}" for name in ("table", "office", "text", "style")
)
_CALC = f"urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0{_SEPARATOR}"
# What stands around tables, rows, columns and text, and changes nothing about them.
_TRANSPARENT = {
    *(
        f"{_OFFICE}{name}"
        for name in (
            *("document-content", "automatic-styles", "body", "spreadsheet"),
            *("document-styles", "styles"),
        )
    ),
    *(
        f"{_TABLE}table-{name}"
        for name in (
            "row-group",
            "rows",
            "header-rows",
            "column-group",
            "columns",
            "header-columns",
        )
    ),
}
_INSIDE_TEXT = {f"{_TEXT}{name}" for name in ("span", "a", "ruby", "ruby-base", "meta")}
_FROM_OUTSIDE = {f"{_TABLE}{name}" for name in ("table-source", "cell-range-source")}
_HIDDEN = ("collapse", "filter")
_WHITESPACE = re.compile("[ \t\r\n]+")
_KEPT_BLANK = "\0"  # stands for a blank that is written as an element: no text may hold it
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_SPAN = re.compile(r"(-?)P(?:([0-9]+)D)?T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9.]+)S)?")


@dataclass(slots=True)
class Run:
    """Rows that follow each other and are alike: column → value, of filled cells alone."""

    first: int
    count: int
    cells: dict[int, object]
    formulas: dict[int, bool] = field(default_factory=dict)  # column → whether it is computed
    errors: dict[int, str] = field(default_factory=dict)
    formats: dict[int, str] = field(default_factory=dict)  # where they show another number

    @property
    def last(self) -> int:
        return self.first + self.count - 1


@dataclass(slots=True)
class OdsTable:
    """One sheet. Rows and columns count from 1."""

    name: str
    hidden: bool
    runs: list[Run] = field(default_factory=list)  # those with a value or a formula
    merges: list[Box] = field(default_factory=list)
    hidden_runs: list[tuple[int, int]] = field(default_factory=list)  # first and last row
    hidden_columns: set[int] = field(default_factory=set)
    is_cache: bool = False  # of another workbook's cells, not a sheet of this one


def read_content(
    pieces: Iterable[bytes], styles: Iterable[bytes] = ()
) -> tuple[list[OdsTable], int]:
    """All sheets of a content part, and how many sources outside the file it names. `styles`: the
    part with the styles that have names; one that cannot be read changes nothing.

    Raises UnreadableFile.
    """
    named = _Reader()
    try:
        _parse(styles, named)
        reader = _Reader(named.numbers)
    except (expat.ExpatError, ValueError):
        reader = _Reader()
    try:
        _parse(pieces, reader)
    except (expat.ExpatError, ValueError):
        raise UnreadableFile("F304", part="content.xml") from None
    return [table for table in reader.tables if not table.is_cache], reader.outside


def _parse(pieces: Iterable[bytes], reader: _Reader) -> None:
    """Raises UnreadableFile, ExpatError, ValueError."""
    parser = expat.ParserCreate("utf-8", _SEPARATOR)  # the archive has recoded the part
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LARGEST_CONTENT:
            raise UnreadableFile("F302", limit=LARGEST_CONTENT >> 20)
        parser.Parse(piece)
    parser.Parse(b"", True)


class _Reader:
    """Handlers of a parser's events, and what has been read so far."""

    def __init__(self, numbers: NumberStyles | None = None) -> None:
        self.numbers = numbers or NumberStyles()
        self.tables: list[OdsTable] = []
        self.outside = 0
        self._skipped = 0  # depth within an element that does not matter
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._in_numbers = 0  # depth within a style of numbers
        self._row_style = ""
        self._column_styles: dict[int, str] = {}
        self._table: OdsTable | None = None
        self._row = self._column = 0  # the next ones
        self._run: Run | None = None
        self._kept = 0  # cells
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._in_text = 0  # depth within a paragraph of a cell

    def doctype(self, *_: object) -> None:
        raise UnreadableFile("F309", part="content.xml")

    # --- elements ------------------------------------------------------------------------

    def start(self, tag: str, given: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
        elif self._in_numbers:
            self._in_numbers += 1
            self.numbers.start(tag, given)
        elif tag in number_styles.KINDS:
            self._in_numbers = 1
            self.numbers.begin(tag, given)
        elif self._cell is not None:
            self._start_in_cell(tag, given)
        elif tag in _TRANSPARENT:
            pass
        elif tag == f"{_STYLE}style":
            self._style = given.get(f"{_STYLE}name", "")
            self.numbers.begin_cells(given)
        elif tag == f"{_STYLE}table-properties":
            if given.get(f"{_TABLE}display") == "false":
                self._hidden_styles.add(self._style)
        elif tag == f"{_TABLE}table" and self._table is None:
            hidden = given.get(f"{_TABLE}style-name", "") in self._hidden_styles
            self._table = OdsTable(given.get(f"{_TABLE}name", ""), hidden)
            self._row = self._column = 1
            self._column_styles = {}
        elif self._table is not None and self._run is None and tag in _FROM_OUTSIDE:
            self.outside += 1
            self._table.is_cache |= tag.endswith("table-source")
            self._skipped = 1
        elif self._table is not None and tag == f"{_TABLE}table-column":
            self._start_column(self._table, given)
        elif self._table is not None and self._run is None and tag == f"{_TABLE}table-row":
            self._start_row(self._table, given)
        elif self._run is not None and tag in (
            f"{_TABLE}table-cell",
            f"{_TABLE}covered-table-cell",
        ):
            self._cell = {**given, "": tag}
            self._paragraphs = []
        else:
            self._skipped = 1

    def _start_column(self, table: OdsTable, given: dict[str, str]) -> None:
        count = _count(given, "number-columns-repeated", LAST_COLUMN)
        style = given.get(f"{_TABLE}default-cell-style-name", "")
        for column in range(self._column, min(self._column + count, WIDEST + 1)) if style else ():
            self._column_styles[column] = style
        if given.get(f"{_TABLE}visibility") in _HIDDEN:
            table.hidden_columns.update(range(self._column, min(self._column + count, LAST_COLUMN)))
        self._column += count

    def _start_row(self, table: OdsTable, given: dict[str, str]) -> None:
        count = _count(given, "number-rows-repeated", LAST_ROW)
        self._run = Run(self._row, count, {})
        self._column = 1
        self._row_style = given.get(f"{_TABLE}default-cell-style-name", "")
        if given.get(f"{_TABLE}visibility") in _HIDDEN:
            table.hidden_runs.append((self._row, self._run.last))

    def _start_in_cell(self, tag: str, given: dict[str, str]) -> None:
        if tag == f"{_TEXT}p" and not self._in_text:
            self._in_text = 1
            self._paragraphs.append("")
        elif self._in_text and tag in _INSIDE_TEXT:
            self._in_text += 1
        elif self._in_text and tag == f"{_TEXT}s":
            count = given.get(f"{_TEXT}c", "1")
            self._paragraphs[-1] += _KEPT_BLANK * min(int(count), 1000)
            self._skipped = 1
        elif self._in_text and tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            self._paragraphs[-1] += "\t" if tag.endswith("tab") else "\n"
            self._skipped = 1
        else:
            self._skipped = 1  # remarks, pictures, tables within a cell

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif self._in_numbers:
            self._in_numbers -= 1
            self.numbers.end(tag)
        elif self._in_text:
            self._in_text -= 1
            if not self._in_text:
                self._paragraphs[-1] = self._paragraphs[-1].strip(" ").replace(_KEPT_BLANK, " ")
        elif self._cell is not None:
            self._end_cell()
        elif tag == f"{_TABLE}table-row":
            self._end_row()
        elif tag == f"{_TABLE}table" and self._table is not None:
            self.tables.append(self._table)
            self._table = None

    def text(self, text: str) -> None:
        if self._in_numbers and not self._skipped:
            self.numbers.text(text)
        elif self._in_text and not self._skipped:
            self._paragraphs[-1] += _WHITESPACE.sub(" ", text)

    # --- cells ---------------------------------------------------------------------------

    def _end_cell(self) -> None:
        cell, run, table = self._cell, self._run, self._table
        assert cell is not None
        assert run is not None
        assert table is not None
        self._cell = None
        count = _count(cell, "number-columns-repeated", LAST_COLUMN)
        column, self._column = self._column, self._column + count
        if column > LAST_COLUMN or cell[""] == f"{_TABLE}covered-table-cell":
            return
        width = _count(cell, "number-columns-spanned", LAST_COLUMN)
        height = _count(cell, "number-rows-spanned", LAST_ROW)
        if (width > 1 or height > 1) and len(table.merges) < MOST_MERGES:
            box = run.first, column, run.first + height - 1, column + width - 1
            table.merges.append(box)
        value = _value(cell, "\n".join(self._paragraphs))
        has_formula = f"{_TABLE}formula" in cell
        if value == "" and not has_formula:
            return
        code = self._format(cell, column) if isinstance(value, float) else ""
        # Cells far to the right are counted, not kept: no form is as wide.
        for at in range(column, min(column + count, max(WIDEST, column) + 1)):
            if cell.get(f"{_CALC}value-type") == "error":
                run.errors[at] = str(value)
            if value != "":
                run.cells[at] = value
            if code:
                run.formats[at] = code
            if has_formula:
                run.formulas[at] = f"{_OFFICE}value-type" in cell

    def _format(self, cell: dict[str, str], column: int) -> str:
        """The format of a number, where it shows another one; '' for any other."""
        kind = cell.get(f"{_OFFICE}value-type")
        if kind not in ("float", "percentage", "currency"):
            return ""
        own = cell.get(f"{_TABLE}style-name")
        style = own or self._row_style or self._column_styles.get(column, "")
        code: str = self.numbers.code(style)
        return code or (number_styles.PERCENT if kind == "percentage" else "")

    def _end_row(self) -> None:
        run, table = self._run, self._table
        assert run is not None
        assert table is not None
        self._run, self._row = None, self._row + run.count
        self._kept += len(run.cells) + len(run.formulas)
        if self._kept > MOST_CELLS:
            raise UnreadableFile("F302", limit=LARGEST_CONTENT >> 20)
        if run.cells or run.formulas:
            if run.last > LAST_ROW:
                raise UnreadableFile("F315", sheet=table.name)  # no program has such a row
            table.runs.append(run)


def _count(given: dict[str, str], name: str, most: int) -> int:
    """How often something is repeated or how far it reaches. Raises ValueError."""
    return max(1, min(int(given.get(f"{_TABLE}{name}", "1")), most))


def _value(cell: dict[str, str], text: str) -> object:
    """What `cell_values.read_value` takes; '' = blank."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind in ("float", "percentage", "currency"):
        number = cell.get(f"{_OFFICE}value", "")
        return float(number) if _NUMBER.fullmatch(number) else text
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    if kind == "date":
        return _moment(cell.get(f"{_OFFICE}date-value", ""), text)
    if kind == "time":
        found = _SPAN.fullmatch(cell.get(f"{_OFFICE}time-value", ""))
        return _days(found) if found else text
    return cell.get(f"{_OFFICE}string-value") or text


def _moment(written: str, text: str) -> date | datetime | str:
    try:
        if len(written) == len("2010-05-01"):
            return date.fromisoformat(written)
        return datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return written or text


def _days(span: re.Match[str]) -> float:
    """A time of day is a part of a day, as in every spreadsheet."""
    sign, *parts = span.groups("0")
    days, hours, minutes, seconds = map(float, parts)
    return (-1 if sign == "-" else 1) * (days + (hours * 3600 + minutes * 60 + seconds) / 86_400)


def rows_of(table: OdsTable, columns: range, top: int, bottom: int) -> Iterator[tuple[object, ...]]:
    """Every row from `top` to `bottom`, made on demand; '' = blank."""
    blank = ("",) * len(columns)
    row = top
    for run in table.runs:
        first = max(run.first, top)
        for _ in range(row, min(first, bottom + 1)):
            yield blank
        values = tuple(run.cells.get(column, "") for column in columns)
        for _ in range(first, min(run.last, bottom) + 1):
            yield values
        row = max(row, run.last + 1)
