"""The names by which rows find each other: keys of tables and fields, codes of rules, names of
lists.

A name that is missing, misspelt or given twice keeps the form from being read at all, and would
hide whatever else is wrong. Such names are looked at first; a row with one gets a stand-in, for
the rest of the form to be looked at: the name that it had before, else any free one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from converter.form_editor import cell_values
from converter.form_editor.book_reading import EditedBook
from converter.form_editor.columns import (
    CODE_LIST,
    FIELDS,
    FILE,
    LISTS,
    RESOURCES,
    RULES,
    TABLES,
)
from converter.form_editor.rows import EditorRow, all_rows
from converter.forms.cards import KEY_PATTERN, RULE_CODE_PATTERN
from converter.forms.form_files import NO_CARDS
from converter.model.errors import FormError, quoted
from converter.model.forms import SheetShape

_NO_TABLES = ("form", "rules", *(name.removesuffix(".toml") for name in NO_CARDS))
_LIST_NAME = r"\w[\w-]*"  # a file's name


@dataclass(frozen=True, slots=True)
class _NameColumn:
    """`stand_in` is any name, with a number in it. Names differ among rows that have the same in
    the column `within`, by default among all."""

    sheet: str
    key: str
    pattern: str
    message_key: str
    stand_in: str
    within: str = ""

    def is_name(self, text: str) -> bool:
        taken = self.sheet == TABLES and text in _NO_TABLES
        return re.fullmatch(self.pattern, text) is not None and not taken

    def name(self, row: EditorRow) -> tuple[str, str]:
        return row[self.within], row[self.key]

    def error(self, number: int, message_key: str, text: str, **params: str) -> FormError:
        place = f"row[{number}].{self.key}"
        return FormError(self.sheet, place, message_key, found=quoted(text or None), **params)


_TABLE_KEYS = _NameColumn(TABLES, FILE, KEY_PATTERN, "form_sheet_key", "x_{}")
_FIELD_KEYS = _NameColumn(FIELDS, "key", KEY_PATTERN, "form_key_name", "x_{}", FILE)
_RULE_CODES = _NameColumn(RULES, "code", RULE_CODE_PATTERN, "form_rule_code", "X{:03}")


def with_table_keys(book: EditedBook) -> EditedBook:
    """The same, where a table was named by its title."""
    tables = book.rows[TABLES]
    known = {row[FILE] for row in tables}
    keys = {row["sheet.title"].strip(): row[FILE] for row in tables if row["sheet.title"].strip()}
    rows = dict(book.rows)
    for sheet, key in ((FIELDS, FILE), (RESOURCES, "sheet")):
        rows[sheet] = [
            _with(row, key, keys[row[key].strip()])
            if row[key] not in known and row[key].strip() in keys
            else row
            for row in rows[sheet]
        ]
    return replace(book, rows=rows)


def with_stand_ins(book: EditedBook) -> tuple[EditedBook, Sequence[FormError]]:
    """The same with stand-ins for names that cannot be used, and what is wrong with these."""
    before = all_rows(book.sources)
    rows, faults = dict(book.rows), list[FormError]()
    _set_names(_TABLE_KEYS, rows, before, faults)
    renamed = {
        old[FILE]: new[FILE] for old, new in zip(book.rows[TABLES], rows[TABLES], strict=True)
    }
    rows[TABLES] = list(_in_shape(rows[TABLES], before[TABLES], faults))
    rows[FIELDS] = list(_in_tables(rows, renamed, before[FIELDS], faults))
    _set_names(_FIELD_KEYS, rows, before, faults)
    _set_names(_RULE_CODES, rows, before, faults)
    rows[LISTS] = list(_in_lists(rows[LISTS], faults))
    return replace(book, rows=rows), faults


def _set_names(
    column: _NameColumn,
    rows: dict[str, Sequence[EditorRow]],
    before: Mapping[str, Sequence[EditorRow]],
    faults: list[FormError],
) -> None:
    """Name and replace what is no name, or another row's. Of two rows with one name it is that of
    the row which had it before."""
    key, listed = column.key, rows[column.sheet]
    was = {row.origin: row[key] for row in before[column.sheet]}
    owners: dict[tuple[str, str], int] = {}
    for number, row in enumerate(listed):
        if column.is_name(row[key]):
            known = owners.setdefault(column.name(row), number)
            is_own = was.get(row.origin) == row[key]
            if is_own and was.get(listed[known].origin) != row[key]:
                owners[column.name(row)] = number
    made = list(listed)
    for number, row in enumerate(listed):
        text, owner = row[key], owners.get(column.name(row))
        if owner == number:
            continue
        if owner is not None:
            of_owner = f"row[{owner + 1}].{key}"
            params = {"value": text, "owner": of_owner}
            faults.append(column.error(number + 1, "form_twice", text, **params))
        else:
            wrong = column.message_key if text.strip() else "form_missing"
            faults.append(column.error(number + 1, wrong, text))
        free = (column.stand_in.format(count) for count in itertools.count(1))
        for name in itertools.chain([was.get(row.origin, "")], free):
            made[number] = _with(row, key, name)
            if column.is_name(name) and column.name(made[number]) not in owners:
                owners[column.name(made[number])] = number
                break
    rows[column.sheet] = made


def _in_shape(
    rows: Sequence[EditorRow], before: Sequence[EditorRow], faults: list[FormError]
) -> Iterator[EditorRow]:
    """The tables, each of a shape that there is: without, none of its other cells can be read."""
    key = "sheet.shape"
    was = {row.origin: row[key] for row in before}
    for number, row in enumerate(rows, 1):
        text, own = row[key], was.get(row.origin, "")
        if text == own or cell_values.read(text, "shape") in list(SheetShape):
            yield row
            continue
        wrong = "form_shape" if text.strip() else "form_missing"
        found, choices = quoted(text or None), list(SheetShape)
        faults.append(
            FormError(TABLES, f"row[{number}].{key}", wrong, found=found, choices=choices)
        )
        yield _with(row, key, own or cell_values.shown(SheetShape.TABLE, "shape"))


def _in_tables(
    rows: Mapping[str, Sequence[EditorRow]],
    renamed: Mapping[str, str],
    before: Sequence[EditorRow],
    faults: list[FormError],
) -> Iterator[EditorRow]:
    """The fields, each in a table that there is: else in that where it was, or that of the field
    above it."""
    renamed = {**{new: new for new in renamed.values()}, **renamed}
    tables = list(renamed.values())
    shown = [f"{row[FILE]} {row['sheet.title']}".strip() for row in rows[TABLES]]
    was = {row.origin: row[FILE] for row in before}
    above = next(iter(tables), "")
    for number, row in enumerate(rows[FIELDS], 1):
        table = renamed.get(row[FILE])
        if table is None:
            place, found = f"row[{number}].{FILE}", quoted(row[FILE] or None)
            key = "form_no_sheet" if row[FILE] else "form_missing"
            faults.append(FormError(FIELDS, place, key, found=found, choices=shown))
            own = was.get(row.origin, "")
            table = own if own in tables else above
        above = table
        yield _with(row, FILE, table)


def _in_lists(rows: Sequence[EditorRow], faults: list[FormError]) -> Iterator[EditorRow]:
    """The rows of code lists whose names can be those of files."""
    for number, row in enumerate(rows, 1):
        if re.fullmatch(_LIST_NAME, row[CODE_LIST]):
            yield row
            continue
        place, found = f"row[{number}].{CODE_LIST}", quoted(row[CODE_LIST] or None)
        key = "form_key_name" if row[CODE_LIST] else "form_missing"
        faults.append(FormError(LISTS, place, key, found=found))
        own = row.origin.removeprefix("codes/").partition(".csv#")[0]
        if own:
            yield _with(row, CODE_LIST, own)


def _with(row: EditorRow, key: str, text: str) -> EditorRow:
    return replace(row, cells={**row.cells, key: text})
