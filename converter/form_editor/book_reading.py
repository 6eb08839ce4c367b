"""The workbook that somebody edited → its rows, and the files that it was made from.

Columns go by the keys above the rows, so they may be moved. A row that holds nothing is passed
over; where a row stands in the sheet is kept, so that faults can name their cells.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from openpyxl.utils import get_column_letter

from converter import workbook
from converter.form_editor import cell_values, collection_rows, part_rows
from converter.form_editor.book_writing import CHECK, ORIGIN, SOURCE, STAMP
from converter.form_editor.columns import (
    COLLECTION,
    FORM,
    KEY,
    PARTS,
    SHEETS,
    TABLES,
    VALUE,
    columns,
    form_rows,
)
from converter.form_editor.rows import EditorRow, all_rows
from converter.messages.catalogue import message
from converter.model.errors import UsageError
from converter.workbook.grid import Grid

HEAD_ROWS = 12  # the keys of the columns stand among the first rows
_SHOWN = ("@heading", "@default", CHECK)  # columns that are for people only


@dataclass(frozen=True, slots=True)
class EditedBook:
    """`columns`: the letters of each sheet's columns by their keys."""

    rows: Mapping[str, Sequence[EditorRow]]
    sources: Mapping[str, bytes]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read(path: Path) -> EditedBook:
    """Read the workbook. Raises UsageError for a file that is none, OSError."""
    try:
        with workbook.open_book(path) as book:
            if STAMP not in book.properties and not _looks_edited(book.names):
                raise UsageError("editor_no_workbook", path=path)
            titles = {name: index for index, (name, _) in enumerate(book.names)}
            rows: dict[str, Sequence[EditorRow]] = {}
            letters: dict[str, Mapping[str, str]] = {}
            for sheet in SHEETS:
                index = titles.get(message(f"editor_sheet_{sheet}"))
                found = _sheet(book.grid(index), sheet) if index is not None else ([], {})
                rows[sheet], letters[sheet] = found
            index = titles.get(message(f"editor_sheet_{SOURCE}"))
            sources = _sources(book.grid(index)) if index is not None else {}
            return _completed(EditedBook(rows, sources, letters))
    except workbook.UnreadableFile as error:
        raise UsageError("editor_no_workbook", path=path) from error


def _looks_edited(names: Sequence[tuple[str, bool]]) -> bool:
    """Some programs drop a workbook's properties."""
    titles = {name for name, _ in names}
    return {message(f"editor_sheet_{sheet}") for sheet in SHEETS if sheet != COLLECTION} <= titles


def _sheet(grid: Grid, sheet: str) -> tuple[list[EditorRow], Mapping[str, str]]:
    facts = grid.facts
    top = facts.top + HEAD_ROWS - 1
    head = {
        column: cells.texts.tolist()
        for column, cells in grid.read(list(facts.columns), facts.top, top).items()
    }
    mark = KEY if sheet == FORM else CHECK
    at = next((texts.index(mark) for texts in head.values() if mark in texts), None)
    if at is None:
        return [], {}
    keys = {texts[at]: column for column, texts in head.items()}
    keys = {key: column for key, column in keys.items() if key and key not in _SHOWN}
    first = facts.top + at + 1
    taken = grid.read(list(keys.values()), first)
    texts = {key: taken[column].texts.tolist() for key, column in keys.items() if column in taken}
    rows = []
    for number in range(max(map(len, texts.values()), default=0)):
        cells = {key: listed[number] for key, listed in texts.items() if listed[number]}
        origin = cells.pop(ORIGIN, "")
        cells = _without_titles(cells, sheet)
        if any(text.strip() for text in cells.values()):
            origin = cells.get(KEY, "") if sheet == FORM else origin
            rows.append(EditorRow(cells, origin, first + number))
    return rows, {key: str(get_column_letter(column)) for key, column in keys.items()}


def _without_titles(cells: Mapping[str, str], sheet: str) -> dict[str, str]:
    """The cells without the titles that stand behind the paths of items."""
    holds = {column.key: column.holds for column in columns(sheet)}
    if sheet == FORM:
        holds[VALUE] = next((row.holds for row in form_rows() if row.key == cells.get(KEY)), "")
    return {
        key: cell_values.without_titles(text) if cell_values.is_path(holds.get(key, "")) else text
        for key, text in cells.items()
    }


def _completed(book: EditedBook) -> EditedBook:
    """The same with what was deleted apart from rows: a sheet, a column (also one that is
    hidden far to the right, which no reader gives). It stays as it was."""
    before = all_rows(book.sources)
    rows: dict[str, Sequence[EditorRow]] = {}
    for sheet in SHEETS:
        known = {column.key for column in columns(sheet)}
        missing = known - set(book.columns[sheet])
        if missing == known:
            rows[sheet] = before[sheet]
            continue
        original = {row.origin: row.cells for row in before[sheet]} if missing else {}
        rows[sheet] = [
            replace(row, cells=_with(row.cells, original.get(row.origin, {}), missing))
            for row in book.rows[sheet]
        ]
    for sheet, (cards, _) in PARTS.items():
        rows[cards], rows[sheet] = part_rows.join(sheet, rows[cards], rows[sheet], before[cards])
    of_form, tables = rows[FORM], rows[TABLES]
    if book.columns[COLLECTION]:
        rows[FORM] = collection_rows.join(of_form, rows[COLLECTION], tables)
    else:  # a workbook of an older program, whose sheet about the form has these lists
        rows[COLLECTION] = collection_rows.split(of_form, tables)
    return replace(book, rows=rows)


def _with(cells: Mapping[str, str], more: Mapping[str, str], keys: Set[str]) -> Mapping[str, str]:
    return {**cells, **{key: text for key, text in more.items() if key in keys}}


def _sources(grid: Grid) -> dict[str, bytes]:
    """The files; one that was damaged is left out, its rows are then written anew."""
    taken = grid.read(list(grid.facts.columns), grid.facts.top)
    columns = [column.texts.tolist() for column in taken.values()]
    found = {}
    for name, *chunks in zip(*columns, strict=True):
        try:
            found[name] = zlib.decompress(base64.b64decode("".join(chunks), validate=True))
        except (binascii.Error, zlib.error):
            continue
    return found
