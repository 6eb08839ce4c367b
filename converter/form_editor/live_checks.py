"""Formulas that say beside a row what is wrong with it, and that grey what it has no use for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from converter.form_editor.cell_values import CLOSED, choice_labels
from converter.form_editor.columns import (
    ANNUAL,
    CODE_LIST,
    COLLECTION,
    FIELDS,
    FILE,
    GUIDE,
    LISTS,
    MEASURES,
    OTHER,
    OWNER,
    PARTS,
    RATES,
    RESOURCES,
    RULES,
    STATISTICS,
    TABLES,
    EditorColumn,
    FormRow,
    columns,
    shown_columns,
)
from converter.forms import loading, package_profile
from converter.formulas.expressions import quote
from converter.messages.catalogue import message

FIRST_ROW = 4
FIRST_COLUMN = 3  # behind the one that checks and a hidden one
LONGEST_KEY = 40  # characters that are looked at
KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz_0123456789"
_ROW = "\x00"  # stands for a row's number
# Columns that every row must have, and those that must not be equal in two rows.
_NEEDED: Mapping[str, Sequence[str]] = {
    TABLES: (FILE, "sheet.title", "sheet.shape"),
    FIELDS: (FILE, "key", "title", "kind"),
    LISTS: (CODE_LIST, "code", "label"),
    RULES: ("code", "family", "level", "at"),
    GUIDE: ("heading",),
    STATISTICS: ("kind", "title"),
    ANNUAL: ("title",),
    RATES: (OWNER, "label", "part", "whole"),
    MEASURES: (OWNER,),
    COLLECTION: ("use", "field"),
    RESOURCES: ("name", "path", "sheet"),
}
_UNIQUE: Mapping[str, Sequence[Sequence[str]]] = {
    TABLES: ((FILE,), ("sheet.title",)),
    FIELDS: ((FILE, "key"), (FILE, "title")),
    LISTS: ((CODE_LIST, "code"),),
    RULES: (("code",),),
    RESOURCES: (("name",), ("path",), ("sheet",)),
}
# What says which options count.
_CHOOSER = {FIELDS: "kind", RULES: "family", STATISTICS: "kind", COLLECTION: "use"}
_KEYS = {TABLES: FILE, FIELDS: "key", LISTS: CODE_LIST}
_NEEDED_OF_FORM = (
    *("form.id", "form.version", "form.title"),
    *(f"limits.{key}" for key in loading.LIMITS_NEEDED),
    *(f"package.{key}" for key in (*package_profile.MEMBERS, "encoding")),
)


@dataclass(frozen=True)
class CheckFormulas:
    """`last`: the last prepared row of each sheet."""

    last: Mapping[str, int]

    def letter(self, sheet: str, key: str) -> str:
        known = [column.key for column in shown_columns(sheet)]
        return str(get_column_letter(FIRST_COLUMN + known.index(key)))

    def cell(self, sheet: str, key: str, row: int | str) -> str:
        return f"${self.letter(sheet, key)}{row}"

    def range(self, sheet: str, key: str) -> str:
        """All cells of a column, named from any sheet."""
        letter = self.letter(sheet, key)
        title = message(f"editor_sheet_{sheet}")
        return f"'{title}'!${letter}${FIRST_ROW}:${letter}${self.last[sheet]}"

    def check(self, sheet: str, *, compares: bool = True) -> Sequence[str]:
        """The formula of any row, cut where its number goes. `compares`: also with all others
        (slow in lists of thousands)."""
        row = _ROW
        parts = [
            f'IF({wrong},{quote(text)},"")' for wrong, text in self._faults(sheet, row, compares)
        ]
        first = get_column_letter(FIRST_COLUMN)
        last = get_column_letter(FIRST_COLUMN + len(shown_columns(sheet)) - 1)
        formula = f'IF(COUNTA(${first}{row}:${last}{row})=0,"",{"&".join(parts)})'
        return formula.split(row)

    def _faults(self, sheet: str, row: int | str, compares: bool) -> Iterator[tuple[str, str]]:
        yield from self._blank(sheet, row)
        if sheet in _KEYS and compares:
            column = self._column(sheet, _KEYS[sheet])
            yield self._no_key(self.cell(sheet, column.key, row)), _fault_text("key", column)
        for keys in _UNIQUE.get(sheet, ()) if compares else ():
            yield self._twice(sheet, keys, row), _fault_text("twice", self._column(sheet, keys[-1]))
        for column in shown_columns(sheet):
            yield from self._of_column(sheet, column, row)
        yield from self._of_sheet(sheet, row)

    def _blank(self, sheet: str, row: int | str) -> Iterator[tuple[str, str]]:
        for key in _NEEDED[sheet]:
            yield f'{self.cell(sheet, key, row)}=""', _fault_text("blank", self._column(sheet, key))

    def _twice(self, sheet: str, keys: Sequence[str], row: int | str) -> str:
        same = [f"({self.range(sheet, key)}={self.cell(sheet, key, row)})" for key in keys]
        last = self.cell(sheet, keys[-1], row)
        return f'IF({last}="",FALSE,SUMPRODUCT({"*".join([*same, "1"])})>1)'

    def _no_key(self, cell: str) -> str:
        return f"{_count(cell, KEY_LETTERS, LONGEST_KEY)}<LEN({cell})"

    def _of_column(
        self, sheet: str, column: EditorColumn, row: int | str
    ) -> Iterator[tuple[str, str]]:
        cell = self.cell(sheet, column.key, row)
        if column.owners:
            not_used, needed = self.option(sheet, column, row)
            yield f'AND({cell}<>"",{not_used})', _fault_text("not_used", column)
            if needed:
                yield f'AND({cell}="",{needed})', _fault_text("blank", column)
        if column.holds in CLOSED:
            known = ",".join(
                f"{cell}={quote(label)}" for label in choice_labels(column.holds).values()
            )
            yield f'IF({cell}="",FALSE,NOT(OR({known})))', _fault_text("choice", column)
        if column.holds == "whole_number":
            yield f"{_count(cell, '0123456789', 15)}<LEN({cell})", _fault_text("whole", column)
        if column.holds == "number":
            yield f"{_count(cell, '-.0123456789', 22)}<LEN({cell})", _fault_text("number", column)
        known_at = self._known(sheet, column, row)
        if known_at:
            unknown = f'IF({cell}="",FALSE,{known_at}=0)'
            yield unknown, _fault_text("unknown", column)

    def _known(self, sheet: str, column: EditorColumn, row: int | str) -> str:
        """Expression: how often what the cell names is there; '' where no formula can tell."""
        cell = self.cell(sheet, column.key, row)
        if column.holds == "list_name":
            return f"COUNTIF({self.range(LISTS, CODE_LIST)},{cell})"
        if column.key == OWNER:
            return f"SUMPRODUCT(--({self.range(PARTS[sheet][0], 'title')}={cell}))"
        if column.holds == "sheet_key":
            return f"SUMPRODUCT(--({self.range(TABLES, FILE)}={cell}))"
        if column.holds == "field_key" and sheet == FIELDS:
            file = self.cell(sheet, FILE, row)
            own = f"({self.range(FIELDS, FILE)}={file})*({self.range(FIELDS, 'key')}={cell})"
            return f"SUMPRODUCT({own})"
        if column.holds in ("field_path", "rows_path", "one_or_more_paths", "field_paths"):
            paths = f'{self.range(FIELDS, FILE)}&"."&{self.range(FIELDS, "key")}'
            first = f'LEFT({cell},FIND(" ",SUBSTITUTE({cell},CHAR(10)," ")&" ")-1)'
            return f"SUMPRODUCT(--({paths}={first}))"
        return ""

    def option(self, sheet: str, column: EditorColumn, row: int | str) -> tuple[str, str]:
        """Expressions: the row's kind has no such option; it needs it ('' = none needs it)."""
        chooser = self._column(sheet, _CHOOSER[sheet])
        labels = choice_labels(chooser.holds)
        cell = self.cell(sheet, chooser.key, row)

        def is_one(names: Sequence[str]) -> str:
            return ",".join(f"{cell}={quote(labels[name])}" for name in names)

        not_used = f'IF({cell}="",FALSE,NOT(OR({is_one(column.owners)})))'
        return not_used, f"OR({is_one(column.needed)})" if column.needed else ""

    def _of_sheet(self, sheet: str, row: int | str) -> Iterator[tuple[str, str]]:
        if sheet == RULES:
            code = self.cell(sheet, "code", row)
            digits = f'ISERROR(FIND(MID({code},{{2,3,4}},1),"0123456789"))'
            wrong = f'OR(LEN({code})<>4,NOT(EXACT(LEFT({code},1),"X")),SUMPRODUCT(--{digits})>0)'
            yield (
                f'IF({code}="",FALSE,{wrong})',
                _fault_text("rule_code", self._column(sheet, "code")),
            )
        for parts, (cards, _) in PARTS.items():
            if sheet == cards:
                yield self._no_parts(parts, sheet, row), message(f"editor_check_{parts}")
        if sheet == MEASURES:
            yield from self._of_measure(row)
        if sheet == TABLES:
            shape, rows = self.cell(sheet, "sheet.shape", row), self.cell(sheet, "sheet.rows", row)
            counter, key = self.cell(sheet, "sheet.counter", row), self.cell(sheet, FILE, row)
            is_table = f"{shape}={quote(choice_labels('shape')['table'])}"
            yield f'AND({is_table},OR({rows}="",{counter}=""))', message("editor_check_rows")
            unknown = f"SUMPRODUCT(--({self.range(RESOURCES, 'sheet')}={key}))=0"
            yield f'AND({key}<>"",{key}<>"roster",{unknown})', message("editor_check_resource")

    def _no_parts(self, parts: str, sheet: str, row: int | str) -> str:
        """Expression: whether a table that consists of parts has none."""
        title = self.cell(sheet, "title", row)
        none = f"SUMPRODUCT(--({self.range(parts, OWNER)}={title}))=0"
        wanted = ""
        if sheet in _CHOOSER:
            needed = next(c for c in columns(sheet) if c.key == PARTS[parts][1])
            wanted = f",{self.option(sheet, needed, row)[1]}"
        return f'AND({title}<>"",{none}{wanted})'

    def _of_measure(self, row: int | str) -> Iterator[tuple[str, str]]:
        label, summed, fields, filled, codes, years, below = (
            self.cell(MEASURES, key, row)
            for key in (
                *("label", "sum"),
                *(f"where.{key}" for key in ("fields", "filled", "is", "years", "below")),
            )
        )
        other = self.cell(MEASURES, OTHER, row)
        yield f'AND({label}="",{summed}="",{other}="")', message("editor_check_measure_name")
        tests = f'({filled}<>"")+({codes}<>"")+({years}<>"")'
        wrong = f'OR(AND({fields}<>"",{tests}<>1),AND({fields}="",{tests}>0))'
        yield wrong, message("editor_check_condition")
        yield f'AND({below}<>"",{years}="")', message("editor_check_below")

    def _column(self, sheet: str, key: str) -> EditorColumn:
        return next(column for column in columns(sheet) if column.key == key)


def check_form_row(about: FormRow, cell: str) -> str:
    """The formula of a row of the sheet about the form as a whole."""
    parts = []
    if about.key in _NEEDED_OF_FORM:
        parts.append(f'IF({cell}="",{quote(_fault_text("blank", about))},"")')
    if about.holds == "whole_number":
        digits = f"{_count(cell, '0123456789', 15)}<LEN({cell})"
        parts.append(f'IF({digits},{quote(_fault_text("whole", about))},"")')
    return f"={'&'.join(parts)}" if parts else ""


def _count(cell: str, characters: str, most: int) -> str:
    """Expression: how many of the first characters of a cell are among these."""
    places = "{" + ",".join(map(str, range(1, most + 1))) + "}"
    found = f"ISNUMBER(FIND(MID({cell},{places},1),{quote(characters)}))"
    return f"SUMPRODUCT({found}*({places}<=LEN({cell})))"


def _fault_text(fault: str, column: EditorColumn | FormRow) -> str:
    return message(f"editor_check_{fault}", heading=column.heading)
