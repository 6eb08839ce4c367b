"""A form's files → the rows of the workbook. `form edit` writes them; `form build` compares them
with the rows that come back, and only what differs is changed in the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from converter.form_editor import cell_values, collection_rows, part_rows
from converter.form_editor.columns import (
    ARRAYS,
    CODE_LIST,
    COLLECTION,
    COMMENTS,
    FIELDS,
    FILE,
    FORM,
    KEY,
    LISTS,
    OTHER,
    PARTS,
    TABLES,
    VALUE,
    EditorColumn,
    columns,
    form_rows,
)
from converter.form_editor.source_files import (
    FORM_FILE,
    RULES_FILE,
    CardFile,
    Encoding,
    ListFile,
    Sources,
)
from converter.form_editor.toml_text import TomlText, dotted, literal

NO_TABLES = (FORM_FILE, RULES_FILE)
HEADS = ("sheet", "headings")  # the tables of a sheet's file
TOML = "toml"


@dataclass(frozen=True, slots=True)
class EditorRow:
    """`cells`: texts by the keys of the columns, blank ones left out. `origin`: the file and the
    number of the card there, '' for a new one. `number`: the row of the workbook's sheet."""

    cells: Mapping[str, str]
    origin: str = ""
    number: int = 0
    holds: Mapping[str, str] = field(default_factory=dict)  # where it is not the column's own

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "")


def all_rows(sources: Sources) -> dict[str, list[EditorRow]]:
    """The rows of every sheet."""
    files = {
        name: CardFile(name, Encoding.of(data)[1])
        for name, data in sources.items()
        if name.endswith(".toml")
    }
    form = files.get(FORM_FILE) or CardFile(FORM_FILE, "")
    found: dict[str, list[EditorRow]] = {FORM: list(_form(form, files.get(RULES_FILE)))}
    sheets = _in_order(form, [name for name in files if name not in NO_TABLES])
    found[TABLES] = [_table(files[name]) for name in sheets]
    found[FIELDS] = [row for name in sheets for row in card_rows(files[name], FIELDS)]
    for sheet in ARRAYS:
        if sheet != FIELDS:
            rows = (card_rows(one, sheet) for one in files.values() if one.name in NO_TABLES)
            found[sheet] = [row for those in rows for row in those]
    for sheet, (cards, _) in PARTS.items():
        found[sheet] = part_rows.split(sheet, found[cards])
    found[COLLECTION] = collection_rows.split(found[FORM], found[TABLES])
    lists = [
        ListFile(name, Encoding.of(data)[1])
        for name, data in sources.items()
        if name.endswith(".csv")
    ]
    lists.sort(key=lambda one: len(one.rows) > LARGE)  # what has thousands of rows comes last
    found[LISTS] = [row for one in lists for row in list_rows(one)]
    return found


LARGE = 300  # rows of a list


def _in_order(form: CardFile, names: Sequence[str]) -> list[str]:
    """Files of sheets in the form's order, then those that it does not name."""
    head = form.values.get("form")
    listed = head.get("sheets") if isinstance(head, Mapping) else None
    wanted = [f"{key}.toml" for key in listed] if isinstance(listed, list) else []
    return [*dict.fromkeys(n for n in wanted if n in names), *(n for n in names if n not in wanted)]


def card_rows(file: CardFile, sheet: str) -> Iterator[EditorRow]:
    """The rows of a file's cards."""
    if sheet not in {piece.sheet for piece in file.pieces}:
        return
    own = {FILE: PurePosixPath(file.name).stem} if sheet == FIELDS else {}
    texts = file.texts(sheet)
    for number, (card, text) in enumerate(zip(file.cards(sheet), texts, strict=True), 1):
        comments = TomlText.of(text, ARRAYS[sheet]).comments()
        cells = {**own, **_cells(card, columns(sheet)), COMMENTS: "\n".join(comments)}
        yield EditorRow(_filled(cells), f"{file.name}#{number}")


def _table(file: CardFile) -> EditorRow:
    values = {key: file.values[key] for key in HEADS if key in file.values}
    cells = {FILE: PurePosixPath(file.name).stem, **_cells(values, columns(TABLES))}
    cells[COMMENTS] = "\n".join(TomlText.of(file.frame).comments())
    return EditorRow(_filled(cells), f"{file.name}#0")


def _form(form: CardFile, rules: CardFile | None) -> Iterator[EditorRow]:
    """What `form.toml` holds apart from its cards; at the end the comments of both files."""
    left = _leaves({k: v for k, v in form.values.items() if k != "levels"})
    for path in (*ARRAYS.values(), ("form", "sheets")):
        left.pop(path, None)
    for row in form_rows():
        path = tuple(row.key.split("."))
        value = _at(form.values, path)
        for known in [one for one in left if one[: len(path)] == path]:
            del left[known]
        yield _form_row(row.key, cell_values.shown(value, row.holds), row.holds)
    for path, value in left.items():
        yield _form_row(dotted(path), literal(value), TOML)
    for file in (form, rules):
        if file is not None:
            cells = {KEY: f"@{file.name}"}
            cells[COMMENTS] = "\n".join(TomlText.of(file.frame).comments())
            yield EditorRow(_filled(cells), cells[KEY])


def _form_row(key: str, text: str, holds: str) -> EditorRow:
    return EditorRow(_filled({KEY: key, VALUE: text}), key, holds={VALUE: holds})


def list_rows(file: ListFile) -> Iterator[EditorRow]:
    """The rows of a code list."""
    name = PurePosixPath(file.name).stem
    for number, (_, cells) in enumerate(file.rows, 1):
        named = dict(zip(file.columns, cells, strict=False))
        yield EditorRow(_filled({CODE_LIST: name, **named}), f"{file.name}#{number}")


def _cells(card: Mapping[str, Any], known: Sequence[EditorColumn]) -> dict[str, str]:
    """The cells of a card; what no column holds stands in the last one as TOML."""
    left = _leaves(card)
    cells = {}
    for column in known:
        if column.key.startswith("@"):
            continue
        value = _at(card, column.path)
        if value is not None:
            cells[column.key] = cell_values.shown(value, column.holds)
            left = {p: v for p, v in left.items() if p[: len(column.path)] != column.path}
    lines = [f"{dotted(path)} = {literal(v)}" for path, v in left.items()]
    cells[OTHER] = "\n".join(lines)
    return cells


def _at(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Everything that is no table, by its path."""
    found: dict[tuple[str, ...], Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= _leaves(value, (*path, key))
        else:
            found[(*path, key)] = value
    return found


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in cells.items() if text}
