"""The rows of the workbook and the files that it was made from → the files of the form.

Whatever does not differ from what `form edit` wrote stays as it was, byte by byte; a changed card
keeps its comments and the order of its keys; cards and files come in the order of the rows.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.form_editor import cell_values
from converter.form_editor.columns import (
    ARRAYS,
    CODE_LIST,
    COMMENTS,
    FIELDS,
    FILE,
    FORM,
    KEY,
    LISTS,
    OTHER,
    TABLES,
    VALUE,
    columns,
    form_rows,
)
from converter.form_editor.rows import EditorRow, all_rows
from converter.form_editor.source_files import (
    FORM_FILE,
    RULES_FILE,
    CardFile,
    Encoding,
    ListFile,
    Sources,
    arrays_of,
    new_card,
    row_text,
)
from converter.form_editor.toml_text import SLOT, TomlText, lone_path
from converter.forms import roster
from converter.forms.code_lists import OPTIONAL, REQUIRED

Rows = Mapping[str, Sequence[EditorRow]]
_NAMES: Mapping[str, tuple[str, ...]] = {TABLES: (FILE,), FIELDS: (FILE, "key"), "rules": ("code",)}


def build(rows: Rows, sources: Sources) -> dict[str, bytes]:
    """The files of the form, by their paths in its folder."""
    before = all_rows(sources)
    texts = {name: Encoding.of(data) for name, data in sources.items()}
    cards = {n: CardFile(n, text) for n, (_, text) in texts.items() if n.endswith(".toml")}
    base = _Base(before, rows, cards)
    built: dict[str, bytes] = {}
    for name in _card_files(rows, sources):
        source = base.file_of(name)
        encoding, text = texts.get(source, (Encoding(), ""))
        file = cards.get(source) or CardFile(source, text)
        made = _CardBuilder(name, file, base, rows).text()
        same = name == source and made == text
        built[name] = sources[name] if same and name in sources else encoding.encode(made)
    for name, own in _lists(rows).items():
        encoding, text = texts.get(name, (Encoding(), ""))
        made = _list_text(own, ListFile(name, text), before[LISTS])
        built[name] = sources[name] if made == text and text else encoding.encode(made)
    return built


class _Base:
    """Which row that `form edit` wrote a row of the workbook comes from: the one of the same name,
    else the one that its hidden cell names."""

    def __init__(self, before: Rows, now: Rows, cards: Mapping[str, CardFile]) -> None:
        self.cards = cards
        self._before = {sheet: {row.origin: row for row in rows} for sheet, rows in before.items()}
        self._named = {
            sheet: {tuple(row[key] for key in keys): row for row in reversed(before[sheet])}
            for sheet, keys in _NAMES.items()
        }
        self.tables = {row[FILE]: row for row in now.get(TABLES, ())}

    def row(self, sheet: str, row: EditorRow) -> EditorRow | None:
        own = self._before[sheet].get(row.origin)
        keys = _NAMES.get(sheet)
        if keys is None:
            return own
        name = tuple(row[key] for key in keys)
        if own is not None and tuple(own[key] for key in keys) == name:
            return own
        return self._named[sheet].get(name, own)

    def file_of(self, name: str) -> str:
        """The file that a file's frame comes from: a table may have got another key."""
        table = self.tables.get(name.removesuffix(".toml"))
        found = self.row(TABLES, table) if table else None
        return found.origin.partition("#")[0] if found else name

    def rows(self, sheet: str) -> list[EditorRow]:
        return list(self._before[sheet].values())


def _card_files(rows: Rows, sources: Sources) -> list[str]:
    """The files of cards that the form has now: those of its tables, and the two of every form.
    Fields of a table that is no more have a file, too: the check names them."""
    tables = [f"{row[FILE]}.toml" for row in rows.get(TABLES, ())]
    tables += [f"{row[FILE]}.toml" for row in rows.get(FIELDS, ())]
    needed = [RULES_FILE] if rows.get("rules") or RULES_FILE in sources else []
    return list(dict.fromkeys([FORM_FILE, *tables, *needed]))


@dataclass
class _CardBuilder:
    """One file of cards."""

    name: str
    source: CardFile
    base: _Base
    rows: Rows

    def text(self) -> str:
        frame = TomlText.of(self.source.frame, (), _frame_order(self.name))
        self._change_frame(frame)
        made = {sheet: self._cards(sheet) for sheet in arrays_of(self.name)}
        as_it_was = all(made[sheet] == self.source.texts(sheet) for sheet in made)
        if as_it_was and frame.render() == self.source.frame:
            return self.source.text
        return _filled_slots(frame.render(), made)

    # --- around the cards --------------------------------------------------------------------

    def _change_frame(self, frame: TomlText) -> None:
        if self.name in (FORM_FILE, RULES_FILE):
            self._change_form(frame)
            return
        row = self.base.tables.get(self.name.removesuffix(".toml"))
        if row is not None:
            before = self.base.row(TABLES, row) or EditorRow({})
            _change(frame, before, row, TABLES)

    def _change_form(self, frame: TomlText) -> None:
        comments = f"@{self.name}"
        before = {row[KEY]: row for row in self.base.rows(FORM)}
        now = {row[KEY]: row for row in self.rows.get(FORM, ()) if row[KEY]}
        known = before.get(comments, EditorRow({}))
        if comments in now and now[comments][COMMENTS] != known[COMMENTS]:
            frame.set_comments(_lines(now[comments][COMMENTS]))
        if self.name == RULES_FILE:
            return
        for key in dict.fromkeys([*before, *now]):
            old, new = before.get(key, EditorRow({})), now.get(key, EditorRow({}))
            if not key.startswith("@") and old[VALUE] != new[VALUE]:
                holds = old.holds.get(VALUE, "toml")
                _change_value(frame, _toml_path(key), old[VALUE], new[VALUE], holds)
        listed = _sheet_keys(self.rows.get(TABLES, ()))
        if listed != _sheet_keys(self.base.rows(TABLES)):
            frame.set(("form", "sheets"), listed)

    # --- the cards -----------------------------------------------------------------------------

    def _cards(self, sheet: str) -> list[str]:
        rows = self.rows.get(sheet, ())
        if sheet == FIELDS:
            rows = [row for row in rows if f"{row[FILE]}.toml" == self.name]
        return [self._card(sheet, row) for row in rows]

    def _card(self, sheet: str, row: EditorRow) -> str:
        before = self.base.row(sheet, row)
        order = [column.path[0] for column in columns(sheet)]
        if before is None:
            text = TomlText.of(new_card(ARRAYS[sheet], ()), ARRAYS[sheet], order)
            _change(text, EditorRow({}), row, sheet)
            return text.render()
        original = self._original(before.origin, sheet)
        if _own(before) == _own(row):
            return original
        body = original.rstrip("\n")
        text = TomlText.of(body + "\n", ARRAYS[sheet], order)
        _change(text, before, row, sheet)
        return text.render() + original[len(body) + 1 :]

    def _original(self, origin: str, sheet: str) -> str:
        file, _, number = origin.partition("#")
        return self.base.cards[file].texts(sheet)[int(number) - 1]


def _own(row: EditorRow) -> Mapping[str, str]:
    """What a card says; in which file it stands is another matter."""
    return {key: text for key, text in row.cells.items() if key != FILE}


def _change(text: TomlText, before: EditorRow, row: EditorRow, sheet: str) -> None:
    """Change what differs between two rows."""
    for column in columns(sheet):
        old, new = before[column.key], row[column.key]
        if old == new or column.key == FILE:
            continue
        if column.key == COMMENTS:
            text.set_comments(_lines(new))
        elif column.key == OTHER:
            _change_other(text, old, new)
        else:
            _change_value(text, column.path, old, new, column.holds)


def _change_value(text: TomlText, path: tuple[str, ...], old: str, new: str, holds: str) -> None:
    if not new.strip():
        text.remove(path)
    elif holds == "levels" and len(path) == 1 and text.base == ():  # [levels] of form.toml
        _change_other(text, _levels_as_toml(path[0], old), _levels_as_toml(path[0], new))
    else:
        text.set(path, cell_values.read(new, holds))


def _levels_as_toml(table: str, cell: str) -> str:
    levels = cell_values.read(cell, "levels") if cell else {}
    return "\n".join(f'{table}.{code} = "{level}"' for code, level in levels.items())


def _change_other(text: TomlText, old: str, new: str) -> None:
    """Change keys that no column has: lines of `key = value`."""
    before, after = _assignments(old), _assignments(new)
    for path in before:
        if path not in after:
            text.remove(path)
    for path, value in after.items():
        if path not in before or before[path] != value:
            text.set(path, value)


def _assignments(cell: str) -> dict[tuple[str, ...], Any]:
    found = {}
    for line in _lines(cell):
        key, _, value = line.partition("=")
        if key.strip():
            found[_toml_path(key.strip())] = cell_values.read(value.strip(), "toml")
    return found


def _toml_path(key: str) -> tuple[str, ...]:
    """`a."b.c"` → its names; what is no such path is one name."""
    try:
        return lone_path(tomllib.loads(f"{key} = 0"))
    except tomllib.TOMLDecodeError:
        return (key,)


def _lines(cell: str) -> list[str]:
    return cell.split("\n") if cell else []


def _sheet_keys(rows: Sequence[EditorRow]) -> list[str]:
    """The tables of the form, in their order; the officer's roster is none of them."""
    return [row[FILE] for row in rows if f"{row[FILE]}.toml" != roster.FILE]


def _frame_order(name: str) -> list[str]:
    if name == FORM_FILE:
        return [row.key.rpartition(".")[2] for row in form_rows()]
    return [column.path[-1] for column in columns(TABLES)]


def _filled_slots(frame: str, cards: Mapping[str, Sequence[str]]) -> str:
    """Put cards in the places of the lines that stand for them, further ones behind the last."""
    pieces = re.split(rf"^{SLOT}(.*)\n", frame, flags=re.MULTILINE)
    slots = [(pieces[n], pieces[n + 1]) for n in range(0, len(pieces) - 1, 2)]
    last = {sheet: number for number, (_, sheet) in enumerate(slots)}
    waiting = {sheet: list(texts) for sheet, texts in cards.items()}
    made: list[str] = []
    for number, (before, sheet) in enumerate(slots):
        made.append(before)
        taken = len(waiting[sheet]) if last[sheet] == number else 1
        made += waiting[sheet][:taken]
        del waiting[sheet][:taken]
    made += [pieces[-1], *itertools.chain.from_iterable(waiting.values())]
    return _joined([piece for piece in made if piece])


def _joined(pieces: Sequence[str]) -> str:
    """Pieces with a blank line between them; no blank line at the end."""
    spaced = [p if p.endswith("\n\n") else p.removesuffix("\n") + "\n\n" for p in pieces[:-1]]
    end = "\n" if pieces and pieces[-1].endswith("\n") else ""
    return ("".join(spaced) + "".join(pieces[-1:])).rstrip("\n") + end


# --- code lists ----------------------------------------------------------------------------------


def _lists(rows: Rows) -> dict[str, list[EditorRow]]:
    found: dict[str, list[EditorRow]] = {}
    for row in rows.get(LISTS, ()):
        found.setdefault(f"codes/{row[CODE_LIST]}.csv", []).append(row)
    return found


def _list_text(rows: Sequence[EditorRow], source: ListFile, before: Sequence[EditorRow]) -> str:
    """The text of a list: rows that are as they were are left as they were written."""
    used = dict.fromkeys(key for row in rows for key in row.cells if key != CODE_LIST)
    known = list(source.columns) if source.text else [*REQUIRED]
    further = sorted((key for key in used if key not in known), key=_column_order)
    columns_now = [*known, *further]
    head = row_text(columns_now) if further or not source.text else source.head
    own = [row for row in before if row.origin.partition("#")[0] == source.name]
    lines_of = [text for text, _ in source.rows]
    written = {_frozen(row): text for row, text in zip(own, lines_of, strict=True)}
    placed = {(row.origin, _frozen(row)): text for row, text in zip(own, lines_of, strict=True)}
    lines = []
    for row in rows:
        text = placed.get((row.origin, _frozen(row))) or written.get(_frozen(row))
        lines.append(text or row_text([row[key] for key in columns_now]))
    whole = "".join(_ended(line) for line in (head, *lines))
    return whole if source.text.endswith("\n") or whole != source.text + "\n" else source.text


def _frozen(row: EditorRow) -> tuple[tuple[str, str], ...]:
    """What a row of a list says."""
    return tuple(sorted(row.cells.items()))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n"


def _column_order(key: str) -> tuple[int, str]:
    return (OPTIONAL.index(key) if key in OPTIONAL else len(OPTIONAL), key)
