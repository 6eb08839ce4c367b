"""A table, and the chart that suits it."""

from __future__ import annotations

from dataclasses import dataclass

from converter.statistics.cards import StatisticsTable

PLAIN, TILES, BARS, STACKED, PYRAMID, LINE = "", "tiles", "bars", "stacked", "pyramid", "line"


@dataclass(frozen=True, slots=True)
class Figure:
    """`chart` is one of the words above. `series`: the columns that a chart shows. `total`:
    whether the last row sums the others up (a chart leaves it out)."""

    table: StatisticsTable
    chart: str = PLAIN
    series: tuple[int, ...] = ()
    total: bool = False
