"""Where everything stands in the workbook: rows, columns, and the addresses made of them.

A record sheet has a field a line, a table a field a column. What is worked out for
a field stands in hidden helper columns far to the right, out of reach of pasted blocks:

- `text`     what was typed, cleaned, where the kind wants it in a cell of its own
- `norm`     the canonical value of what was typed ('' = blank or not a value at all)
- `fault`    the kind's message ('' = none; blank cells have none)
- `usable`   TRUE where a rule may compute with `norm` (on the record sheet)
- `messages` all messages of the field, each led by the joiner

A record also has `explained` (a reason was typed) and `offered` (how many rows of a table there
are, where a rule counts them; the entry that a wrong choice may stand for); a table's has `filled`
(1, or 0 where the row is blank or holds a remark) in its place: there may be a hundred thousand of
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.model.forms import Field, Form, Sheet
from converter.model.issues import column_letters

TITLE_ROW = 1
STATUS_ROW = 2
FIRST_HELPER = 27  # column AA
UNIT_PARTS = ("text", "norm", "fault", "usable", "messages", "offered", "explained")
# Hidden cells beside the title: what holds of a whole sheet.
TOTALS = (
    "errors", "warnings", "missing", "target", "status", "filled", "beyond", "below", "inserted",
    "unchecked", "foreign", "faulty", "today", "future", "last",
)  # fmt: skip
LAST_SHEET_ROW = 1_048_576
LAST_XLS_ROW = 65_536
BLANK_ROWS_PRINTED = 22  # a page of A4, its head included


def quoted(sheet: str) -> str:
    """A sheet's name as formulas write it."""
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'!"


def bottom_below(last_row: int) -> int:
    """How far down formulas look. Saved as .xls, an address below its last row is #REF!."""
    return LAST_XLS_ROW if last_row < LAST_XLS_ROW else LAST_SHEET_ROW


def total(name: str) -> str:
    return f"${column_letters(FIRST_HELPER + TOTALS.index(name))}${TITLE_ROW}"


@dataclass(frozen=True)
class UnitLayout:
    """A field a line: 项目, 填写, 核对, 说明, 情况说明."""

    sheet: Sheet

    HEADING_ROW = 3
    ITEM, ANSWER, CHECK, NOTE, EXPLANATION = range(1, 6)
    JUMP = 6  # where an annotated copy leads on to the next fault
    ROLES = ("item", "answer", "check", "note", "explanation")

    @cached_property
    def lines(self) -> tuple[tuple[int, str | Field], ...]:
        """(row, section title or field), top down."""
        lines: list[tuple[int, str | Field]] = []
        row, section = self.HEADING_ROW + 1, ""
        for field in self.sheet:
            if field.section and field.section != section:
                section = field.section
                lines.append((row, section))
                row += 1
            lines.append((row, field))
            row += 1
        return tuple(lines)

    @cached_property
    def rows(self) -> dict[str, int]:
        return {line.key: row for row, line in self.lines if isinstance(line, Field)}

    @property
    def last_row(self) -> int:
        return self.lines[-1][0]

    def column(self, part: str) -> int:
        return FIRST_HELPER + UNIT_PARTS.index(part)

    @property
    def helper_count(self) -> int:
        return max(len(UNIT_PARTS), len(TOTALS))

    @property
    def last_helper(self) -> int:
        """The last column that every line has."""
        return self.column("explained")

    @property
    def was(self) -> int:
        """Where an annotated copy keeps what a marked answer was, to see it change."""
        return FIRST_HELPER + self.helper_count

    @property
    def open(self) -> int:
        """Where an annotated copy says which cell of a marked line is still in question."""
        return self.was + 1

    def raw(self, key: str) -> str:
        return self._at(self.ANSWER, key)

    def helper(self, key: str, part: str) -> str:
        return self._at(self.column(part), key)

    def has(self, key: str, part: str) -> bool:
        return True

    def title(self, field: Field, mark: str) -> str:
        """Expression: the field's title, whose cell ends in a mark where it is required. The same
        for all fields, so that those that are checked alike share a formula."""
        cell = self._at(self.ITEM, field.key)
        if mark in field.title:
            return f"LEFT({cell},LEN({cell})-{len(mark) * field.required})"
        return f'SUBSTITUTE({cell},"{mark}","")'

    def explanation(self, key: str) -> str:
        return self._at(self.EXPLANATION, key)

    def explained(self, key: str) -> str:
        return self._at(self.column("explained"), key)

    def checks(self) -> str:
        """The 核对 column, without its heading."""
        letter = column_letters(self.CHECK)
        return f"${letter}${self.HEADING_ROW + 1}:${letter}${self.last_row}"

    def total(self, name: str) -> str:
        return total(name)

    def _at(self, column: int, key: str) -> str:
        return f"${column_letters(column)}${self.rows[key]}"


@dataclass(frozen=True)
class MemberLayout:
    """A field a column, `prepared` rows below the heading. Addresses are those of the first
    row, relative in their row, so that a formula may be filled down, sorted and inserted."""

    sheet: Sheet
    prepared: int
    printed: int = 0  # the last row that is printed (0: a page of blank rows)
    bottom: int = 0  # the last row that formulas look at (0: see `bottom_below`)

    NOTE_ROW = 3
    HEADING_ROW = 4
    FIRST_ROW = 5
    NUMBER = 1

    @property
    def last_row(self) -> int:
        return self.HEADING_ROW + self.prepared

    @property
    def last_printed(self) -> int:
        return self.printed or self.HEADING_ROW + min(self.prepared, BLANK_ROWS_PRINTED)

    @cached_property
    def columns(self) -> dict[str, int]:
        return {field.key: column for column, field in enumerate(self.sheet.fields, 2)}

    @property
    def check(self) -> int:
        return self.NUMBER + len(self.sheet.fields) + 1

    @property
    def explanation_column(self) -> int:
        return self.check + 1

    @property
    def jump(self) -> int:
        """Where an annotated copy leads on to the next fault."""
        return self.explanation_column + 1

    @cached_property
    def helpers(self) -> dict[tuple[str, str], int]:
        """(field key or '', part) → column."""
        names = [(field.key, part) for field in self.sheet for part in self.parts(field)]
        names.append(("", "filled"))
        return {name: column for column, name in enumerate(names, FIRST_HELPER)}

    def parts(self, field: Field) -> tuple[str, ...]:
        """A row's helper cells of a field. Messages about a key and a derived field stand in 核对
        alone, but for those of a date that may be typed, since they are long; the fault of a text
        stands in its messages alone, since nothing is computed with it."""
        kind = KINDS[field.kind]
        if field.derive:
            source = KINDS[self.sheet.field(field.derive.source).kind]
            is_long = source.has_substitutes and kind.value_type is ValueType.DATE
            return ("norm", "messages") if is_long else ("norm",)
        text = ("text",) * kind.excel_text_cell
        if kind.unique_key:
            return (*text, "norm", "fault")
        plain = kind.value_type is ValueType.TEXT and not text
        return (*text, "norm", "messages") if plain else (*text, "norm", "fault", "messages")

    @property
    def helper_count(self) -> int:
        return max(len(self.helpers), len(TOTALS))

    @cached_property
    def was(self) -> dict[str, int]:
        """Where an annotated copy keeps what marked answers were, to see them change."""
        typed = [field.key for field in self.sheet if not field.derive]
        return {key: n for n, key in enumerate(typed, FIRST_HELPER + self.helper_count)}

    @property
    def open(self) -> int:
        """Where an annotated copy says which cell of a marked row is still in question."""
        return max(self.was.values()) + 1

    def raw(self, key: str) -> str:
        return self.at(self.columns[key])

    def helper(self, key: str, part: str) -> str:
        return self.at(self.helpers[key, part])

    def has(self, key: str, part: str) -> bool:
        return (key, part) in self.helpers

    def title(self, field: Field, mark: str) -> str:
        """A row has no cell for it."""
        return ""

    @property
    def heading_row(self) -> str:
        """Expression: the sheet row of the heading."""
        return f"ROW($A${self.HEADING_ROW})"

    @property
    def number(self) -> str:
        return self.at(self.NUMBER)

    @property
    def filled(self) -> str:
        return self.helper("", "filled")

    @property
    def explanation(self) -> str:
        return self.at(self.explanation_column)

    def explained(self, key: str = "") -> str:
        """The workbook's name for: TRUE in a row where a reason was typed, one for all fields."""
        return f"reason_{self.sheet.key}"

    def below(self, column: int) -> str:
        """A column below the prepared rows."""
        letter = column_letters(column)
        bottom = self.bottom or bottom_below(self.last_row)
        return f"${letter}${self.last_row + 1}:${letter}${bottom}"

    def whole(self, column: int) -> str:
        """A column from its heading to the last prepared row. It starts at the heading so
        that a row inserted at the very top belongs to it, and no deletion destroys it."""
        letter = column_letters(column)
        return f"${letter}${self.HEADING_ROW}:${letter}${self.last_row}"

    def area(self, column: int) -> str:
        """A column of the prepared rows."""
        letter = column_letters(column)
        return f"{letter}{self.FIRST_ROW}:{letter}{self.last_row}"

    def total(self, name: str) -> str:
        return total(name)

    def at(self, column: int) -> str:
        """A column of the first row."""
        return f"${column_letters(column)}{self.FIRST_ROW}"


@dataclass(frozen=True)
class TemplateLayout:
    form: Form
    record: UnitLayout
    tables: Mapping[str, MemberLayout]  # by sheet key
    rows: int  # of each table, for the rules: some leave large tables alone

    @property
    def places(self) -> list[UnitLayout | MemberLayout]:
        """All sheets, in the form's order."""
        return [self.place(sheet.key) for sheet in self.form.sheets]

    def place(self, sheet: str) -> UnitLayout | MemberLayout:
        return self.tables.get(sheet, self.record)


def layout(
    form: Form,
    rows: int,
    prepared: Mapping[str, int] = MappingProxyType({}),
    printed: Mapping[str, int] = MappingProxyType({}),
    bottom: Mapping[str, int] = MappingProxyType({}),
) -> TemplateLayout:
    """`rows` are prepared in every table, unless `prepared` names other numbers by table key;
    `printed` are the last rows to print, `bottom` the last that formulas look at."""
    tables = {
        table.key: MemberLayout(
            table,
            prepared.get(table.key, rows),
            printed.get(table.key, 0),
            bottom.get(table.key, 0),
        )
        for table in form.tables
    }
    return TemplateLayout(form, UnitLayout(form.record), tables, rows)
