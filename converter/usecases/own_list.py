"""Which columns of a list are which fields: as a person answered, remembered beside the list, and
for every list with the same headings, wherever it lies, in the user's own folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from converter.files import writing
from converter.files.own_folder import state_folder
from converter.messages import catalogue
from converter.model.errors import UsageError
from converter.model.forms import Sheet
from converter.model.own_list import CONTENT, DOUBTFUL, NEAR, ListColumn, ListReport
from converter.text import characters, file_names
from converter.text.headings import normalized

LARGEST = 1 << 20  # bytes of a file of choices
MOST_LISTS = 200  # whose choices are kept, the newest
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
    found: dict[str, str] = {}
    for path in map(choices_file, paths):
        found |= _known(_read(path).get("columns"), table)
    return found


def recalled(lists: Sequence[ListReport], table: Sheet) -> dict[str, str]:
    """The choices that were made for lists with the same headings."""
    kept = {tuple(one["headings"]): one["columns"] for one in reversed(_lists())}
    found: dict[str, str] = {}
    for report in lists:
        found |= _known(kept.get(report.headings), table)
    return found


def remember(lists: Sequence[ListReport], choices: Mapping[str, str]) -> None:
    """Keep choices beside the lists and for lists like them; a folder that cannot be written to
    keeps none."""
    for report in lists:
        _write(choices_file(Path(report.file)), {"columns": dict(choices)})
    new = [
        {"headings": [*report.headings], "columns": columns}
        for report in lists
        if not any(
            map(characters.has_long_number, report.headings)
        )  # a person's row, taken for headings
        and (columns := {key: choices[key] for key in report.headings if key in choices})
    ]
    if not new:
        return
    headings = [one["headings"] for one in new]
    old = [one for one in _lists() if one["headings"] not in headings]
    with contextlib.suppress(OSError):
        writing.private_folder(_store().parent)
    _write(_store(), {"lists": (new + old)[:MOST_LISTS]}, private=True)


def anything_kept() -> bool:
    """Whether choices have been kept for lists of any headings."""
    return _store().is_file()


def _store() -> Path:
    return state_folder() / "lists.json"


def _lists() -> list[dict[str, Any]]:
    """Newest first."""
    found = _read(_store()).get("lists")
    return [
        one
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict)
        and isinstance(one.get("headings"), list)
        and all(isinstance(text, str) for text in one["headings"])
    ]


def _known(columns: object, table: Sheet) -> dict[str, str]:
    """Choices of fields that the form still has."""
    keys = {field.key for field in table if not field.derive} | {""}
    pairs = columns.items() if isinstance(columns, dict) else ()
    return {str(column): field for column, field in pairs if field in keys}


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        with path.open("rb") as file:
            data = json.loads(file.read(LARGEST))
        if isinstance(data, dict) and data.get("version") == VERSION:
            return data
    return {}


def _write(path: Path, data: Mapping[str, Any], *, private: bool = False) -> None:
    text = json.dumps({"version": VERSION, **data}, ensure_ascii=False, indent=1)
    with contextlib.suppress(OSError):
        writing.write_bytes_atomically(path, f"{text}\n".encode(), private=private)


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
