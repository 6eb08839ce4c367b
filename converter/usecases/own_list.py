"""Which columns of a list are which fields: as somebody said, remembered beside the list."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from converter.files import writing
from converter.messages import catalogue
from converter.model.errors import UsageError
from converter.model.forms import Sheet
from converter.model.own_list import CONTENT, DOUBTFUL, NEAR, ListColumn, ListReport
from converter.text import file_names
from converter.text.headings import normalized

LARGEST = 1 << 16  # bytes of a file of choices
VERSION = 1


def parse_choices(given: Iterable[str], table: Sheet) -> dict[str, str]:
    """`--map THEIRS=OURS`: plain heading or letters of a column → field key, '' for a column that
    is to be left out. Raises UsageError."""
    names = {
        normalized(name): field.key
        for field in table
        if not field.derive
        for name in (field.title, field.key, *field.aliases)
    }
    found = {}
    for one in given:
        heading, separator, title = one.partition("=")
        unknown = title.strip() and normalized(title) not in names
        if not separator or not heading.strip() or unknown:
            titles = "、".join(field.title for field in table if not field.derive)
            raise UsageError("list_map", text=one, titles=titles)
        found[normalized(heading)] = names[normalized(title)] if title.strip() else ""
    return found


def choices_file(path: Path) -> Path:
    """名单.xlsx → .名单-对应.json, beside the list."""
    return path.with_name(f".{file_names.stem(path)}-{catalogue.message('list_choices')}.json")


def remembered(paths: Sequence[Path], table: Sheet) -> dict[str, str]:
    """The choices that were made for these lists before; what cannot be read counts as none."""
    keys = {field.key for field in table if not field.derive} | {""}
    found: dict[str, str] = {}
    for path in map(choices_file, paths):
        with contextlib.suppress(OSError, ValueError, AttributeError, RecursionError):
            with path.open("rb") as file:
                data = json.loads(file.read(LARGEST))
            if data.get("version") == VERSION:
                found |= {
                    str(column): field for column, field in data["columns"].items() if field in keys
                }
    return found


def remember(paths: Sequence[Path], choices: Mapping[str, str]) -> None:
    """Keep choices beside the lists; a folder that cannot be written to keeps none."""
    text = json.dumps({"version": VERSION, "columns": choices}, ensure_ascii=False, indent=1)
    for path in paths:
        with contextlib.suppress(OSError):
            writing.write_bytes_atomically(choices_file(path), f"{text}\n".encode())


def questions(lists: Sequence[ListReport]) -> list[ListColumn]:
    """The columns whose field was guessed, each heading once."""
    found: dict[str, ListColumn] = {}
    for one in lists:
        for column in one.columns:
            if column.how in (NEAR, CONTENT, DOUBTFUL):
                found.setdefault(column_name(column), column)
    return list(found.values())


def column_name(column: ListColumn) -> str:
    """What a column goes by in a choice."""
    return normalized(column.heading) or column.letters.lower()
