"""What statistics are made of: tables with named columns, and the chart that suits each.

A table, a column and a chart go by keys: stable English words that other rooms and other programs
look them up by. Titles are for people; they come from the form and the message catalogue.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from converter.messages.catalogue import message

Cell = str | int | float | Decimal  # a float is a rate, a Decimal a sum with its places
Row = tuple[Cell, ...]


class Chart(StrEnum):
    """How a figure is drawn."""

    NONE = ""
    TILES = "tiles"  # each row a tile: what it is, and its value
    BARS = "bars"
    STACKED = "stacked"  # bars whose parts make up a whole
    PYRAMID = "pyramid"  # two columns, back to back
    LINE = "line"

    @property
    def has_axes(self) -> bool:
        """Whether it is a drawing (tiles are text)."""
        return self not in (Chart.NONE, Chart.TILES)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    key: str
    title: str


def catalogue_columns(table: str, *keys: str, **params: str) -> tuple[Column, ...]:
    """Columns whose titles stand in the catalogue."""
    return tuple(Column(key, message(f"summary_{table}_{key}", **params)) for key in keys)


@dataclass(frozen=True, slots=True)
class StatisticsTable:
    """A table whose first column names the row. Rates are percentages with one decimal; '' where
    there is nothing to divide."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: bool = False  # whether the last row adds up the others

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(column.title for column in self.columns)

    def position(self, key: str) -> int:
        """Where a column stands, from 0. Raises KeyError."""
        for position, column in enumerate(self.columns):
            if column.key == key:
                return position
        raise KeyError(f"{self.key} has no column {key}")

    def column(self, key: str) -> list[Cell]:
        """The cells of a column, the total among them. Raises KeyError."""
        position = self.position(key)
        return [row[position] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Figure:
    """A table and its chart, which shows the columns named by `series` and leaves out the
    total. Where rows contain others (unions and theirs), `depths` says how deep each one stands."""

    table: StatisticsTable
    chart: Chart = Chart.NONE
    series: tuple[str, ...] = ()
    depths: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        return self.table.key

    @property
    def drawn_rows(self) -> list[int]:
        """The rows that a chart may show: never the total, and of rows that contain others those of
        one depth, since a bar beside its own part would count it twice."""
        rows = range(len(self.table.rows) - self.table.total)
        if not self.depths:
            return list(rows)
        at = Counter(self.depths)
        several = [depth for depth in sorted(at) if at[depth] > 1]
        chosen = several[0] if several else max(at, default=0)
        return [row for row in rows if self.depths[row] == chosen]

    @property
    def is_drawn(self) -> bool:
        """Whether there is something to draw."""
        return self.chart.has_axes and len(self.table.rows) > self.table.total
