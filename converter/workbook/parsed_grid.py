"""A sheet that a parser has read: rows of Python values, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from operator import itemgetter

import numpy as np

from converter.model.cell_types import CellType
from converter.text import cell_values, characters
from converter.workbook.grid import FormulaCells, GridColumn, GridFacts
from converter.workbook.unreadable import unreadable_on_error

Row = Sequence[object]

_MOMENTS = frozenset((date, datetime, time))
# Spreadsheets believe in 1900-02-29, and one of their calendars begins in 1904.
_FIRST_SURE_YEAR = 1904


def _not_stored(row: int, column: int) -> float | None:
    return None


@dataclass(frozen=True)
class ParsedGrid:
    """A `grid.Grid`. Values are what `cells.read_value` takes; '' = blank."""

    facts: GridFacts
    read_first: Callable[[int], Sequence[Row]]  # the first n rows
    all_rows: Callable[[], Iterable[Row]]
    date1904: bool = False
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    # Columns → row → has a program computed the formula that stands there? None = not known.
    find_formulas: Callable[[Iterable[int]], dict[int, dict[int, bool]]] | None = None
    # The number that a cell stores where the parser gave a day or a time of day.
    stored: Callable[[int, int], float | None] = _not_stored

    def head(self, count: int) -> list[list[str]]:
        facts = self.facts
        with unreadable_on_error("F315", sheet=facts.name):
            rows = self.read_first(count)
        return [
            [
                self._value(row, facts.left + n, value)[0]
                for n, value in enumerate(values[: len(facts.columns)])
            ]
            for row, values in enumerate(rows, facts.top)
        ]

    def read(self, columns: Sequence[int], first: int, last: int = 0) -> dict[int, GridColumn]:
        taken = self._take(columns, first, last)
        return {column: self._column(column, values, first) for column, values in taken.items()}

    def texts(self, columns: Sequence[int], first: int) -> dict[int, dict[int, str]]:
        return {
            column: {
                row: value
                for row, value in enumerate(values, first)
                if isinstance(value, str)
                and not characters.is_blank(value)
                and (row, column) not in self.errors
            }
            for column, values in self._take(columns, first, 0).items()
        }

    def formulas(self, columns: Sequence[int]) -> dict[int, FormulaCells] | None:
        if not self.find_formulas:
            return None
        return {
            column: FormulaCells(
                np.fromiter(found, np.int32, len(found)),
                np.fromiter(found.values(), np.bool_, len(found)),
            )
            for column, found in self.find_formulas(columns).items()
        }

    def _take(self, columns: Sequence[int], first: int, last: int) -> dict[int, Sequence[object]]:
        """Values of whole columns. Rows are taken one by one: a wide sheet of a million rows
        never stands in memory."""
        facts = self.facts
        inside = [column for column in columns if column in facts.columns]
        if not inside:
            return {}
        pick = itemgetter(*(column - facts.left for column in inside))
        with unreadable_on_error("F315", sheet=facts.name):
            rows = self.read_first(last - facts.top + 1) if last else self.all_rows()
            picked = list(map(pick, rows))
        if not picked:
            return dict.fromkeys(inside, ())
        columns_of = zip(*picked, strict=True) if len(inside) > 1 else (picked,)
        above = ("",) * max(facts.top - first, 0)
        skip = max(first - facts.top, 0)
        return {
            column: (*above, *values[skip:])
            for column, values in zip(inside, columns_of, strict=True)
        }

    def _column(self, column: int, values: Sequence[object], first: int) -> GridColumn:
        if not _MOMENTS.isdisjoint(map(type, values)):
            values = [self._number(row, column, value) for row, value in enumerate(values, first)]
        read, kinds = cell_values.read_column(values, date1904=self.date1904)
        texts, types = np.empty(len(read), dtype=object), np.array(kinds, dtype=np.int8)
        texts[:] = read
        for (row, at), name in self.errors.items():
            if at == column and 0 <= row - first < len(texts):
                texts[row - first], types[row - first] = name, int(CellType.ERROR)
        return GridColumn(texts, types)

    def _value(self, row: int, column: int, value: object) -> cell_values.Value:
        if self.errors and (row, column) in self.errors:
            return self.errors[row, column], CellType.ERROR
        return cell_values.read_value(self._number(row, column, value), date1904=self.date1904)

    def _number(self, row: int, column: int, value: object) -> object:
        """calamine takes every date-formatted number below 1 for a time of day, -3 as well, and
        some for days that there never were. Where no number is stored, the cell holds a moment
        in words (type 'd')."""
        if isinstance(value, time):
            stored = self.stored(row, column)
            return value.isoformat("auto") if stored is None else cell_values.Serial(stored)
        if isinstance(value, date) and value.year < _FIRST_SURE_YEAR:
            stored = self.stored(row, column)
            return value if stored is None else cell_values.Serial(stored)
        return value
