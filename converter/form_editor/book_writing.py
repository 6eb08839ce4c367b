"""The rows of a form → the workbook in which somebody edits them.

Above the rows of each sheet stand what it is for, the headings, and the keys of the columns: by
these, and by the hidden second column, the rows are read again. A hidden sheet holds the files that
the workbook was made from.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from converter.files import zip_writing
from converter.form_editor.cell_values import CLOSED, choice_labels, is_path, with_titles
from converter.form_editor.collection_rows import is_in_rows
from converter.form_editor.columns import (
    CODE_LIST,
    COLLECTION,
    COMMENTS,
    FIELDS,
    FILE,
    FORM,
    KEY,
    LISTS,
    LONGEST_HELP,
    MEASURES,
    PARTS,
    RULES,
    SHEETS,
    TABLES,
    VALUE,
    EditorColumn,
    columns,
    form_rows,
    list_column,
    shown_columns,
)
from converter.form_editor.live_checks import FIRST_COLUMN, FIRST_ROW, CheckFormulas, check_form_row
from converter.form_editor.rows import LARGE, EditorRow
from converter.form_editor.source_files import Sources
from converter.messages.catalogue import message
from converter.template import answers, saving, style
from converter.template.cell_text import put_text
from converter.template.style import CellStyle, Painter, text_lines

ABOUT, CHOICES, SOURCE = "about", "choices", "source"
CHECK, ORIGIN = "@check", "@origin"
ABOUT_ROW, HEADING_ROW, KEY_ROW = 1, 2, 3
ORIGIN_COLUMN = 2  # hidden ones far to the right are not read
STAMP = "form-editor"
SPARE = {FIELDS: 100, RULES: 100, LISTS: 200, MEASURES: 100}
FROZEN = {FIELDS: 3, RULES: 2, LISTS: 2, TABLES: 2, COLLECTION: 2, **dict.fromkeys(PARTS, 2)}
SPARE_ELSEWHERE = 20
CHUNK = 30_000  # characters of a cell; Excel takes 32,767
MOST_LINES, MOST_OF_FORM = 4, 8
LINE = 15.0  # points
FONT = "微软雅黑"
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"')

TITLE = CellStyle(size=16, bold=True)
NOTE = CellStyle(colour=style.MUTED, wrap=True, indent=1)
TEXT = CellStyle(size=11, wrap=True, vertical="top", indent=1)
HEADING = CellStyle(
    bold=True, colour=style.ACCENT, fill=style.BAND, lines="tb", wrap=True, indent=1
)
KEY_LOOK = CellStyle(size=8, colour=style.FAINT, lines="b", indent=1)
CELL = CellStyle(wrap=True, indent=1, lines="tblr", vertical="top", number_format="@")
ENTRY = CellStyle(
    wrap=True, indent=1, lines="tblr", vertical="top", number_format="@", fill=style.ENTRY
)
VERDICT = CellStyle(wrap=True, indent=1, lines="b", vertical="top", colour=style.WRONG)
QUIET = CellStyle(wrap=True, indent=1, lines="b", vertical="top", colour=style.MUTED)


def write(
    rows: Mapping[str, Sequence[EditorRow]], sources: Sources, path: Path, name: str = ""
) -> None:
    """Write the workbook of a form; `name` is what it will be called. Raises OSError."""
    writer = _Writer(rows, sources)
    book = writer.book(name or path.name)
    parts = [
        (part, _with_rows(data, writer.prepared.get(part))) for part, data in saving.parts(book)
    ]
    zip_writing.write_zip(path, parts, when=saving.time_of_parts())


class _Prepared(NamedTuple):
    """The rows of a sheet that a form's cards fill, as XML, and the last cell of them."""

    rows: bytes
    last: str


def _with_rows(sheet: bytes, prepared: _Prepared | None) -> bytes:
    if prepared is None:
        return sheet
    sheet = _DIMENSION.sub(b'<dimension ref="A1:%b"' % prepared.last.encode(), sheet, count=1)
    start, end, rest = sheet.partition(b"</sheetData>")
    return b"".join((start, prepared.rows, end, rest))


class _Writer:
    def __init__(self, rows: Mapping[str, Sequence[EditorRow]], sources: Sources) -> None:
        self.rows, self.sources = rows, sources
        self.last = {
            sheet: FIRST_ROW - 1 + len(rows[sheet]) + SPARE.get(sheet, SPARE_ELSEWHERE)
            for sheet in SHEETS
        }
        self.titles = {f"{row[FILE]}.{row['key']}": row["title"] for row in rows[FIELDS]}
        self.checks = CheckFormulas(self.last)
        self.painter = Painter(FONT)
        self.looks: Mapping[CellStyle, int] = {}  # number of each style in the file
        self.prepared: dict[str, _Prepared] = {}  # by part

    def book(self, name: str) -> Any:
        book = Workbook()
        about = book.active
        scratch = book.create_sheet()
        self.looks = self.painter.numbers(scratch, (VERDICT, CELL))
        book.remove(scratch)
        about.title = message(f"editor_sheet_{ABOUT}")
        self._about(about, name)
        self._form(book.create_sheet(message(f"editor_sheet_{FORM}")))
        for sheet in SHEETS:
            if sheet != FORM:
                made = book.create_sheet(message(f"editor_sheet_{sheet}"))
                self._sheet(made, sheet)
                part = f"xl/worksheets/sheet{len(book.worksheets)}.xml"
                self.prepared[part] = self._prepared_rows(sheet)
        self._choices(book.create_sheet(message(f"editor_sheet_{CHOICES}")))
        self._source(book.create_sheet(message(f"editor_sheet_{SOURCE}")))
        book.custom_doc_props.append(StringProperty(name=STAMP, value="1"))
        return book

    def _about(self, sheet: Any, name: str) -> None:
        values = {row[KEY]: row[VALUE] for row in self.rows[FORM]}
        title = message(
            "editor_title",
            title=values.get("form.title", ""),
            version=values.get("form.version", ""),
        )
        put_text(self.painter.paint(sheet.cell(1, 1), TITLE), title)
        sheet.row_dimensions[1].height = 34
        sheet.column_dimensions["A"].width = 110
        for number, line in enumerate(message("editor_about", name=name).strip().split("\n"), 2):
            put_text(self.painter.paint(sheet.cell(number, 1), TEXT), line)
            sheet.row_dimensions[number].height = 22 * text_lines(line, 120)
        sheet.sheet_view.showGridLines = False

    # --- the sheet about the form as a whole -----------------------------------------------------

    def _form(self, sheet: Any) -> None:
        known = {row.key: row for row in form_rows()}
        check, help = message("editor_check").split("：")
        layout = (
            (CHECK, check, 26),
            ("@heading", message("editor_row_heading"), 34),
            (VALUE, message("editor_row_value"), 60),
            ("@default", message("editor_row_default"), 26),
            (COMMENTS, columns(FORM)[1].heading, 50),
            (KEY, message("editor_row_key"), 32),
        )
        heads = [(key, text, width, help if key == CHECK else "") for key, text, width in layout]
        self._head(sheet, FORM, heads)
        rows = [row for row in self.rows[FORM] if not is_in_rows(row[KEY])]
        for number, row in enumerate(rows, FIRST_ROW):
            about = known.get(row[KEY])
            heading = about.heading if about else row[KEY]
            if row[KEY].startswith("@"):
                heading = message("editor_comment_row", file=row[KEY][1:])
            is_comment = row[KEY].startswith("@")
            texts = (
                "",
                heading,
                self._shown(row[VALUE], about.holds if about else ""),
                about.default if about else "",
                row[COMMENTS],
                row[KEY],
            )
            looks = (VERDICT, QUIET, QUIET if is_comment else ENTRY, QUIET, CELL, KEY_LOOK)
            for column, (text, look) in enumerate(zip(texts, looks, strict=True), 1):
                put_text(self.painter.paint(sheet.cell(number, column), look), text)
            if about:
                if formula := check_form_row(about, f"C{number}"):
                    sheet.cell(number, 1).value = formula
                self._prompt(sheet, f"C{number}", about.heading, about.help or about.default)
            widths = [(text, layout[at][2]) for at, text in enumerate(texts)]
            sheet.row_dimensions[number].height = _height(widths, MOST_OF_FORM)
        sheet.freeze_panes = "C4"

    # --- the sheets of cards ---------------------------------------------------------------------

    def _columns(self, sheet: str) -> list[EditorColumn]:
        """The columns of a sheet; of the lists with those that only some have."""
        known = list(shown_columns(sheet))
        if sheet == LISTS:
            names = dict.fromkeys(key for row in self.rows[LISTS] for key in row.cells)
            own = {column.key for column in known}
            known += [list_column(name) for name in names if name not in own]
        return known

    def _sheet(self, sheet: Any, name: str) -> None:
        known = self._columns(name)
        check, help = message("editor_check").split("：")
        heads = [(CHECK, check, 26.0, help), (ORIGIN, "", 10.0, "")]
        heads += [(c.key, c.heading, c.width, c.help) for c in known]
        self._head(sheet, name, heads)
        sheet.column_dimensions[get_column_letter(ORIGIN_COLUMN)].hidden = True
        self._prompts_and_dropdowns(sheet, name, known)
        self._greys(sheet, name, known)
        frozen = FIRST_COLUMN + FROZEN.get(name, 1)
        sheet.freeze_panes = f"{get_column_letter(frozen)}{FIRST_ROW}"
        last = get_column_letter(len(heads))
        sheet.auto_filter.ref = f"A{KEY_ROW}:{last}{self.last[name]}"

    def _prepared_rows(self, name: str) -> _Prepared:
        """The rows of the cards and blank ones, written here: a list may have thousands, and
        openpyxl takes 30 µs a cell."""
        known = self._columns(name)
        sizes = Counter(row[CODE_LIST] for row in self.rows[name])
        checks = {
            few: [escape(piece) for piece in self.checks.check(name, compares=few)]
            for few in (True, False)
        }
        letters = [get_column_letter(column) for column in range(1, FIRST_COLUMN + len(known))]
        verdict, look = self.looks[VERDICT], self.looks[CELL]
        blank = EditorRow({})
        prepared = range(FIRST_ROW, self.last[name] + 1)
        rows = [*self.rows[name], *[blank] * (len(prepared) - len(self.rows[name]))]
        xml: list[bytes] = []
        for number, row in zip(prepared, rows, strict=True):
            few = name != LISTS or sizes[row[CODE_LIST]] <= LARGE
            texts = [self._shown(row[column.key], column.holds) for column in known]
            widths = [(text, c.width) for text, c in zip(texts, known, strict=True)]
            formula = str(number).join(checks[few])
            xml.append(
                f'<row r="{number}" ht="{_height(widths):g}" customHeight="1">'
                f'<c r="A{number}" s="{verdict}"><f>{formula}</f></c>'.encode()
            )
            if row.origin:
                xml.append(_cell(letters[ORIGIN_COLUMN - 1], number, 0, row.origin))
            xml += [
                _cell(letter, number, look, text)
                for letter, text in zip(letters[FIRST_COLUMN - 1 :], texts, strict=True)
            ]
            xml.append(b"</row>")
        return _Prepared(b"".join(xml), f"{letters[-1]}{prepared[-1]}")

    def _shown(self, text: str, holds: str) -> str:
        return with_titles(text, self.titles) if is_path(holds) else text

    def _head(self, sheet: Any, name: str, heads: Sequence[tuple[str, str, float, str]]) -> None:
        put_text(
            self.painter.paint(sheet.cell(ABOUT_ROW, 1), NOTE), message(f"editor_about_{name}")
        )
        sheet.merge_cells(start_row=ABOUT_ROW, end_row=ABOUT_ROW, start_column=1, end_column=6)
        sheet.row_dimensions[ABOUT_ROW].height = 36
        sheet.row_dimensions[HEADING_ROW].height = 34
        for column, (key, heading, width, help) in enumerate(heads, 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
            cell = self.painter.paint(sheet.cell(HEADING_ROW, column), HEADING)
            put_text(cell, heading)
            put_text(self.painter.paint(sheet.cell(KEY_ROW, column), KEY_LOOK), key)
            if help:
                self._prompt(sheet, cell.coordinate, heading, help)

    def _prompt(self, sheet: Any, where: str, title: str, help: str, **settings: Any) -> Any:
        shown = DataValidation(allow_blank=True, **settings)
        shown.promptTitle, shown.prompt = title[:32], help[:LONGEST_HELP]
        shown.showInputMessage = True
        shown.add(where)
        sheet.add_data_validation(shown)
        return shown

    def _prompts_and_dropdowns(self, sheet: Any, name: str, known: Sequence[EditorColumn]) -> None:
        for number, column in enumerate(known, FIRST_COLUMN):
            letter = get_column_letter(number)
            where = f"{letter}{FIRST_ROW}:{letter}{self.last[name]}"
            source = self._offered(column)
            kind = {"type": "list", "formula1": source} if source else {}
            shown = self._prompt(sheet, where, column.heading, column.help, **kind)
            shown.showErrorMessage = bool(choice_labels(column.holds))

    def _greys(self, sheet: Any, name: str, known: Sequence[EditorColumn]) -> None:
        """Cells that the row's kind has no use for, and those that it needs."""
        grey, wanted = PatternFill(bgColor="D9DEE2"), PatternFill(bgColor=style.DOUBT_TINT)
        for number, column in enumerate(known, FIRST_COLUMN):
            if not column.owners:
                continue
            letter = get_column_letter(number)
            where = f"{letter}{FIRST_ROW}:{letter}{self.last[name]}"
            not_used, needed = self.checks.option(name, column, FIRST_ROW)
            rule = FormulaRule([not_used], fill=grey, font=Font(color=style.WRONG))
            sheet.conditional_formatting.add(where, rule)
            if needed:
                blank = f'AND(${letter}{FIRST_ROW}="",{needed})'
                sheet.conditional_formatting.add(where, FormulaRule([blank], fill=wanted))

    # --- dropdowns -------------------------------------------------------------------------------

    def _offered(self, column: EditorColumn) -> str:
        """The source of a column's dropdown; '' for none."""
        if column.holds in CLOSED:
            letter = get_column_letter(len(_MOVING) + 1 + CLOSED.index(column.holds))
            count = len(choice_labels(column.holds))
            return f"'{message('editor_sheet_choices')}'!${letter}$2:${letter}${count + 1}"
        kind = _OFFERED.get(column.holds)
        if kind is None and column.key == CODE_LIST:
            kind = "lists"
        if kind is None:
            return ""
        letter = get_column_letter(1 + _MOVING.index(kind))
        first = f"'{message('editor_sheet_choices')}'!${letter}$2"
        cells = f"{first}:${letter}${self._most() + 1}"
        return f'OFFSET({first},0,0,MAX(1,COUNTIF({cells},"?*")),1)'

    def _most(self) -> int:
        return self.last[FIELDS] - FIRST_ROW + 1

    def _choices(self, sheet: Any) -> None:
        """What dropdowns offer: what stands in other sheets now, then words that stay."""
        file, key, title = (self.checks.range(FIELDS, k) for k in (FILE, "key", "title"))
        table = self.checks.range(TABLES, FILE)
        lists = list(dict.fromkeys(row[CODE_LIST] for row in self.rows[LISTS]))
        for number in range(1, self._most() + 1):
            at = [f"INDEX({cells},{number})" for cells in (file, key, title)]
            path = f'{at[0]}&"."&{at[1]}&" "&{at[2]}'
            sheet.cell(number + 1, 1).value = f'=IF({at[1]}="","",{path})'
            sheet.cell(number + 1, 2).value = f'=IF({at[1]}="","",{at[1]}&" "&{at[2]})'
            if number <= self.last[TABLES] - FIRST_ROW + 1:
                one = f"INDEX({table},{number})"
                sheet.cell(number + 1, 3).value = f'=IF({one}="","",{one})'
        for number, name in enumerate(lists, 2):
            put_text(sheet.cell(number, 4), name)
        for column, (cards, _) in enumerate(PARTS.values(), 5):
            titles = self.checks.range(cards, "title")
            for number in range(1, self.last[cards] - FIRST_ROW + 2):
                one = f"INDEX({titles},{number})"
                sheet.cell(number + 1, column).value = f'=IF({one}="","",{one})'
        for column, holds in enumerate(CLOSED, len(_MOVING) + 1):
            for number, label in enumerate(choice_labels(holds).values(), 2):
                put_text(sheet.cell(number, column), label)
        sheet.sheet_state = "hidden"

    # --- the files -------------------------------------------------------------------------------

    def _source(self, sheet: Any) -> None:
        """The files as they were, packed; long ones take several cells of a row."""
        for number, (name, data) in enumerate(self.sources.items(), 1):
            put_text(sheet.cell(number, 1), name)
            packed = base64.b64encode(zlib.compress(data, 9)).decode("ascii")
            for column, start in enumerate(range(0, len(packed), CHUNK), 2):
                put_text(sheet.cell(number, column), packed[start : start + CHUNK])
        sheet.sheet_state = "veryHidden"


_MOVING = ("paths", "keys", "tables", "lists", *(cards for cards, _ in PARTS.values()))
_OFFERED = {
    "field_path": "paths", "rows_path": "paths", "one_or_more_paths": "paths",
    "field_paths": "paths", "field_key": "keys", "sheet_key": "tables", "list_name": "lists",
    **{f"{cards}_title": cards for cards, _ in PARTS.values()},
}  # fmt: skip


def _cell(letter: str, row: int, look: int, text: str) -> bytes:
    start = f'<c r="{letter}{row}" s="{look}'.encode()
    return start + (answers.plain(text) if text else answers.BLANK.tail)


def _height(cells: Sequence[tuple[str, float]], most: int = MOST_LINES) -> float:
    lines = max((text_lines(text, width) for text, width in cells if text), default=1)
    return min(lines, most) * LINE + 4
