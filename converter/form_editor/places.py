"""Where in the workbook a fault of the cards stands: `staff.min` of unit.toml → 《项目》!L7."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from converter.form_editor import collection_rows, part_rows
from converter.form_editor.book_reading import EditedBook
from converter.form_editor.cell_values import choice_labels
from converter.form_editor.columns import (
    CODE_LIST,
    COLLECTION,
    FIELDS,
    FILE,
    FORM,
    KEY,
    LISTS,
    OWNER,
    PARTS,
    RULES,
    SHEETS,
    TABLES,
    VALUE,
    EditorColumn,
    columns,
    form_rows,
)
from converter.form_editor.every_fault import NAMES, card_of_form
from converter.form_editor.rows import EditorRow
from converter.form_editor.source_files import FORM_FILE, RULES_FILE
from converter.messages import catalogue
from converter.messages.catalogue import message
from converter.model.errors import FormError, quoted

_NUMBERED = re.compile(r"\w+\[(\d+)\]")
_NO_OPTION = ("form_unknown_option", "form_unknown_family_option")
_WORDS = {
    "kind": "kind",
    "wanted": "kind",
    "family": "family",
}  # parameters of messages that are words of cards


def in_workbook(fault: FormError, book: EditedBook, workbook: str) -> FormError:
    """The same fault at its cell of the workbook, in the words of the workbook."""
    sheet, row, key = _found(fault, book)
    column = _column(sheet, key)
    holds = column.holds if column else _holds_of_form(row)
    known = choice_labels("level" if holds == "levels" else holds)
    own = f"editor_{fault.message_key}"
    found, choices = fault.found, [known.get(choice, choice) for choice in fault.choices]
    if fault.message_key in _NO_OPTION and row is not None and column is not None:
        found, choices = quoted(row[column.key]), []
    params = {k: _word(k, value) for k, value in fault.params.items()}
    if "owner" in params:
        params["owner"] = _owner(fault, book)
    return FormError(
        workbook,
        _place(sheet, row, column, book),
        own if catalogue.has(own) else fault.message_key,
        found=found,
        choices=choices,
        **params,
    )


def unknown_owners(book: EditedBook) -> Iterator[FormError]:
    """Rows of what a card lists that name no card, or nothing that is listed."""
    for parts, (cards, _) in PARTS.items():
        titles = [row["title"] for row in book.rows[cards]]
        named = {row[OWNER]: number for number, row in reversed([*enumerate(book.rows[parts], 1)])}
        for owner, number in named.items():  # the first of those that name the same
            if owner not in titles:
                place = f"part[{number}].{OWNER}"
                yield FormError(parts, place, "form_no_sheet", found=quoted(owner), choices=titles)
    yield from collection_rows.unknown_uses(book.rows[COLLECTION])


def _word(name: str, value: str | int) -> str | int:
    return choice_labels(_WORDS[name]).get(str(value), value) if name in _WORDS else value


def _owner(fault: FormError, book: EditedBook) -> str:
    """Where else a value stands that should stand once."""
    owner = str(fault.params["owner"])
    if fault.key.startswith("headings.") and "." not in owner:
        owner = f"headings.{owner}"
    sheet, row, key = _found(FormError(fault.file, owner, fault.message_key), book)
    return _place(sheet, row, _column(sheet, key), book)


def _found(fault: FormError, book: EditedBook) -> tuple[str, EditorRow | None, str]:
    """The sheet, the row and the key of a fault."""
    file = PurePath(fault.file)
    if file.suffix == ".csv":
        rows = [row for row in book.rows[LISTS] if row[CODE_LIST] == file.stem]
        number = re.fullmatch(r"\[(\d+)\]", fault.key)
        at = max(int(number[1]) - 2, 0) if number else 0
        return LISTS, rows[at] if at < len(rows) else None, ""
    if file.name == FORM_FILE and collection_rows.is_in_rows(fault.key):
        return COLLECTION, *collection_rows.row_of(fault, book.rows[COLLECTION])
    if file.name == FORM_FILE:
        return _in_form(fault.key, book)
    name, _, key = fault.key.partition(".")
    if file.name == RULES_FILE:
        return RULES, _card(book.rows[RULES], name, "code"), key
    if file.name in SHEETS:  # a row that belongs to no card yet
        return file.name, _card(book.rows[file.name], name, KEY), key
    if name in ("sheet", "headings", ""):
        row = next((r for r in book.rows[TABLES] if r[FILE] == file.stem), None)
        return TABLES, row, fault.key
    own = [row for row in book.rows[FIELDS] if row[FILE] == file.stem]
    return FIELDS, _card(own, name, "key"), key or "title"


def _in_form(key: str, book: EditedBook) -> tuple[str, EditorRow | None, str]:
    if named := card_of_form(key):
        sheet, card, rest = named
        if part := _part(book, sheet, card, rest):
            return part
        return sheet, _card(book.rows[sheet], card, NAMES.get(sheet, "key")), rest
    if key.startswith(("sheets", "form.sheets")):
        table = key.removeprefix("form.").partition(".")[2]
        row = next((row for row in book.rows[TABLES] if row[FILE] == table), None)
        return TABLES, row, "sheet.title" if row else FILE
    rows = {row[KEY]: row for row in book.rows[FORM]}
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        found = rows.get(".".join(parts[:length]))
        if found is not None:
            return FORM, found, VALUE
    return FORM, None, VALUE


def _part(
    book: EditedBook, sheet: str, card: str, key: str
) -> tuple[str, EditorRow | None, str] | None:
    """A key within what a card lists; None for any other key."""
    for parts, (cards, listed) in PARTS.items():
        if sheet == cards and key.startswith(f"{listed}["):
            owner = _card(book.rows[sheet], card, "title") or EditorRow({})
            number, rest = part_rows.key_of(key)
            own = [row for row in book.rows[parts] if row[OWNER] == owner["title"]]
            return parts, own[number - 1] if number <= len(own) else None, rest or OWNER
    return None


def _card(rows: Sequence[EditorRow], name: str, key: str) -> EditorRow | None:
    """The row of a card that goes by its number, as `field[3]`, or by its name."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        at = int(numbered[1]) - 1
        return rows[at] if at < len(rows) else None
    return next((row for row in rows if row[key] == name), None)


def _column(sheet: str, key: str) -> EditorColumn | None:
    """The column of a card's key: its own, or the first of those that its parts have."""
    known, key = columns(sheet), re.sub(r"\[\d+\]", "", key)
    for wanted in (key, key.partition(".")[0]):
        for column in known:
            if wanted and (column.key == wanted or column.key.startswith(f"{wanted}.")):
                return column
    return None


def _holds_of_form(row: EditorRow | None) -> str:
    known: Mapping[str, str] = {one.key: one.holds for one in form_rows()}
    return known.get(row[KEY], "") if row else ""


def _place(sheet: str, row: EditorRow | None, column: EditorColumn | None, book: EditedBook) -> str:
    title = message(f"editor_sheet_{sheet}")
    if row is None:
        return message("editor_place_sheet", sheet=title)
    letter = book.columns[sheet].get(column.key if column else "", "")
    if not letter or not row.number or column is None:
        return message("editor_place_row", sheet=title, row=row.number)
    heading = column.heading
    if sheet == FORM:
        heading = next((one.heading for one in form_rows() if one.key == row[KEY]), row[KEY])
    return message("editor_place", sheet=title, cell=f"{letter}{row.number}", heading=heading)
