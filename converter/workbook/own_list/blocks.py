"""A sheet cut at its heading rows: each block has columns with one heading each, and rows.

A heading may stand over two rows (证件 above 类型 and 号码); a list printed in pages, or two lists
one below the other, are several blocks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from converter.messages import catalogue
from converter.model.cell_types import CellType
from converter.model.forms import Field, Sheet
from converter.model.issues import column_letters
from converter.model.own_list import COLUMNS, DERIVED, DOUBTFUL, KNOWN, NEAR, ROWS
from converter.text import characters
from converter.text.headings import LONGEST_HEADING, names_of, normalized
from converter.workbook.form.remarks import is_line
from converter.workbook.grid import Box, Grid
from converter.workbook.own_list.values import holds_number, id_number

_COUNTERS = "0123456789一二①②"
FARTHEST_HEADING = 4  # rows above the first number
FEWEST_HEADINGS = 2  # in one row, to make it a heading row


@dataclass(frozen=True, slots=True)
class SheetCells:
    """A sheet's cells, from its first row and column that hold anything; `arrangement` tells how
    the people stood on the sheet, whose rows are here a person each."""

    name: str
    top: int
    columns: tuple[int, ...]
    texts: Sequence[Sequence[str]]  # by row, then column
    types: Sequence[Sequence[int]]
    merges: tuple[Box, ...]
    arrangement: str = ROWS

    def column_name(self, at: int) -> str:
        """Where a column stands on the sheet: its letters, or the number of its row in a list on
        its side."""
        return self._name(self.columns[at], letters=self.arrangement != COLUMNS)

    def row_name(self, row: int) -> str:
        return self._name(row + self.top, letters=self.arrangement == COLUMNS)

    @staticmethod
    def _name(number: int, *, letters: bool) -> str:
        return column_letters(number) if letters else str(number)


@dataclass(frozen=True, slots=True)
class ListBlock:
    """Rows `first` to `last` (not included) of some cells, and the heading of each column."""

    cells: SheetCells
    first: int
    last: int
    headings: Sequence[str]  # by column; '' = none

    @property
    def texts(self) -> Sequence[Sequence[str]]:
        return self.cells.texts[self.first : self.last]

    def column(self, at: int) -> list[tuple[str, int]]:
        """Text and type of each cell below a heading."""
        texts, types = self.cells.texts, self.cells.types
        return [(texts[row][at], types[row][at]) for row in range(self.first, self.last)]


class Headings:
    """Which field a heading means, by the words on the form's cards."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._names = sheet, names_of(sheet)
        self._fields = {field.key: field for field in sheet}
        self._near = _keys_by_heading((field, field.near) for field in sheet)
        self._doubtful = _keys_by_heading((field, field.doubtful) for field in sheet)

    def find(self, text: str) -> tuple[str, str] | None:
        """(field key, how it was found). 姓名2 of a list with two people in a row is near 姓名."""
        found = self._find(text)
        stem = text.strip().rstrip(_COUNTERS)
        if found is None and stem != text.strip() and (like := self._find(stem)):
            return like[0], NEAR if like[1] == KNOWN else like[1]
        return found

    def _find(self, text: str) -> tuple[str, str] | None:
        if len(text) > LONGEST_HEADING:
            return None
        if found := self._names.field(text):
            return found[0], self._how(found[0], KNOWN)
        short = normalized(text)
        if key := self._near.get(short):
            return key, self._how(key, NEAR)
        if key := self._doubtful.get(short):
            return key, DOUBTFUL
        return None

    def is_heading(self, text: str) -> bool:
        return bool(text) and (self.find(text) is not None or self._names.role(text) is not None)

    def is_person(self, text: str) -> bool:
        """Whether a cell holds an ID number that is not another person's, and is no example or
        explanation."""
        others = any(word in text for word in self._sheet.other_people)
        return holds_number(text) and not others and not self.is_line(text)

    def is_line(self, text: str) -> bool:
        """Whether a line that is no person, such as a total, begins with a text."""
        return is_line(characters.squeeze(text), self._sheet)

    @staticmethod
    def is_kinship(heading: str) -> bool:
        """Whether a heading asks who somebody is to another: 与职工关系."""
        return normalized(heading).endswith(tuple(catalogue.message("list_kinship").split()))

    def is_relative(self, text: str) -> bool:
        return characters.squeeze(text) in self._sheet.other_people

    def is_total(self, row: Sequence[str]) -> bool:
        """Whether a row is such a line, and not a row of headings of which one is 备注."""
        texts = [text for text in row if text.strip() and not text.isdecimal()]
        return 0 < len(texts) <= FEWEST_HEADINGS and any(map(self.is_line, texts))

    def _how(self, key: str, how: str) -> str:
        return DERIVED if self._fields[key].derive else how


def _keys_by_heading(of: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, words in of:  # type: ignore[attr-defined]
        assert isinstance(field, Field)
        for word in words:
            found.setdefault(normalized(word), field.key)
    return found


def cells_of(grid: Grid) -> SheetCells:
    """Raises UnreadableFile."""
    facts = grid.facts
    read = grid.read(facts.columns, facts.top)
    columns = tuple(sorted(read))
    count = max((len(read[column]) for column in columns), default=0)
    empty = [""] * count, [int(CellType.BLANK)] * count
    by_column = [
        (read[c].texts.tolist(), read[c].types.tolist()) if len(read[c]) == count else empty
        for c in columns
    ]
    texts = list(zip(*(texts for texts, _ in by_column), strict=True))
    types = list(zip(*(types for _, types in by_column), strict=True))
    return SheetCells(facts.name, facts.top, columns, texts, types, facts.merges)


def cut(cells: SheetCells, headings: Headings) -> list[ListBlock]:
    """The blocks of a sheet; rows above the first heading row belong to none, unless there are ID
    numbers without any heading."""
    numbered = [any(map(id_number, row)) for row in cells.texts]
    regions = _heading_rows(cells, headings, numbered)
    if not regions:  # 赵一 130102…
        numbered = [any(map(headings.is_person, row)) for row in cells.texts]
    first_number = numbered.index(True) if True in numbered else -1
    if first_number >= 0 and (not regions or regions[0][0] > first_number):
        regions.insert(0, _above(cells, headings, first_number))
    ends = [*(region[0] for region in regions[1:]), len(cells.texts)] if regions else []
    near = [row for top, bottom in regions for row in range(top - 1, bottom + 1)]
    spread = _Spread(cells, _merges_over(cells, near))
    blocks = []
    for (top, bottom), end in zip(regions, ends, strict=True):
        below = _lower(spread, headings, top, bottom, end, numbered)
        titles = [_heading(spread, headings, top, below, at) for at in range(len(cells.columns))]
        blocks.append(ListBlock(cells, below, end, titles))
    return blocks


def _heading_rows(
    cells: SheetCells, headings: Headings, numbered: Sequence[bool]
) -> list[tuple[int, int]]:
    """Runs of heading rows: (first, the one below the last)."""
    found: list[tuple[int, int]] = []
    for number, row in enumerate(cells.texts):
        if numbered[number] or sum(map(headings.is_heading, row)) < FEWEST_HEADINGS:
            continue
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found


def _above(cells: SheetCells, headings: Headings, first_number: int) -> tuple[int, int]:
    """The row above the first ID number that has a text over it, or one heading at least; rows
    with a single text between them are sections."""
    at = next(n for n, text in enumerate(cells.texts[first_number]) if headings.is_person(text))
    for above in range(first_number - 1, max(first_number - FARTHEST_HEADING, 0) - 1, -1):
        row = cells.texts[above]
        if headings.is_total(row):
            continue
        if row[at].strip() or any(map(headings.is_heading, row)):
            return above, above + 1
        if sum(bool(text.strip()) for text in row) >= FEWEST_HEADINGS:
            break
    return first_number, first_number


def _lower(
    spread: _Spread, headings: Headings, top: int, bottom: int, end: int, numbered: Sequence[bool]
) -> int:
    """One row more where it completes a heading: 证件 above 号码."""
    cells = spread.cells
    if not top < bottom < end or numbered[bottom]:
        return bottom
    for at in range(len(cells.columns)):
        upper, lower = spread.text(bottom - 1, at), cells.texts[bottom][at]
        if lower and upper and not headings.find(upper) and headings.find(upper + lower):
            return bottom + 1
    return bottom


def _heading(spread: _Spread, headings: Headings, top: int, bottom: int, at: int) -> str:
    """The heading of a column: the lowest text that is known, or all of them joined."""
    if top == bottom:
        return ""
    cells = spread.cells
    over = top - 1 if top and sum(map(bool, cells.texts[top - 1])) >= FEWEST_HEADINGS else top
    found = (spread.text(row, at).strip() for row in range(over, bottom))
    texts = [text for text in dict.fromkeys(found) if text]
    joined = "".join(texts)
    below = "".join(t for row in range(top, bottom) if (t := cells.texts[row][at].strip()))
    own = next((text for text in reversed(texts) if _is_own(headings, text, below)), "")
    return own or (joined if headings.find(joined) else below or joined)


def _is_own(headings: Headings, text: str, below: str) -> bool:
    """Whether a text over a column is its heading. What is only like one (人员) may stand over a
    group of columns, whose headings stand below it."""
    found = headings.find(text)
    return found is not None and (found[1] == KNOWN or text in below or not below)


@dataclass(frozen=True, slots=True)
class _Spread:
    """Cells whose merged areas show their text all over. `merges`: row (0 = first) → those that
    reach over it."""

    cells: SheetCells
    merges: Mapping[int, Sequence[Box]]

    def text(self, row: int, at: int) -> str:
        """A cell's text; one inside a merged area has the text of its first cell."""
        cells = self.cells
        text = cells.texts[row][at]
        if text:
            return text
        column = cells.columns[at]
        for top, left, _, right in self.merges.get(row, ()):
            if left <= column <= right:
                inside = top >= cells.top and left in cells.columns
                return cells.texts[top - cells.top][cells.columns.index(left)] if inside else ""
        return ""


def _merges_over(cells: SheetCells, rows: Iterable[int]) -> Mapping[int, Sequence[Box]]:
    """Some rows (0 = first) → the merged areas that reach over them."""
    wanted = sorted({*rows})
    found: dict[int, list[Box]] = {}
    for box in cells.merges:
        first = bisect_left(wanted, box[0] - cells.top)
        last = bisect_right(wanted, box[2] - cells.top)
        for row in wanted[first:last]:
            found.setdefault(row, []).append(box)
    return found
