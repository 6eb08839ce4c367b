"""The files of a form's folder as they were written, and the cards that stand in each."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from converter.files.toml_access import load_toml, read_text
from converter.form_editor.columns import ARRAYS, FIELDS, RULES
from converter.form_editor.toml_text import (
    SLOT,
    bare_or_quoted,
    blocks,
    comment_text,
    dotted,
    literal,
)
from converter.forms.code_lists import REQUIRED
from converter.forms.form_files import NO_CARDS, toml_paths
from converter.model.errors import FormError

FORM_FILE, RULES_FILE = "form.toml", "rules.toml"
MARK = "\ufeff"
TablePath: TypeAlias = "tuple[str, ...]"
Sources: TypeAlias = "Mapping[str, bytes]"


def card_paths(folder: Path) -> list[Path]:
    """The cards and lists of a folder; what was amended in mid-collection, and what earlier
    definitions had otherwise, is none of them."""
    cards = [path for path in toml_paths(folder) if path.name not in NO_CARDS]
    return [*cards, *sorted((folder / "codes").glob("*.csv"))]


def read_sources(folder: Path) -> dict[str, bytes]:
    """The cards and lists of a folder, by their paths in it. Raises FormError for one that is no
    TOML, no CSV, no UTF-8."""
    found = {}
    for path in card_paths(folder):
        if path.suffix == ".toml":
            load_toml(path)
        else:
            _read_csv(path)
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _read_csv(path: Path) -> None:
    try:
        list(csv.reader(io.StringIO(read_text(path), newline=""), strict=True))
    except csv.Error as error:
        raise FormError(path, "", "form_not_csv") from error


def arrays_of(file: str) -> Mapping[str, TablePath]:
    """The lists of tables of a file whose cards are rows of a sheet."""
    if file == FORM_FILE:
        return {sheet: path for sheet, path in ARRAYS.items() if sheet not in (FIELDS, RULES)}
    sheet = RULES if file == RULES_FILE else FIELDS
    return {sheet: ARRAYS[sheet]}


@dataclass(frozen=True, slots=True)
class Encoding:
    """What stands around a file's text: a mark at its beginning, the ends of its lines."""

    mark: str = ""
    newline: str = "\n"

    @classmethod
    def of(cls, data: bytes) -> tuple[Encoding, str]:
        """The encoding, and the text with plain ends of lines."""
        text = data.decode("utf-8")
        mark = MARK if text.startswith(MARK) else ""
        newline = "\r\n" if "\r\n" in text else "\n"
        return cls(mark, newline), text.removeprefix(MARK).replace("\r\n", "\n")

    def encode(self, text: str) -> bytes:
        return (self.mark + text.replace("\n", self.newline)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a file: a card of a sheet, or ('' as sheet) what stands around the cards."""

    sheet: str
    text: str


def slot(sheet: str) -> str:
    """The line that stands for a card."""
    return f"{SLOT}{sheet}\n"


@dataclass(frozen=True)
class CardFile:
    """A file of cards, in pieces that can be moved."""

    name: str
    text: str

    @cached_property
    def values(self) -> dict[str, Any]:
        return tomllib.loads(self.text)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of the text, in order. Where cards are written in a way that cannot be cut (a
        list in one assignment), the same values written as cards, with all comments at the top."""
        found = tuple(self._cut(self.text))
        counted = {sheet: sum(one.sheet == sheet for one in found) for sheet in self._arrays}
        if all(counted[sheet] == len(self.cards(sheet)) for sheet in self._arrays):
            return found
        return tuple(self._cut(self._rewritten()))

    @property
    def _arrays(self) -> Mapping[str, TablePath]:
        return arrays_of(self.name)

    def cards(self, sheet: str) -> list[Mapping[str, Any]]:
        """The cards of a sheet; [] where their list is none."""
        found: Any = self.values
        for key in self._arrays.get(sheet, ("",)):
            found = found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            return []
        return found

    def texts(self, sheet: str) -> list[str]:
        return [piece.text for piece in self.pieces if piece.sheet == sheet]

    @property
    def frame(self) -> str:
        """What stands around the cards, a line in place of each of them."""
        return "".join(one.text if not one.sheet else slot(one.sheet) for one in self.pieces)

    def _cut(self, text: str) -> Iterator[Piece]:
        sheets = {path: sheet for sheet, path in self._arrays.items() if self.cards(sheet)}
        waiting = Piece("", "")
        for path, listed, block in blocks(text):
            sheet = sheets.get(path, "") if listed else ""
            inside = (
                waiting.sheet
                and path[: len(self._arrays[waiting.sheet])] == (self._arrays[waiting.sheet])
            )
            if sheet or not inside:
                if waiting.text:
                    yield waiting
                waiting = Piece(sheet, block)
            else:
                waiting = Piece(waiting.sheet, waiting.text + block)
        if waiting.text:
            yield waiting

    def _rewritten(self) -> str:
        lines = [line for line in self.text.splitlines() if line.lstrip().startswith("#")]
        head = "".join(f"# {comment_text(line)}".rstrip() + "\n" for line in lines)
        arrays = frozenset(self._arrays.values())
        return (f"{head}\n" if head else "") + "".join(_tables(self.values, (), arrays))


def _tables(
    values: Mapping[str, Any], path: TablePath, arrays: frozenset[TablePath]
) -> Iterator[str]:
    """Tables of a file, with the lists of cards as `[[…]]`."""
    later = {k: v for k, v in values.items() if _is_apart((*path, k), v, arrays)}
    own = "".join(
        f"{bare_or_quoted(k)} = {literal(v)}\n" for k, v in values.items() if k not in later
    )
    if path and (own or not later):
        own = f"[{dotted(path)}]\n{own}"
    yield f"{own}\n" if own else ""
    for key, value in later.items():
        if (*path, key) in arrays:
            for card in value:
                yield new_card((*path, key), card.items())
        else:
            yield from _tables(value, (*path, key), arrays)


def _is_apart(path: TablePath, value: Any, arrays: frozenset[TablePath]) -> bool:
    if path in arrays:
        return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)
    return isinstance(value, Mapping)


def new_card(array: TablePath, items: Iterable[tuple[str, Any]]) -> str:
    """The text of a card."""
    lines = [f"{bare_or_quoted(k)} = {literal(v, len(k) + 3)}\n" for k, v in items]
    return f"[[{'.'.join(array)}]]\n{''.join(lines)}\n"


@dataclass(frozen=True)
class ListFile:
    """A code list: its columns, and the text and cells of each row."""

    name: str
    text: str

    @cached_property
    def _records(self) -> list[tuple[str, list[str]]]:
        lines = self.text.splitlines(keepends=True)
        reader = csv.reader(iter(lines))
        records, start = [], 0
        for cells in reader:
            records.append(("".join(lines[start : reader.line_num]), cells))
            start = reader.line_num
        return records

    @property
    def columns(self) -> Sequence[str]:
        return self._records[0][1] if self._records else REQUIRED

    @property
    def head(self) -> str:
        return self._records[0][0] if self._records else row_text(REQUIRED)

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        return self._records[1:]


def row_text(cells: Sequence[str]) -> str:
    """A row of a list."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
