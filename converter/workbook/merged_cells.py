"""Merged areas that cover answers: only the top-left cell of an area has a value."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from converter.workbook.grid import Box
from converter.workbook.issue_collector import IssueCollector, address


def covered_cells(
    merges: Iterable[Box], rows: Sequence[int], columns: Mapping[str, int]
) -> Iterator[tuple[Box, list[tuple[int, str]]]]:
    """Areas that cover cells of the given rows (ascending) and columns other than by their
    top-left cell, each with the (row, key) it covers."""
    for box in merges:
        top, left, bottom, right = box
        inside = [(key, column) for key, column in columns.items() if left <= column <= right]
        if not inside:
            continue
        within = rows[bisect_left(rows, top) : bisect_right(rows, bottom)]
        covered = [
            (row, key) for row in within for key, column in inside if (row, column) != (top, left)
        ]
        if covered:
            yield box, covered


def report_merge(
    report: IssueCollector, sheet: str, box: Box, count: int, field: str, text: str
) -> None:
    top, left, bottom, right = box
    area = f"{address(top, left)}:{address(bottom, right)}"
    params: dict[str, str | int] = {"area": area, "count": count}
    report.add("S006", sheet, (top, left), field, text, params=params)
