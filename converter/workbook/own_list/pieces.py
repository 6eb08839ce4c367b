"""What lists keep apart or together: an ID number in several cells, a name in two (姓, 名), and two
people in one cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.text.headings import normalized
from converter.workbook import person_names
from converter.workbook.own_list import values
from converter.workbook.own_list.blocks import SheetCells

FEWEST = 0.5  # of the most frequent place of pieces, to make another place one as well
LOWEST_HEADING = 20  # rows
_PIECE = re.compile("[0-9]{1,17}[Xx]?|[Xx]").fullmatch
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch

Span = tuple[int, int]  # first column, and the one behind the last
_BLANK = int(CellType.BLANK)


@dataclass(frozen=True, slots=True)
class Joined:
    """A sheet whose numbers and names stand in one cell each. `numbers`: how many were joined."""

    cells: SheetCells
    numbers: int = 0
    names: bool = False


def joined(cells: SheetCells) -> Joined:
    """The same sheet with the pieces of a number in the first of their cells, and both parts of a
    name in that of the family name."""
    found: dict[int, list[Span]] = {}
    for row, texts in enumerate(cells.texts):
        if not any(map(values.id_number, texts)) and (spans := [*_spans(texts)]):
            found[row] = spans
    counts = Counter(span for spans in found.values() for span in spans)
    most = max(counts.values(), default=0)
    places = {span for span, count in counts.items() if count >= FEWEST * most}
    name = _name_parts(cells)
    if not found and name is None:
        return Joined(cells)
    whole = [[*row] for row in cells.texts]
    types = [[*row] for row in cells.types]
    numbers = 0
    for row, spans in found.items():
        for first, last in places.intersection(spans):
            _join(whole[row], types[row], first, last)
            numbers += 1
    if name:
        for row in range(name[0], len(whole)):
            _join(whole[row], types[row], name[1], name[1] + 2)
    return Joined(replace(cells, texts=whole, types=types), numbers, name is not None)


def _spans(texts: Sequence[str]) -> Iterator[Span]:
    """Cells of a row that make up a valid number together."""
    pieces = [_piece(text) for text in texts]
    for first, piece in enumerate(pieces):
        whole, last = piece, first + 1
        while whole and len(whole) < values.LENGTH and last < len(pieces) and pieces[last]:
            whole, last = whole + pieces[last], last + 1
        if last > first + 1 and len(whole) == values.LENGTH and values.id_number(whole):
            yield first, last


def _piece(text: str) -> str:
    text = text.strip()
    if _DAY(text):
        return text.replace("-", "")
    return text if _PIECE(text) else ""


def _name_parts(cells: SheetCells) -> tuple[int, int] | None:
    """The row and the first column of the headings 姓 and 名."""
    family, given = catalogue.message("list_name_parts").split()
    for row, texts in enumerate(cells.texts[:LOWEST_HEADING]):
        for at, text in enumerate(texts[:-1]):
            if normalized(text) == family and normalized(texts[at + 1]) == given:
                return row, at
    return None


def _join(texts: list[str], types: list[int], first: int, last: int) -> None:
    pieces = [_piece(text) or text.strip() for text in texts[first:last]]
    texts[first:last] = ["".join(pieces), *[""] * (last - first - 1)]
    types[first:last] = [
        int(CellType.TEXT) if texts[first] else _BLANK,
        *[_BLANK] * (last - first - 1),
    ]


def people_of(name: str, number: str) -> list[tuple[str, str]]:
    """Name and number of each of several people who stand in one cell together."""
    numbers = values.numbers_in(number)
    names = values.parts(name)
    if len(numbers) < 2 or len(names) != len(numbers) or not all(map(person_names.is_name, names)):
        return []
    return [*zip(names, numbers, strict=True)]
