"""What a card lists, a row each on a sheet of its own: the measures of a table of the annual
report, the rates of a table of statistics.

Files hold them as a list in the card; between the two, the card's row has a cell with a line of
TOML each. A row says by the table's title whose it is. What the columns cannot hold (a second
condition, a key that nobody knows) stands in the last one as TOML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from converter.form_editor import cell_values
from converter.form_editor.columns import OTHER, OWNER, PARTS, columns
from converter.form_editor.toml_text import dotted, literal

if TYPE_CHECKING:
    from converter.form_editor.rows import EditorRow

WHERE = "where."  # begins the columns of a measure's condition
_PATHS = f"{WHERE}fields"  # a condition's `field` or `fields`


def split(sheet: str, owners: Iterable[EditorRow]) -> list[EditorRow]:
    """The rows of a sheet of parts, from the rows of the cards."""
    _, key = PARTS[sheet]
    return [
        replace(owner, cells={OWNER: owner["title"]} | cells(sheet, one), number=0)
        for owner in owners
        for one in _parts(owner[key])
    ]


def join(
    sheet: str, owners: Sequence[EditorRow], parts: Sequence[EditorRow], before: Sequence[EditorRow]
) -> tuple[list[EditorRow], list[EditorRow]]:
    """The cards' rows with the lists that the parts make, and the parts by the titles that the
    cards have now. `before`: the cards' rows as they were, for those that were renamed."""
    _, key = PARTS[sheet]
    was = {row.origin: row for row in before}
    titles = {origin: row["title"] for origin, row in was.items()}
    renamed = {titles[row.origin]: row["title"] for row in owners if row.origin in titles}
    known = Counter(row["title"] for row in owners)

    def owner_of(part: EditorRow) -> str:
        title = part[OWNER].strip()
        return title if title in known else renamed.get(title, title)

    parts = [replace(part, cells={**part.cells, OWNER: owner_of(part)}) for part in parts]
    made = []
    for owner in owners:
        own = [part for part in parts if part[OWNER] == owner["title"]]
        if known[owner["title"]] > 1:  # of two tables of one title
            own = [part for part in own if part.origin in ("", owner.origin)]
        known_parts = _parts(was[owner.origin][key]) if owner.origin in was else []
        found = [value(sheet, part.cells) for part in own]
        # One that is as it was keeps the order of its keys.
        kept = [next((one for one in known_parts if one == new), new) for new in found]
        lines = "\n".join(map(literal, kept))
        left = {name: text for name, text in owner.cells.items() if name != key}
        made.append(replace(owner, cells=left | {key: lines} if lines else left))
    return made, parts


def _parts(cell: str) -> list[Any]:
    """The parts that a card's cell lists."""
    found = cell_values.read(cell, "parts") if cell else []
    return list(found) if isinstance(found, list) else []


def cells(sheet: str, part: Any) -> dict[str, str]:
    """The cells of a part."""
    if not isinstance(part, Mapping):
        return {OTHER: literal(part)}
    flat = dict(part)
    condition = _lone_condition(flat)
    made = {}
    for column in columns(sheet):
        key = column.key.removeprefix(WHERE)
        holder = condition if column.key.startswith(WHERE) else flat
        if key in holder:
            made[column.key] = cell_values.shown(holder.pop(key), column.holds)
    if condition:
        flat["where"] = part["where"]
        made = {key: text for key, text in made.items() if not key.startswith(WHERE)}
    made[OTHER] = "\n".join(f"{dotted((key,))} = {literal(one)}" for key, one in flat.items())
    made = {key: text for key, text in made.items() if text}
    if value(sheet, made) == part:
        return made
    return {OTHER: "\n".join(f"{dotted((key,))} = {literal(one)}" for key, one in part.items())}


def _lone_condition(part: dict[str, Any]) -> dict[str, Any]:
    """Take the only condition out of a measure; {} where there are none or several."""
    found = part.get("where")
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], Mapping):
        return {}
    del part["where"]
    condition = dict(found[0])
    if "field" in condition and "fields" not in condition:
        condition["fields"] = [condition.pop("field")]
    return condition


def value(sheet: str, row: Mapping[str, str]) -> Any:
    """The part that a row's cells say."""
    made: dict[str, Any] = {}
    condition: dict[str, Any] = {}
    for column in columns(sheet):
        text = row.get(column.key, "")
        if column.key.startswith("@") or not text.strip():
            continue
        holder = condition if column.key.startswith(WHERE) else made
        holder[column.key.removeprefix(WHERE)] = cell_values.read(text, column.holds)
    paths = condition.get("fields")
    if isinstance(paths, list) and len(paths) == 1:
        condition = {"field": paths[0]} | {k: v for k, v in condition.items() if k != "fields"}
    if condition:
        made["where"] = [condition]
    for line in filter(str.strip, row.get(OTHER, "").split("\n")):
        key, equals, text = line.partition("=")
        if not equals:
            return cell_values.read(line.strip(), "toml")
        made[key.strip().strip('"')] = cell_values.read(text.strip(), "toml")
    return made


def key_of(rest: str) -> tuple[int, str]:
    """A key in a card → the number of the part in it, and the key of its column.

    >>> key_of("measures[2].where[1].is"), key_of("rates[1].part")
    ((2, 'where.is'), (1, 'part'))
    """
    number = re.match(r"\w+\[(\d+)\]\.?", rest)
    if number is None:
        return 1, ""
    key = re.sub(r"\[\d+\]", "", rest[number.end() :])
    return int(number[1]), _PATHS if key == f"{WHERE}field" else key
