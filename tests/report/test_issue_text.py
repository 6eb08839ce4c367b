from __future__ import annotations

import pytest

from converter.model.issues import Place
from converter.report import issue_text


def at(*cells: tuple[int, int]) -> list[Place]:
    return [Place("a.xlsx", "表", row, column) for row, column in cells]


@pytest.mark.parametrize(
    ("places", "texts"),
    [
        (at((3, 3)), ["C3"]),
        (at((3, 3), (4, 3)), ["C3", "C4"]),
        (at((3, 3), (4, 3), (5, 3), (7, 3)), ["C3:C5", "C7"]),
        (at((3, 3), (4, 4), (5, 5)), ["C3", "D4", "E5"]),
        (at((2, 1), (4, 3), (5, 3), (6, 3)), ["A2", "C4:C6"]),
        ([Place("a.xlsx")], []),
    ],
)
def test_cells_below_one_another_are_drawn_together(places: list[Place], texts: list[str]) -> None:
    assert [*issue_text.cells(places)] == texts
