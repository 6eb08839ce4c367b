"""A column that the form does not know, where one that it knows is missing.

What its heading is like, and what stands in it, may say that it is the missing one. It is never
taken for it: the clerk is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from converter.kinds import KINDS
from converter.kinds.base import ValueType
from converter.kinds.id_number import valid_numbers
from converter.model.cell_types import CellType
from converter.model.forms import Field, Sheet
from converter.text import characters
from converter.text.headings import normalized
from converter.workbook.grid import GridColumn

LIKE_ENOUGH = 0.5  # of two headings; 1 = the same
MOSTLY = 2  # of so many filled cells one has to be a date
MOST_CELLS = 200  # looked at

_DAY = re.compile(
    r"(?:19|20)[0-9]{2}\s*[-./年]?\s*(?:0?[1-9]|1[0-2])(?:[^0-9].*|[0-9]{2})?"
).fullmatch
_BIRTH = re.compile("([0-9]{6})(19|20)([0-9]{2})([0-9]{4})").match


class NearColumn(NamedTuple):
    """A column that may be a missing one."""

    column: int
    heading: str


def find_near(
    field: Field,
    sheet: Sheet,
    unknown: Mapping[int, str],
    columns: Mapping[int, GridColumn],
    numbers: Collection[str] = (),
) -> NearColumn | None:
    """The unknown column (column → heading) that is most like a missing field, among those that
    hold anything. `numbers` are the ID numbers of the table, by which birthdays are known."""
    best: tuple[float, NearColumn] | None = None
    for column, heading in unknown.items():
        cells = columns.get(column)
        if cells is None or not cells.types.any():
            continue
        likeness = _likeness(heading, field)
        rivals = max((_likeness(heading, other) for other in sheet if other != field), default=0)
        if rivals > max(likeness, LIKE_ENOUGH - 0.01):
            continue  # it is more like another field, and may be that
        fits = _holds(field, cells, numbers)
        if fits is False or not (fits or likeness >= LIKE_ENOUGH):
            continue
        rank = likeness + bool(fits)
        if best is None or rank > best[0]:
            best = rank, NearColumn(column, characters.strip(heading))
    return best[1] if best else None


def _likeness(heading: str, field: Field) -> float:
    text = normalized(heading)
    return max(
        SequenceMatcher(None, text, normalized(title)).ratio()
        for title in (field.title, *field.aliases)
    )


def _holds(field: Field, cells: GridColumn, numbers: Collection[str]) -> bool | None:
    """Whether a column holds what the field does; None where nobody can tell."""
    kind = KINDS[field.kind]
    filled = [
        (text, kind_of)
        for text, kind_of in zip(cells.texts.tolist(), cells.types.tolist(), strict=True)
        if text
    ][:MOST_CELLS]
    if kind.birth_and_sex:
        found = sum(bool(valid_numbers(characters.squeeze(text).upper())) for text, _ in filled)
        return found * MOSTLY >= len(filled)
    if kind.value_type is not ValueType.DATE:
        return None
    dates = [text for text, of in filled if of == CellType.DATE or _DAY(characters.squeeze(text))]
    if len(dates) * MOSTLY < len(filled):
        return False
    born = {match[2] + match[3] for number in numbers if (match := _BIRTH(number))}
    return sum(text[:4] in born for text in dates) < len(dates) or not born
