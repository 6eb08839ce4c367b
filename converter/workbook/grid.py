"""One sheet as every reader gives it: values by row and column, and what is odd about them.

Rows and columns count from 1. Values are what `cells.read_value` takes; '' = blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from operator import itemgetter

from converter import cells
from converter.model import CellType
from converter.workbook.refusal import refusing

# Columns that are looked at: a form has a few dozen. Far-off columns hold nobody's answers.
WIDEST = 256

Box = tuple[int, int, int, int]  # first row, first column, last row, last column
Row = Sequence[object]


def _not_stored(row: int, column: int) -> float | None:
    return None


@dataclass(frozen=True)
class Grid:
    """A sheet. `top` and `left` are the row and column of the first value of `rows`."""

    name: str
    hidden: bool
    top: int
    left: int
    width: int  # columns of `rows`
    read_first: Callable[[int], Sequence[Row]]  # the first n rows
    all_rows: Callable[[], Iterable[Row]]
    date1904: bool = False
    merges: tuple[Box, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    # Columns → row → has a program computed the formula that stands there? None = not known.
    find_formulas: Callable[[Iterable[int]], dict[int, dict[int, bool]]] | None = None
    # The number behind a cell that a reader took for a time of day.
    stored: Callable[[int, int], float | None] = _not_stored

    @property
    def columns(self) -> range:
        """The columns that hold anything and are looked at."""
        return range(self.left, min(self.left + self.width, WIDEST + 1))

    def formulas(self, columns: Sequence[int]) -> dict[int, dict[int, bool]]:
        """Where formulas stand, as far as the reader can tell."""
        if self.find_formulas:
            return self.find_formulas(columns)
        return {column: {} for column in columns}

    def first_rows(self, count: int) -> Sequence[Row]:
        """The values of the first rows. Raises Refused."""
        with refusing("F315", sheet=self.name):
            return self.read_first(count)

    def head(self, count: int) -> list[list[str]]:
        """Texts of the first rows, each from the first of `columns`."""
        return [
            [
                self.value(row, self.left + n, v)[0]
                for n, v in enumerate(values[: len(self.columns)])
            ]
            for row, values in enumerate(self.first_rows(count), self.top)
        ]

    def value(self, row: int, column: int, value: object) -> cells.Value:
        """One cell's text and type."""
        if self.errors and (row, column) in self.errors:
            return self.errors[row, column], CellType.ERROR
        if type(value) is time:
            value = self._number(row, column, value)
        return cells.read_value(value, date1904=self.date1904)

    def take(self, columns: Sequence[int]) -> dict[int, Sequence[object]]:
        """The values of whole columns, one entry a row from `top` on.

        Rows are taken one by one: a wide sheet of a million rows never stands in memory.
        """
        inside = [column for column in columns if column in self.columns]
        if not inside:
            return {}
        pick = itemgetter(*(column - self.left for column in inside))
        with refusing("F315", sheet=self.name):
            picked = list(map(pick, self.all_rows()))
        values = zip(*picked, strict=True) if len(inside) > 1 else (picked,)
        return dict(zip(inside, values, strict=True))

    def read(
        self, column: int, values: Sequence[object], first_row: int
    ) -> tuple[list[str], list[int]]:
        """Texts and types of a column's values, the first of which stands in `first_row`."""
        if time in set(map(type, values)):
            values = [
                self._number(row, column, value) if type(value) is time else value
                for row, value in enumerate(values, first_row)
            ]
        texts, types = cells.read_column(values, date1904=self.date1904)
        for (row, at), name in self.errors.items():
            if at == column and 0 <= row - first_row < len(texts):
                texts[row - first_row], types[row - first_row] = name, int(CellType.ERROR)
        return texts, types

    def _number(self, row: int, column: int, value: time) -> object:
        """calamine takes every date-formatted number below 1 for a time of day, -3 as well.
        Where no number is stored, the cell holds a time of day in words (type 'd')."""
        stored = self.stored(row, column)
        return value.isoformat("auto") if stored is None else cells.Serial(stored)
